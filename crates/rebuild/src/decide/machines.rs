//! Machine types: what is one, which are used, and which one stands for another.

mod name;
mod nearest;
pub(crate) mod questions;
mod used;

pub(crate) use name::{class_type, machine_type};
pub use nearest::nearest;
pub use used::{Use, Used, machines_used, written_machines};
