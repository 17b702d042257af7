//! Ends the other sessions of a database: those that began before a setting, and so do not have it.

use super::PostgresError;
use super::session::Session;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Time for sessions to end: one that writes a large transaction back to disk, or sits in a system call, takes a
/// moment. More than that and a person has to look.
const PATIENCE: Duration = Duration::from_secs(10);
/// A session that was being set up while the setting changed shows itself within this.
const SECOND_LOOK: Duration = Duration::from_millis(250);

/// What came of it.
pub(super) struct EndedSessions {
    /// How many.
    pub(super) ended: u64,
    /// Those that could not be ended, one line each.
    pub(super) left: Vec<String>,
}

/// Sessions that began before `$1`. What this role may not see of a session, its beginning for one, is null: then
/// it counts as one from before, in the first looks. Autovacuum and senders of the log write nothing of their own.
const OLD_SESSIONS: &str = "
SELECT pid, coalesce(usename::text, '?') FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND coalesce(backend_type, '') NOT IN ('autovacuum worker', 'walsender', 'parallel worker')
  AND coalesce(backend_start <= $1::text::timestamptz, $2) ORDER BY pid";

/// Ends them, and waits until they are gone.
pub(super) async fn end_other_sessions(session: &Session) -> Result<EndedSessions, PostgresError> {
    let what = "end other sessions";
    let cut: String = session.value(what, &session.row(what, "SELECT clock_timestamp()::text", &[]).await?, 0)?;
    let mut asked: Vec<i32> = Vec::new();
    let mut refused: Vec<String> = Vec::new();
    for pass in 0..2 {
        if pass > 0 {
            sleep(SECOND_LOOK).await;
        }
        for (pid, role) in list(session, &cut, true).await? {
            if asked.contains(&pid) {
                continue;
            }
            match session.row(what, "SELECT pg_terminate_backend($1)", &[&pid]).await {
                Ok(_) => asked.push(pid),
                Err(PostgresError::Refused { message, .. }) => {
                    let line = format!("session {pid} of role {role} could not be ended: {message}");
                    if !refused.contains(&line) {
                        refused.push(line);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }
    let begin = Instant::now();
    loop {
        // Of those whose beginning is hidden, only the ones that were asked to end are waited for.
        let mut left = list(session, &cut, true).await?;
        let known: Vec<i32> = list(session, &cut, false).await?.into_iter().map(|(pid, _)| pid).collect();
        left.retain(|(pid, _)| known.contains(pid) || asked.contains(pid));
        left.retain(|(pid, _)| !refused.iter().any(|line| line.starts_with(&format!("session {pid} "))));
        if left.is_empty() || begin.elapsed() >= PATIENCE {
            let ended = asked.iter().filter(|pid| !left.iter().any(|(other, _)| other == *pid)).count();
            let late =
                left.iter().map(|(pid, role)| format!("session {pid} of role {role} did not end within {PATIENCE:?}"));
            let left = refused.into_iter().chain(late).collect();
            return Ok(EndedSessions { ended: u64::try_from(ended).unwrap_or(u64::MAX), left });
        }
        sleep(Duration::from_millis(50)).await;
    }
}

async fn list(session: &Session, cut: &str, hidden: bool) -> Result<Vec<(i32, String)>, PostgresError> {
    let what = "list other sessions";
    let rows = session.query(what, OLD_SESSIONS, &[&cut, &hidden]).await?;
    rows.iter().map(|row| Ok((session.value(what, row, 0)?, session.value(what, row, 1)?))).collect()
}
