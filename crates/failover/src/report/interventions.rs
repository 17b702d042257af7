use super::Story;
use crate::Intervention;
use crate::engine::aborted_by;
use pilotlight_journal::{Body, Event};

/// What people did to the run, and what it did that a person has to know, in order.
pub(crate) fn interventions(story: &Story<'_>) -> Vec<Intervention> {
    story.events.iter().filter_map(intervention).collect()
}

fn intervention(event: &Event) -> Option<Intervention> {
    let (what, by, detail) = match &event.what {
        Body::Stopped { step, reason } => ("stopped", "", at_step(step.as_deref(), reason)),
        Body::Resumed { by } => ("resumed", by.as_str(), "the run goes on".to_owned()),
        Body::Takeover { by, from } => ("takeover", by.as_str(), format!("taken from executor {from}")),
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

/// Why, and what is done once more for it.
fn withdrawn(reason: &str, again: &[String]) -> String {
    match again {
        [] => format!("the abort: {reason}; nothing was undone yet"),
        again => format!("the abort: {reason}; done once more: {}", again.join(", ")),
    }
}

fn at_step(step: Option<&str>, reason: &str) -> String {
    match step {
        Some(step) if reason.is_empty() => step.to_owned(),
        Some(step) => format!("{step}: {reason}"),
        None => reason.to_owned(),
    }
}
