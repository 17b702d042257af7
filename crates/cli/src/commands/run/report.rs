//! `pilotlight run report`

use super::{Chosen, Context};
use crate::args::RunReport;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::reporting::give_run;

pub(super) async fn run(args: &RunReport, context: Context<'_>) -> Result<Exit, Failure> {
    let chosen = Chosen::open(&args.run).await?;
    let log = chosen.log().await?;
    let mut report = pilotlight_failover::report(&log.events)?;
    report.findings.extend(log.findings);
    give_run(&report, Some(&chosen.project.file), &args.report, context)?;
    Ok(Exit::Done)
}
