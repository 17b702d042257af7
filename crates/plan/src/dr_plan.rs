//! The plan as a whole, after reading.

use crate::{
    Approval, Check, CommandStep, Database, DriftOptions, ManagedDatabase, Observe, Resize, Scale, Stack, TrafficSet,
};
use pilotlight_findings::{Region, Side, Span};
use std::collections::BTreeMap;
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
    pub databases: Vec<Database>,
    /// Databases that AWS replicates and promotes. In the order of the file.
    pub managed: Vec<ManagedDatabase>,
    /// Auto Scaling groups. In the order of the file.
    pub scale: Vec<Scale>,
    /// What else is turned up, by Terraform. In the order of the file.
    pub resize: Vec<Resize>,
    /// In the order of the file.
    pub checks: Vec<Check>,
    /// In the order of the file, which is their order within a phase.
    pub steps: Vec<CommandStep>,
    /// In the order of the file.
    pub approvals: Vec<Approval>,
    /// What a run watches after the switch, where the plan says so.
    pub observe: Option<Observe>,
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

    /// Whether it has any database, whoever promotes it.
    pub fn has_databases(&self) -> bool {
        !self.databases.is_empty() || !self.managed.is_empty()
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

    /// The stacks in waves, in the order of recovery: those of one wave are of one tier, and none of them depends on
    /// another, so that they can be built at once.
    pub fn waves(&self) -> Vec<Vec<&Stack>> {
        let mut waves: BTreeMap<(u32, usize), Vec<&Stack>> = BTreeMap::new();
        let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
        for stack in self.stacks_in_order() {
            // A stack of an earlier tier is there before the first wave of this one.
            let of_tier =
                stack.depends_on.iter().filter_map(|name| self.stack(name)).filter(|on| on.tier == stack.tier);
            let depth = of_tier.filter_map(|on| depths.get(on.name.as_str())).map(|depth| depth + 1).max().unwrap_or(0);
            depths.insert(&stack.name, depth);
            waves.entry((stack.tier, depth)).or_default().push(stack);
        }
        waves.into_values().collect()
    }

    /// The stack that this one depends on, directly or through others, among those that are named.
    pub fn dependency_among<'n>(&self, stack: &Stack, named: &[&'n str]) -> Option<&'n str> {
        let mut open: Vec<&str> = stack.depends_on.iter().map(String::as_str).collect();
        let mut seen: Vec<&str> = Vec::new();
        while let Some(name) = open.pop() {
            if let Some(found) = named.iter().find(|known| **known == name) {
                return Some(found);
            }
            if !seen.contains(&name) {
                seen.push(name);
                open.extend(self.stack(name).iter().flat_map(|stack| stack.depends_on.iter().map(String::as_str)));
            }
        }
        None
    }
}
