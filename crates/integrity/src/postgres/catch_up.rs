//! Waits until a standby has everything that its fenced primary wrote.

use super::fence::end_of_log;
use super::session::Session;
use super::{DatabaseUrl, Lsn, PostgresError, ServerRole, SessionOptions, position, read_position};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Between two looks at the standby.
const LOOK_PAUSE: Duration = Duration::from_millis(100);

/// A standby that has caught up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaughtUp {
    /// The end of the fenced primary's log.
    pub written: Lsn,
    /// How far the standby has replayed: at least that.
    pub replayed: Lsn,
}

/// How far the log of a primary goes, with all of it on disk. After a fence this is the end of the writes.
///
/// # Errors
/// It gave no answer, or is no primary.
pub async fn end_of_writes(primary: &DatabaseUrl, options: &SessionOptions) -> Result<Lsn, PostgresError> {
    let session = Session::connect(primary, options).await?;
    if read_position(&session).await?.role == ServerRole::Standby {
        let reason = "it is no primary: it is in recovery".to_owned();
        return Err(PostgresError::Forbidden {
            at: primary.to_string(),
            what: "read the end of the log".into(),
            reason,
        });
    }
    end_of_log(&session).await
}

/// Waits until `standby` has replayed the log up to `end`, at most `within`; `seen` is told of each look, with the
/// bytes that are missing.
///
/// # Errors
/// The time is over, [`PostgresError::NoAnswer`] with what is missing; or it is no standby.
pub async fn catch_up(
    standby: &DatabaseUrl,
    end: Lsn,
    within: Duration,
    options: &SessionOptions,
    mut seen: impl FnMut(u64),
) -> Result<CaughtUp, PostgresError> {
    let begin = Instant::now();
    loop {
        let found = position(standby, options).await;
        let late = begin.elapsed() >= within;
        match found {
            Ok(found) if found.role == ServerRole::Primary => {
                let reason = "it is no standby: it is not in recovery".to_owned();
                let what = "wait for the standby".to_owned();
                return Err(PostgresError::Forbidden { at: standby.to_string(), what, reason });
            }
            Ok(found) => {
                let replayed = found.replayed.unwrap_or(Lsn(0));
                if replayed >= end {
                    return Ok(CaughtUp { written: end, replayed });
                }
                let missing = end.since(replayed);
                seen(missing);
                if late {
                    let paused = if found.replay_paused { "; the replay is paused" } else { "" };
                    let cut_off = if found.receiving { "" } else { "; it is not connected to its primary" };
                    let what = format!("wait until the last {missing} bytes are replayed{paused}{cut_off}");
                    return Err(PostgresError::NoAnswer { at: standby.to_string(), what, limit: within });
                }
            }
            Err(error) if late => return Err(error),
            Err(_) => {}
        }
        sleep(LOOK_PAUSE).await;
    }
}
