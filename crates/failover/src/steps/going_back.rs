//! Whether the side that an abort would move traffic back to can serve. It is the side that the run left,
//! and that it is dead may be why.

use super::check::spec;
use super::database::{LeftBehind, left_behind};
use super::managed::{Behind, behind};
use crate::engine::Engine;
use crate::text::Secrets;
use crate::{Action, CheckStep, DatabaseTask, ManagedTask, Step};
use pilotlight_journal::RunState;
use pilotlight_plan::When;
use std::sync::Arc;

/// Whether the step is a check that is asked before traffic is moved back: one of before the switch that looks at
/// the side that was left itself. (A check that asks by the moved name would be led to the other side.)
pub(crate) fn guards_the_way_back(step: &Step) -> bool {
    check_of(step).is_some() || is_promotion(step)
}

/// Whether the step promotes a database: its writes since are asked for before anything goes back.
pub(crate) fn is_promotion(step: &Step) -> bool {
    match &step.action {
        Action::Database(database) => database.task == DatabaseTask::Promote,
        Action::Managed(database) => database.task == ManagedTask::Promote,
        _ => false,
    }
}

fn check_of(step: &Step) -> Option<&CheckStep> {
    match &step.action {
        Action::Check(check) if check.when == When::Before && !check.gate && check.direct => Some(check),
        _ => None,
    }
}

/// Whether a record was begun to be moved back: then all of them are, as half of the traffic on each side is
/// worse than either.
fn began(engine: &Engine, state: &RunState) -> bool {
    let moves = engine.run.steps().filter(|step| step.moves_traffic());
    moves.filter_map(|step| state.steps.get(&step.id)).any(|step| step.undo_attempts > 0)
}

/// Why traffic is not moved back.
pub(crate) struct DeadSide {
    /// The check's step: a person who skips it lets traffic move back all the same.
    pub(crate) step: String,
    /// One line for a person.
    pub(crate) reason: String,
}

/// Probes the checks that guard the way back, once each; none where they are green, where a person left them
/// out, or where the way back was begun.
pub(crate) async fn dead_side(engine: &Engine) -> Option<DeadSide> {
    let state = engine.journal.state();
    if began(engine, state) {
        return None;
    }
    if let Some(LeftBehind { step, reason }) = left_behind(engine).await {
        return Some(DeadSide { step, reason });
    }
    if let Some(Behind { step, reason }) = behind(engine).await {
        return Some(DeadSide { step, reason });
    }
    for step in engine.run.steps().filter(|step| !state.skips.contains_key(&step.id)) {
        let Some(check) = check_of(step) else { continue };
        let environment = Arc::clone(&engine.ports.environment);
        let mut secrets = Secrets::new(&*environment);
        let cause = match spec(check, &mut secrets) {
            Err(missing) => missing.to_string(),
            Ok(spec) => {
                let result = engine.ports.prober.probe(&spec).await;
                if result.is_green() {
                    continue;
                }
                format!("{}: {}", result.status.as_str(), secrets.redact(&result.detail))
            }
        };
        let reason = format!(
            "traffic was not moved back to the {}: check {} is {cause}; resume to ask it again, or skip {} to move \
             traffic there all the same",
            engine.run.from.side, check.name, step.id
        );
        return Some(DeadSide { step: step.id.clone(), reason });
    }
    None
}
