//! The steps of the plan's databases, phase by phase.

use super::managed::Target;
use super::sensitive::refuse_sensitive;
use super::{Input, LOOK_PAUSE, milliseconds};
use crate::{
    Action, Call, CompileError, DatabaseStep, DatabaseTask, Direction, ManagedTask, Mode, Plane, Retry, Step, Text,
};
use pilotlight_findings::{Finding, Region, Severity, Side, Subject, codes};
use pilotlight_plan::{Database, Phase, PlanError, Value};
use std::time::Duration;

/// How long a database is asked where nobody waits for it to change: a server that is well answers in under a second,
/// and one that fails over inside its region (RDS Multi-AZ: 60 to 120 seconds) is waited for once.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html>
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// How long the side that takes over is looked at before the run is refused: a person waits, and nothing was changed.
const LOOK_TIMEOUT: Duration = Duration::from_secs(20);
/// Between two looks at what customers wait for. One look is a session and a statement.
const QUICK_PAUSE: Duration = Duration::from_millis(250);
/// How often a fence is tried where the server gave no answer.
const FENCE_ATTEMPTS: u32 = 3;
/// Passes over a table while it is compared.
const PASSES: u32 = 3;

/// How much longer than resolvers keep the old answer the first write is waited for: a customer who asked for the new
/// one has to come, and a service that nobody uses at this hour must not hold up the run.
const FIRST_WRITE_MARGIN: Duration = Duration::from_secs(10);

/// The steps of one phase: each task for every database, in the order of the file. Of those that AWS promotes, what is done
/// by SQL is among them where the plan has their URLs.
pub(super) fn compile_databases(
    input: &Input<'_>,
    managed: &[Target<'_>],
    phase: Phase,
    slowest_cache: Duration,
    notes: &mut Vec<Finding>,
) -> Result<Vec<Step>, CompileError> {
    let graceful = input.mode == Mode::Graceful;
    let resync = |of: &BySql<'_>| input.direction == Direction::Failback && of.database.resync.is_some();
    let own = input.plan.databases.iter().map(|database| BySql { database, managed: false, is_made: false });
    let all: Vec<BySql<'_>> = own.chain(managed.iter().filter_map(by_sql)).collect();
    let mut steps = Vec::new();
    let mut add = |steps: &mut Vec<Step>, task: &dyn Fn(&BySql<'_>) -> Option<Wanted>| -> Result<(), CompileError> {
        for of in &all {
            if let Some(wanted) = task(of) {
                steps.extend(step(input, phase, of, wanted, slowest_cache, notes)?);
            }
        }
        Ok(())
    };
    let by_aws = |steps: &mut Vec<Step>, task: &dyn Fn(&Target<'_>) -> Option<ManagedTask>| {
        steps.extend(managed.iter().filter_map(|target| Some(target.step(input, phase, task(target)?))));
    };
    match phase {
        Phase::Preflight => {
            by_aws(&mut steps, &|target| target.like.is_none().then_some(ManagedTask::Look));
            add(&mut steps, &|of| (!resync(of) && !of.is_made).then_some(Wanted::Task(DatabaseTask::Look)))?;
        }
        Phase::Freeze => {
            by_aws(&mut steps, &|target| Some(ManagedTask::Replicate(target.like.clone()?)));
            by_aws(&mut steps, &|target| target.like.is_some().then_some(ManagedTask::Look));
            add(&mut steps, &|of| resync(of).then_some(Wanted::Task(DatabaseTask::Keep)))?;
            add(&mut steps, &|of| resync(of).then_some(Wanted::Resync))?;
            add(&mut steps, &|of| (resync(of) || of.is_made).then_some(Wanted::Task(DatabaseTask::Look)))?;
        }
        Phase::Fence => {
            add(&mut steps, &|_| Some(Wanted::Task(DatabaseTask::Fence)))?;
            add(&mut steps, &|_| graceful.then_some(Wanted::Task(DatabaseTask::CatchUp)))?;
        }
        Phase::Promote => {
            by_aws(&mut steps, &|target| target.is_measured(input).then_some(ManagedTask::Measure));
            add(&mut steps, &|_| Some(Wanted::Task(DatabaseTask::Measure)))?;
            by_aws(&mut steps, &|_| Some(ManagedTask::Promote));
            add(&mut steps, &|of| (!of.managed).then_some(Wanted::Task(DatabaseTask::Promote)))?;
            add(&mut steps, &|_| Some(Wanted::Task(DatabaseTask::Release)))?;
        }
        Phase::Verify => {
            by_aws(&mut steps, &|_| Some(ManagedTask::Verify));
            add(&mut steps, &|_| Some(Wanted::Task(DatabaseTask::Verify)))?;
        }
        Phase::Observe => {
            add(&mut steps, &|_| Some(Wanted::Task(DatabaseTask::FirstWrite)))?;
            add(&mut steps, &|of| (!of.database.tables.is_empty()).then_some(Wanted::Task(DatabaseTask::Compare)))?
        }
        // Only what is proven to have no row of its own is made to follow without a comparison.
        Phase::Finish if graceful && input.direction == Direction::Failback => {
            add(&mut steps, &|of| of.database.resync_standby.is_some().then_some(Wanted::Follow))?;
        }
        _ => {}
    }
    Ok(steps)
}

/// A database that is reached by SQL.
struct BySql<'a> {
    database: &'a Database,
    /// Whether AWS promotes it.
    managed: bool,
    /// Whether the run itself makes the server that takes over.
    is_made: bool,
}

fn by_sql<'a>(target: &Target<'a>) -> Option<BySql<'a>> {
    let database = target.database.sql()?;
    Some(BySql { database, managed: true, is_made: target.like.is_some() })
}

enum Wanted {
    Task(DatabaseTask),
    /// The side that takes over becomes a standby, before it does.
    Resync,
    /// The side that was left becomes a standby.
    Follow,
}

fn step(
    input: &Input<'_>,
    phase: Phase,
    of: &BySql<'_>,
    wanted: Wanted,
    slowest_cache: Duration,
    notes: &mut Vec<Finding>,
) -> Result<Option<Step>, CompileError> {
    let database = of.database;
    let what = format!("database {}", database.name);
    let unresolved = |source: Box<PlanError>| CompileError::Unresolved { what: what.clone(), source };
    let url = |side| {
        refuse_sensitive(&what, [database.url(side)], side, input.outputs)?;
        Text::of(database.url(side), side, input.outputs).map_err(unresolved)
    };
    let new = url(input.to)?;
    let old = match url(input.from) {
        _ if !input.asks_left => {
            if matches!(wanted, Wanted::Task(DatabaseTask::Fence)) {
                notes.push(not_fenced(input, database, "it is not asked"));
            }
            None
        }
        Ok(old) => Some(old),
        // A lost side never stops a run that does without it.
        Err(CompileError::Unresolved { source, .. }) if input.mode == Mode::Ungraceful => {
            if matches!(wanted, Wanted::Task(DatabaseTask::Fence)) {
                notes.push(not_fenced(input, database, &format!("its URL is not known ({source})")));
            }
            None
        }
        Err(error) => return Err(error),
    };
    let (task, old, new) = match wanted {
        Wanted::Task(DatabaseTask::Fence | DatabaseTask::Compare) if old.is_none() => return Ok(None),
        Wanted::Task(task) => (task, old, new),
        Wanted::Resync => (resync(input, &what, database.resync.as_deref(), input.to)?, old, new),
        Wanted::Follow => match old {
            Some(left) => (resync(input, &what, database.resync_standby.as_deref(), input.from)?, Some(new), left),
            None => return Ok(None),
        },
    };
    let told = told(&task, database, input, phase, slowest_cache, old.is_some());
    Ok(Some(Step {
        id: format!("{phase}/{}/{}", told.word, database.name),
        title: told.title,
        phase,
        timeout_ms: milliseconds(told.timeout),
        retry: Retry { attempts: told.attempts, pause_ms: milliseconds(pause(&task)) },
        calls: told.calls,
        // What a server wrote after its promotion is on no other server.
        point_of_no_return: task == DatabaseTask::Promote,
        action: Action::Database(DatabaseStep {
            name: database.name.clone(),
            task,
            old,
            new,
            tables: database.tables.clone(),
            managed: of.managed,
        }),
    }))
}

/// While nobody can write, and where a moment is measured, it is looked at more often.
fn pause(task: &DatabaseTask) -> Duration {
    match task {
        DatabaseTask::CatchUp | DatabaseTask::FirstWrite => QUICK_PAUSE,
        _ => LOOK_PAUSE,
    }
}

/// The program that makes the server of `side` a standby of the other.
fn resync(input: &Input<'_>, what: &str, program: Option<&[Value]>, side: Side) -> Result<DatabaseTask, CompileError> {
    let run = program.unwrap_or_default();
    refuse_sensitive(what, run, side, input.outputs)?;
    let unresolved = |source| CompileError::Unresolved { what: what.to_owned(), source };
    Ok(DatabaseTask::Resync(Text::list_of(run, side, input.outputs).map_err(unresolved)?))
}

fn not_fenced(input: &Input<'_>, database: &Database, cause: &str) -> Finding {
    let subject = Subject::Plan { name: input.plan.name.clone() };
    let message = format!("database {} of the {} is not fenced: {cause}", database.name, input.from);
    Finding::new(codes::F_NOT_FENCED, Severity::Warning, subject, message)
        .remedy("keep that server from coming back as a second writer by hand")
}

/// How a task is told, and what it takes.
struct Told {
    word: &'static str,
    title: String,
    timeout: Duration,
    attempts: u32,
    calls: Vec<Call>,
}

fn told(
    task: &DatabaseTask,
    database: &Database,
    input: &Input<'_>,
    phase: Phase,
    slowest_cache: Duration,
    asks_old: bool,
) -> Told {
    let name = &database.name;
    let (from, to) = (input.from, input.to);
    let (follows, leads) = if phase == Phase::Finish { (from, to) } else { (to, from) };
    let graceful = input.mode == Mode::Graceful;
    let if_it_answers = if graceful { String::new() } else { format!(", if the {from}'s answers") };
    // A call that may fail is no need of the region that it goes to.
    let old = |operation: &str| call(operation, name, graceful.then(|| input.plan.region(from).clone()));
    let new = |operation: &str| call(operation, name, Some(input.plan.region(to).clone()));
    let (word, title, timeout, calls) = match task {
        DatabaseTask::Look if graceful => (
            "database",
            format!("{name} of the {to} is a standby of the {from}'s"),
            LOOK_TIMEOUT,
            vec![old("position"), new("position")],
        ),
        DatabaseTask::Look => ("database", format!("{name} of the {to} answers"), LOOK_TIMEOUT, vec![new("position")]),
        DatabaseTask::Keep if database.tables.is_empty() => (
            "keep",
            format!("keep {name} of the {to} from taking writes{if_it_answers}"),
            ANSWER_TIMEOUT,
            vec![new("fence")],
        ),
        DatabaseTask::Keep => (
            "keep",
            format!("keep the rows of {name} that only the {to} has{if_it_answers}"),
            database.compare_timeout * PASSES,
            vec![new("fence"), old("compare"), new("compare")],
        ),
        DatabaseTask::Resync(run) => {
            let program = run.first().map(Text::to_string).unwrap_or_default();
            let calls = vec![super::calls::command(&program), old("position"), new("position")];
            (
                "resync",
                format!("make {name} of the {follows} a standby of the {leads}'s{if_it_answers}"),
                database.resync_timeout,
                calls,
            )
        }
        DatabaseTask::Fence if graceful => {
            ("database", format!("fence {name} of the {from}"), ANSWER_TIMEOUT, vec![old("fence")])
        }
        DatabaseTask::Fence => {
            ("database", format!("fence {name} of the {from}, if it answers"), ANSWER_TIMEOUT, vec![old("fence")])
        }
        DatabaseTask::CatchUp => (
            "catch-up",
            format!("{name} of the {to} has everything that the {from} wrote"),
            database.catch_up_timeout,
            vec![old("position"), new("position")],
        ),
        DatabaseTask::Measure => {
            ("measure", format!("read how far {name} of the {to} is"), LOOK_TIMEOUT, vec![new("position")])
        }
        DatabaseTask::Promote => {
            ("database", format!("promote {name} of the {to}"), database.promote_timeout, vec![new("promote")])
        }
        DatabaseTask::Release => {
            ("release", format!("{name} of the {to} takes writes"), ANSWER_TIMEOUT, vec![new("release")])
        }
        DatabaseTask::Verify if !asks_old => {
            ("database", format!("{name} of the {to} takes writes"), ANSWER_TIMEOUT, vec![new("write")])
        }
        DatabaseTask::Verify => (
            "database",
            format!("{name} of the {to} takes writes, and the {from}'s took none"),
            ANSWER_TIMEOUT,
            match graceful {
                true => vec![new("write"), old("count writes")],
                // One that gave no answer before is tried once more.
                false => vec![new("write"), old("count writes"), old("fence")],
            },
        ),
        DatabaseTask::FirstWrite => (
            "first-write",
            format!("see the first write at {name} of the {to}"),
            slowest_cache + FIRST_WRITE_MARGIN,
            vec![new("look for writes")],
        ),
        DatabaseTask::Compare => (
            "compare",
            format!("compare the tables of {name}"),
            database.compare_timeout * PASSES,
            vec![old("compare"), new("compare")],
        ),
    };
    let attempts = if *task == DatabaseTask::Fence && graceful { FENCE_ATTEMPTS } else { 1 };
    Told { word, title, timeout, attempts, calls }
}

fn call(operation: &str, name: &str, region: Option<Region>) -> Call {
    Call { service: "postgres".into(), operation: format!("{operation} {name}"), region, plane: Plane::Data }
}
