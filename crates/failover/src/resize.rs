//! Sizes that Terraform changes: what a step of a run is told. Part of the persisted format of `run.rs`.

use pilotlight_findings::Region;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A resource of the standby that Terraform turns up or down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResizeAction {
    /// The stack that has it.
    pub stack: String,
    /// The folder of its generated root: absolute, or from the plan's folder.
    pub root: String,
    /// Where it is.
    pub region: Region,
    /// Its address there.
    pub address: String,
    /// What it has while it is turned up, by attribute.
    pub set: BTreeMap<String, Value>,
    /// What other resources of the stack have meanwhile: the sizes of the scale blocks before this one. Terraform would
    /// turn them down with it where one depends on the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<ResourceSize>,
    /// Outputs of the stack that the run was compiled with, by name: records lead there, or checks ask there. Turning it
    /// up must not change them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, Value>,
    /// Which way.
    pub goal: ResizeGoal,
}

/// A size of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceSize {
    /// Its address.
    pub address: String,
    /// What it has, by attribute.
    pub set: BTreeMap<String, Value>,
}

/// Which way a resource is resized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResizeGoal {
    /// What the plan's block sets.
    Up,
    /// What the standby's own Terraform says.
    Down,
}

impl ResizeGoal {
    /// The way back.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }
}

impl ResizeAction {
    /// What Terraform's HCL says otherwise on the way to a goal.
    pub(crate) fn overrides(&self, goal: ResizeGoal) -> Vec<ResourceSize> {
        let own = ResourceSize { address: self.address.clone(), set: self.set.clone() };
        let mut overrides = self.beside.clone();
        overrides.extend((goal == ResizeGoal::Up).then_some(own));
        overrides
    }
}

/// `desired_count = 6 and cpu = 512`
pub(crate) fn words(set: &BTreeMap<String, Value>) -> String {
    let each: Vec<String> = set.iter().map(|(name, value)| format!("{name} = {}", shown(value))).collect();
    each.join(" and ")
}

/// A value as HCL writes it, as far as a line has room for it.
pub(crate) fn shown(value: &Value) -> String {
    value.to_string()
}
