//! Keeps two executors of this machine apart in one generated root: between the override that is laid there and the apply
//! of what was planned with it, nobody else lays, removes or plans. A run that was taken over has two for a moment: the
//! one that was left finds that out at its next event, and not while Terraform works.
//!
//! Elsewhere Terraform's own lock of the state keeps machines apart; files of a root are on one.

use crate::lock_file::{LockFile, Tried};
use std::path::Path;

/// Below the root, where Terraform keeps its own.
const FILE: &str = ".terraform/pilotlight-scale.lock";

/// Held from a plan to its apply, or until it is discarded.
#[derive(Debug)]
pub(crate) struct RootLock {
    _file: Option<LockFile>,
}

impl RootLock {
    /// Takes the lock of a root; who has it, where somebody does. The folder has to be there.
    pub(crate) fn take(root: &Path) -> Result<Self, String> {
        // What cannot be written there is told when the override is.
        let Some(mut file) = LockFile::open(&root.join(FILE)) else { return Ok(Self { _file: None }) };
        match file.try_lock() {
            Tried::Mine => {
                file.sign(&format!("process {}", std::process::id()));
                Ok(Self { _file: Some(file) })
            }
            Tried::Held => Err(format!("pilotlight, {} of this machine, is at work in {}", file.who(), root.display())),
            Tried::Never => Ok(Self { _file: None }),
        }
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
