//! `pilotlight run list`

use super::Context;
use crate::args::{ListingFormat, RunList};
use crate::exit::Exit;
use crate::failure::{Failure, with_plan};
use crate::project::Project;
use crate::reporting::emit;
use futures::TryStreamExt as _;
use jiff::Timestamp;
use pilotlight_cloud::Aws;
use pilotlight_failover::live_drill::{DrillRun, Stage, drill_runs};
use pilotlight_failover::{RunReport, report};
use pilotlight_journal::{RunLog, RunState, known_runs, read_runs};
use serde_json::{Value, json};
use std::path::Path;

pub(super) async fn run(args: &RunList, context: Context<'_>) -> Result<Exit, Failure> {
    let project = Project::load(&args.journal.plan, &args.journal.plan_args, None)?;
    let stores = project.journal(&args.journal.journal, &Aws::new(None)).await?;
    let known = known_runs(&stores, &project.plan.name).await?;
    let logs: Vec<RunLog> = read_runs(&stores, &known).try_collect().await?;
    if logs.is_empty() && args.output.format == ListingFormat::Text {
        context.screen.note(format!("no run of plan {} in {}", project.plan.name, stores.first.url()));
        return Ok(Exit::Done);
    }
    let runs = Listed::all(logs)?;
    emit(args.output.out.as_deref(), context, |_| match args.output.format {
        ListingFormat::Json => format!("{:#}\n", Value::Array(runs.iter().map(Listed::as_json).collect())),
        ListingFormat::Text => runs.iter().map(|run| run.as_line(&project.file)).collect(),
    })?;
    Ok(Exit::Done)
}

/// One run, and what it is in a live drill.
struct Listed {
    log: RunLog,
    told: RunReport,
    drill: Option<DrillRun>,
}

impl Listed {
    fn all(logs: Vec<RunLog>) -> Result<Vec<Self>, Failure> {
        let drills = drill_runs(&logs);
        let runs = logs.into_iter().zip(drills);
        runs.map(|(log, drill)| Ok(Self { told: report(&log.events)?, log, drill })).collect()
    }

    fn as_line(&self, plan: &Path) -> String {
        let run = &self.told;
        let (time, standing) = (to_the_second(&run.started_at), standing(&self.log.state, &run.detail));
        let (part, left) = self.drill.as_ref().map_or_else(Default::default, |drill| in_drill(drill, plan));
        format!("{}  {time}  {:<8}  {:<11}  {}  {part}{standing}{left}\n", run.run, run.job, run.outcome, run.operator)
    }

    fn as_json(&self) -> Value {
        let (run, state) = (&self.told, &self.log.state);
        let mut told = json!({
            "run": run.run,
            "plan": run.plan,
            "job": run.job,
            "operator": run.operator,
            "digest": run.digest,
            "started_at": run.started_at,
            "outcome": run.outcome,
            "detail": run.detail,
            "owner": state.owner,
            "last_at": state.last_at.to_string(),
        });
        if state.finished.is_none() {
            told["phase"] = state.phase.clone().into();
            told["undoing"] = state.rollback.is_some().into();
            told["in_doubt"] = state.in_doubt().collect();
        }
        if let Some(drill) = &self.drill {
            told["drill"] = json!({
                "failover": drill.failover,
                "part": if drill.is_home { "home" } else { "away" },
                "stage": match drill.stage {
                    Stage::Away => "away",
                    Stage::BetweenRuns => "between_runs",
                    Stage::Home => "home",
                    Stage::Over => "over",
                },
            });
        }
        told
    }
}

/// Where a run stands, in one line: its end, what it waits for, or what it was last heard to do.
fn standing(state: &RunState, detail: &str) -> String {
    let undone = if state.rollback.is_some() { "being undone: " } else { "" };
    if state.finished.is_some() {
        return detail.to_owned();
    }
    if state.stopped.is_some() {
        return format!("{undone}{detail}");
    }
    let phase = state.phase.as_ref().map_or(String::new(), |phase| format!("in phase {phase}, "));
    let doubt: Vec<&str> = state.in_doubt().collect();
    let at = if doubt.is_empty() { String::new() } else { format!("at work on {}, ", doubt.join(", ")) };
    let at = state.waits.as_ref().map_or(at, |waits| format!("{} waits: {}; ", waits.step, waits.reason));
    format!("{undone}{phase}{at}last heard of at {:.0} from {}", state.last_at, state.owner)
}

/// What a run is in its drill, before what it is by itself; and behind that what the drill has left to do.
fn in_drill(drill: &DrillRun, plan: &Path) -> (String, String) {
    if drill.is_home {
        return (format!("live drill {}, way home: ", drill.failover), String::new());
    }
    let left = match drill.stage {
        Stage::BetweenRuns => {
            format!("; its way home is left: {}", with_plan("pilotlight drill live PLAN --resume", plan))
        }
        Stage::Away | Stage::Home | Stage::Over => String::new(),
    };
    ("live drill, way there: ".to_owned(), left)
}

/// A time of the journal without its fraction, which nobody looks for in a list.
fn to_the_second(time: &str) -> String {
    time.parse::<Timestamp>().map_or_else(|_| time.to_owned(), |time| format!("{time:.0}"))
}
