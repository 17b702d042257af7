//! Does what was decided: writes the standby root.

mod write;

pub use write::{WriteError, Written, write_root};
