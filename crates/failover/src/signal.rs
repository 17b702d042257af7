//! `method = "signal"`: an object that a health check reads decides which side is answered. The port to it, what its steps
//! do (part of the persisted format of `run.rs`), and what has to be true of the health check.

use crate::RecordChanges;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// The records that follow an object, and whether it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalAction {
    /// What name servers answer before and after. The zone has no id, and the sets are not Route 53's: its control plane
    /// was not asked.
    pub changes: RecordChanges,
    /// `s3://bucket/key`
    pub url: String,
    /// Whether the object is to be there: it is while the standby serves.
    pub raised: bool,
}

/// Why a signal could not be read, raised or lowered.
#[derive(Debug, thiserror::Error)]
pub enum SignalError {
    /// The caller may not do this; nothing changed.
    #[error("{0}")]
    Denied(String),
    /// No answer, or one that does not tell: whether it took effect is unknown and must be observed.
    #[error("{0}")]
    Unknown(String),
}

/// The port to objects that are signals: data plane calls to one bucket, in the standby region.
#[async_trait]
pub trait Signals: Send + Sync {
    /// Whether the object is there.
    async fn is_raised(&self, url: &str) -> Result<bool, SignalError>;

    /// Writes it, where it is not there. `note` is its text.
    async fn raise(&self, url: &str, note: &str) -> Result<(), SignalError>;

    /// Removes it, where it is there.
    async fn lower(&self, url: &str) -> Result<(), SignalError>;
}

/// What a signal's text begins with; the run and its step follow.
pub(crate) const NOTE_BEGINS: &str = "pilotlight ";

/// A health check as Route 53 has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// Its id.
    pub id: String,
    /// `HTTPS`, `HTTP`, `TCP`, `CALCULATED`, …
    pub kind: String,
    /// The host that is asked, where it is a name.
    pub host: Option<String>,
    /// The path that is asked for.
    pub path: Option<String>,
    /// The text that the answer has to hold.
    pub search: Option<String>,
    /// Seconds between two questions of one checker: 10 or 30.
    pub interval: u64,
    /// Answers in a row that turn it.
    pub threshold: u64,
    /// Whether what answers is unhealthy.
    pub inverted: bool,
    /// Whether it asks nothing.
    pub disabled: bool,
}

impl HealthCheck {
    /// How long it takes to turn, at most, from when the object was written: each of the answers that turn it is one
    /// interval after the other.
    pub fn delay(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.interval * self.threshold)
    }
}
