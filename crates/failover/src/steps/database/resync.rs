//! Before a failback: the server that traffic goes back to becomes a standby of the other one again, and what it alone
//! has is kept before.

use super::pair::{LeftAsItIs, Pair, left_as_it_is, pair};
use super::{CRASH_RECOVERY, Patience, Servers, compare, pause};
use crate::engine::{Engine, EngineError, Way};
use crate::steps::command::alone;
use crate::steps::{Ending, Performed};
use crate::text::Secrets;
use crate::{DatabaseStep, Mode, Step, Text};
use pilotlight_integrity::postgres::{FenceState, ServerRole, TableVerdict};
use pilotlight_journal::Outcome;
use pilotlight_plan::Phase;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Whether the server that traffic goes back to follows the other one.
async fn follows(servers: &Servers) -> Result<bool, String> {
    let tell = |error| servers.tell(&error);
    let new = servers.databases.position(&servers.new).await.map_err(tell)?;
    let Some(old) = &servers.old else { return Err("the other server is not known".into()) };
    let old = servers.databases.position(old).await.map_err(tell)?;
    Ok(old.role == ServerRole::Primary && new.role == ServerRole::Standby && new.system == old.system && new.receiving)
}

/// Fences a server that is to be resynchronised, where it takes writes. The reason where that is not proven.
async fn fence_returned(servers: &Servers) -> Option<String> {
    let role = servers.databases.position(&servers.new).await.map(|position| position.role);
    if matches!(role, Ok(ServerRole::Standby)) {
        return None;
    }
    let fence = servers.databases.fence(&servers.new).await;
    (fence.state != FenceState::Proven).then(|| fence.reasons.join("; "))
}

pub(super) async fn keep(
    engine: &mut Engine,
    step: &Step,
    database: &DatabaseStep,
    servers: &Servers,
) -> Result<Performed, EngineError> {
    let Some(old) = &servers.old else {
        return Ok(Ending::failed("the other server is not known").into());
    };
    let until = engine.ports.clock.elapsed() + CRASH_RECOVERY;
    loop {
        let error = match pair(engine, servers).await {
            Pair::Parted => break,
            Pair::Follows => {
                let detail = "it is a standby, and has no rows of its own";
                return Ok(Ending::new(Outcome::AlreadyDone, Value::Null, detail).into());
            }
            Pair::TakenOver => return Ok(left(engine, LeftAsItIs::TakenOver).into()),
            Pair::Never(reason) => return Ok(Ending::refused(Value::Null, reason).into()),
            Pair::Unread(error) => error,
        };
        match pause(engine, step, until, &servers.tell(&error)).await? {
            Patience::Left if !error.is_answer() => {}
            Patience::Stop(reason) => return Ok(Performed::Waits(reason)),
            Patience::Over if engine.run.mode == Mode::Ungraceful && !error.is_answer() => {
                return Ok(left(engine, LeftAsItIs::Alone).into());
            }
            _ => return Ok(servers.ending(&error).into()),
        }
    }
    engine.intend(step, Way::Do).await?;
    // A server that came back by itself takes writes: what is written there after the comparison would be lost unkept.
    let unfenced = fence_returned(servers).await;
    if database.tables.is_empty() {
        return Ok(without_tables(unfenced).into());
    }
    let name = format!("{}-{}", engine.journal.run(), database.name);
    let within = step.timeout() / 3;
    let kept = match servers.databases.keep_rows(&servers.new, old, &database.tables, &name, within).await {
        Ok(kept) => kept,
        // What is not kept is not discarded; a person may skip the step.
        Err(error) => return Ok(servers.ending(&error).into()),
    };
    let unkept: Vec<&str> = kept
        .tables
        .iter()
        .filter(|table| !matches!(table.verdict, TableVerdict::Equal | TableVerdict::Differs { .. }))
        .map(|table| table.table.as_str())
        .collect();
    let file = kept.file.display().to_string();
    let observed = json!({
        "rows": kept.rows, "file": file, "tables": compare::observed(&kept.tables), "not_fenced": unfenced,
    });
    if !unkept.is_empty() {
        let detail = format!("rows of {} cannot be told apart, so they are not kept", unkept.join(", "));
        return Ok(Ending::refused(observed, detail).into());
    }
    let detail = format!("{} rows that the other has not, or not so, are kept", kept.rows);
    Ok(match unfenced {
        None => Ending::new(Outcome::Done, observed, detail),
        // What is written there from now on would be discarded, and in no file.
        Some(reason) => {
            Ending::refused(observed, format!("{detail}; it is not proven that none is written there after: {reason}"))
        }
    }
    .into())
}

fn left(engine: &Engine, way: LeftAsItIs) -> Ending {
    Ending::new(Outcome::AlreadyDone, way.observed(), way.detail(engine.run.from.side))
}

/// A plan that names no table has what only that server took discarded unlisted. Until then it takes no more, where that
/// can be had: a server that does not answer is the program's to make a standby of.
fn without_tables(unfenced: Option<String>) -> Ending {
    let detail = match &unfenced {
        None => "it takes no writes".to_owned(),
        Some(reason) => format!("it is not proven that it takes no writes: {reason}"),
    };
    Ending::new(Outcome::Done, json!({ "not_fenced": unfenced }), detail)
}

pub(super) async fn perform(
    engine: &mut Engine,
    step: &Step,
    database: &DatabaseStep,
    run: &[Text],
    servers: &Servers,
) -> Result<Performed, EngineError> {
    if step.phase == Phase::Freeze
        && let Some(way) = left_as_it_is(engine, &database.name)
    {
        return Ok(Ending::new(Outcome::AlreadyDone, Value::Null, way.detail(engine.run.from.side)).into());
    }
    // Of two that make one server a standby at once, neither does.
    if let Some(reason) = alone(engine, step).await? {
        return Ok(Performed::Waits(reason));
    }
    let acted = engine.attempts(step, Way::Do) > 0;
    let deadline = engine.ports.clock.elapsed() + step.timeout();
    let mut started = false;
    loop {
        let cause = match follows(servers).await {
            Ok(true) => {
                let outcome = if acted || started { Outcome::Done } else { Outcome::AlreadyDone };
                return Ok(Ending::new(outcome, Value::Null, "it is a standby of the other").into());
            }
            Ok(false) => "it is no standby of the other".to_owned(),
            Err(cause) => cause,
        };
        if !started {
            engine.intend(step, Way::Do).await?;
            started = true;
            let environment = Arc::clone(&engine.ports.environment);
            let mut secrets = Secrets::new(&*environment);
            let argv = match secrets.reveal_all(run) {
                Ok(argv) => argv,
                Err(missing) => return Ok(Ending::failed(missing.to_string()).into()),
            };
            // Who stood still since the intent may have been replaced, and that server serve again.
            engine.journal.check_ownership().await?;
            let left = deadline.saturating_sub(engine.ports.clock.elapsed()).max(Duration::from_secs(1));
            let result = engine.ports.commands.run(&argv, left).await;
            if !result.succeeded() {
                let detail = secrets.redact(&result.summary());
                return Ok(Ending::failed(detail).into());
            }
            continue;
        }
        match pause(engine, step, deadline, &cause).await? {
            Patience::Left => {}
            Patience::Stop(reason) => return Ok(Performed::Waits(reason)),
            Patience::Over => return Ok(Ending::failed(cause).into()),
        }
    }
}
