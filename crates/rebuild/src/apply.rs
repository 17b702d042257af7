//! Does what was decided: writes the standby root, copies images.

mod copy_images;
pub(crate) mod manifest;
mod write;

pub use copy_images::{COPY_PATIENCE, ImageCopier, ImageCopy, ImageCopyError, Patience, copy_images, plan_copies};
pub(crate) use write::{LOCK_FILE, is_configuration};
pub use write::{WriteError, Written, write_root};
