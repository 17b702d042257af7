//! Before anything is changed: are the two what the plan says they are?

use super::{Patience, Servers, pause};
use crate::engine::{Engine, EngineError, Way};
use crate::steps::{Ending, Performed};
use crate::{DatabaseStep, Mode, Step};
use pilotlight_findings::Side;
use pilotlight_integrity::postgres::{Lag, Position, PostgresError, ServerRole};
use pilotlight_journal::Outcome;
use serde_json::{Value, json};

pub(super) async fn perform(
    engine: &mut Engine,
    step: &Step,
    database: &DatabaseStep,
    servers: &Servers,
) -> Result<Performed, EngineError> {
    engine.intend(step, Way::Do).await?;
    let deadline = engine.ports.clock.elapsed() + step.timeout();
    loop {
        let cause = match look(engine.run.mode, engine.run.to.side, database, servers).await {
            Looked::Good(observed, detail) => return Ok(Ending::new(Outcome::Done, observed, detail).into()),
            Looked::Never(reason) => return Ok(Ending::refused(Value::Null, reason).into()),
            Looked::NotYet(reason) | Looked::Unread(reason) => reason,
        };
        match pause(engine, step, deadline, &cause).await? {
            Patience::Left => {}
            Patience::Stop(reason) => return Ok(Performed::Waits(reason)),
            // Nothing is promoted that is not known to be what is wanted.
            Patience::Over => return Ok(Ending::refused(Value::Null, cause).into()),
        }
    }
}

/// What a look at both servers says.
pub(crate) enum Looked {
    Good(Value, String),
    /// It may become good by itself.
    NotYet(String),
    /// A server gave no answer.
    Unread(String),
    Never(String),
}

/// `to` is the side that takes over.
pub(crate) async fn look(mode: Mode, to: Side, database: &DatabaseStep, servers: &Servers) -> Looked {
    // The standby is read first, so that what it is behind is never told too small.
    let new = match servers.databases.position(&servers.new).await {
        Ok(position) => position,
        Err(error) => return unread(servers, &error, ""),
    };
    if new.role == ServerRole::Standby && !new.may_promote && !database.managed {
        return Looked::Never("its role may not promote: it needs EXECUTE on pg_promote".into());
    }
    let old = match &servers.old {
        Some(old) if mode == Mode::Graceful || new.role == ServerRole::Primary => old,
        _ => return Looked::Good(observed(&new, None, None), alone(&new)),
    };
    let hint = crate::database::WHERE_DEAD;
    let old_position = match servers.databases.position(old).await {
        Ok(position) => position,
        // Nobody is left to follow.
        Err(_) if mode == Mode::Ungraceful => return Looked::Good(observed(&new, None, None), alone(&new)),
        Err(error) => return unread(servers, &error, hint),
    };
    if new.system != old_position.system {
        return Looked::Never(format!(
            "the two are different clusters: system identifiers {} and {}",
            old_position.system, new.system
        ));
    }
    match (old_position.role, new.role) {
        (ServerRole::Primary, ServerRole::Standby) => paired(new, old_position),
        (ServerRole::Standby, ServerRole::Primary) => {
            let mut observed = observed(&new, None, None);
            observed["already"] = true.into();
            Looked::Good(observed, "it is the primary already, and the other is a standby".into())
        }
        (ServerRole::Standby, ServerRole::Standby) => Looked::Never("both are in recovery: there is no primary".into()),
        (ServerRole::Primary, ServerRole::Primary) => match servers.databases.fence_stands(old).await {
            Ok(true) if old_position.timeline != new.timeline => {
                let detail = "it was promoted before, and the other is fenced";
                Looked::Good(observed(&new, Some(&old_position), None), detail.into())
            }
            Ok(_) if old_position.timeline == new.timeline => {
                Looked::Never("both URLs lead to a primary of one timeline: it may be one server".into())
            }
            Ok(_) => match servers.databases.fence_stands(&servers.new).await {
                Ok(fenced) => Looked::Never(two_primaries(mode, to, fenced, database.managed)),
                Err(error) => unread(servers, &error, ""),
            },
            Err(error) => unread(servers, &error, hint),
        },
    }
}

/// The side that would be left takes writes, so what leaves them behind is no advice to who did not ask for it.
fn two_primaries(mode: Mode, to: Side, fenced: bool, managed: bool) -> String {
    let (from, program) = match to {
        Side::Standby => (Side::Primary, "resync_standby"),
        Side::Primary => (Side::Standby, "resync"),
    };
    let what = match fenced {
        true => format!(
            "the {to}'s server was promoted, is fenced and follows nobody; the {from}'s is the one that takes writes"
        ),
        false => "both are primaries and take writes: what the one has, the other has not".to_owned(),
    };
    let how = match managed {
        true => "a new replica is to be made there".to_owned(),
        false => {
            format!(
                "by the program of {program} where the plan has one, or by pg_rewind or pg_basebackup, it becomes a standby, without what it alone has"
            )
        }
    };
    let or = match mode {
        Mode::Graceful => String::new(),
        Mode::Ungraceful => {
            format!(
                ". To go on with it as it is, and leave what the {from}'s has taken since, stop the {from}'s server first"
            )
        }
    };
    format!("{what}. Before the {to} can take over, its server has to follow the {from}'s again: {how}{or}")
}

fn paired(new: Position, old: Position) -> Looked {
    if !old.may_fence {
        return Looked::Never("the primary's role may not fence: it does not own the database".into());
    }
    let lag = match Lag::of(new, Ok(old)) {
        Ok(lag) => lag,
        Err(reason) => return Looked::Never(reason),
    };
    if !lag.standby.receiving {
        return Looked::NotYet("the standby is not connected to its primary, so it would never catch up".into());
    }
    if lag.standby.replay_paused {
        return Looked::NotYet("the replay of the standby is paused, so it would never catch up".into());
    }
    let observed = observed(&lag.standby, lag.primary.as_ref(), Some(&lag));
    Looked::Good(observed, "it streams from its primary".into())
}

fn unread(servers: &Servers, error: &PostgresError, hint: &str) -> Looked {
    let text = format!("{}{hint}", servers.tell(error));
    match error {
        PostgresError::Url { .. } | PostgresError::NoRoots { .. } | PostgresError::Roots { .. } => Looked::Never(text),
        error if error.is_answer() => Looked::NotYet(text),
        _ => Looked::Unread(text),
    }
}

fn alone(new: &Position) -> String {
    match new.role {
        ServerRole::Primary => format!("it is a primary already, and {}", no_newer(new)),
        ServerRole::Standby => "it is a standby; its primary is not asked".into(),
    }
}

/// How old what a server has of the other may be, that was promoted before the run.
pub(super) fn no_newer(promoted: &Position) -> String {
    match &promoted.last_commit_at {
        Some(at) => format!("follows nobody: the last commit that it has of the other is of {at}"),
        None => "follows nobody: since when is not known".to_owned(),
    }
}

fn observed(new: &Position, old: Option<&Position>, lag: Option<&Lag>) -> Value {
    json!({
        "role": new.role.as_str(),
        "system": new.system,
        "timeline": new.timeline,
        "old_timeline": old.map(|old| old.timeline),
        "lag_bytes": lag.and_then(|lag| lag.bytes),
        "lag_ms": lag.and_then(|lag| lag.time).map(crate::compile::milliseconds),
        "last_commit_at": new.last_commit_at,
    })
}
