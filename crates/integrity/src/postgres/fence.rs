//! The fence of an old primary: it takes no more writes, and that is proven.
//!
//! # What is done, and why
//! `ALTER DATABASE … SET default_transaction_read_only = on`, then every other session of the database is ended.
//! It takes the owner of the database (and `pg_signal_backend` for other roles' sessions), no superuser, so it
//! works on RDS. It stands in the catalogue: a server that was restarted comes back fenced. Readers go on being
//! served, and the database can be compared with the new primary afterwards.
//! Not chosen: `ALTER SYSTEM` (superusers only; RDS refuses). `ALLOW_CONNECTIONS false` (nothing overrides it, but
//! nothing can read either: no proof from inside, no comparison, no saving of lost writes, and a new primary to
//! which it was replicated is closed to the application). `CONNECTION LIMIT` and `REVOKE CONNECT` (an application
//! that signs in as the owner, or as a superuser, passes).
//!
//! # What it does not stop, and how that is found: then the fence is *failed*, not proven
//! - A role with `default_transaction_read_only = off` of its own (`pg_db_role_setting`): found in the catalogue.
//! - A transaction that was prepared before: `COMMIT PREPARED` is allowed when read only. Found in
//!   `pg_prepared_xacts`.
//! - A subscription of logical replication: its worker writes when read only. Found in `pg_subscription`.
//! - A session that could not be ended: found by looking again.
//! - A session that asks to write (`BEGIN READ WRITE`, `SET … read_only = off`). Any session may, so this cannot be
//!   excluded, only seen: the writes that the server counts in user tables are read twice ([`FenceReport::writes`]),
//!   and open transactions that have written are looked for. The count is kept, so that [`writes_since`] can
//!   say later whether anything was written since: proven means that none was until then.
//! - Large objects, before PostgreSQL 16: they can be written when read only, and no count shows it. Not found.
//!
//! # What is replicated
//! The setting is a row of the catalogue: a standby replays it, and after its promotion takes no writes by default.
//! So [`release`] is called at the new primary. Sessions that began in between keep the setting as it was when they
//! began, so release ends them too.

use super::holes::holes;
use super::session::Session;
use super::sessions::end_other_sessions;
use super::write_count::count_writes;
use super::write_probe::{Refused, try_to_write};
use super::{DatabaseUrl, Lsn, PostgresError, ServerRole, SessionOptions, WriteCount, read_position};
use std::time::Duration;
use tokio::time::sleep;

/// Before PostgreSQL 15, counts of ended sessions come in through a collector that writes twice a second.
const OLD_STATISTICS_DELAY: Duration = Duration::from_secs(1);
/// The first version whose sessions hand in their counts before they end.
const STATISTICS_IN_MEMORY: i32 = 150_000;
/// How long writes are looked for: a session at work hands in its counts once a second
/// (`PGSTAT_MIN_INTERVAL`, src/backend/utils/activity/pgstat.c).
const WATCH: Duration = Duration::from_millis(1_200);

/// Whether a database takes writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FenceState {
    /// It was tried in a new session, and refused; nothing is known that could write, and nothing wrote.
    Proven,
    /// It answers, and writes are or may be taken.
    Failed,
    /// It gave no answer, so nothing is known.
    Unknown,
}

impl FenceState {
    /// `proven`, `failed` or `unknown`
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// What came of fencing a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FenceReport {
    /// The verdict.
    pub state: FenceState,
    /// Why it is not proven, one line each; empty where it is.
    pub reasons: Vec<String>,
    /// Sessions that were ended.
    pub sessions_ended: u64,
    /// How far the log was written when no session was left that could write.
    pub written: Option<Lsn>,
    /// Rows that were ever written to user tables, as the server counts them, when the fence stood.
    pub writes: Option<WriteCount>,
    /// When it was set, by the server's clock, in UTC (RFC 3339). None where it stood before: an earlier fence knows.
    pub fenced_at: Option<String>,
    /// Whether anything was changed at the database, or may have been; where not, there is nothing to take back.
    pub touched: bool,
    /// Other databases of the same server that take connections: this fence is not about them, and a promotion of
    /// the standby leaves their writes behind too.
    pub other_databases: Vec<String>,
}

impl FenceReport {
    fn new(state: FenceState, reasons: Vec<String>) -> Self {
        Self {
            state,
            reasons,
            touched: false,
            sessions_ended: 0,
            written: None,
            writes: None,
            fenced_at: None,
            other_databases: Vec::new(),
        }
    }

    fn of(error: &PostgresError) -> Self {
        // No connection is no answer about the fence, even where the server gave a reason for it.
        let state = match error {
            PostgresError::Refused { .. } | PostgresError::Forbidden { .. } => FenceState::Failed,
            _ => FenceState::Unknown,
        };
        Self::new(state, vec![error.to_string()])
    }
}

/// One line for a person.
impl std::fmt::Display for FenceReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.state.as_str())?;
        match self.state {
            FenceState::Proven => {
                write!(f, ": a new session's write is refused, {} sessions ended", self.sessions_ended)
            }
            _ => write!(f, ": {}", self.reasons.join("; ")),
        }
    }
}

/// Fences a database. It may be repeated: what is fenced already is proven anew.
pub async fn fence(url: &DatabaseUrl, options: &SessionOptions) -> FenceReport {
    let session = match sign_in(url, options).await {
        Ok(session) => session,
        Err(error) => return FenceReport::of(&error),
    };
    match try_to_fence(&session.0, session.1, url, options).await {
        Ok(report) => report,
        Err(error) => FenceReport { touched: true, ..FenceReport::of(&error) },
    }
}

/// A session at the server that is to be fenced, and its version.
async fn sign_in(url: &DatabaseUrl, options: &SessionOptions) -> Result<(Session, i32), PostgresError> {
    let session = Session::connect(url, options).await?;
    let position = read_position(&session).await?;
    if position.role == ServerRole::Standby {
        let reason = "it is a standby (in recovery), so the server that takes writes is another one".to_owned();
        return Err(PostgresError::Forbidden { at: url.to_string(), what: "fence".into(), reason });
    }
    Ok((session, position.version))
}

async fn try_to_fence(
    session: &Session,
    version: i32,
    url: &DatabaseUrl,
    options: &SessionOptions,
) -> Result<FenceReport, PostgresError> {
    let stood = is_fenced(session).await?;
    set_read_only(session, true).await?;
    let fenced_at = if stood { None } else { Some(clock(session).await?) };
    let ended = end_other_sessions(session).await?;
    if version < STATISTICS_IN_MEMORY {
        sleep(OLD_STATISTICS_DELAY).await;
    }
    let written = end_of_log(session).await?;
    let before = count_writes(session).await?;
    let mut reasons = ended.left;
    reasons.extend(holes(session).await?);
    match try_to_write(url, options).await? {
        Refused::ByReadOnly => {}
        Refused::No => reasons.push("a new session can write".into()),
    }
    sleep(WATCH).await;
    let after = count_writes(session).await?;
    match after.since(&before) {
        Some(0) => {}
        Some(rows) => reasons.push(format!("{rows} rows were written since the fence was set")),
        None => reasons.push("the server began to count its writes anew while they were watched".into()),
    }
    reasons.extend(writers(session).await?);
    Ok(FenceReport {
        state: if reasons.is_empty() { FenceState::Proven } else { FenceState::Failed },
        reasons,
        touched: true,
        sessions_ended: ended.ended,
        written: Some(written),
        writes: Some(before),
        fenced_at,
        other_databases: other_databases(session).await?,
    })
}

/// What [`release`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// Sessions that were ended, so that they come back able to write.
    pub sessions_ended: u64,
    /// Those that could not be ended, one line each: they may go on being refused.
    pub sessions_left: Vec<String>,
    /// Rows that were ever written to user tables, as the server counts them.
    pub writes: WriteCount,
    /// Why a new session's write is refused all the same; none where it is taken.
    pub still_refused: Option<String>,
}

/// Takes the fence back, and tries to write in a new session. It may be repeated.
///
/// # Errors
/// The database gave no answer, or refused; also a standby, which cannot be written to.
pub async fn release(url: &DatabaseUrl, options: &SessionOptions) -> Result<Released, PostgresError> {
    let session = Session::connect(url, options).await?;
    // Nobody who only reads there is to be ended for it.
    if read_position(&session).await?.role == ServerRole::Standby {
        let reason = "it is a standby (in recovery), and takes no writes before it is promoted".to_owned();
        return Err(PostgresError::Forbidden { at: url.to_string(), what: "release the fence".into(), reason });
    }
    if is_fenced(&session).await? {
        set_read_only(&session, false).await?;
    }
    // Also where the setting is gone: whoever took it back may have been killed before this.
    let ended = end_other_sessions(&session).await?;
    // A server that hung carries out what it was told before, once it goes on: the fence among it.
    if is_fenced(&session).await? {
        set_read_only(&session, false).await?;
    }
    let still_refused = match try_to_write(url, options).await? {
        Refused::No => None,
        Refused::ByReadOnly => {
            Some("writes are still refused as read only: look for default_transaction_read_only elsewhere".to_owned())
        }
    };
    let writes = count_writes(&session).await?;
    Ok(Released { sessions_ended: ended.ended, sessions_left: ended.left, writes, still_refused })
}

/// Whether the fence's setting stands at a database; it says nothing of who gets around it.
///
/// # Errors
/// The database gave no answer.
pub async fn fence_stands(url: &DatabaseUrl, options: &SessionOptions) -> Result<bool, PostgresError> {
    is_fenced(&Session::connect(url, options).await?).await
}

async fn set_read_only(session: &Session, on: bool) -> Result<(), PostgresError> {
    let what = if on { "fence the database" } else { "release the fence" };
    // This session must be able to write where the fence stands already.
    session.batch(what, "SET default_transaction_read_only = off; SET synchronous_commit = local").await?;
    let name: String =
        session.value(what, &session.row(what, "SELECT quote_ident(current_database())", &[]).await?, 0)?;
    session.still_in_time(what, session.began)?;
    let change = if on { "SET default_transaction_read_only = on" } else { "RESET default_transaction_read_only" };
    session.batch(what, &format!("ALTER DATABASE {name} {change}")).await
}

async fn is_fenced(session: &Session) -> Result<bool, PostgresError> {
    let what = "look for the fence";
    let sql = "SELECT EXISTS (
        SELECT FROM pg_db_role_setting s, unnest(s.setconfig) c
        WHERE s.setrole = 0 AND s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND c LIKE 'default_transaction_read_only=%' AND split_part(c, '=', 2)::bool)";
    session.value(what, &session.row(what, sql, &[]).await?, 0)
}

/// The end of the log, with everything before it on disk: a commit that waits for the disk takes along what
/// asynchronous commits left in memory.
pub(super) async fn end_of_log(session: &Session) -> Result<Lsn, PostgresError> {
    let what = "read the end of the log";
    session.batch(what, "SET default_transaction_read_only = off; SET synchronous_commit = local").await?;
    let sql = "SELECT pg_logical_emit_message(true, 'pilotlight', 'end of writes')";
    match session.batch(what, sql).await {
        // Not allowed to: the log writer has its own pace, under a second by default, and the wait for the standby
        // reads the end again.
        Ok(()) | Err(PostgresError::Refused { .. }) => {}
        Err(error) => return Err(error),
    }
    let text: String = session.value(what, &session.row(what, "SELECT pg_current_wal_lsn()::text", &[]).await?, 0)?;
    text.parse().map_err(|error: super::BadLsn| PostgresError::Lost {
        at: session.at().to_owned(),
        what: what.to_owned(),
        reason: error.to_string(),
    })
}

async fn clock(session: &Session) -> Result<String, PostgresError> {
    let what = "read the server's clock";
    let sql = "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";
    session.value(what, &session.row(what, sql, &[]).await?, 0)
}

/// Sessions of the database with a transaction that has written, as far as this role may see.
async fn writers(session: &Session) -> Result<Vec<String>, PostgresError> {
    let what = "look for writers";
    let sql = "SELECT coalesce(usename, '?'), pid FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL
          AND backend_type <> 'autovacuum worker' ORDER BY pid";
    let rows = session.query(what, sql, &[]).await?;
    rows.iter()
        .map(|row| {
            let (role, pid): (String, i32) = (session.value(what, row, 0)?, session.value(what, row, 1)?);
            Ok(format!("session {pid} of role {role} is writing"))
        })
        .collect()
}

async fn other_databases(session: &Session) -> Result<Vec<String>, PostgresError> {
    let what = "list databases";
    // `postgres` is for people's errands, and `rdsadmin` is AWS's own.
    let sql = "SELECT datname::text FROM pg_database WHERE datallowconn AND NOT datistemplate
        AND datname <> current_database() AND datname NOT IN ('postgres', 'rdsadmin') ORDER BY 1";
    session.query(what, sql, &[]).await?.iter().map(|row| session.value(what, row, 0)).collect()
}
