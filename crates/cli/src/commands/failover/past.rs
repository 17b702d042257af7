//! What past runs of the plan were measured to take, for a dry run.

use crate::project::Project;
use futures::TryStreamExt as _;
use pilotlight_cloud::Aws;
use pilotlight_failover::{Direction, Expected, PastRun, Run, RunReport, expected, is_measured_failover, report};
use pilotlight_findings::with_causes;
use pilotlight_journal::{JournalStores, RunLog, plan_runs, read_run, read_runs};
use std::sync::Arc;

/// Runs that are read, the newest first. More would say less: the estate of two years ago was another one.
const RUNS_READ: usize = 20;

/// What the run is expected to take, or why that is not known. A dry run needs no journal: it is no failure.
pub(in crate::commands) async fn expect(
    run: &Run,
    project: &Project,
    journal: &[String],
    aws: &Aws,
) -> Result<Expected, String> {
    let stores = project.journal(journal, aws).await.map_err(|failure| failure.to_line())?;
    // The first store decides; copies are not waited for.
    let alone = JournalStores { first: Arc::clone(&stores.first), copies: Vec::new() };
    let runs = plan_runs(&*alone.first, &run.plan).await.map_err(|error| with_causes(&error))?;
    Ok(expected(run, &read(&alone, runs.iter().rev().take(RUNS_READ)).await?))
}

/// The newest runs of a plan before the one with this id, or why they are not known.
pub(in crate::commands) async fn before(stores: &JournalStores, plan: &str, run: &str) -> Result<Vec<PastRun>, String> {
    let alone = JournalStores { first: Arc::clone(&stores.first), copies: Vec::new() };
    let runs = plan_runs(&*alone.first, plan).await.map_err(|error| with_causes(&error))?;
    read(&alone, runs.iter().rev().skip_while(|id| *id != run).skip(1).take(RUNS_READ)).await
}

async fn read<'r>(
    stores: &'r JournalStores,
    runs: impl Iterator<Item = &'r String> + 'r,
) -> Result<Vec<PastRun>, String> {
    let logs: Vec<RunLog> = read_runs(stores, runs).try_collect().await.map_err(|error| with_causes(&error))?;
    // One that was rolled back measured what it came to.
    Ok(logs.iter().filter_map(|log| PastRun::of(&log.events)).collect())
}

/// The newest run of a plan in this direction that was measured, where there is one; or why that is not known.
pub(in crate::commands) async fn measured(
    project: &Project,
    job: Direction,
    journal: &[String],
    aws: &Aws,
) -> Result<Option<RunReport>, String> {
    let is_measured = |run: &RunReport| match job {
        Direction::Failover => is_measured_failover(run),
        Direction::Failback => {
            run.job == job.as_str() && run.outcome == "succeeded" && run.recovery_time.measured_ms.is_some()
        }
    };
    let stores = project.journal(journal, aws).await.map_err(|failure| failure.to_line())?;
    let alone = JournalStores { first: stores.first, copies: Vec::new() };
    let runs = plan_runs(&*alone.first, &project.plan.name).await.map_err(|error| with_causes(&error))?;
    for id in runs.iter().rev().take(RUNS_READ) {
        let log = read_run(&alone, id).await.map_err(|error| with_causes(&error))?;
        let told = report(&log.events).ok().filter(is_measured);
        if told.is_some() {
            return Ok(told);
        }
    }
    Ok(None)
}
