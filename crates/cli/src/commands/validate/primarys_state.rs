//! A standby whose state is the primary's: its backend leads there, or the primary's state was copied to it.

use crate::project::{Project, States};
use pilotlight_findings::{Finding, Severity, Side, Subject, codes};
use pilotlight_rebuild::is_global;
use pilotlight_tfstate::State;
use std::collections::BTreeSet;

/// Takes the standby's states that have nothing but the primary's objects, so that each of these is not told by itself:
/// the names of their stacks.
pub(super) fn take(project: &Project, states: &mut States) -> BTreeSet<String> {
    let is_primarys = |name: &str| match (states.get(name, Side::Primary), states.get(name, Side::Standby)) {
        (Some(primary), Some(standby)) => {
            let (theirs, ours) = (objects(primary), objects(standby));
            !ours.is_empty() && ours.is_subset(&theirs)
        }
        _ => false,
    };
    let names = project.plan.stacks.iter().map(|stack| stack.name.clone());
    let found: BTreeSet<String> = names.filter(|name| is_primarys(name)).collect();
    for name in &found {
        states.remove(name, Side::Standby);
    }
    found
}

pub(super) fn finding(stack: &str) -> Finding {
    let subject = Subject::Stack { stack: stack.to_owned(), side: Some(Side::Standby) };
    let message = "its state has the primary's objects and none of its own";
    Finding::new(codes::V_PRIMARYS_STATE, Severity::Error, subject, message).remedy(
        "let state or backend in the stack's standby block lead to the standby's own state, restore that where the \
         primary's was copied over it, and run pilotlight rebuild: it applies nothing that would touch the primary's",
    )
}

/// The objects of a state that are of a region, by their ARNs: those tell the region.
fn objects(state: &State) -> BTreeSet<&str> {
    let regional = state.managed().filter(|managed| !managed.is_deposed() && !is_global(managed.resource_type()));
    let arns = regional.filter_map(|managed| managed.attributes().get("arn").and_then(serde_json::Value::as_str));
    arns.filter(|arn| arn.split(':').nth(3).is_some_and(|region| !region.is_empty())).collect()
}
