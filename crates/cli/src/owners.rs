//! Who owns the records that a run moves: what of states and HCL is at hand for it.

use crate::project::{Project, States};
use pilotlight_failover::{SourceState, StackSources};
use pilotlight_findings::Side;
use pilotlight_rebuild::lifecycle;
use std::collections::BTreeMap;

/// What was read for a run of a project.
pub(crate) struct Sources<'a> {
    project: &'a Project,
    states: &'a States,
    /// Of a side whose states were not all read: why.
    unread: BTreeMap<Side, String>,
}

/// What the HCL of a stack says, as drift has it.
pub(crate) type Configuration = pilotlight_drift::ignore::Configuration;

impl<'a> Sources<'a> {
    pub(crate) fn new(project: &'a Project, states: &'a States) -> Self {
        Self { project, states, unread: BTreeMap::new() }
    }

    /// States of this side that are not there are not absent, but could not be read.
    pub(crate) fn unread(mut self, side: Side, why: impl Into<String>) -> Self {
        self.unread.insert(side, why.into());
        self
    }
}

impl StackSources for Sources<'_> {
    fn state(&self, stack: &str, side: Side) -> SourceState<'_> {
        match (self.states.get(stack, side), self.unread.get(&side)) {
            (Some(state), _) => SourceState::Read(state),
            (None, None) => SourceState::Absent,
            (None, Some(why)) => SourceState::Unread(why.clone()),
        }
    }

    fn configuration(&self, stack: &str, side: Side) -> Result<Configuration, String> {
        configuration(self.project, stack, side)
    }
}

/// What the HCL says that a side of a stack is applied from.
pub(crate) fn configuration(project: &Project, stack: &str, side: Side) -> Result<Configuration, String> {
    let Some(known) = project.plan.stack(stack) else { return Err(format!("the plan has no stack {stack}")) };
    let Some(folder) = project.source(known, side) else {
        return Err(match side {
            Side::Primary => format!("its source {} is not on this machine", known.source.display()),
            Side::Standby => "its generated root is not on this machine".to_owned(),
        });
    };
    lifecycle::read(&folder).map_err(|error| format!("its HCL could not be read: failed to {error}"))
}
