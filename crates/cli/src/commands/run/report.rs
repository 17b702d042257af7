//! `pilotlight run report`

use super::{Chosen, Context};
use crate::args::RunReport;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::reporting::give_run;
use futures::TryStreamExt as _;
use pilotlight_failover::{asks_later, report, with_later};
use pilotlight_journal::{RunLog, known_runs, read_runs};

pub(super) async fn run(args: &RunReport, context: Context<'_>) -> Result<Exit, Failure> {
    let chosen = Chosen::open(&args.run).await?;
    let log = chosen.log().await?;
    let mut told = report(&log.events)?;
    told.findings.extend(log.findings);
    if asks_later(&told) {
        let runs = known_runs(&chosen.stores, &chosen.project.plan.name).await?;
        let after = runs.iter().skip_while(|run| **run != chosen.run).skip(1);
        let logs: Vec<RunLog> = read_runs(&chosen.stores, after).try_collect().await?;
        let later = logs.iter().map(|log| report(&log.events)).collect::<Result<Vec<_>, _>>()?;
        with_later(&mut told, &later);
    }
    give_run(&told, Some(&chosen.project.file), &args.report, context)?;
    Ok(Exit::Done)
}
