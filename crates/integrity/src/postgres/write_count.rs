//! Rows that were ever written to a database's own tables, as its server counts them.
//!
//! Counts live in the server's memory. A clean stop keeps them; a crash, of the machine or of one of its processes,
//! throws them away, and it begins again at nothing. A promoted standby begins at nothing too. So a number alone does
//! not tell whether anything was written since: a server that wrote fifty rows and crashed has the count of one that
//! wrote none. With each count goes the moment since when the server counts, which no crash leaves as it was.

use super::session::Session;
use super::{DatabaseUrl, PostgresError, SessionOptions};

/// A count, and since when the server counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteCount {
    /// Rows.
    pub rows: u64,
    /// Names the counting: as long as it is the same, rows are only added. None where it was not kept with the count.
    pub counted_since: Option<String>,
}

impl WriteCount {
    /// Rows that were added since an earlier count; none where the server has begun to count anew in between.
    pub fn since(&self, earlier: &Self) -> Option<u64> {
        let same = earlier.counted_since.is_none() || earlier.counted_since == self.counted_since;
        self.rows.checked_sub(earlier.rows).filter(|_| same)
    }
}

/// What a crash sets anew is `pg_stat_bgwriter`'s (`pgstat_reset_after_failure`, and before PostgreSQL 15 the collector
/// that finds no file); what a person does with `pg_stat_reset` is the database's.
const COUNT: &str = "
SELECT (SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::int8 FROM pg_stat_user_tables),
       concat((SELECT extract(epoch FROM stats_reset) FROM pg_stat_bgwriter), '/',
              (SELECT extract(epoch FROM stats_reset) FROM pg_stat_database WHERE datname = current_database()))";

/// Reads the count.
pub(super) async fn count_writes(session: &Session) -> Result<WriteCount, PostgresError> {
    let what = "count writes";
    let row = session.row(what, COUNT, &[]).await?;
    let rows: i64 = session.value(what, &row, 0)?;
    let counted_since = Some(session.value(what, &row, 1)?);
    Ok(WriteCount { rows: u64::try_from(rows).unwrap_or_default(), counted_since })
}

/// Rows that were written to user tables since [`fence()`](super::fence()) or [`release`](super::release) counted them; none
/// where the server has begun to count anew, as after a crash.
///
/// # Errors
/// The database gave no answer.
pub async fn writes_since(
    url: &DatabaseUrl,
    options: &SessionOptions,
    earlier: &WriteCount,
) -> Result<Option<u64>, PostgresError> {
    let session = Session::connect(url, options).await?;
    Ok(count_writes(&session).await?.since(earlier))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(rows: u64, counted_since: Option<&str>) -> WriteCount {
        WriteCount { rows, counted_since: counted_since.map(str::to_owned) }
    }

    #[test]
    fn a_count_that_began_anew_tells_nothing() {
        let earlier = count(0, Some("1"));
        assert_eq!(count(7, Some("1")).since(&earlier), Some(7));
        assert_eq!(count(0, Some("2")).since(&earlier), None, "it wrote, crashed, and counts from nothing");
        assert_eq!(count(3, Some("1")).since(&count(5, Some("1"))), None);
        // As a journal of an earlier version has it.
        assert_eq!(count(9, Some("2")).since(&count(5, None)), Some(4));
    }
}
