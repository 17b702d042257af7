use super::{Ending, Performed};
use crate::engine::{Engine, EngineError};
use crate::{ApprovalAnswer, ApprovalQuestion, Step};
use pilotlight_journal::{Body, Outcome};
use serde_json::{Value, json};

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
    Ok(match engine.ports.approver.ask(&question).await {
        ApprovalAnswer::Approved { by, reason } => {
            let ending = approved(&by, &reason);
            engine.append(Body::Approved { step: step.id.clone(), by, reason }).await?;
            ending.into()
        }
        ApprovalAnswer::Denied { by, reason } => {
            let detail = format!("denied by {by}: {reason}");
            Ending::new(Outcome::Failed, Value::Null, detail).into()
        }
        ApprovalAnswer::Later => Performed::Waits(format!("waits for approval {name}")),
    })
}

fn approved(by: &str, reason: &str) -> Ending {
    let detail = if reason.is_empty() { format!("approved by {by}") } else { format!("approved by {by}: {reason}") };
    Ending::new(Outcome::Done, json!({ "by": by }), detail)
}
