//! Ends what an executor before this one has open. A process that was killed has left requests to the network, and one that
//! stands still goes on where it was; neither is carried out once its session is gone.

use super::session::{APPLICATION_NAME, Session};
use super::{DatabaseUrl, PostgresError, SessionOptions};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Time for them to end.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// A role may end its own sessions.
const END: &str = "
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = $1 AND usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()";

/// Ends the other sessions that this program has in the database as the same role. Gives how many are left.
///
/// # Errors
/// The server gave no answer, or refused.
pub async fn end_former_sessions(url: &DatabaseUrl, options: &SessionOptions) -> Result<u64, PostgresError> {
    let what = "end the sessions of an executor before this one";
    let session = Session::connect(url, options).await?;
    let begin = Instant::now();
    loop {
        let row = session.row(what, END, &[&APPLICATION_NAME]).await?;
        let left: i64 = session.value(what, &row, 0)?;
        if left == 0 || begin.elapsed() >= PATIENCE {
            return Ok(u64::try_from(left).unwrap_or(u64::MAX));
        }
        sleep(LOOK_PAUSE).await;
    }
}
