//! Tries to write in a new session, as an application would, and leaves nothing behind.

use super::session::Session;
use super::{DatabaseUrl, PostgresError, SessionOptions};

/// `read_only_sql_transaction`
const READ_ONLY: &str = "25006";

/// What came of the try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The transaction is read only, by the fence or by recovery.
    ByReadOnly,
    /// Not as read only: writes are taken.
    No,
}

/// Tries in a session of its own.
pub(super) async fn try_to_write(url: &DatabaseUrl, options: &SessionOptions) -> Result<Refused, PostgresError> {
    try_in(&Session::connect(url, options).await?).await
}

async fn try_in(session: &Session) -> Result<Refused, PostgresError> {
    let what = "try to write";
    session.batch(what, "BEGIN").await?;
    // Whether the transaction may write is asked before whether the role may, so a role without the right to create
    // tables learns the same.
    let created = session.batch(what, "CREATE TABLE public.pilotlight_write_probe (probe int)").await;
    session.batch(what, "ROLLBACK").await?;
    match created {
        Ok(()) => Ok(Refused::No),
        Err(PostgresError::Refused { state, .. }) if state == READ_ONLY => Ok(Refused::ByReadOnly),
        Err(PostgresError::Refused { .. }) => Ok(Refused::No),
        Err(error) => Err(error),
    }
}

/// Whether a database takes writes: one is tried and rolled back, then one is committed that leaves a record in the
/// log and no row. The second also finds a server whose commits wait for a synchronous standby that is gone. Returns
/// its transaction's number, so that it is not taken for somebody else's.
///
/// # Errors
/// It gave no answer in time; [`PostgresError::Forbidden`] where it is read only.
pub async fn takes_writes(url: &DatabaseUrl, options: &SessionOptions) -> Result<Option<u64>, PostgresError> {
    let session = Session::connect(url, options).await?;
    let what = "write";
    if try_in(&session).await? == Refused::ByReadOnly {
        let reason = "its transactions are read only".to_owned();
        return Err(PostgresError::Forbidden { at: url.to_string(), what: what.into(), reason });
    }
    let write = "SELECT txid_current() FROM pg_logical_emit_message(true, 'pilotlight', 'takes writes')";
    match session.row(what, write, &[]).await {
        Ok(row) => Ok(u64::try_from(session.value::<i64>(what, &row, 0)?).ok()),
        // The role may not write this record. What it could write was tried above.
        Err(PostgresError::Refused { state, .. }) if state == "42501" => Ok(None),
        Err(error) => Err(error),
    }
}
