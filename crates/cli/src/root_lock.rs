//! Keeps two executors of this machine apart in one generated root: between the override that is laid there and the apply
//! of what was planned with it, nobody else lays, removes or plans. A run that was taken over has two for a moment: the
//! one that was left finds that out at its next event, and not while Terraform works.
//!
//! The operating system drops the lock when its process ends, however it ends. Elsewhere Terraform's own lock of the
//! state keeps machines apart; files of a root are on one.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

/// Below the root, where Terraform keeps its own.
const FILE: &str = ".terraform/pilotlight-scale.lock";

/// Held from a plan to its apply, or until it is discarded.
#[derive(Debug)]
pub(crate) struct RootLock {
    _file: Option<File>,
}

impl RootLock {
    /// Takes the lock of a root; who has it, where somebody does. The folder has to be there.
    pub(crate) fn take(root: &Path) -> Result<Self, String> {
        let path = root.join(FILE);
        let opened = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = match opened {
            Ok(file) => file,
            // What cannot be written there is told when the override is.
            Err(error) => {
                tracing::info!(%error, path = %path.display(), "no lock of the root");
                return Ok(Self { _file: None });
            }
        };
        match file.try_lock() {
            Ok(()) => {
                // Who it is helps the other one; that it cannot be written changes nothing.
                let me = format!("process {}", std::process::id());
                let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{me}"));
            }
            Err(TryLockError::WouldBlock) => {
                let mut who = String::new();
                let _ = file.read_to_string(&mut who);
                let who = if who.trim().is_empty() { "another process" } else { who.trim() };
                return Err(format!("pilotlight, {who} of this machine, is at work in {}", root.display()));
            }
            Err(TryLockError::Error(error)) => {
                tracing::info!(%error, path = %path.display(), "no lock of the root");
                return Ok(Self { _file: None });
            }
        }
        Ok(Self { _file: Some(file) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_executor_at_a_time_and_the_other_is_told_who() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join(".terraform")).unwrap();
        let held = RootLock::take(root.path()).unwrap();
        let told = RootLock::take(root.path()).unwrap_err();
        assert!(told.starts_with(&format!("pilotlight, process {} of this machine", std::process::id())), "{told}");
        drop(held);
        RootLock::take(root.path()).unwrap();
    }
}
