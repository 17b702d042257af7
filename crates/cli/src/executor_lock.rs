//! Tells an executor that is alive from one that was killed, on this machine: a lock on a file beside the plan.
//!
//! It is a courtesy to the second operator. What keeps two executors apart everywhere is the journal.

use crate::at_work::story;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lock_file::{LockFile, Tried};
use crate::ports::operator;
use crate::project::Project;
use pilotlight_findings::{Code, Explain, codes};
use pilotlight_journal::{JournalStores, active_run, read_run};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Held while this process carries out a run of the plan.
pub(crate) struct ExecutorLock {
    _file: Option<LockFile>,
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
        if self.story.is_none() {
            return Some(
                "the journal tells of no run of this plan that is under way, so that process is about to begin one, or to end: \
                 try again; where it stands still, end it"
                    .into(),
            );
        }
        let (pause, take) = ("pilotlight run pause PLAN --reason TEXT", "pilotlight run resume PLAN --takeover");
        Some(format!(
            "wait for it, ask it to stop with `{pause}`, or take the run from it: {take} (run skip, approve and abort take \
             --takeover as well)"
        ))
    }
}

impl ExecutorLock {
    /// Takes the lock, or refuses by name of who has it. With `takeover` nobody is asked.
    pub(crate) async fn take(project: &Project, stores: &JournalStores, takeover: bool) -> Result<Self, Failure> {
        let folder = folder(project);
        let path = folder.join(FILE);
        // A folder that cannot be written is no reason to refuse a run: the journal may be elsewhere.
        if let Err(error) = std::fs::create_dir_all(&folder) {
            tracing::info!(%error, path = %folder.display(), "no folder for a lock");
        }
        let Some(mut file) = LockFile::open(&path) else { return Ok(Self { _file: None }) };
        let mut tries = 1;
        let tried = loop {
            match file.try_lock() {
                // Whoever looks who has it holds it for a moment.
                Tried::Held if tries < LOOKERS && !takeover => tries += 1,
                tried => break tried,
            }
            tokio::time::sleep(LOOKER_PAUSE).await;
        };
        match tried {
            Tried::Mine => {
                file.sign(&format!("{}, process {}", operator(), std::process::id()));
                Ok(Self { _file: Some(file) })
            }
            Tried::Held if !takeover => {
                let (plan, who) = (project.plan.name.clone(), file.who());
                let at_work = AtWork { story: active_story(stores, &plan).await, plan, who };
                Err(Failure::from(at_work).exit(Exit::Refused))
            }
            Tried::Held | Tried::Never => Ok(Self { _file: None }),
        }
    }

    /// Who has the lock on this machine; none where nobody has, or no lock could be held.
    pub(crate) fn holder(project: &Project) -> Option<String> {
        let mut file = LockFile::existing(&folder(project).join(FILE))?;
        (file.try_lock() == Tried::Held).then(|| file.who())
    }
}

const FILE: &str = "executor.lock";

/// How often a lock that is held is tried, before its holder is one that stays.
const LOOKERS: u32 = 4;
/// A look takes far less.
const LOOKER_PAUSE: Duration = Duration::from_millis(20);

/// What belongs to the plan on this machine alone.
pub(crate) fn folder(project: &Project) -> PathBuf {
    project.folder.join(".pilotlight").join(&project.plan.name)
}

/// Since when, and in which phase. A journal that does not say keeps nobody from being refused.
async fn active_story(stores: &JournalStores, plan: &str) -> Option<String> {
    let alone = JournalStores { first: Arc::clone(&stores.first), copies: Vec::new() };
    let run = active_run(&*alone.first, plan).await.ok()??;
    Some(story(&read_run(&alone, &run).await.ok()?.state))
}
