//! Which stacks may be taken down without the others.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::project::States;
use pilotlight_findings::{Code, Explain, Side, codes};
use pilotlight_plan::{DrPlan, Stack};

/// A stack that others stand on.
#[derive(Debug, thiserror::Error)]
#[error("take stack {stack} down: {dependent} depends on it, is built, and was not selected")]
struct StillNeeded {
    stack: String,
    dependent: String,
}

impl Explain for StillNeeded {
    fn code(&self) -> Code {
        codes::R_DEPENDENT_BUILT
    }

    fn remedy(&self) -> Option<String> {
        Some(format!("add --stack {}, or leave --stack out", self.dependent))
    }
}

/// Whether there is anything of a stack's standby.
pub(super) fn is_built(states: &States, stack: &str) -> bool {
    states.get(stack, Side::Standby).is_some_and(|state| state.managed().next().is_some())
}

/// Refuses where a built stack that was not selected depends on one that was.
pub(super) fn refuse_dependents(plan: &DrPlan, selected: &[&Stack], states: &States) -> Result<(), Failure> {
    let names: Vec<&str> =
        selected.iter().map(|stack| stack.name.as_str()).filter(|name| is_built(states, name)).collect();
    for other in plan.stacks.iter().filter(|other| !names.contains(&other.name.as_str())) {
        if !is_built(states, &other.name) {
            continue;
        }
        if let Some(stack) = plan.dependency_among(other, &names) {
            let needed = StillNeeded { stack: stack.to_owned(), dependent: other.name.clone() };
            return Err(Failure::from(needed).exit(Exit::Refused));
        }
    }
    Ok(())
}
