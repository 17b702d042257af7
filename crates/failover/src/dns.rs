//! The DNS port: what a run needs of Route 53, and the values that pass between.

use crate::HealthCheck;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// A hosted zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostedZone {
    /// `Z0123456789ABC`, without the `/hostedzone/` prefix.
    pub id: String,
    /// Without a trailing dot.
    pub name: String,
    /// Whether it answers inside VPCs only.
    pub private: bool,
    /// The delegation set's name servers, host names without a trailing dot; none for a private zone.
    pub name_servers: Vec<String>,
}

/// A record set exactly as Route 53 has it: the `DELETE` of a change must repeat all of it.
/// Names are without a trailing dot and lower case, with octal escapes (`\052` for `*`) where Route 53 gives
/// them. Requests are made with `*`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordSet {
    /// Fully qualified.
    pub name: String,
    /// `A`, `AAAA`, `CNAME`, …
    pub record_type: String,
    /// Seconds; none for an alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// The values, in Route 53's order; none for an alias.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// The alias target, where it is an alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<AliasTarget>,
    /// Which of several sets of one name and type, where a routing policy makes several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_identifier: Option<String>,
    /// Weighted routing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<i64>,
    /// Failover routing: `PRIMARY` or `SECONDARY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failover: Option<String>,
    /// The health check that guards it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check_id: Option<String>,
    /// A routing policy that Pilotlight does not move (latency, geolocation, multivalue, …), by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_routing: Option<String>,
}

/// Where an alias points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliasTarget {
    /// The target's hosted zone.
    pub hosted_zone_id: String,
    /// The target's name, without a trailing dot.
    pub dns_name: String,
    /// Whether the answer follows the target's health.
    pub evaluate_target_health: bool,
}

/// One atomic change: `DELETE` each old set exactly as it was read, `CREATE` each new one. Route 53
/// refuses all of it if any old set is not what it was: compare-and-swap. There is no UPSERT here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeBatch {
    /// The zone's id.
    pub zone_id: String,
    /// Shown in CloudTrail: the run and the step.
    pub comment: String,
    /// The sets to delete, exactly as read.
    pub delete: Vec<RecordSet>,
    /// The sets to create.
    pub create: Vec<RecordSet>,
}

/// Whether a change has reached every name server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeStatus {
    /// On its way.
    Pending,
    /// `INSYNC`
    Insync,
}

/// Why a call to the DNS API gave no result.
#[derive(Debug, thiserror::Error)]
pub enum DnsError {
    /// The batch was refused whole: nothing changed. (`InvalidChangeBatch`)
    #[error("the change was refused: {0}")]
    Refused(String),
    /// The zone or change does not exist.
    #[error("{0} does not exist")]
    NotFound(String),
    /// The caller may not do this; nothing changed.
    #[error("access was denied: {0}")]
    Denied(String),
    /// Asked too often, after the client's own retries; nothing changed.
    #[error("the API throttled the call: {0}")]
    Throttled(String),
    /// No answer, or one that does not tell: whether it took effect is unknown and must be observed.
    #[error("{0}")]
    Unknown(String),
}

/// What a run needs of Route 53.
#[async_trait]
pub trait Dns: Send + Sync {
    /// The hosted zones of this name, private ones included, with their delegation.
    async fn zones(&self, name: &str) -> Result<Vec<HostedZone>, DnsError>;

    /// Every set of this name and type, exactly as Route 53 has it; empty where there is none. A wildcard's
    /// name is asked with `*`.
    async fn record_sets(&self, zone_id: &str, name: &str, record_type: &str) -> Result<Vec<RecordSet>, DnsError>;

    /// Submits one batch and returns the change's id.
    async fn change(&self, batch: &ChangeBatch) -> Result<String, DnsError>;

    /// A health check; none where there is none of this id.
    async fn health_check(&self, id: &str) -> Result<Option<HealthCheck>, DnsError>;

    /// Whether a change has reached every name server.
    async fn change_status(&self, change_id: &str) -> Result<ChangeStatus, DnsError>;
}

/// What one authoritative name server answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerAnswer {
    /// The values of the records of the asked type, sorted; for a CNAME its target without trailing dot.
    pub values: Vec<String>,
    /// Seconds, of the first record; none where there is no record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
}

/// Asks authoritative name servers directly, past every cache.
#[async_trait]
pub trait NameServers: Send + Sync {
    /// Asks one server, given by host name, for one name and type. The error is one line for a person.
    async fn ask(&self, server: &str, name: &str, record_type: &str) -> Result<ServerAnswer, String>;

    /// Asks the resolver that users would ask, for a name of anybody's zone, such as a load balancer's.
    async fn resolve(&self, name: &str, record_type: &str) -> Result<ServerAnswer, String>;
}
