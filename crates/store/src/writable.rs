//! Whether a folder of objects could be written, without writing it.

use rustix::fs::{Access, access, statvfs};
use rustix::io::Errno;
use std::path::Path;

/// What a folder says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writable {
    /// It is there, or can be made, and has room: bytes that are free for this user.
    Yes {
        /// How many.
        free: u64,
    },
    /// It cannot be written: why, as words that fit after "it cannot be written:".
    No(String),
}

/// Less than this, and a run may not come to its end: an event is some kilobytes, with its compiled run in the first
/// one up to a megabyte, and the disk holds other things that grow.
const LEAST_FREE: u64 = 16 * 1024 * 1024;

/// Looks at the folder, or at the nearest one above it that exists.
pub(crate) fn writable(folder: &Path) -> Writable {
    let here = Path::new(".");
    let nearest = folder.ancestors().map(|path| if path.as_os_str().is_empty() { here } else { path });
    // The last of them is the root or the working directory, which exist.
    let nearest = nearest.into_iter().find(|path| path.exists()).unwrap_or(here);
    let shown = nearest.display();
    if !nearest.is_dir() {
        return Writable::No(format!("{shown} is no folder"));
    }
    match access(nearest, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => {}
        Err(Errno::ROFS) => return Writable::No(format!("{shown} is on a file system that is read only")),
        Err(_) => return Writable::No(format!("this user may not write to {shown}")),
    }
    match statvfs(nearest) {
        Ok(disk) => match disk.f_bavail.saturating_mul(disk.f_frsize) {
            free if free < LEAST_FREE => {
                Writable::No(format!("the disk of {shown} has {free} bytes left, and a run needs up to {LEAST_FREE}"))
            }
            free => Writable::Yes { free },
        },
        Err(error) => Writable::No(format!("the disk of {shown} does not tell how much room it has: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_can_be_made_is_writable_and_nothing_is_made() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("not/yet");
        assert!(matches!(writable(&folder), Writable::Yes { free } if free > LEAST_FREE), "{:?}", writable(&folder));
        assert_eq!(std::fs::read_dir(root.path()).expect("a folder").count(), 0);
        let file = root.path().join("file");
        std::fs::write(&file, "").expect("written");
        assert_eq!(writable(&file.join("below")), Writable::No(format!("{} is no folder", file.display())));
        assert!(matches!(writable(Path::new("")), Writable::Yes { .. }));
    }

    #[test]
    fn a_file_system_that_is_read_only_is_not_writable() {
        // Linux has one at this place, whoever asks.
        if Path::new("/proc/self").is_dir() {
            assert!(matches!(writable(Path::new("/proc/self/pilotlight")), Writable::No(_)));
        }
    }
}
