//! Tells an executor that is alive from one that was killed, on this machine: a lock on a file beside the plan,
//! which the operating system drops when its process ends, however it ends.
//!
//! It is a courtesy to the second operator. What keeps two executors apart everywhere is the journal.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::ports::operator;
use crate::project::Project;
use pilotlight_findings::{Code, Explain, codes};
use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};

/// Held while this process carries out a run of the plan.
pub(crate) struct ExecutorLock {
    _file: Option<File>,
}

/// Somebody else is at work.
#[derive(Debug, thiserror::Error)]
#[error("carry out a run of plan {plan}: {who} is at work on one")]
struct AtWork {
    plan: String,
    who: String,
}

impl Explain for AtWork {
    fn code(&self) -> Code {
        codes::J_ACTIVE
    }

    fn remedy(&self) -> Option<String> {
        Some("wait for it, or take the run from it: pilotlight run resume PLAN --takeover".into())
    }
}

impl ExecutorLock {
    /// Takes the lock, or refuses by name of who has it. With `takeover` nobody is asked.
    pub(crate) fn take(project: &Project, takeover: bool) -> Result<Self, Failure> {
        let folder = project.folder.join(".pilotlight").join(&project.plan.name);
        let path = folder.join("executor.lock");
        let opened = std::fs::create_dir_all(&folder)
            .and_then(|()| File::options().read(true).write(true).create(true).truncate(false).open(&path));
        let mut file = match opened {
            Ok(file) => file,
            // A folder that cannot be written is no reason to refuse a run: the journal may be elsewhere.
            Err(error) => {
                tracing::info!(%error, path = %path.display(), "no executor lock");
                return Ok(Self { _file: None });
            }
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) if takeover => return Ok(Self { _file: None }),
            Err(TryLockError::WouldBlock) => {
                let mut who = String::new();
                let _ = file.read_to_string(&mut who);
                let who = if who.trim().is_empty() { "another process".to_owned() } else { who.trim().to_owned() };
                let at_work = AtWork { plan: project.plan.name.clone(), who };
                return Err(Failure::from(at_work).exit(Exit::Refused));
            }
            Err(TryLockError::Error(error)) => {
                tracing::info!(%error, path = %path.display(), "no executor lock");
                return Ok(Self { _file: None });
            }
        }
        let me = format!("{}, process {}", operator(), std::process::id());
        // Who it is helps the other one; that it cannot be written changes nothing.
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{me}"));
        Ok(Self { _file: Some(file) })
    }
}
