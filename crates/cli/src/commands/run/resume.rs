//! `pilotlight run resume`

use super::{Chosen, Context};
use crate::args::RunControl;
use crate::commands::failover::{drive, interrupted};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ports::{operator, ports};
use pilotlight_failover::Engine;
use pilotlight_journal::Ownership;

pub(super) async fn run(args: &RunControl, context: Context<'_>) -> Result<Exit, Failure> {
    let chosen = Chosen::open(&args.run).await?;
    let mut engine = open(&chosen, args, context).await?;
    drive(&mut engine, Some(&chosen.project.file), &args.run.report, context).await
}

/// Becomes the run's executor: the one before cannot append any more.
pub(super) async fn open(chosen: &Chosen, args: &RunControl, context: Context<'_>) -> Result<Engine, Failure> {
    let by = operator();
    let ownership = if args.takeover { Ownership::Takeover { by } } else { Ownership::Resume { by } };
    let ports = ports(&chosen.project, &chosen.aws, args.resolver.resolver, context.screen).await;
    Engine::resume(&chosen.run, ownership, &chosen.stores, ports).await.map_err(|error| match error {
        // Nothing to go on with is no reason to wait for a person.
        pilotlight_failover::EngineError::Journal(pilotlight_journal::JournalError::Finished { .. }) => error.into(),
        error => interrupted(error),
    })
}
