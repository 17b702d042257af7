//! The append-only record of a run: events in a hash chain, one owner, replay.
//!
//! [`RunJournal`] starts a run, continues one, and appends; [`verify`] says whether the objects of a run
//! are what was written, and names the one that is not; [`replay`] makes a [`RunState`] of the events.
//! An [`EventStore`] keeps the objects: `pilotlight_store::Store` on disk or S3, [`MemoryStore`] in tests.
//! The first of [`JournalStores`] decides, the others are copies. A [`Shelf`] is what is kept beside the runs.
//!
//! This crate does not know what a step does, nor what a compiled run looks like inside. It reads no clock
//! of its own: the caller passes one.

mod append;
mod backlog;
mod canonical;
mod chain;
mod claim;
mod copies;
mod error;
mod event;
mod event_store;
mod freeze;
mod lead;
mod memory;
mod ownership;
mod read;
mod replay;
mod request;
mod run_journal;
mod seal;
mod shelf;
mod withdrawal;

pub use canonical::{canonical_json, digest};
pub use chain::{ChainError, verify};
pub use claim::{CLAIM_VERSION, Claim, ClaimedRun, active_run, latest_run, plan_runs};
pub use error::{JournalError, NewOwner};
pub use event::*;
pub use event_store::EventStore;
pub use freeze::{FREEZE_VERSION, Freeze, FreezeKept, FreezeRead, UnreadStore, keep_freeze, read_freeze};
pub use lead::{known_runs, unfinished_run};
pub use memory::{Fault, MemoryStore, Operation};
pub use ownership::Ownership;
pub use read::{RunLog, has_event, read_run, read_runs, runs};
pub use replay::{Decision, Finished, PhaseState, Rollback, RunState, StepState, StepStatus, Stopped, Waits, replay};
pub use request::{REQUEST_VERSION, Request, Wish, leave_request, requests};
pub use run_journal::{Clock, JournalStores, RunJournal, Start};
pub use shelf::{Shelf, ShelfError, ShelfIndex};
