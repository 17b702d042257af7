//! Whether a promotion that was asked for may still come, when the run goes back. A standby that was asked replays first
//! what it has, and comes to its promotion then: what is released at the old server meanwhile reaches it before, and both
//! would take writes.

use super::{Patience, Servers, database_step, pause};
use crate::engine::{Engine, EngineError, Way, skipped_in_rollback};
use crate::steps::in_flight::may_be_asked_for;
use crate::steps::managed::{InDoubt, Promotion};
use crate::steps::{Ending, Performed};
use crate::{DatabaseStep, DatabaseTask, Step};
use pilotlight_integrity::postgres::{FenceState, Lsn, PostgresError, ServerRole};
use pilotlight_journal::{Body, Outcome};
use pilotlight_plan::format_duration;
use serde_json::Value;
use std::time::Duration;

/// A standby that works has shown by then that it was not asked: nobody is told of a wait that is shorter.
const MOMENT: Duration = Duration::from_secs(5);

/// Whether nothing is open any more of a promotion.
pub(super) enum Settled {
    /// With what became of it, where that is a promotion.
    Yes(Option<String>),
    /// The undo ends or waits so.
    No(Performed),
}

/// Waits until nothing is open any more of the promotion of a database, as long as it may take.
pub(super) async fn promotion_settles(
    engine: &mut Engine,
    step: &Step,
    database: &DatabaseStep,
    servers: &Servers,
    old: &str,
) -> Result<Settled, EngineError> {
    match database_step(engine, &database.name, &DatabaseTask::Promote).cloned() {
        Some(promote) => by_the_server(engine, step, &promote, servers, old).await,
        None => match InDoubt::of(engine, &database.name) {
            Some(promotion) => by_rds(engine, step, &promotion).await,
            None => Ok(Settled::Yes(None)),
        },
    }
}

/// RDS does what it was asked for, and nobody can take that back.
async fn by_rds(engine: &mut Engine, step: &Step, promotion: &InDoubt) -> Result<Settled, EngineError> {
    let limit = promotion.timeout;
    let mut wait = Wait::new(engine, limit, Duration::ZERO);
    loop {
        let cause = match promotion.look(engine).await {
            Promotion::Closed => return Ok(Settled::Yes(None)),
            Promotion::Came(detail) => return Ok(Settled::Yes(Some(detail))),
            Promotion::MayCome(cause) => cause,
        };
        let told = format!(
            "the fence is taken back once it is known whether RDS promotes the other, which is asked for up to {}: {cause}",
            format_duration(limit)
        );
        match wait.on(engine, step, &cause, told).await? {
            Patience::Left => {}
            Patience::Stop(reason) => return Ok(Settled::No(Performed::Waits(reason))),
            Patience::Over => {
                let detail = format!("not released: whether the other is promoted is not known: {cause}");
                return Ok(Settled::No(Ending::new(Outcome::Unknown, Value::Null, detail).into()));
            }
        }
    }
}

async fn by_the_server(
    engine: &mut Engine,
    step: &Step,
    promote: &Step,
    servers: &Servers,
    old: &str,
) -> Result<Settled, EngineError> {
    let asked_for = may_be_asked_for(engine, promote);
    if !is_open(engine, promote) && asked_for.is_zero() {
        return Ok(Settled::Yes(None));
    }
    let limit = promote.timeout();
    let remedy = format!(
        "restart that server, which makes it forget what it was asked for, or let the promotion come, and run resume; run \
         skip --step {} is a person's word that none comes",
        promote.id
    );
    let mut wait = Wait::new(engine, limit + asked_for, MOMENT);
    let nobody_asks_from = engine.ports.clock.elapsed() + asked_for;
    let mut proof = Proof::default();
    loop {
        let word = skipped_in_rollback(engine.journal.events(), &promote.id);
        let may_be_asked = !word && engine.ports.clock.elapsed() < nobody_asks_from;
        let cause = match proof.look(servers, old, word).await {
            Promotion::Closed | Promotion::MayCome(_) if may_be_asked => {
                proof = Proof::default();
                "the executor that this one replaced may live, and ask for it".to_owned()
            }
            Promotion::Closed => return Ok(Settled::Yes(None)),
            Promotion::Came(detail) => match servers.databases.fence_stands(&servers.new).await {
                Ok(stands) => return fence_the_new(engine, step, promote, servers, detail, stands || word).await,
                Err(error) => servers.tell(&error),
            },
            Promotion::MayCome(cause) => cause,
        };
        let told = format!(
            "the fence is taken back once it is known whether PostgreSQL promotes the other, which is asked for up to {}: \
             {cause}; {remedy}",
            format_duration(limit)
        );
        match wait.on(engine, step, &cause, told).await? {
            Patience::Left => {}
            Patience::Stop(reason) => return Ok(Settled::No(Performed::Waits(reason))),
            // Nothing was taken back, so a person can still have the run go forward again.
            Patience::Over => {
                let reason =
                    format!("not released: whether PostgreSQL promotes the other is not known: {cause}; {remedy}");
                return Ok(Settled::No(Performed::WaitsFor { step: promote.id.clone(), reason }));
            }
        }
    }
}

/// Whether a promotion was asked for, or may have been, and the run does not know what came of it.
fn is_open(engine: &Engine, promote: &Step) -> bool {
    let last = engine.journal.events().iter().rev().find_map(|event| match &event.what {
        Body::StepIntended { step, .. } if *step == promote.id => Some(None),
        Body::StepFinished { step, outcome, .. } if *step == promote.id => Some(Some(*outcome)),
        _ => None,
    });
    // Failed means: nothing was asked for.
    engine.attempts(promote, Way::Do) > 0 && matches!(last, Some(None | Some(Outcome::Unknown)))
}

/// What the old server wrote since the promotion can have been asked for, and whether the new one has replayed it. A
/// startup process that has replayed everything looks for a request before it waits for more, and ends the connection to
/// its primary where there is one: one that replays what was written after it, and is a connected standby still in another
/// look, was not asked for anything.
#[derive(Default)]
struct Proof {
    end: Option<Lsn>,
    replayed: bool,
}

impl Proof {
    async fn look(&mut self, servers: &Servers, old: &str, word: bool) -> Promotion {
        match self.read(servers, old, word).await {
            Ok(seen) => seen,
            // Whether it takes writes is asked before the release all the same.
            Err(_) if word => Promotion::Closed,
            Err(error) => Promotion::MayCome(servers.tell(&error)),
        }
    }

    async fn read(&mut self, servers: &Servers, old: &str, word: bool) -> Result<Promotion, PostgresError> {
        let new = servers.databases.position(&servers.new).await?;
        if new.role == ServerRole::Primary {
            let came = format!("the other was promoted, on timeline {}", new.timeline);
            // Nobody keeps the new one from taking writes before the old one can, but by a person's word.
            return Ok(match servers.databases.position(old).await {
                Err(error) if !word => Promotion::MayCome(format!("{came}, and {}", servers.tell(&error))),
                _ => Promotion::Came(came),
            });
        }
        if word {
            return Ok(Promotion::Closed);
        }
        let Some(end) = self.end else {
            // What an executor before this one has sent may stand in the network long after its death, or be sent by one
            // that stood still: it ends with its session.
            let sessions = servers.databases.end_former_sessions(&servers.new).await?;
            if sessions > 0 {
                return Ok(Promotion::MayCome(format!(
                    "{sessions} sessions of an executor before this one are open there"
                )));
            }
            if servers.databases.position(old).await?.system != new.system {
                return Ok(Promotion::MayCome("the two are different clusters".into()));
            }
            // What is written between the two reaches the standby after the first, whoever wrote what is before it.
            let before = servers.databases.end_of_writes(old).await?;
            self.end = Some(servers.databases.end_of_writes(old).await?).filter(|end| *end > before);
            return Ok(Promotion::MayCome("the other is a standby still, and may have been asked for".into()));
        };
        let replayed = new.replayed.is_some_and(|replayed| replayed >= end) && new.receiving;
        let twice = std::mem::replace(&mut self.replayed, replayed) && replayed;
        if twice {
            return Ok(Promotion::Closed);
        }
        let paused = if new.replay_paused { "; the replay is paused" } else { "" };
        let cut_off = if new.receiving { "" } else { "; it is not connected to its primary" };
        Ok(Promotion::MayCome(format!(
            "the other is a standby that has not replayed what was written since{paused}{cut_off}"
        )))
    }
}

/// The new server, which was promoted unseen, takes no more writes, so that the old one may.
async fn fence_the_new(
    engine: &mut Engine,
    step: &Step,
    promote: &Step,
    servers: &Servers,
    detail: String,
    nothing_is_lost: bool,
) -> Result<Settled, EngineError> {
    if !nothing_is_lost {
        let reason = format!(
            "not gone back: {detail}, and takes writes; how many rows it has written since is not known; it is left as it is until \
             a person skips {} to leave those writes behind",
            promote.id
        );
        return Ok(Settled::No(Performed::WaitsFor { step: promote.id.clone(), reason }));
    }
    engine.intend(step, Way::Undo).await?;
    let report = servers.databases.fence(&servers.new).await;
    let outcome = match report.state {
        FenceState::Proven => return Ok(Settled::Yes(Some(detail))),
        FenceState::Failed => Outcome::Failed,
        FenceState::Unknown => Outcome::Unknown,
    };
    let detail = format!("not released: {detail}, and its fence is {report}");
    Ok(Settled::No(Ending::new(outcome, Value::Null, detail).into()))
}

/// A wait for what becomes of a promotion. Whoever asks for the run is told of it once.
struct Wait {
    deadline: Duration,
    told_from: Duration,
    told: bool,
}

impl Wait {
    fn new(engine: &Engine, limit: Duration, untold: Duration) -> Self {
        let now = engine.ports.clock.elapsed();
        Self { deadline: now + limit, told_from: now + untold, told: false }
    }

    async fn on(
        &mut self,
        engine: &mut Engine,
        step: &Step,
        cause: &str,
        told: String,
    ) -> Result<Patience, EngineError> {
        if !self.told && engine.ports.clock.elapsed() >= self.told_from {
            self.told = true;
            engine.tell_of_wait(step, &told).await?;
        }
        pause(engine, step, self.deadline, cause).await
    }
}
