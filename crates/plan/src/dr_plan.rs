//! The plan as a whole, after reading.

use crate::{Approval, Check, CommandStep, DriftOptions, Stack, TrafficSet};
use pilotlight_findings::{Region, Side, Span};
use std::path::PathBuf;
use std::time::Duration;

/// A DR plan: everything that the file says, typed and checked against itself.
#[derive(Debug, Clone, PartialEq)]
pub struct DrPlan {
    /// Its name, also a folder's name: letters, digits, `-` and `_`.
    pub name: String,
    /// One line for reports.
    pub description: Option<String>,
    /// The file as it was given to [`crate::parse`]; relative paths in the plan start at its folder.
    pub file: PathBuf,
    /// Where production runs on a normal day.
    pub primary: Region,
    /// Where it runs after a failover.
    pub standby: Region,
    /// What recovery has to achieve.
    pub objectives: Objectives,
    /// Where runs are recorded, as written: `s3://bucket/prefix` or `file:folder`. Never empty; the first decides.
    pub journal: Vec<String>,
    /// In the order of the file.
    pub stacks: Vec<Stack>,
    /// In the order of the file.
    pub traffic: Vec<TrafficSet>,
    /// In the order of the file.
    pub checks: Vec<Check>,
    /// In the order of the file, which is their order within a phase.
    pub steps: Vec<CommandStep>,
    /// In the order of the file.
    pub approvals: Vec<Approval>,
    /// What drift is told.
    pub drift: DriftOptions,
    /// The head of the `plan` block.
    pub span: Span,
}

/// What recovery has to achieve.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Objectives {
    /// Recovery time objective.
    pub rto: Option<Duration>,
    /// Recovery point objective.
    pub rpo: Option<Duration>,
}

impl DrPlan {
    /// The region of a side.
    pub fn region(&self, side: Side) -> &Region {
        match side {
            Side::Primary => &self.primary,
            Side::Standby => &self.standby,
        }
    }

    /// The stack of this name.
    pub fn stack(&self, name: &str) -> Option<&Stack> {
        self.stacks.iter().find(|stack| stack.name == name)
    }

    /// The stacks in the order of recovery: by tier, each after those that it depends on, and in the order
    /// of the file where that leaves a choice.
    pub fn stacks_in_order(&self) -> Vec<&Stack> {
        let mut ordered: Vec<&Stack> = Vec::with_capacity(self.stacks.len());
        let mut waiting: Vec<&Stack> = self.stacks.iter().collect();
        waiting.sort_by_key(|stack| stack.tier);
        // A plan has neither circles nor dependencies on later tiers, so each turn places one stack; the
        // fallback keeps a plan that was put together in code from looping.
        while !waiting.is_empty() {
            let next = waiting
                .iter()
                .position(|stack| {
                    stack
                        .depends_on
                        .iter()
                        .all(|name| ordered.iter().any(|done| done.name == *name) || self.stack(name).is_none())
                })
                .unwrap_or(0);
            ordered.push(waiting.remove(next));
        }
        ordered
    }
}
