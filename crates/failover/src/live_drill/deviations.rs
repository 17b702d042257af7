//! What was not as it usually is.

use super::Deviation;
use super::told::Told;
use crate::compile::milliseconds;
use crate::engine::STOP_RULE;
use crate::{Action, PastRun, Run, RunReport, expected};
use pilotlight_journal::RunLog;

/// A step that took so many times its usual time is told…
const NOTABLY: u64 = 2;
/// …where that is also this much longer, in milliseconds: a second more of a second is the network's mood.
const AT_LEAST_MS: u64 = 5_000;

/// Of one run: steps, checks, people.
pub(super) fn deviations(told: &Told<'_>, past: &[PastRun]) -> Vec<Deviation> {
    [slow_steps(&told.run, told.log, past), checks(&told.report), people(&told.report)].concat()
}

fn slow_steps(run: &Run, log: &RunLog, past: &[PastRun]) -> Vec<Deviation> {
    let Some(took) = PastRun::of(&log.events) else { return Vec::new() };
    let expected = expected(run, past);
    // How long these take is the plan's word, not the step's pace.
    let is_paced =
        |id: &str| run.step(id).is_some_and(|step| !matches!(step.action, Action::Observe(_) | Action::Hold(_)));
    let steps = expected.steps.iter().filter(|step| is_paced(&step.step));
    steps
        .filter_map(|step| {
            let usual_ms = step.measured.filter(|measured| measured.of_this_step)?.median_ms;
            let took_ms = milliseconds(took.of_step(&step.step)?);
            let notable = took_ms > usual_ms.saturating_mul(NOTABLY) && took_ms - usual_ms >= AT_LEAST_MS;
            notable.then(|| Deviation {
                job: run.job.as_str().to_owned(),
                what: "slow_step".into(),
                subject: step.step.clone(),
                detail: run.step(&step.step).map(|step| step.title.clone()).unwrap_or_default(),
                took_ms: Some(took_ms),
                usual_ms: Some(usual_ms),
            })
        })
        .collect()
}

fn checks(report: &RunReport) -> Vec<Deviation> {
    let of = |subject: &str, detail: String| Deviation {
        job: report.job.clone(),
        what: "check".into(),
        subject: subject.to_owned(),
        detail,
        took_ms: None,
        usual_ms: None,
    };
    let mut found = Vec::new();
    for check in report.observation.iter().flat_map(|seen| &seen.checks) {
        let mut seen = Vec::new();
        if check.errors > 0 {
            let last = check.last_error.as_deref().map_or(String::new(), |last| format!(", last {last}"));
            seen.push(format!("{} of {} probes were not green{last}", check.errors, check.probes));
        }
        if let (true, Some(before), Some(now)) = (check.slower, check.latency_before_ms, check.latency_ms) {
            seen.push(format!("took {now} ms, and {before} ms before the switch"));
        }
        if let (true, Some(before), Some(now)) = (check.other_count, check.count_before, check.count) {
            seen.push(format!("counted {now}, and {before} before the switch"));
        }
        if !seen.is_empty() {
            found.push(of(&check.name, seen.join("; ")));
        }
    }
    let unseen = report.checks.iter().filter(|check| ["red", "unknown"].contains(&check.status.as_str()));
    found.extend(
        unseen.map(|check| of(&check.name, format!("{} {} the switch: {}", check.status, check.when, check.detail))),
    );
    found
}

/// Whatever a person had to do: a drill that needs hands has told something.
fn people(report: &RunReport) -> Vec<Deviation> {
    let by_hand = report.interventions.iter().filter(|one| !one.by.is_empty() && one.by != STOP_RULE);
    by_hand
        .map(|one| Deviation {
            job: report.job.clone(),
            what: "person".into(),
            subject: one.by.clone(),
            detail: format!("{}: {}", one.what, one.detail),
            took_ms: None,
            usual_ms: None,
        })
        .collect()
}
