//! journal

mod event;

pub use event::*;
