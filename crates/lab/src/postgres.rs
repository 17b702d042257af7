//! PostgreSQL in both regions: a primary in the primary region, a streaming standby in the other.
//!
//! `programs` finds PostgreSQL, `account` and `place` settle who runs it and where, `guard` holds a server on a leash,
//! `cluster` is one region's database, `pair` both of them with what is done to them in a rehearsal.

pub(crate) mod account;
pub(crate) mod cluster;
pub(crate) mod guard;
pub(crate) mod pair;
pub(crate) mod place;
pub(crate) mod programs;
pub(crate) mod resync;
pub(crate) mod schema;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod state;
