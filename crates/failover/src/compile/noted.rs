//! Which outputs a run was compiled with: what Terraform does in its midst must not change them.

use crate::{Action, ResizeGoal, Run};
use pilotlight_findings::Side;
use pilotlight_plan::Outputs;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Outputs, with a note of each that was asked for.
pub(super) struct Noted<'a> {
    outputs: &'a dyn Outputs,
    asked: RefCell<BTreeMap<(String, Side, String), Value>>,
}

impl<'a> Noted<'a> {
    pub(super) fn new(outputs: &'a dyn Outputs) -> Self {
        Self { outputs, asked: RefCell::default() }
    }

    /// Tells the steps that turn the standby up what has to stay as it is.
    pub(super) fn tell(&self, run: &mut Run) {
        let asked = self.asked.borrow();
        for step in run.phases.iter_mut().flat_map(|phase| &mut phase.steps) {
            let Action::Resize(resize) = &mut step.action else { continue };
            if resize.goal == ResizeGoal::Down {
                continue;
            }
            let of_it = asked.iter().filter(|((stack, side, _), _)| *side == Side::Standby && *stack == resize.stack);
            resize.outputs = of_it.map(|((.., name), value)| (name.clone(), value.clone())).collect();
        }
    }
}

impl Outputs for Noted<'_> {
    fn output(&self, stack: &str, side: Side, name: &str) -> Option<&Value> {
        let value = self.outputs.output(stack, side, name)?;
        if !self.is_sensitive(stack, side, name) {
            self.asked.borrow_mut().insert((stack.to_owned(), side, name.to_owned()), value.clone());
        }
        Some(value)
    }

    fn is_sensitive(&self, stack: &str, side: Side, name: &str) -> bool {
        self.outputs.is_sensitive(stack, side, name)
    }
}
