//! `pilotlight run list`

use super::Context;
use crate::args::{Format, RunArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::project::Project;
use crate::reporting::emit;
use pilotlight_cloud::Aws;
use pilotlight_failover::{RunReport, report};
use pilotlight_journal::{plan_runs, read_run};
use serde_json::{Value, json};

pub(super) async fn run(args: &RunArgs, context: Context<'_>) -> Result<Exit, Failure> {
    let project = Project::load(&args.plan, &args.plan_args)?;
    let stores = project.journal(&args.journal, &Aws::new(None)).await?;
    let mut runs = Vec::new();
    for run in plan_runs(&*stores.first, &project.plan.name).await? {
        runs.push(report(&read_run(&stores, &run).await?.events)?);
    }
    if runs.is_empty() && args.report.format == Format::Text {
        context.screen.note(format!("no run of plan {} in {}", project.plan.name, stores.first.url()));
        return Ok(Exit::Done);
    }
    emit(&args.report, context, |_| match args.report.format {
        Format::Json => format!("{:#}\n", Value::Array(runs.iter().map(as_json).collect())),
        Format::Text | Format::Html => runs.iter().map(as_line).collect(),
    })?;
    Ok(Exit::Done)
}

fn as_line(run: &RunReport) -> String {
    format!(
        "{}  {}  {:<8}  {:<11}  {}  {}\n",
        run.run, run.started_at, run.job, run.outcome, run.operator, run.detail
    )
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
