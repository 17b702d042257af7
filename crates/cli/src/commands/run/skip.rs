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
    chosen.check_step(&args.step).await?;
    let (mut engine, _alone) =
        resume::open(&chosen, &args.control, Some(Word::Skip { step: &args.step }), context).await?;
    engine.skip(&args.step, &operator(), &args.reason).await?;
    drive(&mut engine, &chosen.project.file, &args.control.report, context).await
}
