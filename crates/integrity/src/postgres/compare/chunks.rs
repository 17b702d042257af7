//! Counts and sums of chunks, made by the servers, and which of them differ.

use super::columns::Shape;
use crate::postgres::PostgresError;
use crate::postgres::session::Session;
use futures::TryStreamExt as _;
use futures::future::try_join;
use std::pin::pin;
use tokio_postgres::{Row, RowStream};

/// Bits of the key's digest that name a chunk, by level: 4,096 chunks of a whole table, then 256 of each.
const BITS: [u32; 2] = [12, 20];
/// Rows of a chunk of the first level that are read one by one rather than cut finer.
const FINE_ROWS: u64 = 32;

/// What differs at one level.
pub(super) struct Differing {
    /// The chunks' numbers, in order.
    pub(super) chunks: Vec<i32>,
    /// Rows of the first database in the chunks that were looked at.
    pub(super) rows_a: u64,
    /// The same of the second.
    pub(super) rows_b: u64,
}

impl Differing {
    /// Whether its chunks are worth another pass before rows are read.
    pub(super) fn is_coarse(&self) -> bool {
        self.rows_a.max(self.rows_b) > FINE_ROWS << BITS[0]
    }
}

/// The number of a row's chunk, in SQL, from the first 32 bits of `digest`.
pub(super) fn chunk_number(digest: &str, level: usize) -> String {
    // The first bit is dropped: numbers are signed.
    let shift = 31 - BITS[level];
    format!("((('x' || left(encode({digest}, 'hex'), 8))::bit(32)::int4 & 2147483647) >> {shift})")
}

/// One row a chunk, in order: its number, its count, and the sum of the first 128 bits of its rows' digests. A sum
/// does not depend on the order of rows, and unlike an exclusive or it sees a row that is there twice.
fn query(shape: &Shape, level: usize, within: bool) -> String {
    let number = chunk_number("k", level);
    let half = |from: u32| format!("sum(('x' || substr(encode(d, 'hex'), {from}, 16))::bit(64)::int8)::text");
    let only = match (within, level) {
        (true, 1..) => format!("WHERE {} IN (SELECT unnest($1::int4[]))", chunk_number("k", level - 1)),
        _ => String::new(),
    };
    format!(
        "SELECT {number} AS chunk, count(*), {}, {} FROM (SELECT {} AS k, {} AS d FROM {} OFFSET 0) hashed {only} \
         GROUP BY 1 ORDER BY 1",
        half(1),
        half(17),
        shape.key_digest(),
        shape.row_digest(),
        shape.quoted,
    )
}

#[derive(PartialEq, Eq)]
struct Chunk {
    number: i32,
    count: i64,
    sums: (String, String),
}

/// Finds the chunks of `level` that differ; of those `within` the chunks of the level before, where given.
pub(super) async fn differing(
    a: &Session,
    b: &Session,
    shape_a: &Shape,
    shape_b: &Shape,
    level: usize,
    within: Option<&[i32]>,
) -> Result<Differing, PostgresError> {
    let (stream_a, stream_b) = try_join(open(a, shape_a, level, within), open(b, shape_b, level, within)).await?;
    let (mut stream_a, mut stream_b) = (pin!(stream_a), pin!(stream_b));
    let what = "sum the chunks";
    let mut found = Differing { chunks: Vec::new(), rows_a: 0, rows_b: 0 };
    let mut next_a = chunk(a, stream_a.try_next().await.map_err(|error| a.fault(what, &error))?)?;
    let mut next_b = chunk(b, stream_b.try_next().await.map_err(|error| b.fault(what, &error))?)?;
    while next_a.is_some() || next_b.is_some() {
        let number_a = next_a.as_ref().map_or(i32::MAX, |chunk| chunk.number);
        let number_b = next_b.as_ref().map_or(i32::MAX, |chunk| chunk.number);
        let number = number_a.min(number_b);
        let one = if number_a == number { next_a.take() } else { None };
        let other = if number_b == number { next_b.take() } else { None };
        if one != other {
            found.chunks.push(number);
        }
        if let Some(chunk_a) = one {
            found.rows_a += u64::try_from(chunk_a.count).unwrap_or_default();
            next_a = chunk(a, stream_a.try_next().await.map_err(|error| a.fault(what, &error))?)?;
        }
        if let Some(chunk_b) = other {
            found.rows_b += u64::try_from(chunk_b.count).unwrap_or_default();
            next_b = chunk(b, stream_b.try_next().await.map_err(|error| b.fault(what, &error))?)?;
        }
    }
    Ok(found)
}

async fn open(
    session: &Session,
    shape: &Shape,
    level: usize,
    within: Option<&[i32]>,
) -> Result<RowStream, PostgresError> {
    let sql = query(shape, level, within.is_some());
    let what = format!("sum the chunks of {}", shape.name);
    match within {
        Some(chunks) => session.stream(&what, &sql, &[&chunks]).await,
        None => session.stream(&what, &sql, &[]).await,
    }
}

fn chunk(session: &Session, row: Option<Row>) -> Result<Option<Chunk>, PostgresError> {
    let what = "sum the chunks";
    row.map(|row| {
        Ok(Chunk {
            number: session.value(what, &row, 0)?,
            count: session.value(what, &row, 1)?,
            sums: (session.value(what, &row, 2)?, session.value(what, &row, 3)?),
        })
    })
    .transpose()
}
