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

/// Refuses where a built stack that was not selected depends on one that was.
pub(super) fn refuse_dependents(plan: &DrPlan, selected: &[&Stack], states: &States) -> Result<(), Failure> {
    let names: Vec<&str> = selected
        .iter()
        .map(|stack| stack.name.as_str())
        .filter(|name| states.has_resources(name, Side::Standby))
        .collect();
    for other in plan.stacks.iter().filter(|other| !names.contains(&other.name.as_str())) {
        if !states.has_resources(&other.name, Side::Standby) {
            continue;
        }
        if let Some(stack) = plan.dependency_among(other, &names) {
            let needed = StillNeeded { stack: stack.to_owned(), dependent: other.name.clone() };
            return Err(Failure::from(needed).exit(Exit::Refused));
        }
    }
    Ok(())
}
