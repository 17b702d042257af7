//! What a promoted server's log tells of the service: the last commit that came from the old server, and the first
//! write of somebody else. Between the two nobody's write was taken.

use super::session::Session;
use super::write_count::count_writes;
use super::{DatabaseUrl, PostgresError, SessionOptions, WriteCount};

/// Transactions that are looked at one by one, at most: a service that is back writes the first of them.
const LOOKED_AT: i64 = 10_000;

/// A promoted server, right after it was opened for writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// The number of the next transaction: what has this number or a greater one is not the opening's own.
    pub next_transaction: u64,
    /// When the newest transaction was committed that it has from the server which it followed, by that server's
    /// clock, in UTC (RFC 3339). None where it was restarted since its promotion, or never replayed a commit.
    pub last_replayed_at: Option<String>,
}

/// What a look for the first write saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// Nobody has written yet.
    Nothing {
        /// The number of the next transaction: what is written from now on has this number or a greater one.
        next_transaction: u64,
    },
    /// Somebody has.
    Written(FirstWrite),
}

/// The first write of somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstWrite {
    /// When it was committed, by the server's clock, in UTC (RFC 3339). None where the server does not keep the times
    /// of its commits (`track_commit_timestamp`): then it is known that there was one, and not when.
    pub committed_at: Option<String>,
}

const HANDOVER: &str = "
SELECT txid_snapshot_xmax(txid_current_snapshot()),
       to_char(pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";

/// Reads where the log changed hands.
///
/// # Errors
/// The server gave no answer.
pub async fn handover(url: &DatabaseUrl, options: &SessionOptions) -> Result<Handover, PostgresError> {
    let session = Session::connect(url, options).await?;
    let what = "read where the log changed hands";
    let row = session.row(what, HANDOVER, &[]).await?;
    let next: i64 = session.value(what, &row, 0)?;
    Ok(Handover {
        next_transaction: u64::try_from(next).unwrap_or_default(),
        last_replayed_at: session.value(what, &row, 1)?,
    })
}

/// Whether a transaction was committed in `[$1, $2)`, and when the first one was. A transaction that was rolled back,
/// as every probe of this program is, is none.
const COMMITTED: &str = "
SELECT count(*), to_char(min(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')
FROM (SELECT CASE WHEN current_setting('track_commit_timestamp')::bool
             THEN pg_xact_commit_timestamp((x % 4294967296)::text::xid) END AS at
      FROM generate_series($1::int8, least($2::int8, $1::int8 + $3::int8) - 1) AS x
      WHERE x % 4294967296 > 2 AND x <> ALL ($4::int8[]) AND txid_status(x) = 'committed') AS found";

/// The first write since a transaction, [`Handover::next_transaction`] or a later one. Transactions of this program's
/// own, as [`takes_writes`](super::takes_writes) tells them, are not counted. Numbers do not tell whose a transaction is:
/// autovacuum's and those of the cluster's other databases look alike. `writes` tells them apart, the rows that were
/// written in this database's own tables before ([`Released::writes`](super::Released)): as long as that many are, nobody
/// has written. A server tells of a session's rows up to a second late, so `since` has to be from before that.
///
/// # Errors
/// The server gave no answer.
pub async fn first_write(
    url: &DatabaseUrl,
    since: u64,
    own: &[u64],
    writes: Option<&WriteCount>,
    options: &SessionOptions,
) -> Result<Watched, PostgresError> {
    let session = Session::connect(url, options).await?;
    let what = "look for the first write";
    let row = session.row(what, "SELECT txid_snapshot_xmax(txid_current_snapshot())", &[]).await?;
    let next: i64 = session.value(what, &row, 0)?;
    let since = i64::try_from(since).unwrap_or(i64::MAX);
    let own: Vec<i64> = own.iter().filter_map(|number| i64::try_from(*number).ok()).collect();
    let nothing = Watched::Nothing { next_transaction: u64::try_from(next).unwrap_or_default() };
    // A count that began anew tells nothing.
    let unwritten = match writes {
        Some(writes) => count_writes(&session).await?.since(writes) == Some(0),
        None => false,
    };
    if unwritten || next <= since {
        return Ok(nothing);
    }
    let row = session.row(what, COMMITTED, &[&since, &next, &LOOKED_AT, &own]).await?;
    let count: i64 = session.value(what, &row, 0)?;
    Ok(if count == 0 { nothing } else { Watched::Written(FirstWrite { committed_at: session.value(what, &row, 1)? }) })
}
