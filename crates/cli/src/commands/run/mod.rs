//! `pilotlight run`: one file a subcommand.

mod abort;
mod approve;
mod ask;
mod list;
mod pause;
mod report;
mod resume;
mod show;
mod skip;

use super::Context;
use crate::args::{RunArgs, RunCommand};
use crate::executor_lock::ExecutorLock;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ports::operator;
use crate::project::Project;
use pilotlight_cloud::Aws;
use pilotlight_failover::Word;
use pilotlight_journal::{JournalStores, RunLog, RunState, known_runs, read_run};
use std::time::{Duration, Instant};

pub(super) async fn run(command: &RunCommand, context: Context<'_>) -> Result<Exit, Failure> {
    match command {
        RunCommand::List(args) => list::run(args, context).await,
        RunCommand::Show(args) => show::run(args, context).await,
        RunCommand::Resume(args) => resume::run(args, context).await,
        RunCommand::Pause(args) => pause::run(args, context).await,
        RunCommand::Skip(args) => skip::run(args, context).await,
        RunCommand::Approve(args) => approve::run(args, context).await,
        RunCommand::Abort(args) => abort::run(args, context).await,
        RunCommand::Report(args) => report::run(args, context).await,
    }
}

/// A plan's journal, and the run in it that was named.
struct Chosen {
    project: Project,
    aws: Aws,
    stores: JournalStores,
    run: String,
}

impl Chosen {
    async fn open(args: &RunArgs) -> Result<Self, Failure> {
        let project = Project::load(&args.journal.plan, &args.journal.plan_args, None)?;
        let aws = Aws::new(None);
        let stores = project.journal(&args.journal.journal, &aws).await?;
        let run = choose(&project, &stores, args.run.as_deref()).await?;
        Ok(Self { project, aws, stores, run })
    }

    /// That the run has the step which somebody names, before anything is written about it.
    async fn check_step(&self, word: Word<'_>) -> Result<(), Failure> {
        Ok(word.check_step(&self.log().await?)?)
    }

    /// Whether an executor may be carrying the run out: it has not stopped, and it is not one of this machine that is
    /// gone. Of another machine's executor nobody here can know.
    fn may_be_at_work(&self, state: &RunState) -> bool {
        let gone = is_of_this_host(&state.owner) && self.executor_here().is_none();
        state.finished.is_none() && state.stopped.is_none() && !gone
    }

    /// Who carries out a run of the plan on this machine.
    fn executor_here(&self) -> Option<String> {
        ExecutorLock::holder(&self.project)
    }

    /// Waits a moment for an executor of this machine that has stopped and is about to end.
    async fn wait_for_lock(&self) {
        let until = Instant::now() + ENDING;
        while self.executor_here().is_some() && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn log(&self) -> Result<RunLog, Failure> {
        Ok(read_run(&self.stores, &self.run).await?)
    }
}

/// How long an executor may take from its last event to its end: it writes its report in between.
const ENDING: Duration = Duration::from_secs(5);

/// Whether this is a person of this machine, `user@host`.
pub(super) fn is_of_this_host(person: &str) -> bool {
    let host = |person: &str| person.rsplit_once('@').map(|(_, host)| host.to_owned());
    host(person) == host(&operator())
}

/// The run with this id or the beginning of one; the latest one without.
async fn choose(project: &Project, stores: &JournalStores, wanted: Option<&str>) -> Result<String, Failure> {
    let plan = &project.plan.name;
    let Some(wanted) = wanted else {
        return known_runs(stores, plan).await?.pop().ok_or_else(|| {
            Failure::usage(
                format!("find a run of plan {plan} in {}", stores.first.url()),
                "begin one with pilotlight failover PLAN, or name another journal with --journal",
            )
        });
    };
    let runs = known_runs(stores, plan).await?;
    let mut found = runs.iter().filter(|run| run.starts_with(wanted));
    match (found.next(), found.next()) {
        (Some(run), None) => Ok(run.clone()),
        (None, _) => Err(Failure::usage(
            format!("find run {wanted} of plan {plan} in {}", stores.first.url()),
            "pilotlight run list PLAN has their ids",
        )),
        (Some(_), Some(_)) => Err(Failure::usage(
            format!("choose a run: several begin with {wanted}"),
            "give more of the id; pilotlight run list PLAN has them",
        )),
    }
}
