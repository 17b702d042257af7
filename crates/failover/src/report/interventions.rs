use super::Story;
use crate::Intervention;
use crate::engine::aborted_by;
use pilotlight_journal::{Body, Event};

/// What people did to the run, and what it did that a person has to know, in order.
pub(crate) fn interventions(story: &Story<'_>) -> Vec<Intervention> {
    (0..story.events.len()).filter_map(|at| intervention(story.events, at)).collect()
}

/// How the executor before was lost, where the event with this number takes the run on from one that did not stop it:
/// it was killed, or cut off, and left no word.
pub fn left_without_a_word(events: &[Event], at: usize) -> Option<String> {
    let taken = matches!(events.get(at)?.what, Body::Resumed { .. } | Body::Takeover { .. });
    let before = events[..at].iter().rfind(|event| !matches!(event.what, Body::Waits { .. }))?;
    let midst = match &before.what {
        _ if !taken => return None,
        Body::Stopped { .. } => return None,
        Body::StepIntended { step, .. } => format!("in the midst of {step}"),
        Body::UndoIntended { step, .. } => format!("in the midst of undoing {step}"),
        _ => "between two steps".to_owned(),
    };
    Some(format!("whoever had it was last heard of at {:.0}, {midst}", before.at))
}

fn intervention(events: &[Event], at: usize) -> Option<Intervention> {
    let event = events.get(at)?;
    let (what, by, detail) = match &event.what {
        Body::Stopped { step, reason } => ("stopped", "", at_step(step.as_deref(), reason)),
        Body::Resumed { by, journal_override } => {
            ("resumed", by.as_str(), taken("the run goes on".to_owned(), events, at, journal_override.as_ref()))
        }
        Body::Takeover { by, from, journal_override } => {
            ("takeover", by.as_str(), taken(from_whom(events, at, from), events, at, journal_override.as_ref()))
        }
        Body::Approved { step, by, reason } => ("approved", by.as_str(), at_step(Some(step), reason)),
        Body::Skipped { step, by, reason } => ("skipped", by.as_str(), at_step(Some(step), reason)),
        Body::StepFinished { step, observed, .. } => {
            let by = observed.get("denied_by")?.as_str()?;
            let reason = observed.get("reason").and_then(|reason| reason.as_str()).unwrap_or_default();
            ("denied", by, at_step(Some(step), reason))
        }
        Body::RollbackStarted { by: Some(by), reason, .. } => {
            ("rollback", by.as_str(), reason.strip_prefix(&aborted_by(by)).unwrap_or(reason).to_owned())
        }
        Body::RollbackStarted { step, by: None, reason } => ("rollback", "", at_step(step.as_deref(), reason)),
        Body::AbortWithdrawn { by, reason, again } => ("withdrawn", by.as_str(), withdrawn(reason, again)),
        _ => return None,
    };
    Some(Intervention { at: event.at.to_string(), what: what.to_owned(), by: by.to_owned(), detail })
}

/// What the event with this number does with the run: where the one before was last heard of, and the break-glass way,
/// where it was taken.
fn taken(what: String, events: &[Event], at: usize, journal_override: Option<&String>) -> String {
    let instead = journal_override.map(|url| format!("with the journal {url} in place of the plan's"));
    [Some(what), left_without_a_word(events, at), instead].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// From whom the event with this number takes the run.
fn from_whom(events: &[Event], at: usize, from: &str) -> String {
    let by = events[..at].iter().rev().filter(|event| event.executor == from).find_map(|event| match &event.what {
        Body::RunStarted { operator: by, .. } | Body::Resumed { by, .. } | Body::Takeover { by, .. } => {
            Some(by.as_str())
        }
        _ => None,
    });
    by.map_or_else(|| format!("taken from executor {from}"), |by| format!("taken from {by}"))
}

/// Why, and what is done once more for it.
fn withdrawn(reason: &str, again: &[String]) -> String {
    match again {
        [] => format!("the way back: {reason}; nothing was undone yet"),
        again => format!("the way back: {reason}; done once more: {}", again.join(", ")),
    }
}

fn at_step(step: Option<&str>, reason: &str) -> String {
    match step {
        Some(step) if reason.is_empty() => step.to_owned(),
        Some(step) => format!("{step}: {reason}"),
        None => reason.to_owned(),
    }
}
