//! The service is back: somebody else has written at the new server. What a customer sees is measured by that, and not
//! by what this program did. A service that nobody writes to stops nothing.

use super::{Patience, Servers, counted, pause, seen};
use crate::engine::{Engine, EngineError, Way};
use crate::steps::{Ending, Performed};
use crate::{DatabaseStep, DatabaseTask, Step};
use pilotlight_integrity::postgres::{FirstWrite, Watched};
use pilotlight_journal::Outcome;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;

/// A session tells of its rows at most once a second (PostgreSQL's `PGSTAT_MIN_INTERVAL`), and its commit may take one.
const COUNTED_AFTER: Duration = Duration::from_secs(2);

pub(super) async fn perform(
    engine: &mut Engine,
    step: &Step,
    database: &DatabaseStep,
    servers: &Servers,
) -> Result<Performed, EngineError> {
    let released = seen(engine, &database.name, &DatabaseTask::Release);
    let Some(since) = released.and_then(|seen| seen.get("next_transaction")?.as_u64()) else {
        let detail = "not known: what was written there before is not";
        return Ok(Ending::new(Outcome::AlreadyDone, Value::Null, detail).into());
    };
    let writes = released.and_then(counted);
    let verified = seen(engine, &database.name, &DatabaseTask::Verify);
    let own: Vec<u64> = verified.and_then(|seen| seen.get("own_transaction")?.as_u64()).into_iter().collect();
    engine.intend(step, Way::Do).await?;
    let deadline = engine.ports.clock.elapsed() + step.timeout();
    // Transactions before a look that saw no row are nobody's writes, but for those whose rows were not counted yet.
    let mut looks = VecDeque::from([(Duration::ZERO, since)]);
    loop {
        let settled = engine.ports.clock.elapsed().saturating_sub(COUNTED_AFTER);
        while looks.len() > 1 && looks[1].0 <= settled {
            looks.pop_front();
        }
        let before = looks.front().map_or(since, |(_, next)| *next);
        let cause = match servers.databases.first_write(&servers.new, before, &own, writes.as_ref()).await {
            Ok(Watched::Written(write)) => return Ok(ending(&engine.ports.clock.now().to_string(), write).into()),
            Ok(Watched::Nothing { next_transaction }) => {
                if writes.is_some() {
                    looks.push_back((engine.ports.clock.elapsed(), next_transaction));
                }
                "nobody has written there yet".to_owned()
            }
            Err(error) => servers.tell(&error),
        };
        match pause(engine, step, deadline, &cause).await? {
            Patience::Left => {}
            Patience::Stop(reason) => return Ok(Performed::Waits(reason)),
            Patience::Over => {
                let detail = format!("not seen, which stops nothing: {cause}");
                return Ok(Ending::new(Outcome::Done, json!({ "first_write_at": Value::Null }), detail).into());
            }
        }
    }
}

fn ending(now: &str, write: FirstWrite) -> Ending {
    let detail = match &write.committed_at {
        Some(_) => "somebody has written there",
        None => "somebody has written there; when is not known, as the server keeps no times of commits",
    };
    let observed = json!({ "first_write_at": write.committed_at, "seen_at": now });
    Ending::new(Outcome::Done, observed, detail)
}
