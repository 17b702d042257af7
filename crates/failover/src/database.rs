//! What the steps of a run do with a database. Part of the persisted format of `run.rs`.

use crate::Text;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a run treats the side that it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It answers. Its databases are fenced, proven, and waited for until nothing is missing at the other side: no
    /// write is lost. Where it does not answer, the run is refused before anything is changed.
    #[default]
    Graceful,
    /// It may be dead: it is called for nothing that has to succeed. What may be lost is said.
    Ungraceful,
}

impl Mode {
    /// `graceful` or `ungraceful`
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Graceful => "graceful",
            Self::Ungraceful => "ungraceful",
        }
    }

    /// The default, which is not written into runs.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
    pub(crate) fn is_graceful(&self) -> bool {
        *self == Self::Graceful
    }
}

/// What leads on where a planned run is kept from going on by the side that it leaves.
pub(crate) const WHERE_DEAD: &str = "; where that side is dead: --mode ungraceful";

/// A reason without [`WHERE_DEAD`], which is no advice for a check in daylight.
pub(crate) fn in_daylight(reason: &str) -> &str {
    reason.trim_end_matches(WHERE_DEAD)
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "graceful" => Ok(Self::Graceful),
            "ungraceful" => Ok(Self::Ungraceful),
            other => Err(format!("{other:?} is neither graceful nor ungraceful")),
        }
    }
}

/// A step about one database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseStep {
    /// The database's name in the plan.
    pub name: String,
    /// What is done.
    pub task: DatabaseTask,
    /// URL of the server at the side that is left; none where that side's outputs are lost with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Text>,
    /// URL of the server at the side that takes over.
    pub new: Text,
    /// The tables of the plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<String>,
    /// Whether AWS promotes it, by another step.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub managed: bool,
}

/// What is done with a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DatabaseTask {
    /// Looks whether the one is a standby of the other, and how far behind.
    Look,
    /// Keeps the rows that only the server has that is to be resynchronised.
    Keep,
    /// Makes the side that takes over a standby of the one that is left.
    Resync(Vec<Text>),
    /// Makes sure that the old server takes no writes. Its undo takes that back.
    Fence,
    /// Waits until the new server has replayed everything that the old one wrote.
    CatchUp,
    /// Reads how far the new server is, right before it is promoted.
    Measure,
    /// Promotes the new server. It has no undo.
    Promote,
    /// Takes back at the new server what the fence replicated, and writes. Its undo fences the new server.
    Release,
    /// After the switch: the new server takes writes, and the old one took none.
    Verify,
    /// Waits until somebody else has written at the new server: the service is back. Stops nothing.
    FirstWrite,
    /// Compares the tables of both, where the old one answers.
    Compare,
}

impl DatabaseStep {
    /// Whether it changes something that can be taken back.
    pub fn has_undo(&self) -> bool {
        matches!(self.task, DatabaseTask::Fence | DatabaseTask::Release)
    }

    /// Whether it asks the servers for nothing but what they know.
    pub(crate) fn only_looks(&self) -> bool {
        use DatabaseTask::{CatchUp, Compare, FirstWrite, Look, Measure};
        matches!(self.task, Look | CatchUp | Measure | FirstWrite | Compare)
    }

    /// Its texts that may hold secrets.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        let run: &[Text] = match &self.task {
            DatabaseTask::Resync(run) => run,
            _ => &[],
        };
        self.old.iter().chain(std::iter::once(&self.new)).chain(run)
    }
}
