//! `pilotlight run skip`

use super::{Chosen, Context, resume};
use crate::args::RunStep;
use crate::commands::failover::drive;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ports::operator;
use pilotlight_failover::Word;

pub(super) async fn run(args: &RunStep, context: Context<'_>) -> Result<Exit, Failure> {
    let chosen = Chosen::open(&args.control.run).await?;
    let word = Word::Skip { step: &args.step };
    chosen.check_step(word).await?;
    let (mut engine, _alone) = resume::open(&chosen, &args.control, Some(word), context).await?;
    engine.skip(&args.step, &operator(), &args.reason).await?;
    drive(&mut engine, &chosen.project.file, &args.control.report, context).await
}
