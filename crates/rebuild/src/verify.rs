//! Proves what was made: nothing of the primary is left in it, and both sides agree.

mod as_generated;
mod collision;
mod not_ours;
mod not_theirs;
mod outputs;
mod parity;
mod primary_calls;
mod quotas;
mod recovery_point;
mod residue;
mod unfilled;
mod walk;
mod written;

pub use as_generated::as_generated;
pub use collision::collisions;
pub use not_ours::not_ours;
pub use not_theirs::not_theirs;
pub use parity::{Parity, ParityInput, parity};
pub(crate) use primary_calls::primary_calls;
pub(crate) use quotas::{QuotaInput, relevant, shortages};
pub use recovery_point::{RecoveryPoint, recovery_point};
pub use residue::{ResidueInput, residue, state_residue};
pub use unfilled::unfilled_buckets;
