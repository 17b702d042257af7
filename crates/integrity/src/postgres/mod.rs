//! PostgreSQL: how far a standby is behind, the fence of an old primary, promotion, and comparison of tables.
//!
//! Everything is asked of the servers themselves, by SQL, with a time limit; no call to a cloud's API is made here.
//! A [`DatabaseUrl`] is a secret and is never shown: errors name `host:port/database`. Nothing here needs a
//! superuser but [`promote`] (`EXECUTE` on `pg_promote`, which RDS keeps to itself: there a replica is promoted by
//! its API).
//!
//! Sessions are direct ones: a pooler between that lends a connection a transaction only (PgBouncer in `transaction`
//! mode) keeps settings from holding, so a URL has to name the server itself.

mod address;
mod catch_up;
mod compare;
mod databases;
mod error;
mod fence;
mod former_sessions;
mod holes;
mod lag;
mod lsn;
mod position;
mod promote;
mod service;
mod session;
mod sessions;
mod tls;
mod write_count;
mod write_probe;

pub use address::DatabaseUrl;
pub use catch_up::{CaughtUp, catch_up, end_of_writes};
pub use compare::{
    CompareOptions, DatabaseSide, DifferenceKind, RowDifference, TableComparison, TableVerdict, compare_tables,
};
pub use databases::{Databases, KeptRows, PostgresDatabases};
pub use error::PostgresError;
pub use fence::{FenceReport, FenceState, Released, fence, fence_stands, release};
pub use former_sessions::end_former_sessions;
pub use lag::{Lag, MeasuredFrom, lag};
pub use lsn::{BadLsn, Lsn};
use position::read_position;
pub use position::{Position, ServerRole, position};
pub use promote::{FormerPrimary, Promotion, promote};
pub use service::{FirstWrite, Handover, Watched, first_write, handover};
pub use session::SessionOptions;
pub use tls::SslMode;
pub use write_count::{WriteCount, writes_since};
pub use write_probe::takes_writes;
