//! Writes a standby root.
//!
//! Each file is written beside its place and renamed, so that a reader never sees half of one. A manifest
//! says which files are ours: what a former rebuild wrote and this one does not is taken away, and a folder
//! with configuration that is not ours is refused. Terraform's own files (`.terraform`, the lock file, a
//! state) are left where they are.

use super::manifest::{self, MANIFEST};
use crate::decide::Retargeted;
use pilotlight_findings::{Code, Explain, codes};
use pilotlight_terraform::{OverrideError, remove_left_overrides};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Terraform keeps it up to date in the standby root, once there is one.
pub(crate) const LOCK_FILE: &str = ".terraform.lock.hcl";

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that are new or have changed, below the root.
    pub written: Vec<PathBuf>,
    /// Files of a former rebuild that were taken away.
    pub removed: Vec<PathBuf>,
    /// How many were as they are to be.
    pub unchanged: usize,
}

/// Why the root was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file or folder could not be read, written or removed.
    #[error("{what} {}", path.display())]
    File {
        /// `write`, `read`, `remove`
        what: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The manifest is of another version, or damaged.
    #[error("read {} as a list of generated files", path.display())]
    Manifest {
        /// Which.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The folder holds something else.
    #[error("use {} as the standby root: {reason}", path.display())]
    Foreign {
        /// Which folder.
        path: PathBuf,
        /// What is in there.
        reason: String,
    },
}

impl Explain for WriteError {
    fn code(&self) -> Code {
        codes::R_WRITE
    }

    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::File { source, .. } if is_full(source) => {
                "make room there, or name a folder with room with --into; then run it again: what is there is as it was"
            }
            Self::File { .. } => "see that the folder can be written, or name another one with --into",
            Self::Manifest { .. } | Self::Foreign { .. } => {
                "name another folder with --into, or move what is in this one"
            }
        };
        Some(remedy.to_owned())
    }
}

/// Writes the files of a standby root into `root`, which is made where it is not there. `source` is the
/// folder of the primary's root: it is never written to.
///
/// # Errors
/// The folder is the source's, has configuration that was not generated, or cannot be written.
pub fn write_root(root: &Path, stack: &str, source: &Path, result: &Retargeted) -> Result<Written, WriteError> {
    let failed = |what, path: &Path| {
        let path = path.to_owned();
        move |source| WriteError::File { what, path, source }
    };
    std::fs::create_dir_all(root).map_err(failed("make the folder", root))?;
    let foreign = |reason: String| WriteError::Foreign { path: root.to_owned(), reason };
    let (real, real_source) =
        (root.canonicalize().map_err(failed("read", root))?, source.canonicalize().map_err(failed("read", source))?);
    if real == real_source {
        return Err(foreign("it is the primary's own source".to_owned()));
    }
    let known = match manifest::read(root, stack)? {
        Some(known) => known,
        None => match configuration_in(root)? {
            Some(name) => return Err(foreign(format!("it holds {name}, which Pilotlight did not write"))),
            None => manifest::Generated::new(),
        },
    };
    let mut written = Written::default();
    let mut staged = Staged::default();
    for (path, bytes) in &result.files {
        let target = root.join(path);
        if path == Path::new(LOCK_FILE) && target.exists() {
            written.unchanged += 1;
            continue;
        }
        if std::fs::read(&target).is_ok_and(|present| present == *bytes) {
            written.unchanged += 1;
            continue;
        }
        let folder = target.parent().unwrap_or(root);
        std::fs::create_dir_all(folder).map_err(failed("make the folder", folder))?;
        staged.add(&target, bytes).map_err(failed("write", &target))?;
        written.written.push(path.clone());
    }
    let files = || result.files.iter().filter(|(path, _)| **path != *LOCK_FILE);
    let text = manifest::write(root, stack, files())?;
    let path = root.join(MANIFEST);
    // Last of all: a file that is listed and removed already is harmless, the reverse is not.
    staged.add(&path, &text).map_err(failed("write", &path))?;
    let written_now: BTreeSet<&PathBuf> = files().map(|(path, _)| path).collect();
    let stale: Vec<PathBuf> = known.into_keys().filter(|path| !written_now.contains(path)).collect();
    staged.settle(|| {
        for path in stale {
            let target = root.join(&path);
            match std::fs::remove_file(&target) {
                Ok(()) => written.removed.push(path),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(failed("remove", &target)(source)),
            }
        }
        Ok(())
    })?;
    // Terraform would go by what a killed run left.
    match remove_left_overrides(root) {
        Err(OverrideError::File { what: what @ "remove", path, source }) => {
            return Err(WriteError::File { what, path, source });
        }
        Err(error) => tracing::debug!(%error, "look for overrides"),
        Ok(()) => {}
    }
    Ok(written)
}

/// A file of configuration in a folder, where there is one.
fn configuration_in(root: &Path) -> Result<Option<String>, WriteError> {
    let entries =
        std::fs::read_dir(root).map_err(|source| WriteError::File { what: "read", path: root.to_owned(), source })?;
    let mut names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names.find(|name| is_configuration(name)))
}

/// Whether Terraform or OpenTofu reads a file of this name.
pub(crate) fn is_configuration(name: &str) -> bool {
    [".tf", ".tofu", ".tf.json", ".tofu.json", ".tfvars", ".tfvars.json"].iter().any(|ending| name.ends_with(ending))
}

/// Whether there is no room, by the disk, a quota or a limit of the process.
fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// Files that were written beside their places. All of them are, before the first one takes its place: a disk that is
/// full in the middle leaves the root as it was. Those that took none are removed.
#[derive(Debug, Default)]
struct Staged(Vec<(PathBuf, PathBuf)>);

impl Staged {
    fn add(&mut self, target: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(".pilotlight-new");
        let beside = target.with_file_name(name);
        self.0.push((beside.clone(), target.to_owned()));
        std::fs::write(&beside, bytes)
    }

    /// Renames them, in one file system, and does `first` before the last one.
    fn settle(mut self, first: impl FnOnce() -> Result<(), WriteError>) -> Result<(), WriteError> {
        let rename = |(beside, target): &(PathBuf, PathBuf)| {
            std::fs::rename(beside, target).map_err(|source| WriteError::File {
                what: "write",
                path: target.clone(),
                source,
            })
        };
        let before = self.0.len().saturating_sub(1);
        for pair in &self.0[..before] {
            rename(pair)?;
        }
        first()?;
        self.0[before..].iter().try_for_each(rename)?;
        self.0.clear();
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for (beside, _) in &self.0 {
            // One that took its place, or was never begun, is not there.
            if let Err(error) = std::fs::remove_file(beside) {
                tracing::debug!(%error, file = %beside.display(), "remove a file that was not used");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(files: &[(&str, &str)]) -> Retargeted {
        let files = files.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec())).collect();
        Retargeted { files, ..Retargeted::default() }
    }

    #[test]
    fn a_root_is_written_again_and_keeps_what_is_terraforms() {
        let (dir, source) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = dir.path().join("app");
        let first = result(&[("main.tf", "a"), ("_modules/m/m.tf", "b"), (LOCK_FILE, "lock 1")]);
        let written = write_root(&root, "app", source.path(), &first).unwrap();
        assert_eq!(written.written.len(), 3);
        std::fs::write(root.join("terraform.tfstate"), "state").unwrap();
        std::fs::write(root.join(LOCK_FILE), "lock 2").unwrap();
        let written =
            write_root(&root, "app", source.path(), &result(&[("main.tf", "c"), (LOCK_FILE, "lock 1")])).unwrap();
        assert_eq!(written.written, [PathBuf::from("main.tf")]);
        assert_eq!(written.removed, [PathBuf::from("_modules/m/m.tf")]);
        assert_eq!(std::fs::read_to_string(root.join("main.tf")).unwrap(), "c");
        assert_eq!(std::fs::read_to_string(root.join("terraform.tfstate")).unwrap(), "state");
        assert_eq!(std::fs::read_to_string(root.join(LOCK_FILE)).unwrap(), "lock 2");
        let same =
            write_root(&root, "app", source.path(), &result(&[("main.tf", "c"), (LOCK_FILE, "lock 1")])).unwrap();
        assert_eq!(same, Written { unchanged: 2, ..Written::default() });
    }

    #[test]
    fn what_cannot_be_written_whole_leaves_the_root_as_it_was() {
        let (dir, source) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = dir.path().join("app");
        write_root(&root, "app", source.path(), &result(&[("a.tf", "1"), ("b.tf", "1"), ("c.tf", "1")])).unwrap();
        let listed = std::fs::read(root.join(MANIFEST)).unwrap();
        // In the way of the second file: a disk that is full in the middle looks no other from here.
        std::fs::create_dir(root.join("b.tf.pilotlight-new")).unwrap();
        let error = write_root(&root, "app", source.path(), &result(&[("a.tf", "2"), ("b.tf", "2")])).unwrap_err();
        assert!(error.to_string().ends_with("b.tf"), "{error}");
        for file in ["a.tf", "b.tf", "c.tf"] {
            assert_eq!(std::fs::read_to_string(root.join(file)).unwrap(), "1", "{file}");
        }
        assert_eq!(std::fs::read(root.join(MANIFEST)).unwrap(), listed);
        assert!(!root.join("a.tf.pilotlight-new").exists(), "what was not used is removed");
    }

    #[test]
    fn a_full_disk_asks_for_room_and_not_for_another_name() {
        let remedy = |kind: std::io::ErrorKind| {
            WriteError::File { what: "write", path: "app/main.tf".into(), source: kind.into() }.remedy().unwrap()
        };
        for kind in [std::io::ErrorKind::StorageFull, std::io::ErrorKind::QuotaExceeded] {
            assert!(remedy(kind).starts_with("make room there"), "{kind:?}");
        }
        assert!(remedy(std::io::ErrorKind::PermissionDenied).starts_with("see that the folder can be written"));
    }

    #[test]
    fn what_is_not_ours_is_not_touched() {
        let (dir, source) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(dir.path().join("main.tf"), "mine").unwrap();
        let error = write_root(dir.path(), "app", source.path(), &result(&[("main.tf", "c")])).unwrap_err();
        assert!(matches!(&error, WriteError::Foreign { .. }), "{error}");
        assert_eq!(std::fs::read_to_string(dir.path().join("main.tf")).unwrap(), "mine");
        assert!(matches!(
            write_root(source.path(), "app", source.path(), &result(&[])),
            Err(WriteError::Foreign { .. })
        ));
        let other = tempfile::tempdir().unwrap();
        write_root(other.path(), "app", source.path(), &result(&[])).unwrap();
        assert!(matches!(
            write_root(other.path(), "network", source.path(), &result(&[])),
            Err(WriteError::Foreign { .. })
        ));
    }
}
