//! The live side: what a reader is asked for and what it answers.

use async_trait::async_trait;
use pilotlight_findings::{ApiCalls, Region};
use serde_json::{Map, Value};

/// What a reader is asked for: everything of these types in this region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveQuery {
    /// Where to ask. Global APIs ignore it.
    pub region: Region,
    /// Which objects the states know. A reader that lists reads more and indexes by id; one that reads
    /// object by object reads just these.
    pub wanted: Vec<Wanted>,
}

/// An object that a state knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wanted {
    /// `aws_instance`
    pub resource_type: String,
    /// The state's `id` attribute.
    pub id: String,
    /// What the object belongs to, where its API lists by parent: a record's `zone_id`, without prefix.
    pub parent: Option<String>,
}

/// An object as the cloud has it now, in Terraform's words.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveObject {
    /// `aws_instance`
    pub resource_type: String,
    /// The same id that Terraform's state has for it.
    pub id: String,
    /// Attributes by Terraform's names and shapes. Only what the API told: an attribute that is absent
    /// here was not read and is not compared; `null` means that AWS has none.
    pub attributes: Map<String, Value>,
}

/// Objects that could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// `aws_instance`
    pub resource_type: String,
    /// One object, or all of the type where there is none.
    pub id: Option<String>,
    /// One line: the API's own words.
    pub reason: String,
}

/// What a reader answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveSnapshot {
    /// What there is, of the types that were asked for. An object that was wanted, is not here and is not
    /// unread does not exist.
    pub objects: Vec<LiveObject>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// Calls made, by API.
    pub calls: Vec<ApiCalls>,
}

/// Reads live objects.
#[async_trait]
pub trait LiveReader: Send + Sync {
    /// Whether this reader knows the type. What no reader knows is unread.
    fn reads(&self, resource_type: &str) -> bool;

    /// Reads everything that the query names. Failures are in the answer, type by type: one denied call
    /// does not hide the rest.
    async fn read(&self, query: &LiveQuery) -> LiveSnapshot;
}
