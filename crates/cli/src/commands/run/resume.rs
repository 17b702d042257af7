//! `pilotlight run resume`

use super::{Chosen, Context, is_of_this_host};
use crate::args::RunControl;
use crate::at_work::Active;
use crate::commands::failover::drive;
use crate::executor_lock::ExecutorLock;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ports::{operator, ports};
use crate::project::journal_override;
use crate::sizes::TerraformSizes;
use pilotlight_failover::{Direction, Engine, EngineError, Word};
use pilotlight_journal::{JournalError, Ownership};
use std::sync::Arc;

pub(super) async fn run(args: &RunControl, context: Context<'_>) -> Result<Exit, Failure> {
    let chosen = Chosen::open(&args.run).await?;
    let (mut engine, _alone) = open(&chosen, args, None, context).await?;
    drive(&mut engine, &chosen.project.file, &args.report, context).await
}

/// Becomes the run's executor: the one before cannot append any more. One that is alive on this machine is
/// only replaced with `--takeover`, and so is one of another machine that has not stopped. A word that the run would
/// refuse is refused first, with nothing written.
pub(super) async fn open(
    chosen: &Chosen,
    args: &RunControl,
    word: Option<Word<'_>>,
    context: Context<'_>,
) -> Result<(Engine, ExecutorLock), Failure> {
    let alone = ExecutorLock::take(&chosen.project, &chosen.stores, args.takeover).await?;
    let log = chosen.log().await?;
    let state = &log.state;
    if !args.takeover || word.is_some() {
        // This machine has none at work; what another one has, its last word alone tells.
        let at_work = state.finished.is_none() && state.stopped.is_none() && !is_of_this_host(&state.owner);
        if !args.takeover && at_work {
            let active = Active { wants_it: true, ..Active::new("take the run on", state) };
            return Err(Failure::from(active).exit(Exit::Refused));
        }
        // Of one that is over, that is what is told.
        if let Some(word) = word.filter(|_| state.finished.is_none()) {
            word.check(&log)?;
        }
    }
    let by = operator();
    let ownership = if args.takeover { Ownership::takeover(by) } else { Ownership::resume(by) };
    let ownership = ownership.in_journal(journal_override(&args.run.journal.journal));
    let plan = &chosen.project.plan;
    let home = if state.job == Direction::Failback.as_str() { &plan.primary } else { &plan.standby };
    let mut ports = ports(&chosen.project, &chosen.aws, home, args.resolver.resolver, context.screen).await;
    ports.sizes = Arc::new(TerraformSizes::new(&chosen.project.folder, args.terraform.terraform.clone()));
    let engine = Engine::resume(&chosen.run, ownership, &chosen.stores, ports).await.map_err(|error| match error {
        // Another one has taken it in this moment.
        EngineError::Journal(JournalError::LostOwnership { .. }) => Failure::from(error).exit(Exit::Refused),
        // Nothing was begun: an error as any other.
        error => error.into(),
    })?;
    Ok((engine, alone))
}
