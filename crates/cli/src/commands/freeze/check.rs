//! `pilotlight freeze check`: may a pipeline release now?

use super::undoes::{self, Judged};
use super::{Context, open, told};
use crate::args::FreezeCheck;
use crate::at_work::Active;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::project::Project;
use jiff::Timestamp;
use pilotlight_findings::{Code, Explain, codes};
use pilotlight_journal::{Freeze, JournalError, JournalStores, UnreadStore, read_freeze, unfinished_run};

pub(super) async fn run(args: &FreezeCheck, context: Context<'_>) -> Result<Exit, Failure> {
    let (project, stores) = open(&args.journal).await?;
    let plan = &project.plan.name;
    let mut refused: Vec<Box<dyn Explain>> = Vec::new();
    let mut unknown: Vec<Box<dyn Explain>> = Vec::new();
    if let Some(folder) = missing_folder(&project, &args.journal.journal) {
        unknown.push(Box::new(Unknown::NoFolder { plan: plan.clone(), folder }));
    }
    project.stacks(&args.stack)?;
    match active(&stores, plan).await {
        Ok(None) => match undoes::judge(&project, &stores, &args.stack).await {
            Ok(Judged { drill, undoes, unknown: not_known }) => {
                refused.extend(drill.map(|one| Box::new(one) as Box<dyn Explain>));
                refused.extend(undoes.map(|one| Box::new(one) as Box<dyn Explain>));
                unknown.extend(not_known.map(|one| Box::new(one) as Box<dyn Explain>));
            }
            Err(error) => unknown.push(Box::new(error)),
        },
        Ok(Some(active)) => refused.push(Box::new(active)),
        Err(source) => unknown.push(Box::new(Unknown::Journal { plan: plan.clone(), source })),
    }
    let read = read_freeze(&stores, plan).await;
    if let Some(freeze) = read.holding(Timestamp::now()) {
        refused.push(Box::new(Frozen { plan: plan.clone(), freeze: freeze.clone() }));
    }
    // The first store has said the same already where it did not answer.
    let first = stores.first.url();
    let told_already = !unknown.is_empty();
    let unread = read.unread.into_iter().filter(|store| !(told_already && store.url == first));
    unknown.extend(unread.map(|store| Box::new(Unknown::Store { plan: plan.clone(), store }) as Box<dyn Explain>));

    let exit = if refused.is_empty() { Exit::Incomplete } else { Exit::Refused };
    let against: Vec<Box<dyn Explain>> = refused.into_iter().chain(unknown).collect();
    match against.first() {
        None => {
            context.screen.data(&format!("plan {plan}: no run is active and no freeze is on\n"))?;
            Ok(Exit::Done)
        }
        Some(first) => Err(Failure::several(against.iter().map(|one| &**one), &**first).exit(exit)),
    }
}

async fn active(stores: &JournalStores, plan: &str) -> Result<Option<Active>, JournalError> {
    // A run that was begun or gone on with in a copy is seen there until the first store is brought up.
    Ok(unfinished_run(stores, plan).await?.map(|log| Active::new(RELEASE, &log.state)))
}

const RELEASE: &str = "give leave to release";

/// A journal that is a folder which this machine has not: a run begun on another machine is not seen from here.
fn missing_folder(project: &Project, instead: &[String]) -> Option<String> {
    let urls = if instead.is_empty() { &project.plan.journal } else { instead };
    let folder = |url: &String| {
        let path = url.strip_prefix("file://").or_else(|| url.strip_prefix("file:"));
        let path = path.or_else(|| (!url.contains("://")).then_some(url.as_str()))?;
        Some(project.folder.join(path))
    };
    let first = urls.first()?;
    folder(first).is_some_and(|folder| !folder.is_dir()).then(|| first.clone())
}

/// A freeze is on.
#[derive(Debug, thiserror::Error)]
#[error("{RELEASE}: a freeze of plan {plan} is on, {}", told(freeze))]
struct Frozen {
    plan: String,
    freeze: Freeze,
}

impl Explain for Frozen {
    fn code(&self) -> Code {
        codes::J_FROZEN
    }

    fn remedy(&self) -> Option<String> {
        let ends = if self.freeze.until.is_some() { "wait until it is over" } else { "wait until it is turned off" };
        Some(format!("{ends}, or ask {}; it is turned off with pilotlight freeze off PLAN", self.freeze.by))
    }
}

/// Why it is not known whether a release may go on.
#[derive(Debug, thiserror::Error)]
enum Unknown {
    #[error("find out whether a run of plan {plan} is active")]
    Journal {
        plan: String,
        #[source]
        source: JournalError,
    },
    #[error("find out whether a freeze of plan {plan} is on: {}", store.told())]
    Store { plan: String, store: UnreadStore },
    #[error("find out whether a run of plan {plan} is active: its journal {folder} is a folder that is not here")]
    NoFolder { plan: String, folder: String },
}

impl Explain for Unknown {
    fn code(&self) -> Code {
        match self {
            Self::Journal { source, .. } => source.code(),
            Self::Store { store: UnreadStore { error: pilotlight_journal::ShelfError::Store(error), .. }, .. } => {
                error.code()
            }
            Self::Store { .. } => codes::J_CHAIN,
            Self::NoFolder { .. } => codes::J_NOT_FOUND,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoFolder { .. } => {
                "give the plan a journal that every machine reaches: journal = [\"s3://BUCKET/PREFIX\"]; of a plan that \
                 had no run and no freeze yet, make the folder"
                    .into()
            }
            _ => "unknown is not \"go on\": make the journal reachable for the pipeline (s3:ListBucket and s3:GetObject), \
                  and check again"
                .into(),
        })
    }
}
