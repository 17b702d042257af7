//! One program at a time, also when who started it was killed: a program outlives that, and another one beside it could
//! undo half of what it does.

use crate::command::{CommandOutcome, CommandRun, run_with};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// A locked file that programs have for their standard input. The operating system keeps the lock until the last process
/// that has it open has ended. The file is empty, so that they read what they would of `/dev/null`.
#[derive(Debug, Clone)]
pub struct ProgramLock {
    path: PathBuf,
}

impl ProgramLock {
    /// The lock in this file, which is made where it is needed. Beside it stands, in `NAME.who`, whose it is.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The program that has it, as far as that is known, and where its lock is; none where no program has.
    pub fn holder(&self) -> Option<String> {
        let file = File::open(&self.path).ok()?;
        if !matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return None;
        }
        let who = std::fs::read_to_string(self.who()).unwrap_or_default();
        let who = if who.trim().is_empty() { "a program" } else { who.trim() };
        Some(format!("{who} (it holds {})", self.path.display()))
    }

    /// As [`crate::run_command`]; not started while another program has the lock. Where nothing can be locked, it is run
    /// all the same: that is no reason to do without it.
    pub async fn run(&self, argv: &[String], directory: Option<&Path>, limit: Duration) -> CommandRun {
        let locked = match self.lock() {
            Ok(locked) => locked,
            Err(holder) => {
                let outcome = CommandOutcome::NotStarted(format!("{holder} is still at work"));
                return CommandRun { outcome, output: String::new(), duration: Duration::ZERO };
            }
        };
        let input = locked.as_ref().and_then(|file| file.try_clone().ok()).map_or_else(Stdio::null, Stdio::from);
        // Arguments may hold what the environment gave: only the program is named.
        let program = argv.first().map_or("", String::as_str);
        let started = |process| {
            // It helps who waits for it; that it cannot be written changes nothing.
            let _ = std::fs::write(self.who(), format!("{program}, process {process}\n"));
        };
        let run = run_with(argv, directory, limit, input, started).await;
        if let Some(file) = locked {
            // For all that have the file open: what a program leaves at work on purpose keeps nobody waiting.
            let _ = file.unlock();
        }
        run
    }

    /// None where nothing can be locked; an error where a program has it.
    fn lock(&self) -> Result<Option<File>, String> {
        let opened = File::options().read(true).write(true).create(true).truncate(false).open(&self.path);
        let file = match opened {
            // Elsewhere a lock would keep programs from reading the file.
            Ok(file) if cfg!(unix) => file,
            Ok(_) => return Ok(None),
            Err(_) => return Ok(None),
        };
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Err(self.holder().unwrap_or_else(|| "another program".to_owned())),
            Err(TryLockError::Error(_)) => Ok(None),
        }
    }

    fn who(&self) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(".who");
        path.into()
    }
}
