//! Before a failback: which of the two serves? The one that traffic goes back to is fenced and made a standby only where
//! the other is what takes the writes. Whoever asks for a failback that somebody else has made already has customers there.

use super::Servers;
use crate::engine::Engine;
use crate::{Action, DatabaseTask};
use pilotlight_findings::Side;
use pilotlight_integrity::postgres::{Position, PostgresError, ServerRole};
use serde_json::{Value, json};

/// What the two are to each other.
pub(super) enum Pair {
    /// The server that traffic goes back to follows the other one.
    Follows,
    /// It has taken over already: the other is a standby.
    TakenOver,
    /// The other one takes the writes: this one is to become its standby.
    Parted,
    /// It is left as it is, for this reason.
    Never(String),
    /// The other one gives no answer, so nothing is done to this one.
    Unread(PostgresError),
}

/// How this server is left, as the step that keeps rows says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftAsItIs {
    /// The run found that it has taken over already.
    TakenOver,
    /// The other one is dead, and somebody's word is that it stays so (`--mode ungraceful`): there is nothing that this
    /// one could follow.
    Alone,
}

impl LeftAsItIs {
    /// What the step saw.
    pub(super) fn observed(self) -> Value {
        match self {
            Self::TakenOver => json!({ TAKEN_OVER: true }),
            Self::Alone => json!({ ALONE: true }),
        }
    }

    /// In the report's words.
    pub(super) fn detail(self, from: Side) -> String {
        match self {
            Self::TakenOver => "it is the primary, and the other a standby".to_owned(),
            Self::Alone => format!("it is left as it is: the {from}'s gives no answer, so there is nothing to follow"),
        }
    }
}

/// Looks at both, and changes nothing.
pub(super) async fn pair(engine: &Engine, servers: &Servers) -> Pair {
    let Some(old) = &servers.old else { return Pair::Never("the other server is not known".into()) };
    // One that does not answer is the program's to make a standby of.
    let new = servers.databases.position(&servers.new).await;
    let old_position = match servers.databases.position(old).await {
        Ok(position) => position,
        Err(error) => return Pair::Unread(error),
    };
    match (old_position.role, new) {
        (ServerRole::Standby, Ok(new)) if new.role == ServerRole::Primary => Pair::TakenOver,
        (ServerRole::Standby, Ok(_)) => Pair::Never("both are in recovery: there is no primary to follow".into()),
        (ServerRole::Standby, Err(error)) => Pair::Never(format!(
            "the {}'s is a standby, and the {}'s gave no answer: {}",
            engine.run.from.side,
            engine.run.to.side,
            servers.tell(&error)
        )),
        (ServerRole::Primary, Ok(new)) if new.role == ServerRole::Primary => {
            match two_primaries(engine, servers, old).await {
                Ok(None) => Pair::Parted,
                Ok(Some(reason)) => Pair::Never(reason),
                Err(error) => Pair::Unread(error),
            }
        }
        (ServerRole::Primary, Ok(new)) if streams(&new, &old_position) => Pair::Follows,
        (ServerRole::Primary, _) => Pair::Parted,
    }
}

fn streams(new: &Position, old: &Position) -> bool {
    new.system == old.system && new.receiving
}

/// Why neither of two primaries is given up.
async fn two_primaries(engine: &Engine, servers: &Servers, old: &str) -> Result<Option<String>, PostgresError> {
    let (from, to) = (engine.run.from.side, engine.run.to.side);
    if servers.databases.fence_stands(&servers.new).await? {
        return Ok(None);
    }
    if servers.databases.fence_stands(old).await? {
        return Ok(Some(format!(
            "there is nothing to bring back: the {to}'s server takes writes, and the {from}'s is fenced and follows nobody. \
             Make the {from}'s a standby of it: by the program of resync_standby where the plan has one, or by pg_rewind or \
             pg_basebackup"
        )));
    }
    Ok(records_are_there(engine).then(|| {
        format!(
            "both are primaries and take writes, and customers are led to the {to} already: whose writes are kept is a \
             person's word. The one that is given up is made a standby of the other by hand, by pg_rewind or pg_basebackup, \
             or stopped"
        )
    }))
}

/// Whether every record of the run was found where it is to go.
fn records_are_there(engine: &Engine) -> bool {
    let steps = &engine.journal.state().steps;
    let mut guards = engine.run.steps().filter(|step| matches!(step.action, Action::GuardRecords(_))).peekable();
    let there = |found: &Value| found.get("found") == Some(&"after".into());
    guards.peek().is_some() && guards.all(|step| steps.get(&step.id).is_some_and(|state| there(&state.observed)))
}

/// How the server of this step was found, where the run leaves it so.
pub(super) fn left_as_it_is(engine: &Engine, name: &str) -> Option<LeftAsItIs> {
    let kept = super::seen(engine, name, &DatabaseTask::Keep)?;
    let is = |field: &str| kept.get(field) == Some(&true.into());
    [(TAKEN_OVER, LeftAsItIs::TakenOver), (ALONE, LeftAsItIs::Alone)]
        .into_iter()
        .find_map(|(field, way)| is(field).then_some(way))
}

const TAKEN_OVER: &str = "taken_over";
const ALONE: &str = "other_is_dead";
