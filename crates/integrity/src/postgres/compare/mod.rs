//! Compares tables of two databases: which rows are on one side only, and which differ.
//!
//! # How
//! Each side is read in one repeatable-read snapshot, in a session whose settings make the text of a value the same
//! everywhere ([`snapshot`]). A row is known by the SHA-256 of its primary key's text and compared by the SHA-256 of
//! its text ([`columns`]).
//!
//! The rows are dealt into chunks by the first bits of the key's digest. One pass over the table has the server
//! count and sum the digests of each chunk ([`chunks`]); chunks that differ are cut finer, by more bits, in another
//! pass over them alone; and of what still differs the digests are read row by row, in order, from both sides at once
//! ([`rows`]). So a table that is equal is read once a side, one that differs three times at most, whatever the keys
//! are: composite, or texts that two machines would sort each in its own way. Nothing but counts, the differing
//! chunks' numbers (at most 2^20) and the keys that were asked for is held in memory.
//!
//! # What it does not see
//! Tables without a primary key are counted and summed: which rows differ is unknown. Sequences, large objects and
//! the catalogue are not compared. The two snapshots are not of one moment: only where nothing is written, as after
//! a fence and with no lag, does equal mean equal.

mod chunks;
mod columns;
mod rows;
mod snapshot;

use super::session::Session;
use super::{DatabaseUrl, PostgresError, SessionOptions};
use columns::{Shape, shape};
use futures::future::try_join;
use snapshot::snapshot;

/// Which of two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DatabaseSide {
    /// The first.
    A,
    /// The second.
    B,
}

/// How a row differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DifferenceKind {
    /// Only the first database has it.
    OnlyOnA,
    /// Only the second database has it.
    OnlyOnB,
    /// Both have it, with different values.
    Differs,
}

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowDifference {
    /// `schema.table`
    pub table: String,
    /// How.
    pub kind: DifferenceKind,
    /// Its primary key as a JSON object, columns in the key's order.
    pub key: String,
    /// The row of the first database as a JSON object, where [`CompareOptions::with_rows`] asks for it.
    pub row_a: Option<String>,
    /// The same of the second.
    pub row_b: Option<String>,
}

/// What to read, and how much to keep.
#[derive(Debug, Clone)]
pub struct CompareOptions {
    /// Keys kept in the answer, a table. More are counted.
    pub max_keys: usize,
    /// Whether to read the rows that differ, and not only their keys.
    pub with_rows: bool,
}

impl Default for CompareOptions {
    /// A hundred keys: more than a person reads.
    fn default() -> Self {
        Self { max_keys: 100, with_rows: false }
    }
}

/// A table of both databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableComparison {
    /// As it was asked for, `orders` or `shop.orders`.
    pub table: String,
    /// The verdict.
    pub verdict: TableVerdict,
    /// Rows of the first database; none where it has no such table.
    pub rows_a: Option<u64>,
    /// Rows of the second.
    pub rows_b: Option<u64>,
}

/// What was found of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableVerdict {
    /// The same rows, with the same values.
    Equal,
    /// Rows differ, and these are they.
    Differs {
        /// Rows that only the first database has.
        only_on_a: u64,
        /// Rows that only the second has.
        only_on_b: u64,
        /// Rows that both have, with different values.
        differing: u64,
        /// The first of them, in no order that means anything; at most [`CompareOptions::max_keys`].
        keys: Vec<(DifferenceKind, String)>,
    },
    /// Rows differ; which is not known, as the table has no primary key.
    DiffersWithoutKeys,
    /// The columns, their types or the primary key are not the same: the rows are not compared.
    OtherColumns {
        /// Columns or keys that only the first database has so, `note text`.
        only_on_a: Vec<String>,
        /// The same of the second.
        only_on_b: Vec<String>,
    },
    /// A database has no such table.
    Missing {
        /// Which ones.
        sides: Vec<DatabaseSide>,
    },
}

impl TableComparison {
    /// Whether both databases have the table, with the same rows.
    pub fn is_equal(&self) -> bool {
        self.verdict == TableVerdict::Equal
    }
}

/// Compares `tables` of `a` and `b`, one after the other. Each row that differs is told to `found` as it is met, all
/// of them, whatever is kept in the answer: to write them to a file, for one.
///
/// # Errors
/// A database gave no answer or refuses to be read; or `found` failed. What was told to `found` stays told.
pub async fn compare_tables(
    a: &DatabaseUrl,
    b: &DatabaseUrl,
    tables: &[String],
    options: &CompareOptions,
    limits: &SessionOptions,
    found: &mut (dyn FnMut(&RowDifference) -> std::io::Result<()> + Send),
) -> Result<Vec<TableComparison>, PostgresError> {
    let (a, b) = try_join(snapshot(a, limits), snapshot(b, limits)).await?;
    let mut comparisons = Vec::with_capacity(tables.len());
    for table in tables {
        comparisons.push(compare_table(&a, &b, table, options, found).await?);
    }
    Ok(comparisons)
}

async fn compare_table(
    a: &Session,
    b: &Session,
    table: &str,
    options: &CompareOptions,
    found: &mut (dyn FnMut(&RowDifference) -> std::io::Result<()> + Send),
) -> Result<TableComparison, PostgresError> {
    let comparison = |verdict, rows_a, rows_b| TableComparison { table: table.to_owned(), verdict, rows_a, rows_b };
    let (shape_a, shape_b) = match try_join(shape(a, table), shape(b, table)).await? {
        (Some(shape_a), Some(shape_b)) => (shape_a, shape_b),
        (shape_a, shape_b) => {
            let sides = [(DatabaseSide::A, shape_a.is_none()), (DatabaseSide::B, shape_b.is_none())];
            let sides = sides.into_iter().filter(|(_, missing)| *missing).map(|(side, _)| side).collect();
            let rows_a = count(a, shape_a.as_ref()).await?;
            let rows_b = count(b, shape_b.as_ref()).await?;
            return Ok(comparison(TableVerdict::Missing { sides }, rows_a, rows_b));
        }
    };
    if let Some((only_on_a, only_on_b)) = shape_a.unlike(&shape_b) {
        let rows_a = count(a, Some(&shape_a)).await?;
        let rows_b = count(b, Some(&shape_b)).await?;
        return Ok(comparison(TableVerdict::OtherColumns { only_on_a, only_on_b }, rows_a, rows_b));
    }
    let first = chunks::differing(a, b, &shape_a, &shape_b, 0, None).await?;
    let (rows_a, rows_b) = (first.rows_a, first.rows_b);
    let verdict = if first.chunks.is_empty() {
        TableVerdict::Equal
    } else if shape_a.key.is_empty() {
        TableVerdict::DiffersWithoutKeys
    } else {
        let (chunks, level) = if first.is_coarse() {
            let finer = chunks::differing(a, b, &shape_a, &shape_b, 1, Some(&first.chunks)).await?;
            (finer.chunks, 1)
        } else {
            (first.chunks, 0)
        };
        let mut tally = rows::Tally::new(&shape_a.name, options.max_keys);
        rows::compare(a, b, (&shape_a, &shape_b), (&chunks, level), options.with_rows, &mut |difference| {
            tally.add(&difference);
            found(&difference).map_err(PostgresError::Keep)
        })
        .await?;
        tally.verdict()
    };
    Ok(comparison(verdict, Some(rows_a), Some(rows_b)))
}

async fn count(session: &Session, shape: Option<&Shape>) -> Result<Option<u64>, PostgresError> {
    let Some(shape) = shape else { return Ok(None) };
    let what = format!("count the rows of {}", shape.name);
    let row = session.row(&what, &format!("SELECT count(*) FROM {}", shape.quoted), &[]).await?;
    let count: i64 = session.value(&what, &row, 0)?;
    Ok(Some(u64::try_from(count).unwrap_or_default()))
}
