//! `pilotlight drill tabletop`: the plan's questions, asked at the terminal, taken from a file, or printed as a sheet.

mod session;

use crate::args::{DrillFormat, DrillTabletop};
use crate::commands::Context;
use crate::commands::failover::{compile_run, past};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ports::databases;
use crate::project::Project;
use crate::reporting::{emit, give_tabletop};
use pilotlight_cloud::Aws;
use pilotlight_failover::tabletop::{Answers, Known, tabletop_report, walk};
use pilotlight_failover::{Direction, Run, SystemClock, database_readiness};
use pilotlight_integrity::postgres::Databases;
use pilotlight_report::tabletop_sheet;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) async fn run(args: &DrillTabletop, context: Context<'_>) -> Result<Exit, Failure> {
    let project = Project::load(&args.plan, &args.plan_args, args.into.into.as_deref())?;
    project.warn(context.screen);
    let plan = &project.plan;
    let file = args.answers.clone().unwrap_or_else(|| default_file(&project));
    // Found out now, and not after an hour at the table.
    let mut answers = match read(&file, &plan.name)? {
        Some(answers) => Some(answers),
        None if args.answers.is_none() || at_a_terminal() => None,
        None => {
            return Err(Failure::usage(
                format!("read the answers {}: there is no such file", file.display()),
                "without --answers the questions are printed as a sheet to fill in",
            ));
        }
    };
    let looked = Looked::at(&project, args, context).await;
    let environment = crate::vars::environment();
    let known = Known {
        run: looked.run.as_ref().map_err(String::as_str),
        measured: looked.measured.as_ref().map(Option::as_ref).map_err(String::as_str),
        expected: looked.expected.as_ref().map_err(String::as_str),
        lag: &looked.lag,
        environment: &environment,
    };
    if !args.sheet && at_a_terminal() {
        let mut given = answers.unwrap_or_else(|| Answers::none(&plan.name));
        session::hold(&walk(plan, &known), &mut given, &file, context.screen).await?;
        answers = Some(given);
    }
    // Whoever asks for a report gets one, though every question of it is open.
    if answers.is_none() && args.report.format != DrillFormat::Text {
        answers = Some(Answers::none(&plan.name));
    }
    let Some(answers) = answers.filter(|_| !args.sheet) else {
        let sheet = tabletop_report(plan, &known, &Answers::none(&plan.name));
        emit(args.report.out.as_deref(), context, |_| tabletop_sheet(&sheet))?;
        return Ok(Exit::Done);
    };
    let report = tabletop_report(plan, &known, &answers);
    let exit = if report.exit_code() == Exit::Done.code() { Exit::Done } else { Exit::Findings };
    give_tabletop(report, &project.file, &args.report, context)?;
    Ok(exit)
}

fn at_a_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Beside what is generated for the plan: it is the team's, and may be committed.
fn default_file(project: &Project) -> PathBuf {
    project.folder.join(".pilotlight").join(&project.plan.name).join("tabletop.json")
}

/// The answers in a file; none where there is no such file.
fn read(file: &Path, plan: &str) -> Result<Option<Answers>, Failure> {
    let shown = file.display().to_string();
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::io(format!("read the answers {shown}"), error)),
    };
    Ok(Some(Answers::read(&text, plan).map_err(|error| Failure::from(error).about(&shown))?))
}

/// What is known today beside the plan. None of it has to be: a tabletop is held with the primary gone as well.
struct Looked {
    run: Result<Run, String>,
    measured: Result<Option<pilotlight_failover::RunReport>, String>,
    expected: Result<pilotlight_failover::Expected, String>,
    lag: Vec<String>,
}

impl Looked {
    async fn at(project: &Project, args: &DrillTabletop, context: Context<'_>) -> Self {
        let aws = Aws::new(None);
        let (mode, resolver) = (args.mode.into(), args.resolver.resolver);
        let run = compile_run(project, Direction::Failover, mode, &aws, resolver, context).await;
        let run = run.map_err(|failure| failure.to_line());
        if let Err(cause) = &run {
            context
                .screen
                .note(format!("warning: the failover does not compile now, so the plan alone is walked: {cause}"));
        }
        let measured = past::measured(project, Direction::Failover, &args.journal, &aws).await;
        let (mut expected, mut lag) = (Err("the failover does not compile".to_owned()), Vec::new());
        if let Ok(run) = &run {
            expected = past::expect(run, project, &args.journal, &aws).await;
            let environment = crate::vars::environment();
            let servers: Arc<dyn Databases> = Arc::new(databases(project, &environment));
            let rpo = project.plan.objectives.rpo;
            lag = database_readiness(run, rpo, &servers, &environment, &SystemClock::new()).await.facts;
        }
        Self { run, measured, expected, lag }
    }
}
