//! rebuild

mod catalog;

pub use catalog::*;
