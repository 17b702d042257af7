use super::{Ending, Performed};
use crate::engine::{Engine, EngineError, Meanwhile};
use crate::{ApprovalAnswer, ApprovalQuestion, Step};
use futures::future::{Either, select};
use pilotlight_journal::{Body, Outcome, Request};
use serde_json::json;
use std::pin::pin;
use std::sync::Arc;

/// Goes on where a person has said yes, in the journal or now; stops the run where nobody is there.
pub(crate) async fn perform(engine: &mut Engine, step: &Step, name: &str) -> Result<Performed, EngineError> {
    if let Some(decision) = engine.journal.state().approvals.get(&step.id) {
        return Ok(approved(&decision.by, &decision.reason).into());
    }
    let question = ApprovalQuestion {
        run: engine.journal.run().to_owned(),
        step: step.id.clone(),
        name: name.to_owned(),
        question: format!("{} of plan {}: begin {}?", engine.run.job, engine.run.plan, step.phase),
    };
    let approver = Arc::clone(&engine.ports.approver);
    // A person at the terminal is not the only one who may answer.
    let heard = match select(pin!(approver.ask(&question)), pin!(engine.meanwhile(&step.id))).await {
        Either::Left((answer, _)) => answer,
        Either::Right((meanwhile, _)) => match meanwhile? {
            Meanwhile::Approved(Request { by, reason, .. }) => ApprovalAnswer::Approved { by, reason },
            Meanwhile::Pause(reason) => return Ok(Performed::Waits(reason)),
        },
    };
    Ok(match heard {
        ApprovalAnswer::Approved { by, reason } => {
            let ending = approved(&by, &reason);
            engine.append(Body::Approved { step: step.id.clone(), by, reason }).await?;
            ending.into()
        }
        ApprovalAnswer::Denied { by, reason } => {
            let detail = format!("denied by {by}: {reason}");
            Ending::new(Outcome::Failed, json!({ "denied_by": by, "reason": reason }), detail).into()
        }
        ApprovalAnswer::Later => Performed::Waits(format!("waits for approval {name}")),
    })
}

fn approved(by: &str, reason: &str) -> Ending {
    let detail = if reason.is_empty() { format!("approved by {by}") } else { format!("approved by {by}: {reason}") };
    Ending::new(Outcome::Done, json!({ "by": by }), detail)
}
