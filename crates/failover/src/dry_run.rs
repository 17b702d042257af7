//! What a run would do and what it needs, told from its compiled form alone: nothing is called.

use crate::{Call, Plane, Run, Step};
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes};
use std::collections::BTreeMap;

/// A step's call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepCall<'a> {
    /// The step.
    pub step: &'a Step,
    /// One of its calls.
    pub call: &'a Call,
}

impl Run {
    /// Every call that the run makes, in the order of its steps.
    pub fn calls(&self) -> impl Iterator<Item = StepCall<'_>> {
        self.steps().flat_map(|step| step.calls.iter().map(move |call| StepCall { step, call }))
    }
}

/// What makes the run depend on more than the side that takes over: calls that need the region it leaves,
/// a control plane elsewhere, or programs whose calls nobody can know. With the compiler's notes first.
pub fn dry_run_findings(run: &Run) -> Vec<Finding> {
    let mut needs: BTreeMap<&Call, Vec<&str>> = BTreeMap::new();
    for StepCall { step, call } in run.calls() {
        needs.entry(call).or_default().push(&step.id);
    }
    let found = needs.into_iter().filter_map(|(call, steps)| finding(run, call, &steps));
    run.notes.iter().cloned().chain(found).collect()
}

fn finding(run: &Run, call: &Call, steps: &[&str]) -> Option<Finding> {
    let name = format!("{}:{}", call.service, call.operation);
    let subject = Subject::Plan { name: run.plan.clone() };
    let (code, severity, message) = match (&call.region, call.plane) {
        (Some(region), _) if *region == run.from.region => (
            codes::F_NEEDS_LEFT_REGION,
            Severity::Warning,
            format!("{name} needs {region}, the region that the run leaves"),
        ),
        (Some(region), Plane::Control) if *region != run.to.region => (
            codes::F_CONTROL_PLANE,
            Severity::Warning,
            format!("{name} needs the control plane in {region}, outside {}", run.to.region),
        ),
        (_, Plane::Unknown) => {
            (codes::F_UNKNOWN_CALLS, Severity::Info, format!("what {} calls is not known", call.operation))
        }
        _ => return None,
    };
    Some(Finding::new(code, severity, subject, message).with(Evidence::fact("steps", steps.join(", "))))
}
