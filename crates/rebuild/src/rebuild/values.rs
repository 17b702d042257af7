//! What a rebuild passes on between its stages.

use crate::decide::{Needs, Retargeted, StateLocation};
use crate::observe::{Machines, SourceTree};
use crate::verify::Parity;
use pilotlight_findings::{Finding, Severity};
use pilotlight_terraform::PlanOutcome;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What stands for what between the two regions. Kept with the journal, it lets a rebuild do without a
/// call to the primary.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionMap {
    /// Zones of the primary with those of the standby.
    pub zones: BTreeMap<String, String>,
    /// Images of the primary with those of the standby, where they were found by name and owner.
    pub images: BTreeMap<String, String>,
    /// Machine types with what the standby has for them.
    #[serde(default)]
    pub machines: Machines,
    /// The newest copied snapshot in the standby region, by the ARN of the primary's database or its volume's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub copies: BTreeMap<String, String>,
}

/// A stack's standby as text: nothing is written yet.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The stack's name.
    pub stack: String,
    /// Where it is to be written.
    pub root: PathBuf,
    /// The source.
    pub source: SourceTree,
    /// The standby, with edits and open questions.
    pub retargeted: Retargeted,
    /// The unified diff between them; empty where the region changes nothing.
    pub diff: String,
    /// The states of every stack, as the rules saw them.
    pub states: Vec<StateLocation>,
    /// The region map that was used.
    pub map: RegionMap,
}

/// What Terraform would do.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Terraform's own summary; its file is what is applied.
    pub outcome: PlanOutcome,
    /// Terraform's plan for a person, where it was asked for; see [`Rebuild::plan_text`].
    pub text: Option<String>,
    /// Residue and collisions, allowed ones included as notes.
    pub findings: Vec<Finding>,
    /// What its apply adds to the region.
    pub needs: Needs,
}

impl Planned {
    /// Whether nothing speaks against an apply.
    pub fn is_clean(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity < Severity::Error)
    }
}

/// The proof after an apply.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Both states compared.
    pub parity: Parity,
    /// Whether Terraform would change nothing more.
    pub settled: bool,
    /// Parity's findings, and one where it is not settled.
    pub findings: Vec<Finding>,
}
