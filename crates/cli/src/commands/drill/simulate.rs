//! `pilotlight drill simulate`: reads what a dry run reads, and then asks nobody any more.

use crate::args::{DrillSimulate, ListingFormat};
use crate::commands::Context;
use crate::commands::failover::{CompiledRun, compile_observed, past};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::groups::Groups;
use crate::progress::Wait;
use crate::project::Project;
use crate::reporting::emit;
use pilotlight_cloud::Aws;
use pilotlight_failover::drill::{LastMeasured, Options, Simulation, simulate};
use pilotlight_failover::{Direction, Mode};
use pilotlight_report::{simulation_json, simulation_text};

pub(super) async fn run(args: &DrillSimulate, context: Context<'_>) -> Result<Exit, Failure> {
    let project = Project::load(&args.plan, &args.plan_args, args.into.into.as_deref())?;
    project.warn(context.screen);
    let aws = Aws::new(None);
    let resolver = args.resolver.resolver;
    let there = compile_observed(&project, Direction::Failover, args.mode.into(), &aws, resolver, context).await?;
    // Where traffic is on the standby already, the drill begins with the way back.
    let first = match there.run.moves_anything() || !there.run.record_changes().any(|set| !set.zone.id.is_empty()) {
        true => there,
        false => compile_observed(&project, Direction::Failback, Mode::Graceful, &aws, resolver, context).await?,
    };
    let expected = past::expect(&first.run, &project, &args.journal, &aws).await.ok();
    let job = first.run.job;
    let slow = expected.as_ref().and_then(|expected| expected.finding(&first.run));
    let mut simulation = in_memory(first, args, context).await?;
    // What was measured stands beside what is simulated, and only where there is any.
    let expected_ms = expected.filter(|expected| expected.past_runs > 0).map(|expected| expected.until_verified_ms);
    if let Some(course) = simulation.courses.iter_mut().find(|course| course.job == job) {
        course.expected_ms = expected_ms;
    }
    for course in &mut simulation.courses {
        let measured = past::measured(&project, course.job, &args.journal, &aws).await.ok().flatten();
        course.last_measured = measured.as_ref().and_then(LastMeasured::of);
    }
    simulation.fix.extend(slow);
    emit(args.output.out.as_deref(), context, |options| match args.output.format {
        ListingFormat::Text => simulation_text(&simulation, options),
        ListingFormat::Json => simulation_json(&simulation),
    })?;
    Ok(if simulation.survives { Exit::Done } else { Exit::Findings })
}

/// On threads of its own: each trial runs alone on one.
async fn in_memory(first: CompiledRun, args: &DrillSimulate, context: Context<'_>) -> Result<Simulation, Failure> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let options = Options { seeds: args.seed.iter().copied().chain(0..args.seeds).collect(), one_of: 1, threads };
    let wait = Wait::new(context.screen, "run the plan in memory");
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let simulated = tokio::task::spawn_blocking(move || {
        let CompiledRun { run, plan, states, observed } = first;
        let progress = |job: Direction, done: usize, of: usize| {
            // Nobody watches any more once the program ends.
            let _ = tell.send(format!("{job} in memory: {done} of {of} trials"));
        };
        let groups = Groups::new(&plan, &states);
        simulate(&plan, run, &observed, &states, &groups, &options, &progress)
    });
    while let Some(line) = told.recv().await {
        wait.say(line);
    }
    let simulated =
        simulated.await.map_err(|error| Failure::io("run the plan in memory", std::io::Error::other(error)))?;
    Ok(simulated?)
}
