//! Tells an executor that is alive from one that was killed, on this machine: a lock on a file beside the plan,
//! which the operating system drops when its process ends, however it ends.
//!
//! It is a courtesy to the second operator. What keeps two executors apart everywhere is the journal.

use crate::at_work::story;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ports::operator;
use crate::project::Project;
use pilotlight_findings::{Code, Explain, codes};
use pilotlight_journal::{JournalStores, active_run, read_run};
use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Held while this process carries out a run of the plan.
pub(crate) struct ExecutorLock {
    _file: Option<File>,
}

/// Somebody else is at work.
#[derive(Debug, thiserror::Error)]
#[error("carry out a run of plan {plan}: {who} is at work on one{}", story.as_deref().map(|story| format!(": {story}")).unwrap_or_default())]
struct AtWork {
    plan: String,
    who: String,
    /// What the journal says of the run, where it says anything.
    story: Option<String>,
}

impl Explain for AtWork {
    fn code(&self) -> Code {
        codes::J_ACTIVE
    }

    fn remedy(&self) -> Option<String> {
        let (pause, take) = ("pilotlight run pause PLAN --reason TEXT", "pilotlight run resume PLAN --takeover");
        Some(format!("wait for it, ask it to stop with `{pause}`, or take the run from it: {take}"))
    }
}

impl ExecutorLock {
    /// Takes the lock, or refuses by name of who has it. With `takeover` nobody is asked.
    pub(crate) async fn take(project: &Project, stores: &JournalStores, takeover: bool) -> Result<Self, Failure> {
        let folder = folder(project);
        let path = folder.join(FILE);
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
        let mut tries = 1;
        let locked = loop {
            match file.try_lock() {
                // Whoever looks who has it holds it for a moment.
                Err(TryLockError::WouldBlock) if tries < LOOKERS && !takeover => tries += 1,
                locked => break locked,
            }
            tokio::time::sleep(LOOKER_PAUSE).await;
        };
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) if takeover => return Ok(Self { _file: None }),
            Err(TryLockError::WouldBlock) => {
                let (plan, who) = (project.plan.name.clone(), who(&mut file));
                let at_work = AtWork { story: active_story(stores, &plan).await, plan, who };
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

    /// Who has the lock on this machine; none where nobody has, or no lock could be held.
    pub(crate) fn holder(project: &Project) -> Option<String> {
        let mut file = File::options().read(true).write(true).open(folder(project).join(FILE)).ok()?;
        matches!(file.try_lock(), Err(TryLockError::WouldBlock)).then(|| who(&mut file))
    }
}

const FILE: &str = "executor.lock";

/// How often a lock that is held is tried, before its holder is one that stays.
const LOOKERS: u32 = 4;
/// A look takes far less.
const LOOKER_PAUSE: Duration = Duration::from_millis(20);

fn folder(project: &Project) -> PathBuf {
    project.folder.join(".pilotlight").join(&project.plan.name)
}

fn who(file: &mut File) -> String {
    let mut who = String::new();
    // Who it is helps the other one; that it cannot be read changes nothing.
    let _ = file.read_to_string(&mut who);
    if who.trim().is_empty() { "another process".to_owned() } else { who.trim().to_owned() }
}

/// Since when, and in which phase. A journal that does not say keeps nobody from being refused.
async fn active_story(stores: &JournalStores, plan: &str) -> Option<String> {
    let alone = JournalStores { first: Arc::clone(&stores.first), copies: Vec::new() };
    let run = active_run(&*alone.first, plan).await.ok()??;
    Some(story(&read_run(&alone, &run).await.ok()?.state))
}
