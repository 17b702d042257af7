//! Programs of the plan. What a program did cannot be observed, so it is a desired state by contract: it
//! must be safe to run twice, and a run that was killed while one ran starts it again, once that one has ended.

use super::{Ending, Performed, STOP_REQUESTED};
use crate::engine::{Engine, EngineError, Way};
use crate::text::Secrets;
use crate::{CommandAction, Step, Text};
use pilotlight_integrity::{CommandOutcome, CommandRun};
use pilotlight_journal::Outcome;
use serde_json::json;
use std::time::Duration;

/// Between two looks whether a program has ended. A step that starts one has no pause of its own.
const LOOK_PAUSE: Duration = Duration::from_millis(500);

pub(crate) async fn perform(
    engine: &mut Engine,
    step: &Step,
    command: &CommandAction,
) -> Result<Performed, EngineError> {
    run(engine, step, &command.run, Way::Do).await
}

pub(crate) async fn undo(engine: &mut Engine, step: &Step, command: &CommandAction) -> Result<Performed, EngineError> {
    run(engine, step, command.undo.as_deref().unwrap_or_default(), Way::Undo).await
}

async fn run(engine: &mut Engine, step: &Step, argv: &[Text], way: Way) -> Result<Performed, EngineError> {
    if let Some(reason) = alone(engine, step).await? {
        return Ok(Performed::Waits(reason));
    }
    engine.intend(step, way).await?;
    let environment = std::sync::Arc::clone(&engine.ports.environment);
    let mut secrets = Secrets::new(&*environment);
    let argv = match secrets.reveal_all(argv) {
        Ok(argv) => argv,
        Err(missing) => return Ok(Ending::failed(missing.to_string()).into()),
    };
    // Who stood still since the intent may have been replaced, and the other way been gone.
    engine.journal.check_ownership().await?;
    let commands = std::sync::Arc::clone(&engine.ports.commands);
    let result = commands.run(&argv, step.timeout()).await;
    Ok(ending(&result, &secrets).into())
}

/// Waits until no program is at work that an executor before this one started: it does not end with that executor. A
/// reason where the run is to stop instead.
pub(super) async fn alone(engine: &mut Engine, step: &Step) -> Result<Option<String>, EngineError> {
    let deadline = engine.ports.clock.elapsed() + step.timeout();
    let mut told = false;
    while let Some(who) = engine.ports.commands.at_work().await {
        let cause = format!("{who} was started by an executor before this one and is still at work");
        if !told {
            told = true;
            engine.tell_of_wait(step, &cause).await?;
        }
        engine.ports.watcher.waiting(step, &cause);
        if let Some(reason) = engine.asked_to_stop(STOP_REQUESTED).await {
            return Ok(Some(reason));
        }
        if engine.ports.clock.elapsed() >= deadline {
            return Ok(Some(format!("{cause}, and nothing is started beside it: end it, and resume the run")));
        }
        engine.ports.clock.sleep(LOOK_PAUSE).await;
    }
    Ok(None)
}

fn ending(run: &CommandRun, secrets: &Secrets<'_>) -> Ending {
    let last = run.output.lines().rev().find(|line| !line.trim().is_empty());
    let said = last.map(|line| format!(": {}", secrets.redact(line.trim()))).unwrap_or_default();
    match &run.outcome {
        CommandOutcome::Exited(0) => Ending::new(Outcome::Done, json!({ "exit_code": 0 }), "exit code 0"),
        CommandOutcome::Exited(code) => {
            Ending::new(Outcome::Failed, json!({ "exit_code": code }), format!("exit code {code}{said}"))
        }
        CommandOutcome::Signalled(signal) => {
            Ending::new(Outcome::Failed, json!({ "signal": signal }), format!("ended by signal {signal}{said}"))
        }
        CommandOutcome::TimedOut => {
            let detail = format!("ended by its timeout, so how far it came is not known{said}");
            Ending::new(Outcome::Unknown, json!({ "timed_out": true }), detail)
        }
        CommandOutcome::NotStarted(cause) => Ending::failed(format!("could not be started: {}", secrets.redact(cause))),
    }
}
