//! The live side: what a reader is asked for and what it answers.

use crate::schema::TypeSchema;
use async_trait::async_trait;
use pilotlight_findings::{ApiCalls, Region};
use pilotlight_tfstate::ManagedInstance;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// An account and a region in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// ARN of the role that is assumed to get there; none where the caller's own credentials lead there.
    pub role: Option<String>,
    /// The region.
    pub region: Region,
}

impl Place {
    /// A region, with the caller's own credentials.
    pub fn own(region: Region) -> Self {
        Self { role: None, region }
    }
}

/// What a reader is asked for: these objects in this place.
#[derive(Debug, Clone)]
pub struct LiveQuery<'a> {
    /// Where to ask. Global APIs ignore its region.
    pub place: Place,
    /// Which objects the states know. A reader that lists reads more and indexes by id; one that reads
    /// object by object reads just these.
    pub wanted: Vec<Wanted<'a>>,
    /// Whether to list every object of every type that the reader lists, wanted or not.
    pub everything: bool,
    /// Whether the place is the one of its account that is asked for what global APIs have (see
    /// [`is_global`](crate::shapes::is_global)): with `everything`, nobody else lists it.
    pub global: bool,
}

/// An object that a state knows.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// `aws_instance`
    pub resource_type: &'a str,
    /// The state's `id` attribute; empty for a resource without one, which only its record identifies.
    pub id: &'a str,
    /// What the object belongs to, where its API lists by parent: a record's `zone_id`, without prefix.
    pub parent: Option<&'a str>,
    /// What the state has of it, for a reader that reads object by object. None where it is asked for as the
    /// host of a part: the security group of an `aws_security_group_rule`.
    pub recorded: Option<Recorded<'a>>,
}

impl<'a> Wanted<'a> {
    /// What the answer is called, in [`LiveObject::id`] and [`Unread::id`]: the id, and for an object that is read
    /// by its record the record's own key.
    pub fn key(&self) -> Cow<'a, str> {
        self.recorded.as_ref().map_or(Cow::Borrowed(self.id), |recorded| Cow::Owned(recorded.key()))
    }
}

/// A state's record of an object.
#[derive(Debug, Clone, Copy)]
pub struct Recorded<'a> {
    /// The stack whose state has it.
    pub stack: &'a str,
    /// The record.
    pub managed: ManagedInstance<'a>,
}

impl Recorded<'_> {
    /// A name for the record that no other one has. The `id` alone is none: a stage's is its name, a permission's is
    /// its statement's, in whatever API or function they are, and resources of the provider's newer framework may
    /// have no id at all.
    pub fn key(&self) -> String {
        format!("{} {} {}", self.stack, self.managed.address(), self.managed.id().unwrap_or_default())
    }
}

/// An object as the cloud has it now, in Terraform's words.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveObject {
    /// `aws_instance`
    pub resource_type: String,
    /// The same id that Terraform's state has for it; of an object that was read by its record [`Wanted::key`].
    pub id: String,
    /// Attributes by Terraform's names and shapes. Only what the API told: an attribute that is absent
    /// here was not read and is not compared; `null` means that AWS has none.
    pub attributes: Map<String, Value>,
    /// The state's attributes as the provider has upgraded them to the present schema, where a provider read it.
    /// They are compared in place of the state's own.
    pub recorded: Option<Map<String, Value>>,
    /// The provider's schema of the type, where a provider read it.
    pub schema: Option<Arc<TypeSchema>>,
    /// Who made it, where nobody's Terraform has to have it: "AWS, in every account". Never unmanaged then.
    pub made_by: Option<String>,
}

impl LiveObject {
    /// An object that a list call told of.
    pub fn new(resource_type: impl Into<String>, id: impl Into<String>, attributes: Map<String, Value>) -> Self {
        Self {
            resource_type: resource_type.into(),
            id: id.into(),
            attributes,
            recorded: None,
            schema: None,
            made_by: None,
        }
    }
}

/// Objects that could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// `aws_instance`
    pub resource_type: String,
    /// One object, by [`Wanted::key`], or all of the type where there is none.
    pub id: Option<String>,
    /// One line: the API's own words.
    pub reason: String,
}

/// Attributes of some objects that were not read, though the objects were: they would take a call an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCompared {
    /// `aws_instance`
    pub resource_type: String,
    /// Which attributes.
    pub attributes: Vec<String>,
    /// Of how many objects.
    pub objects: u64,
    /// Why, and how to have them read.
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
    /// What was left out.
    pub not_compared: Vec<NotCompared>,
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
    async fn read(&self, query: &LiveQuery<'_>) -> LiveSnapshot;
}

/// The readers of one comparison, in the order in which they are asked.
#[derive(Clone, Copy)]
pub struct Readers<'r> {
    /// Reads by list calls, many objects a call.
    pub native: Option<&'r dyn LiveReader>,
    /// Reads object by object, through the provider's plugin.
    pub provider: Option<&'r dyn LiveReader>,
}

/// Which of the readers an object was asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadBy {
    /// Its list calls.
    Native,
    /// The provider's plugin.
    Provider,
    /// None of them knows the type.
    None,
}

impl Readers<'_> {
    /// The reader for objects of a type: `kind` is the type that a list call would give for it.
    pub(crate) fn reader_of(&self, own_type: &str, kind: &str) -> ReadBy {
        match (self.native, self.provider) {
            (Some(native), _) if native.reads(kind) => ReadBy::Native,
            (_, Some(provider)) if provider.reads(own_type) => ReadBy::Provider,
            _ => ReadBy::None,
        }
    }
}
