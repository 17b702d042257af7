//! What the steps of a run do with a database that AWS promotes. Part of the persisted format of `run.rs`.

use pilotlight_findings::Region;
use serde::{Deserialize, Serialize};

/// A step about one such database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagedStep {
    /// The database's name in the plan.
    pub name: String,
    /// What AWS has of it.
    pub service: ManagedKind,
    /// What is done.
    pub task: ManagedTask,
    /// The instance or cluster of the side that is left, where anything is known or wanted of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<ManagedPlace>,
    /// The one that takes over.
    pub new: ManagedPlace,
    /// Whether other steps reach its servers by SQL: fence, proof and loss are told by those then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sql: bool,
}

/// What AWS replicates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ManagedKind {
    /// An RDS instance and its read replica.
    Rds,
    /// An Aurora global database of this identifier.
    AuroraGlobal(String),
}

/// An instance or a cluster, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagedPlace {
    /// Its region, which answers for it.
    pub region: Region,
    /// Its identifier.
    pub id: String,
    /// Its ARN, where it was seen when the run was compiled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// What is done with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ManagedTask {
    /// Looks whether the one is a replica of the other, and how far behind.
    Look,
    /// Makes the side that takes over a read replica of the one that is left, like this instance of its own region. It
    /// has no undo: nothing is deleted.
    Replicate(String),
    /// Reads how far behind the copy is, right before it is promoted.
    Measure,
    /// Promotes the copy. A global database has an undo: the roles are swapped back.
    Promote,
    /// After the switch: it still takes writes, as AWS tells it.
    Verify,
}

impl ManagedStep {
    /// Whether it changes something that can be taken back.
    pub fn has_undo(&self) -> bool {
        self.task == ManagedTask::Promote && self.old.is_some() && matches!(self.service, ManagedKind::AuroraGlobal(_))
    }
}
