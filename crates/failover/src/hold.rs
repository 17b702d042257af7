//! What a hold does. Part of the persisted format of `run.rs`.

use crate::CheckStep;
use serde::{Deserialize, Serialize};

/// Probes checks again and again for as long as it lasts. A kill in it begins it anew: what nobody watched was not held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldAction {
    /// The traffic sets that stand at a share while it lasts.
    pub sets: Vec<HeldSet>,
    /// How long.
    pub hold_ms: u64,
    /// What has to stay green; maybe nothing.
    pub checks: Vec<CheckStep>,
}

/// A traffic set and its share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldSet {
    /// Its name.
    pub traffic: String,
    /// Percent of the answers that name the side which takes over.
    pub percent: u8,
}
