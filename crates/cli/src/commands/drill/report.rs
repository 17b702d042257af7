//! `pilotlight drill report`: a live drill, from the journal alone.

use crate::args::{DrillReport, DrillReportArgs};
use crate::commands::Context;
use crate::commands::failover::past;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::project::Project;
use crate::reporting::give_drill;
use pilotlight_cloud::Aws;
use pilotlight_failover::live_drill::{drill_report, find_drill};
use pilotlight_findings::codes;
use pilotlight_journal::JournalStores;

pub(super) async fn run(args: &DrillReport, context: Context<'_>) -> Result<Exit, Failure> {
    let project = Project::load(&args.journal.plan, &args.journal.plan_args, None)?;
    let stores = project.journal(&args.journal.journal, &Aws::new(None)).await?;
    give(&project, &stores, args.run.as_deref(), &args.report, context, false).await?;
    Ok(Exit::Done)
}

/// Gives the report of a drill, and the exit code that it ends with. `over` says that a drill has just ended, of which the
/// exit code tells whatever becomes of its report.
pub(super) async fn give(
    project: &Project,
    stores: &JournalStores,
    wanted: Option<&str>,
    args: &DrillReportArgs,
    context: Context<'_>,
    over: bool,
) -> Result<Exit, Failure> {
    let plan = &project.plan.name;
    let found = find_drill(stores, plan, wanted).await?.ok_or_else(|| {
        let what = wanted.map_or_else(|| "a live drill".to_owned(), |run| format!("a live drill with run {run}"));
        Failure::coded(
            codes::F_NO_DRILL,
            format!("find {what} of plan {plan} in {}", stores.first.url()),
            "begin one: pilotlight drill live PLAN; pilotlight run list PLAN has the runs",
        )
    })?;
    let before = past::before(stores, plan, &found.away.state.run).await;
    if let Err(cause) = &before {
        context.screen.note(format!("warning: what past runs took is not known: {cause}"));
    }
    let told = drill_report(&found, &before.unwrap_or_default())?;
    let exit = Exit::of_drill(told.exit_code());
    match give_drill(&told, &project.file, args, context) {
        Err(failure) if over => failure
            .with_remedy("the drill is in the journal: pilotlight drill report PLAN")
            .naming(&project.file)
            .warn(context.screen),
        given => given?,
    }
    Ok(exit)
}
