//! What a rebuild keeps of the primary, for the hour in which the primary region does not answer.
//!
//! Persisted format, version 1: a [`RecoveryKit`], in every journal store of the plan, as `pilotlight_journal::Shelf`
//! keeps documents.
//!
//! ```text
//! recovery/<plan>/<number, ten digits>.json       {"kit": {…}, "sha256": "…"}, sealed
//! recovery/<plan>/states/<sha256>.tfstate         a state, byte for byte as it was read
//! ```
//!
//! The kit is one JSON object: `version` (1), `plan` (its name), `primary` and `standby` (region codes), `taken_at`
//! (RFC 3339, when the primary was read), `map` (the [`RegionMap`](crate::RegionMap)), `catalog` (what each region
//! offered: `primary` and `standby`, each with `zones` and `images` of `id`, `name`, `owner`, `architecture`), and
//! `states`, one for each stack that had a state: `stack`, `side` (always `primary`), `url` without credentials,
//! `lineage`, `serial`, `sha256`. The standby's states are in the standby's own backend and need no copy.
//!
//! A kit is written by each rebuild that saw the primary and came to its end, also where nothing changed: its
//! `taken_at` is when the primary was last seen, and the age that a rebuild without it tells must be that. A state that
//! did not change is not written again. Nothing is ever removed, so that no kit loses what it names.

mod as_built;
mod find;
mod keep;
mod kit;
mod remembering;

pub(crate) use as_built::as_built;
pub use find::{FoundKit, KitSearch, find_kit};
pub use keep::{Kept, keep_kit};
pub use kit::{Catalog, KIT_VERSION, KeptState, KitError, Offer, RecoveryError, RecoveryKit};
pub use remembering::RememberingCatalog;

use pilotlight_journal::Shelf;

/// Where a plan's kits are in a store.
fn shelf(plan: &str) -> Shelf {
    Shelf::new("recovery", plan, "kit", "states", ".tfstate")
}
