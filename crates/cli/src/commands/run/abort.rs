//! `pilotlight run abort`

use super::{Chosen, Context, resume};
use crate::args::RunAbort;
use crate::commands::failover::{drive, interrupted};
use crate::confirm::confirm;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ports::operator;
use pilotlight_failover::Word;

pub(super) async fn run(args: &RunAbort, context: Context<'_>) -> Result<Exit, Failure> {
    let chosen = Chosen::open(&args.control.run).await?;
    if !args.yes {
        confirm(context.screen, &format!("Do you want to undo run {} and end it?", chosen.run), "--yes").await?;
    }
    let (mut engine, _alone) = resume::open(&chosen, &args.control, Some(Word::Abort), context).await?;
    engine.abort(&operator(), &args.reason).await.map_err(interrupted)?;
    drive(&mut engine, &chosen.project.file, &args.control.report, context).await
}
