//! What a drill in memory teaches: the slowest way that it went through, and what to fix.

use super::results::{Came, Delay, SimulatedCourse, Trial};
use crate::Run;
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes};
use pilotlight_plan::format_duration;
use std::time::Duration;

/// The trial after whose fault traffic arrived last, of those that went to their end by themselves.
pub(super) fn slowest(trials: &[Trial]) -> Option<Delay> {
    // The first trial is the undisturbed one.
    let disturbed = trials.iter().skip(1).filter_map(|trial| Some((trial, trial.recovery_ms?)));
    let (trial, recovery_ms) = disturbed.max_by_key(|(_, ms)| *ms)?;
    Some(Delay { fault: trial.fault.clone(), place: trial.place.clone(), recovery_ms })
}

/// What to fix, the worst first: a finding for each fault, however many places it has.
pub(super) fn to_fix(courses: &[SimulatedCourse], runs: [&Run; 2]) -> Vec<Finding> {
    let mut fix = Vec::new();
    for (course, run) in courses.iter().zip(runs) {
        fix.extend(not_survived(course, run));
        fix.extend(too_late(course, run));
    }
    for note in runs.into_iter().flat_map(|run| &run.notes).filter(|note| note.severity >= Severity::Warning) {
        let is_same =
            |other: &Finding| (other.code, &other.subject, &other.message) == (note.code, &note.subject, &note.message);
        if !fix.iter().any(is_same) {
            fix.push(note.clone());
        }
    }
    fix.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    fix
}

fn finding(run: &Run, severity: Severity, message: String) -> Finding {
    Finding::new(codes::F_DRILL_FAULT, severity, Subject::Plan { name: run.plan.clone() }, message)
}

fn not_survived(course: &SimulatedCourse, run: &Run) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    if let Some(first) = course.trials.first().filter(|_| !course.gets_through()) {
        let message =
            format!("the {} does not get through in memory, with nothing disturbed: {}", course.job, first.detail);
        found.push(
            finding(run, Severity::Error, message).remedy("repair that first: the other trials say little before"),
        );
    }
    let mut faults: Vec<&str> = Vec::new();
    for trial in course.trials.iter().filter(|trial| !trial.survives()) {
        if faults.contains(&trial.fault.as_str()) {
            continue;
        }
        faults.push(&trial.fault);
        let places = course.trials.iter().filter(|other| other.fault == trial.fault && !other.survives()).count();
        let why = trial.broken.first().unwrap_or(&trial.detail);
        let stuck = if trial.came == Came::Stuck { "no command ended it" } else { "a promise was broken" };
        found.push(
            finding(run, Severity::Error, format!("the {} does not survive: {}: {why}", course.job, trial.fault))
                .with(Evidence::fact("where", trial.place.clone()))
                .with(Evidence::fact("places", places.to_string()))
                .with(Evidence::fact("what", stuck))
                .remedy(
                    "see each trial: pilotlight drill simulate PLAN -v; change the step that it names, and drill again",
                ),
        );
    }
    found
}

/// Faults that the run goes through by itself, and after which traffic arrives later than the objective allows.
fn too_late(course: &SimulatedCourse, run: &Run) -> Option<Finding> {
    let rto = course.rto_ms?;
    let late = |trial: &&Trial| trial.recovery_ms.is_some_and(|ms| ms > rto);
    let count = course.trials.iter().filter(late).count();
    let slowest = course.slowest.as_ref().filter(|_| count > 0)?;
    let told = |ms: u64| format_duration(Duration::from_secs(ms / 1_000));
    let message = format!(
        "in memory the {} arrives after the RTO of {} in {count} of {} trials: {} where {}",
        course.job,
        told(rto),
        course.trials.len(),
        told(slowest.recovery_ms),
        slowest.fault
    );
    Some(
        finding(run, Severity::Warning, message)
            .with(Evidence::fact("where", slowest.place.clone()))
            .remedy("lower the limits of the step that waits, or the TTL; or raise the RTO"),
    )
}
