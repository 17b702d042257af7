//! What a run would do and what it needs, told from its compiled form alone: nothing is called.

use crate::{Call, Plane, Run, Step};
use pilotlight_findings::{Evidence, Finding, Region, Severity, Subject, codes};
use std::collections::{BTreeMap, BTreeSet};

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

/// What a dry run tells, as parts of one line: how much there is to do, and what it depends on besides the side that
/// takes over. Calls are named, so that a person sees what has to be up.
pub fn dry_run_facts(run: &Run) -> Vec<String> {
    let mut facts = vec![format!("it compiles: {} steps, {} calls", run.steps().count(), run.calls().count())];
    let mut by_region: BTreeMap<&Region, BTreeSet<String>> = BTreeMap::new();
    let mut programs = BTreeSet::new();
    for StepCall { call, .. } in run.calls() {
        match (&call.region, call.plane) {
            (Some(region), plane)
                if *region == run.from.region || (plane == Plane::Control && *region != run.to.region) =>
            {
                by_region.entry(region).or_default().insert(format!("{}:{}", call.service, call.operation));
            }
            (_, Plane::Unknown) => {
                programs.insert(call.operation.as_str());
            }
            _ => {}
        }
    }
    if !by_region.contains_key(&run.from.region) {
        facts.push(format!("nothing needs {}", run.from.region));
    }
    for (region, calls) in by_region {
        let calls: Vec<String> = calls.into_iter().collect();
        facts.push(format!("{region} is needed for {}", calls.join(", ")));
    }
    if !programs.is_empty() {
        let programs: Vec<&str> = programs.into_iter().collect();
        facts.push(format!("not known what {} calls", programs.join(", ")));
    }
    facts
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
