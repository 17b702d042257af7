//! `pilotlight run list`

use super::Context;
use crate::args::{ListingFormat, RunList};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::project::Project;
use crate::reporting::emit;
use jiff::Timestamp;
use pilotlight_cloud::Aws;
use pilotlight_failover::{RunReport, report};
use pilotlight_journal::{plan_runs, read_run};
use serde_json::{Value, json};

pub(super) async fn run(args: &RunList, context: Context<'_>) -> Result<Exit, Failure> {
    let project = Project::load(&args.journal.plan, &args.journal.plan_args, None)?;
    let stores = project.journal(&args.journal.journal, &Aws::new(None)).await?;
    let mut runs = Vec::new();
    for run in plan_runs(&*stores.first, &project.plan.name).await? {
        runs.push(report(&read_run(&stores, &run).await?.events)?);
    }
    if runs.is_empty() && args.output.format == ListingFormat::Text {
        context.screen.note(format!("no run of plan {} in {}", project.plan.name, stores.first.url()));
        return Ok(Exit::Done);
    }
    emit(args.output.out.as_deref(), context, |_| match args.output.format {
        ListingFormat::Json => format!("{:#}\n", Value::Array(runs.iter().map(as_json).collect())),
        ListingFormat::Text => runs.iter().map(as_line).collect(),
    })?;
    Ok(Exit::Done)
}

fn as_line(run: &RunReport) -> String {
    format!(
        "{}  {}  {:<8}  {:<11}  {}  {}\n",
        run.run,
        to_the_second(&run.started_at),
        run.job,
        run.outcome,
        run.operator,
        run.detail
    )
}

/// A time of the journal without its fraction, which nobody looks for in a list.
fn to_the_second(time: &str) -> String {
    time.parse::<Timestamp>().map_or_else(|_| time.to_owned(), |time| format!("{time:.0}"))
}

fn as_json(run: &RunReport) -> Value {
    json!({
        "run": run.run,
        "plan": run.plan,
        "job": run.job,
        "operator": run.operator,
        "digest": run.digest,
        "started_at": run.started_at,
        "outcome": run.outcome,
        "detail": run.detail,
    })
}
