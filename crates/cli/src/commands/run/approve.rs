//! `pilotlight run approve`

use super::ask::{Answer, ask};
use super::{Chosen, Context, resume};
use crate::args::RunStep;
use crate::commands::failover::drive;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ports::operator;
use pilotlight_failover::{Action, Run, Word};
use pilotlight_findings::codes;
use pilotlight_journal::{RunLog, Wish};
use std::time::Duration;

/// How long a yes waits for an executor that is at work: several of its looks.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn run(args: &RunStep, context: Context<'_>) -> Result<Exit, Failure> {
    let chosen = Chosen::open(&args.control.run).await?;
    let word = Word::Approve { step: &args.step };
    chosen.check_step(word).await?;
    if !args.control.takeover {
        let log = chosen.log().await?;
        if chosen.may_be_at_work(&log.state) && is_approval(&log, &args.step) {
            let wish = Wish::Approve { step: args.step.clone() };
            match ask(&chosen, &log, wish, &args.reason, PATIENCE, context).await? {
                Answer::Approved => return told(&chosen, args, context),
                Answer::Finished(finished) => {
                    return Err(Failure::coded(
                        codes::J_FINISHED,
                        format!("approve {}: the run came to its end first: {}", args.step, finished.detail),
                        "see pilotlight run report PLAN",
                    ));
                }
                // Nobody was there: this program carries it on, once the other one is gone.
                Answer::Stopped(_) => chosen.wait_for_lock().await,
            }
        }
    }
    let (mut engine, _alone) = resume::open(&chosen, &args.control, Some(word), context).await?;
    engine.approve(&args.step, &operator(), &args.reason).await?;
    drive(&mut engine, &chosen.project.file, &args.control.report, context).await
}

/// Whether it is a step that a yes is for. Another one is refused by the engine, in its words.
fn is_approval(log: &RunLog, step: &str) -> bool {
    let run: Result<Run, _> = serde_json::from_value(log.state.compiled.clone());
    let action = run.ok().and_then(|run| run.step(step).map(|step| step.action.clone()));
    matches!(action, Some(Action::Approval { .. })) && !log.state.approvals.contains_key(step)
}

fn told(chosen: &Chosen, args: &RunStep, context: Context<'_>) -> Result<Exit, Failure> {
    let (step, run, by) = (&args.step, &chosen.run, operator());
    context.screen.data(&format!("{step} of run {run} is approved by {by}: {}\n", args.reason))?;
    context.screen.note("its executor goes on with it, where that is at work");
    Ok(Exit::Done)
}
