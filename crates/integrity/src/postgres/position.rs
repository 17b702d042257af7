use super::session::Session;
use super::{DatabaseUrl, Lsn, PostgresError, SessionOptions};
use std::time::Duration;

/// Whether a server takes writes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerRole {
    /// It writes its own log.
    Primary,
    /// It is in recovery: it replays another server's log.
    Standby,
}

impl ServerRole {
    /// `primary` or `standby`
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Standby => "standby",
        }
    }
}

/// Where a server stands in the log. All of it is read in one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Whether it is in recovery.
    pub role: ServerRole,
    /// The cluster's system identifier: the same on a primary and all its physical standbys, and on no other
    /// cluster.
    pub system: String,
    /// The history that it is on. A promotion begins a new one. Of a standby: as of its last restart point.
    pub timeline: u32,
    /// How far it has written, of a primary.
    pub written: Option<Lsn>,
    /// How far it has received, of a standby that streams or did; none of one fed from an archive.
    pub received: Option<Lsn>,
    /// How far it has replayed, of a standby.
    pub replayed: Option<Lsn>,
    /// Since the last commit that a standby replayed, by the standby's clock against the primary's. It grows
    /// while the primary writes nothing. None where no commit was replayed since the server was started.
    pub last_commit_age: Option<Duration>,
    /// When that commit was made, by the primary's clock, in UTC (RFC 3339). Of a server that was promoted, the last one
    /// that it replayed before, until it is started anew.
    pub last_commit_at: Option<String>,
    /// Whether a standby is connected to its primary now.
    pub receiving: bool,
    /// Whether a person paused the replay.
    pub replay_paused: bool,
    /// `server_version_num`, 150013.
    pub version: i32,
    /// Whether the role may fence this database: it owns it, or is a superuser.
    pub may_fence: bool,
    /// Whether the role may promote this server.
    pub may_promote: bool,
}

const POSITION: &str = "
SELECT pg_is_in_recovery(),
       (SELECT system_identifier::text FROM pg_control_system()),
       CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id::int8 FROM pg_control_checkpoint())
            ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int8 END,
       CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn()::text END,
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn()::text END,
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text END,
       CASE WHEN pg_is_in_recovery()
            THEN extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 END,
       to_char(pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'),
       CASE WHEN pg_is_in_recovery() THEN EXISTS (SELECT FROM pg_stat_wal_receiver) ELSE false END,
       CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() ELSE false END,
       current_setting('server_version_num')::int4,
       (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()),
       coalesce(has_function_privilege(to_regprocedure('pg_catalog.pg_promote(boolean,integer)'), 'EXECUTE'), false)";

/// Reads a server's position.
///
/// # Errors
/// It gave no answer, or refuses to tell.
pub async fn position(url: &DatabaseUrl, options: &SessionOptions) -> Result<Position, PostgresError> {
    read_position(&Session::connect(url, options).await?).await
}

pub(super) async fn read_position(session: &Session) -> Result<Position, PostgresError> {
    let what = "read the position in the log";
    let row = session.row(what, POSITION, &[]).await?;
    let lsn = |index| -> Result<Option<Lsn>, PostgresError> {
        let text: Option<String> = session.value(what, &row, index)?;
        text.map(|text| text.parse()).transpose().map_err(|error: super::BadLsn| PostgresError::Lost {
            at: session.at().to_owned(),
            what: what.to_owned(),
            reason: error.to_string(),
        })
    };
    let recovers: bool = session.value(what, &row, 0)?;
    let timeline: i64 = session.value(what, &row, 2)?;
    let age: Option<f64> = session.value(what, &row, 6)?;
    Ok(Position {
        role: if recovers { ServerRole::Standby } else { ServerRole::Primary },
        system: session.value(what, &row, 1)?,
        timeline: u32::try_from(timeline).unwrap_or_default(),
        written: lsn(3)?,
        received: lsn(4)?,
        replayed: lsn(5)?,
        // Clocks differ: a commit from the future is one of now.
        last_commit_age: age.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()),
        last_commit_at: session.value(what, &row, 7)?,
        receiving: session.value(what, &row, 8)?,
        replay_paused: session.value(what, &row, 9)?,
        version: session.value(what, &row, 10)?,
        may_fence: session.value(what, &row, 11)?,
        may_promote: session.value(what, &row, 12)?,
    })
}
