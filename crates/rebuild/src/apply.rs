//! Does what was decided: writes the standby root.

pub(crate) mod manifest;
mod write;

pub(crate) use write::{LOCK_FILE, is_configuration};
pub use write::{WriteError, Written, write_root};
