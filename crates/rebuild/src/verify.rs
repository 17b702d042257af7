//! Proves what was made: nothing of the primary is left in it, and both sides agree.

mod collision;
mod parity;
mod residue;
mod walk;

pub use collision::collisions;
pub use parity::{Parity, ParityInput, parity};
pub use residue::{ResidueInput, residue};
