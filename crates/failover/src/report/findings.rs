use super::Story;
use super::recovery::recovery_time;
use crate::{Action, Conclusion, End, Step};
use pilotlight_findings::{Code, Evidence, Finding, Severity, Subject, codes};
use pilotlight_journal::{StepState, StepStatus};
use serde_json::Value;

/// What else there is to say about a run: the compiler's notes, how it ended, and every step that is not
/// as it should be.
pub(crate) fn findings(story: &Story<'_>, conclusion: &Conclusion) -> Vec<Finding> {
    let mut findings = story.run.notes.clone();
    if went_back(conclusion) {
        // What was to come of the run is told by what came of it.
        findings.retain(|note| ![codes::F_UNPROTECTED, codes::F_SIZE_STANDS].contains(&note.code));
    }
    if story.state.rollback.is_some() && story.state.finished.is_some() {
        findings.extend(super::managed::left_behind(story));
        findings.extend(super::gone_back::left_behind(story));
    }
    findings.extend(end_finding(story, conclusion));
    for step in story.run.steps() {
        let Some(state) = story.state.steps.get(&step.id) else { continue };
        match &step.action {
            Action::GuardRecords(_) | Action::MoveRecords(_) => findings.extend(changed_records(state)),
            Action::Check(check) => findings.extend(red_check(&check.name, check.gate, state)),
            Action::Hold(_) => {
                let check = state.observed.get("check").and_then(Value::as_str);
                findings.extend(check.and_then(|check| red_check(check, true, state)));
            }
            _ => {}
        }
        if matches!(state.status, StepStatus::UndoFailed | StepStatus::UndoUnknown) {
            let subject = Subject::Step { run: story.state.run.clone(), step: step.id.clone() };
            findings.push(
                Finding::new(codes::F_UNDO_FAILED, Severity::Critical, subject, state.detail.clone())
                    .remedy("put it right by hand, then pilotlight run resume, or run skip with a reason"),
            );
        }
    }
    findings.extend(missed_objective(story));
    findings.extend(super::observation::findings(story));
    findings.extend(super::databases::findings(story));
    findings
}

/// Whether everything was undone that can be.
fn went_back(conclusion: &Conclusion) -> bool {
    matches!(conclusion.end, End::Refused | End::RolledBack | End::Aborted)
}

fn end_finding(story: &Story<'_>, conclusion: &Conclusion) -> Option<Finding> {
    let at = |step: Option<&String>| match step {
        Some(step) => Subject::Step { run: story.state.run.clone(), step: step.clone() },
        None => Subject::Plan { name: story.state.plan.clone() },
    };
    let failed = story.state.rollback.as_ref().and_then(|rollback| rollback.step.as_ref());
    let finding = |code: Code, severity, step| Finding::new(code, severity, at(step), conclusion.detail.clone());
    Some(match &conclusion.end {
        End::Succeeded | End::Unfinished => return None,
        End::Refused => finding(codes::F_REFUSED, Severity::Error, failed),
        End::RolledBack => finding(codes::F_ROLLED_BACK, Severity::Error, failed),
        End::Aborted => finding(codes::F_ABORTED, Severity::Warning, None),
        End::Failed => finding(codes::F_UNDO_FAILED, Severity::Critical, failed),
        End::Stopped { step } => {
            let approval = step.as_ref().and_then(|step| story.run.step(step)).is_some_and(is_approval);
            let way_on = match &story.state.rollback {
                None if approval => "pilotlight run approve, or run abort, both with a reason",
                None => "pilotlight run resume, run skip with a reason, or run abort",
                Some(_) => {
                    "pilotlight run resume, run skip with a reason, or run abort --withdraw, which goes forward again"
                }
            };
            finding(codes::F_STOPPED, Severity::Error, step.as_ref()).remedy(way_on)
        }
    })
}

fn is_approval(step: &Step) -> bool {
    matches!(step.action, Action::Approval { .. })
}

/// Records that somebody else changed, each with what the run expected and what it found.
fn changed_records(state: &StepState) -> Vec<Finding> {
    let text = |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let records = state.observed.get("records").and_then(Value::as_array);
    let refused = state.observed.get("refused").is_some();
    let zone = text(&state.observed, "zone");
    let changed = records.into_iter().flatten().filter(|record| refused && record.get("found").is_some());
    changed
        .map(|record| {
            let subject = Subject::Record {
                zone: zone.clone(),
                name: text(record, "name"),
                record_type: text(record, "record_type"),
            };
            let field = |name: &str| record.get(name).cloned().unwrap_or(Value::Null);
            let message = "was changed by somebody else after the run was compiled, so it was left as it is";
            Finding::new(codes::F_RECORD_CHANGED, Severity::Error, subject, message)
                .with(Evidence::change("found", field("before"), field("found")))
                .with(Evidence::change("wanted", field("before"), field("after")))
                .remedy("find out who changed it and why, then compile the run again")
        })
        .collect()
}

fn red_check(name: &str, gate: bool, state: &StepState) -> Option<Finding> {
    let status = state.observed.get("status")?.as_str()?;
    let code = match status {
        "red" => codes::I_RED,
        "unknown" => codes::I_UNKNOWN,
        _ => return None,
    };
    let severity = if gate { Severity::Error } else { Severity::Info };
    let detail = state.observed.get("detail").and_then(Value::as_str).unwrap_or_default();
    Some(Finding::new(code, severity, Subject::Check { name: name.to_owned() }, detail))
}

fn missed_objective(story: &Story<'_>) -> Option<Finding> {
    let objective = story.run.rto_ms?;
    let time = recovery_time(story);
    let measured = time.measured_ms?;
    (measured > objective).then(|| {
        let subject = Subject::Plan { name: story.state.plan.clone() };
        let message = match time.at_most {
            false => "the measured recovery time is longer than the plan's objective",
            true => "the measured recovery time, an upper bound, is longer than the plan's objective",
        };
        Finding::new(codes::F_RTO_MISSED, Severity::Warning, subject, message)
            .with(Evidence::fact("objective", format!("{objective} ms")))
            .with(Evidence::fact("measured", format!("{}{measured} ms", if time.at_most { "at most " } else { "" })))
            .remedy("see which phase took the time, and shorten it or the objective's promise")
    })
}
