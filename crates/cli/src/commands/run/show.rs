//! `pilotlight run show`: the journal, event by event.

use super::{Chosen, Context};
use crate::args::{ListingFormat, RunShow};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::reporting::emit;
use pilotlight_failover::{Call, Plane, left_without_a_word};
use pilotlight_journal::{Body, Event};
use serde_json::json;
use std::collections::BTreeMap;

pub(super) async fn run(args: &RunShow, context: Context<'_>) -> Result<Exit, Failure> {
    let log = Chosen::open(&args.run).await?.log().await?;
    let calls = calls(&log.events)?;
    emit(args.output.out.as_deref(), context, |_| match args.output.format {
        ListingFormat::Json => format!("{:#}\n", json!(log.events)),
        ListingFormat::Text => (0..log.events.len()).map(|at| as_line(&log.events, at, &calls)).collect(),
    })?;
    for finding in &log.findings {
        context.screen.note(format!("{}: {} [{}]", finding.subject, finding.message, finding.code));
    }
    Ok(Exit::Done)
}

/// What each step of the run calls, by its id.
type Calls = BTreeMap<String, String>;

fn calls(events: &[Event]) -> Result<Calls, Failure> {
    let steps = pilotlight_failover::report(events)?.phases.into_iter().flat_map(|phase| phase.steps);
    Ok(steps.map(|step| (step.step, step.calls.iter().map(called).collect::<Vec<_>>().join(", "))).collect())
}

/// `route53 ChangeResourceRecordSets (us-east-1, control plane)`
fn called(call: &Call) -> String {
    let plane = match call.plane {
        Plane::Control => "control plane",
        Plane::Data => "data plane",
        Plane::Unknown => "what it calls is not known",
    };
    let region = call.region.as_ref().map_or(String::new(), |region| format!("{region}, "));
    format!("{} {} ({region}{plane})", call.service, call.operation)
}

fn as_line(events: &[Event], at: usize, calls: &Calls) -> String {
    let event = &events[at];
    let lost = left_without_a_word(events, at).map_or(String::new(), |lost| format!("; {lost}"));
    format!("{:>5}  {:.3}  {}{lost}\n", event.sequence, event.at, story(&event.what, calls))
}

fn story(what: &Body, calls: &Calls) -> String {
    let calling = |step: &String| match calls.get(step).filter(|calls| !calls.is_empty()) {
        Some(calls) => format!(": {calls}"),
        None => String::new(),
    };
    match what {
        Body::RunStarted { plan, job, operator, digest, journal_override, .. } => {
            format!("{job} of {plan} started by {operator}, digest {digest}{}", instead(journal_override.as_ref()))
        }
        Body::PhaseStarted { phase } => format!("{phase} begins"),
        Body::PhaseFinished { phase } => format!("{phase} is finished"),
        Body::StepIntended { step, attempt } => format!("{step}: about to act, attempt {attempt}{}", calling(step)),
        Body::StepFinished { step, outcome, detail, .. } => format!("{step}: {}: {detail}", word(outcome)),
        Body::UndoIntended { step, attempt } => format!("{step}: about to undo, attempt {attempt}"),
        Body::UndoFinished { step, outcome, detail, .. } => format!("{step}: undo {}: {detail}", word(outcome)),
        Body::RollbackStarted { step, reason, .. } => match step {
            Some(step) => format!("rollback begins at {step}: {reason}"),
            None => format!("rollback begins: {reason}"),
        },
        Body::AbortWithdrawn { by, reason, again } => {
            let again = if again.is_empty() { "nothing".to_owned() } else { again.join(", ") };
            format!("way back withdrawn by {by}: {reason}; the run goes on, and does once more: {again}")
        }
        Body::Waits { step, reason } => format!("{step}: waits: {reason}"),
        Body::Approved { step, by, reason } => format!("{step}: approved by {by}: {reason}"),
        Body::Skipped { step, by, reason } => format!("{step}: skipped by {by}: {reason}"),
        Body::Stopped { step, reason } => match step {
            Some(step) => format!("stopped at {step}: {reason}"),
            None => format!("stopped: {reason}"),
        },
        Body::Resumed { by, journal_override } => format!("resumed by {by}{}", instead(journal_override.as_ref())),
        Body::Takeover { by, from, journal_override } => {
            format!("taken over by {by} from executor {from}{}", instead(journal_override.as_ref()))
        }
        Body::RunFinished { outcome, detail } => format!("finished, {}: {detail}", word(outcome)),
    }
}

/// The break-glass way, where it was taken.
fn instead(journal_override: Option<&String>) -> String {
    journal_override.map_or(String::new(), |url| format!(", journal {url} given instead"))
}

/// The word that the journal has for it.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| Some(value.as_str()?.replace('_', " "))).unwrap_or_default()
}
