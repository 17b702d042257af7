//! `pilotlight run abort`, and `--withdraw`, which takes one back.

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
    let word = if args.withdraw { Word::WithdrawAbort } else { Word::Abort };
    if !args.yes {
        let question = match args.withdraw {
            false => format!("Do you want to undo run {} and end it?", chosen.run),
            true => format!("Do you want to have run {} go forward again?", chosen.run),
        };
        confirm(context.screen, &question, "--yes").await?;
    }
    let (mut engine, _alone) = resume::open(&chosen, &args.control, Some(word), context).await?;
    let (by, reason) = (operator(), &args.reason);
    let told = match args.withdraw {
        false => engine.abort(&by, reason).await,
        true => engine.withdraw_abort(&by, reason).await,
    };
    told.map_err(interrupted)?;
    drive(&mut engine, &chosen.project.file, &args.control.report, context).await
}
