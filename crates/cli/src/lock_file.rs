//! A file that says who is at work, and is locked while they are: the operating system drops the lock when its process
//! ends, however it ends.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

/// An open file of this kind, locked or not.
#[derive(Debug)]
pub(crate) struct LockFile(File);

/// What came of a try to lock it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tried {
    /// It is locked for this process until it is dropped.
    Mine,
    /// Another process has it.
    Held,
    /// Nothing can be locked there.
    Never,
}

impl LockFile {
    /// Opens the file, or makes it; none where that cannot be, which is no reason to do without what it guards.
    pub(crate) fn open(path: &Path) -> Option<Self> {
        let opened = File::options().read(true).write(true).create(true).truncate(false).open(path);
        opened.inspect_err(|error| tracing::info!(%error, path = %path.display(), "no lock")).ok().map(Self)
    }

    /// Opens the file where there is one.
    pub(crate) fn existing(path: &Path) -> Option<Self> {
        File::options().read(true).write(true).open(path).ok().map(Self)
    }

    pub(crate) fn try_lock(&self) -> Tried {
        match self.0.try_lock() {
            Ok(()) => Tried::Mine,
            Err(TryLockError::WouldBlock) => Tried::Held,
            Err(TryLockError::Error(error)) => {
                tracing::info!(%error, "no lock");
                Tried::Never
            }
        }
    }

    /// Says who has it. That helps the other one; that it cannot be written changes nothing.
    pub(crate) fn sign(&mut self, me: &str) {
        let file = &mut self.0;
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{me}"));
    }

    /// Who has it, by their own words.
    pub(crate) fn who(&mut self) -> String {
        let mut who = String::new();
        // Who it is helps the other one; that it cannot be read changes nothing.
        let _ = self.0.read_to_string(&mut who);
        if who.trim().is_empty() { "another process".to_owned() } else { who.trim().to_owned() }
    }
}
