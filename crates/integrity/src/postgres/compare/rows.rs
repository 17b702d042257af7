//! The rows of differing chunks, read from both sides at once in the order of their keys' digests.

use super::chunks::chunk_number;
use super::columns::Shape;
use super::{DifferenceKind, RowDifference, TableVerdict};
use crate::postgres::PostgresError;
use crate::postgres::session::Session;
use futures::TryStreamExt as _;
use futures::future::try_join;
use std::cmp::Ordering;
use std::pin::{Pin, pin};
use tokio_postgres::RowStream;

/// Counts differences and keeps the first keys.
pub(super) struct Tally {
    table: String,
    max_keys: usize,
    counts: [u64; 3],
    keys: Vec<(DifferenceKind, String)>,
}

impl Tally {
    pub(super) fn new(table: &str, max_keys: usize) -> Self {
        Self { table: table.to_owned(), max_keys, counts: [0; 3], keys: Vec::new() }
    }

    pub(super) fn add(&mut self, difference: &RowDifference) {
        debug_assert_eq!(difference.table, self.table);
        self.counts[difference.kind as usize] += 1;
        if self.keys.len() < self.max_keys {
            self.keys.push((difference.kind, difference.key.clone()));
        }
    }

    pub(super) fn verdict(self) -> TableVerdict {
        let [only_on_a, only_on_b, differing] = self.counts;
        TableVerdict::Differs { only_on_a, only_on_b, differing, keys: self.keys }
    }
}

struct KeyedRow {
    key_digest: Vec<u8>,
    row_digest: Vec<u8>,
    key: String,
    row: Option<String>,
}

/// A side's rows, one ahead.
struct Side<'a> {
    session: &'a Session,
    stream: Pin<&'a mut RowStream>,
    next: Option<KeyedRow>,
}

/// Beside the table's own columns, so a name that none of them has.
const KEY: &str = "\"pilotlight.key\"";

const WHAT: &str = "read the rows that differ";

impl Side<'_> {
    /// The next row, in exchange for the one after it.
    async fn take(&mut self) -> Result<Option<KeyedRow>, PostgresError> {
        let row = self.stream.try_next().await.map_err(|error| self.session.fault(WHAT, &error))?;
        let following = row
            .map(|row| {
                Ok::<_, PostgresError>(KeyedRow {
                    key_digest: self.session.value(WHAT, &row, 0)?,
                    row_digest: self.session.value(WHAT, &row, 1)?,
                    key: self.session.value(WHAT, &row, 2)?,
                    row: self.session.value(WHAT, &row, 3)?,
                })
            })
            .transpose()?;
        Ok(std::mem::replace(&mut self.next, following))
    }
}

/// Tells each row of `chunks` that differs.
pub(super) async fn compare(
    a: &Session,
    b: &Session,
    (shape_a, shape_b): (&Shape, &Shape),
    (chunks, level): (&[i32], usize),
    with_rows: bool,
    found: &mut (dyn FnMut(RowDifference) -> Result<(), PostgresError> + Send),
) -> Result<(), PostgresError> {
    let (sql_a, sql_b) = (query(shape_a, level, with_rows), query(shape_b, level, with_rows));
    let (stream_a, stream_b) = try_join(a.stream(WHAT, &sql_a, &[&chunks]), b.stream(WHAT, &sql_b, &[&chunks])).await?;
    let (stream_a, stream_b) = (pin!(stream_a), pin!(stream_b));
    let mut side_a = Side { session: a, stream: stream_a, next: None };
    let mut side_b = Side { session: b, stream: stream_b, next: None };
    side_a.take().await?;
    side_b.take().await?;
    loop {
        let order = match (&side_a.next, &side_b.next) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => one.key_digest.cmp(&other.key_digest),
        };
        let one = if order.is_le() { side_a.take().await? } else { None };
        let other = if order.is_ge() { side_b.take().await? } else { None };
        let kind = match (&one, &other) {
            (Some(one), Some(other)) if one.row_digest == other.row_digest => continue,
            (Some(_), Some(_)) => DifferenceKind::Differs,
            (Some(_), None) => DifferenceKind::OnlyOnA,
            (None, _) => DifferenceKind::OnlyOnB,
        };
        let key = one.as_ref().or(other.as_ref()).map(|row| row.key.clone()).unwrap_or_default();
        let (row_a, row_b) = (one.and_then(|row| row.row), other.and_then(|row| row.row));
        found(RowDifference { table: shape_a.name.clone(), kind, key, row_a, row_b })?;
    }
}

fn query(shape: &Shape, level: usize, with_rows: bool) -> String {
    let row = if with_rows { shape.row_json() } else { "NULL::text".to_owned() };
    format!(
        "SELECT {KEY}, {} AS d, {}, {row} FROM (SELECT *, {} AS {KEY} FROM {} OFFSET 0) hashed \
         WHERE {} IN (SELECT unnest($1::int4[])) ORDER BY 1",
        shape.row_digest(),
        shape.key_json(),
        shape.key_digest(),
        shape.quoted,
        chunk_number(KEY, level),
    )
}
