//! `pilotlight drill`: one file a kind.

mod live;
mod report;
mod simulate;
mod tabletop;

use super::Context;
use crate::args::DrillCommand;
use crate::exit::Exit;
use crate::failure::Failure;

pub(super) async fn run(command: &DrillCommand, context: Context<'_>) -> Result<Exit, Failure> {
    match command {
        DrillCommand::Simulate(args) => simulate::run(args, context).await,
        DrillCommand::Live(args) => live::run(args, context).await,
        DrillCommand::Tabletop(args) => tabletop::run(args, context).await,
        DrillCommand::Report(args) => report::run(args, context).await,
    }
}
