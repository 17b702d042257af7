//! `pilotlight run resume`

use super::{Chosen, Context};
use crate::args::RunControl;
use crate::commands::failover::drive;
use crate::executor_lock::ExecutorLock;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ports::{operator, ports};
use pilotlight_failover::{Engine, EngineError};
use pilotlight_journal::{JournalError, Ownership};

pub(super) async fn run(args: &RunControl, context: Context<'_>) -> Result<Exit, Failure> {
    let chosen = Chosen::open(&args.run).await?;
    let (mut engine, _alone) = open(&chosen, args, context).await?;
    drive(&mut engine, &chosen.project.file, &args.report, context).await
}

/// Becomes the run's executor: the one before cannot append any more. One that is alive on this machine is
/// only replaced with `--takeover`.
pub(super) async fn open(
    chosen: &Chosen,
    args: &RunControl,
    context: Context<'_>,
) -> Result<(Engine, ExecutorLock), Failure> {
    let alone = ExecutorLock::take(&chosen.project, args.takeover)?;
    let by = operator();
    let ownership = if args.takeover { Ownership::Takeover { by } } else { Ownership::Resume { by } };
    let ports = ports(&chosen.project, &chosen.aws, args.resolver.resolver, context.screen).await;
    let engine = Engine::resume(&chosen.run, ownership, &chosen.stores, ports).await.map_err(|error| match error {
        // Another one has taken it in this moment.
        EngineError::Journal(JournalError::LostOwnership { .. }) => Failure::from(error).exit(Exit::Refused),
        // Nothing was begun: an error as any other.
        error => error.into(),
    })?;
    Ok((engine, alone))
}
