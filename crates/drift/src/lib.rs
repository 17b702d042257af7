//! drift

mod live;

pub use live::*;
