//! `pilotlight run report`

use super::{Chosen, Context};
use crate::args::RunReport;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::reporting::give_run;
use pilotlight_failover::{asks_later, report, with_later};
use pilotlight_journal::{known_runs, read_run};

pub(super) async fn run(args: &RunReport, context: Context<'_>) -> Result<Exit, Failure> {
    let chosen = Chosen::open(&args.run).await?;
    let log = chosen.log().await?;
    let mut told = report(&log.events)?;
    told.findings.extend(log.findings);
    if asks_later(&told) {
        let runs = known_runs(&chosen.stores, &chosen.project.plan.name).await?;
        let mut later = Vec::new();
        for run in runs.iter().skip_while(|run| **run != chosen.run).skip(1) {
            later.push(report(&read_run(&chosen.stores, run).await?.events)?);
        }
        with_later(&mut told, &later);
    }
    give_run(&told, Some(&chosen.project.file), &args.report, context)?;
    Ok(Exit::Done)
}
