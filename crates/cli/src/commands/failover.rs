//! `pilotlight failover` and `pilotlight failback`: the same job in two directions.

pub(super) mod past;
mod primary_down;
pub(super) mod target;

use super::Context;
use crate::args::{Move, RunFormat, RunMode, RunReportArgs};
use crate::at_work::Active;
use crate::confirm::confirm;
use crate::executor_lock::ExecutorLock;
use crate::exit::Exit;
use crate::failure::{Failure, quoted, with_plan};
use crate::groups::Groups;
use crate::output::write_file;
use crate::owners::Sources;
use crate::ports::{name_servers, operator, ports};
use crate::project::{Project, States, journal_override};
use crate::reporting::{emit, give_run};
use crate::standby_roots::{find_sizes, require_program};
use pilotlight_cloud::Aws;
use pilotlight_failover::{
    CompileError, Direction, End, Engine, EngineError, Mode, Observed, Run, compile_in_mode, load, observe,
    observe_groups, observe_managed, report, save, with_owners,
};
use pilotlight_findings::{Code, Explain, Side, codes};
use pilotlight_journal::{JournalError, JournalStores, read_run};
use pilotlight_plan::DrPlan;
use pilotlight_report::{compiled_json_expected, expected_text};
use std::net::SocketAddr;
use std::path::Path;

pub(super) async fn run(args: &Move, direction: Direction, context: Context<'_>) -> Result<Exit, Failure> {
    if args.report.format == RunFormat::Html && (args.dry_run || args.save.is_some()) {
        return Err(Failure::usage(
            "show a compiled run as html: a page tells of a run that was carried out",
            "leave --format out, or use --format json",
        ));
    }
    if args.primary_down && args.mode == Some(RunMode::Graceful) {
        return Err(Failure::usage(
            format!(
                "make a graceful {direction} with --primary-down: that waits for the primary's databases, and asks it nothing"
            ),
            "leave out --mode graceful where the primary region is lost, or --primary-down where it answers",
        ));
    }
    let mut aws = Aws::new(None);
    let saved = args.run.as_deref().map(|file| read_saved(file, direction)).transpose()?;
    let plan_file = match (&args.plan, &saved) {
        (Some(file), _) => file.clone(),
        (None, Some(run)) => run.plan_file.clone().into(),
        (None, None) => return Err(Failure::usage("find the plan", "name the plan file, or a saved run with --run")),
    };
    let mut project = Project::load(&plan_file, &args.plan_args, args.into.into.as_deref())?;
    project.terraform.clone_from(&args.terraform.terraform);
    project.warn(context.screen);
    if args.primary_down {
        // From here on every client of that region refuses.
        aws = aws.without_region(project.plan.primary.clone());
    }
    if args.accept_drift && direction == Direction::Failover {
        return Err(Failure::usage(
            "accept drift in a failover: it looks at the standby's drift for nothing, and is never stopped by it",
            "leave out --accept-drift; validate says whether the standby is as it should be",
        ));
    }
    let run = match saved {
        Some(run) => run,
        None if args.primary_down => {
            primary_down::compile_run(&project, direction, &aws, args.resolver.resolver, &args.journal, context).await?
        }
        None => {
            let mode = args.mode.unwrap_or(RunMode::Graceful).into();
            let compiled = compile_observed(&project, direction, mode, &aws, args.resolver.resolver, context).await?;
            let mut run = compiled.run;
            if direction == Direction::Failback {
                // Of a planned one alone: whoever has to leave the standby now, is told and goes.
                let goes_on = args.accept_drift || mode == Mode::Ungraceful;
                run.notes.extend(target::look(&project, &compiled.states, &aws, goes_on).await?);
            }
            run
        }
    };
    if let Some(file) = &args.save {
        let text = save(&run).map_err(|error| Failure::io("write the run as JSON", error))?;
        write_file(file, text.as_bytes())?;
        show_compiled(&run, args, &project, &aws, context).await?;
        let digest = run.digest().map_err(|error| Failure::io("write the run as JSON", error))?;
        context.screen.note(format!(
            "\nsaved as {}, digest {digest}\ncarry it out with: pilotlight {direction} --run {}",
            file.display(),
            quoted(&file.to_string_lossy())
        ));
        return Ok(Exit::Done);
    }
    if args.dry_run {
        show_compiled(&run, args, &project, &aws, context).await?;
        return Ok(Exit::Done);
    }
    carry_out(run, args, &project, &aws, context).await
}

async fn show_compiled(
    run: &Run,
    args: &Move,
    project: &Project,
    aws: &Aws,
    context: Context<'_>,
) -> Result<(), Failure> {
    let expected = past::expect(run, project, &args.journal, aws).await;
    let expected = expected.as_ref().map_err(String::as_str);
    emit(args.report.out.as_deref(), context, |options| match args.report.format {
        RunFormat::Json => compiled_json_expected(run, expected),
        RunFormat::Text | RunFormat::Html => {
            pilotlight_report::compiled_text(run, options) + &expected_text(run, expected)
        }
    })
}

/// Reads states and Route 53, and compiles. Nothing is changed.
pub(super) async fn compile_run(
    project: &Project,
    direction: Direction,
    mode: Mode,
    aws: &Aws,
    resolver: Option<SocketAddr>,
    context: Context<'_>,
) -> Result<Run, Failure> {
    Ok(compile_observed(project, direction, mode, aws, resolver, context).await?.run)
}

/// A compiled run with what it was compiled from.
pub(super) struct CompiledRun {
    pub(super) run: Run,
    pub(super) plan: DrPlan,
    pub(super) states: States,
    pub(super) observed: Observed,
}

/// The same, with what was read for it.
pub(super) async fn compile_observed(
    project: &Project,
    direction: Direction,
    mode: Mode,
    aws: &Aws,
    resolver: Option<SocketAddr>,
    context: Context<'_>,
) -> Result<CompiledRun, Failure> {
    let mut states = States::default();
    let (from, to) = match direction {
        Direction::Failover => (Side::Primary, Side::Standby),
        Direction::Failback => (Side::Standby, Side::Primary),
    };
    project.read_side(&mut states, to, aws).await?;
    // The side that traffic leaves may be dead, and that may be why: what it had is seen in DNS.
    let mut unread = None;
    if let Err(failure) = project.read_side(&mut states, from, aws).await {
        unread = Some(failure.to_line());
        context
            .screen
            .note(format!("warning: the state of the {from} cannot be read, and the run is compiled without it:"));
        failure.naming(&project.file).warn(context.screen);
    }
    // Nothing that the run needs is asked in the region which it leaves.
    let home = project.plan.region(to);
    aws.check_credentials(home).await?;
    let dns = aws.dns(home).await;
    let mut observed = observe(&project.plan, &dns, &*name_servers(resolver)).await?;
    observed.groups =
        observe_groups(&project.plan, direction, &Groups::new(&project.plan, &states), &aws.capacity()).await?;
    observed.sizes = find_sizes(project, direction, &states)?;
    let databases = aws.managed_databases();
    observed.managed = observe_managed(&project.plan, direction, true, &states, &databases).await?;
    let plan = project.plan_for_runs()?;
    let run = compile_in_mode(&plan, direction, mode, &observed, &states).map_err(|error| {
        let is_unread = matches!(error, CompileError::Unresolved { .. }) && unread.is_some();
        let failure = not_compiled(error);
        match direction {
            Direction::Failback if is_unread && mode == Mode::Graceful => failure.with_remedy(
                "wait until the standby's states can be read; where its region is what was lost, --mode ungraceful goes \
                 without it",
            ),
            _ => failure,
        }
    })?;
    let mut sources = Sources::new(project, &states);
    if let Some(why) = unread {
        sources = sources.unread(from, why);
    }
    let run = with_owners(run, &plan, &sources);
    Ok(CompiledRun { run, plan, states, observed })
}

fn not_compiled(error: CompileError) -> Failure {
    let refused = matches!(error, CompileError::Refused(_));
    let failure = Failure::from(error);
    if refused { failure.exit(Exit::Refused) } else { failure }
}

async fn carry_out(run: Run, args: &Move, project: &Project, aws: &Aws, context: Context<'_>) -> Result<Exit, Failure> {
    let screen = context.screen;
    let stores = project.journal(&args.journal, aws).await?;
    require_program(project, &run).await?;
    if !args.yes {
        let color = screen.stderr_color();
        let options = pilotlight_report::TextOptions { color, width: screen.width(), verbose: context.verbose };
        screen.note(pilotlight_report::compiled_text(&run, options));
        let question = format!("Do you want to {} {}: {} to {}?", run.job, run.plan, run.from.region, run.to.region);
        confirm(screen, &question, "--yes").await?;
    }
    let _alone = ExecutorLock::take(project, &stores, false).await?;
    // From here on Ctrl-C stops between steps.
    let ports = ports(project, aws, &run.to.region, args.resolver.resolver, screen).await;
    let instead = journal_override(&args.journal);
    let mut engine = match Engine::start(run, &operator(), instead, &stores, ports).await {
        Ok(engine) => engine,
        Err(error) => return Err(refused_start(error, project, &stores).await),
    };
    drive(&mut engine, &project.file, &args.report, context).await
}

/// Drives a run to its end or to where a person is needed, and gives its report.
pub(super) async fn drive(
    engine: &mut Engine,
    plan_file: &Path,
    args: &RunReportArgs,
    context: Context<'_>,
) -> Result<Exit, Failure> {
    let conclusion = engine.drive().await.map_err(interrupted)?;
    let leads_home = engine.run().drill.as_ref().is_some_and(|drill| drill.rule().is_some());
    if leads_home && conclusion.end == End::Succeeded {
        let way = with_plan("pilotlight drill live PLAN --resume", plan_file);
        context.screen.note(format!("this was the way there of a live drill; its way home: {way}"));
    }
    let mut told = report(engine.journal().events())?;
    told.findings.extend(engine.journal().findings());
    let exit = Exit::of_run(conclusion.exit_code());
    if let Err(failure) = give_run(&told, Some(plan_file), args, context) {
        // The run is over, whatever became of its report: the exit code tells of the run.
        failure
            .with_remedy("the run is in the journal: pilotlight run report PLAN")
            .naming(plan_file)
            .warn(context.screen);
    }
    Ok(exit)
}

/// A run that could not begin: nothing was changed.
pub(super) async fn refused_start(error: EngineError, project: &Project, stores: &JournalStores) -> Failure {
    match &error {
        EngineError::Journal(JournalError::Store { url, .. }) => {
            let other = project.plan.journal.iter().find(|journal| *journal != url);
            let other = other.map_or("URL", String::as_str);
            Failure::from(error)
                .with_remedy(format!(
                    "repair access to the journal; to go on without it, name another one: --journal {other} (the run records that)"
                ))
                .exit(Exit::Refused)
        }
        EngineError::Journal(JournalError::ActiveRun { run, .. }) => {
            // By name of whoever has it, where the journal says so.
            let failure = match read_run(stores, run).await {
                Ok(log) => Active::new("start a run", &log.state).into(),
                Err(_) => Failure::from(error),
            };
            failure.exit(Exit::Refused)
        }
        _ => Failure::from(error),
    }
}

/// A run whose executor could not go on: what it did stands in the journal.
pub(super) fn interrupted(error: EngineError) -> Failure {
    let exit = if error.lost_ownership() { Exit::Refused } else { Exit::Waiting };
    Failure::from(error).exit(exit)
}

/// A saved run that goes the other way.
#[derive(Debug, thiserror::Error)]
#[error("use {file} for a {wanted}: it holds a {found}")]
struct OtherDirection {
    file: String,
    wanted: Direction,
    found: Direction,
}

impl Explain for OtherDirection {
    fn code(&self) -> Code {
        codes::U_USAGE
    }

    fn remedy(&self) -> Option<String> {
        Some(format!("carry it out with: pilotlight {} --run {}", self.found, self.file))
    }
}

fn read_saved(file: &Path, direction: Direction) -> Result<Run, Failure> {
    let shown = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| Failure::io(format!("read {shown}"), error))?;
    let run = load(&text).map_err(|error| {
        let altered = error.code() == codes::F_ALTERED_RUN;
        let failure = Failure::from(error).about(&shown);
        if altered { failure.exit(Exit::Refused) } else { failure }
    })?;
    if run.job != direction {
        return Err(OtherDirection { file: shown, wanted: direction, found: run.job }.into());
    }
    Ok(run)
}
