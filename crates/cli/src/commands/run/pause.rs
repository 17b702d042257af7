//! `pilotlight run pause`: asks the run's executor, on whatever machine, to stop between two steps.

use super::ask::{Answer, ask};
use super::{Chosen, Context};
use crate::args::RunPause;
use crate::exit::Exit;
use crate::failure::Failure;
use pilotlight_findings::codes;
use pilotlight_journal::{JournalError, Stopped, Wish};

pub(super) async fn run(args: &RunPause, context: Context<'_>) -> Result<Exit, Failure> {
    let chosen = Chosen::open(&args.run).await?;
    let log = chosen.log().await?;
    if log.state.finished.is_some() {
        return Err(JournalError::Finished { run: chosen.run }.into());
    }
    if let Some(stopped) = &log.state.stopped {
        return told(&chosen.run, stopped, "is stopped already", context);
    }
    match ask(&chosen, &log, Wish::Pause, &args.reason, args.wait, context).await? {
        Answer::Stopped(stopped) => told(&chosen.run, &stopped, "is stopped", context),
        Answer::Finished(finished) => Err(Failure::coded(
            codes::J_FINISHED,
            format!("pause run {}: it came to its end first, at {:.0}: {}", chosen.run, finished.at, finished.detail),
            "nothing is left to pause; see pilotlight run report PLAN",
        )),
        // Nobody answers a pause with a yes.
        Answer::Approved => Ok(Exit::Done),
    }
}

fn told(run: &str, stopped: &Stopped, is: &str, context: Context<'_>) -> Result<Exit, Failure> {
    let at = stopped.step.as_ref().map_or(String::new(), |step| format!(" at {step}"));
    context.screen.data(&format!("run {run} {is}{at} since {:.0}: {}\n", stopped.at, stopped.reason))?;
    let plan = context.plan.map(|plan| crate::failure::quoted(&plan.to_string_lossy())).unwrap_or_default();
    context.screen.note(format!("go on with: pilotlight run resume {plan} {run}"));
    Ok(Exit::Done)
}
