//! One answer, as a line of the log.
//!
//! Format, version 1: JSON lines, each a [`Record`], in the order in which the answers came.

use serde::{Deserialize, Serialize};

/// What came of one attempt to order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When it was sent, UTC with milliseconds: `2026-03-01T10:00:00.000Z`.
    pub time: String,
    /// The order's id, the client's own.
    pub order: String,
    /// 1 for the first time that this order was sent.
    pub attempt: u32,
    /// Where to; nothing, where the name had no address.
    pub address: Option<String>,
    /// The region that answered, in its own words.
    pub region: Option<String>,
    /// 201 and 200 acknowledge the order.
    pub status: Option<u16>,
    /// Why it was not acknowledged.
    pub error: Option<String>,
    /// From sent to answered, in milliseconds.
    pub latency_ms: f64,
}

impl Record {
    /// Whether the shop promised that the order is kept.
    pub fn acknowledged(&self) -> bool {
        matches!(self.status, Some(200 | 201))
    }
}
