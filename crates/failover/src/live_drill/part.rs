//! What makes a run a part of a live drill. Part of the persisted format of `run.rs`.

use serde::{Deserialize, Serialize};

/// Which part of a drill a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "with", rename_all = "snake_case", deny_unknown_fields)]
pub enum DrillPart {
    /// The failover.
    Away(StopRule),
    /// The failback.
    Home {
        /// The failover's run.
        failover: String,
    },
}

/// How long a drill stays away, and what ends it early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopRule {
    /// How long the checks are watched on the standby, in milliseconds.
    pub stay_ms: u64,
    /// The longest that the failover may take, from its first event to the beginning of the stay, in milliseconds.
    pub stop_after_ms: u64,
}

impl DrillPart {
    /// The rule of the way there.
    pub fn rule(&self) -> Option<&StopRule> {
        match self {
            Self::Away(rule) => Some(rule),
            Self::Home { .. } => None,
        }
    }

    /// `away` or `home`
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Away(_) => "away",
            Self::Home { .. } => "home",
        }
    }
}
