//! `pilotlight rebuild`: retarget, show, plan, apply, prove; in waves, as a stack plans with the outputs of those
//! that it depends on.

mod copies;
mod destroy;
mod images;
mod lines;
mod primary;
mod shown;
mod stack_job;
mod waves;

use super::Context;
use crate::args::Rebuild as Args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Wait;
use crate::project::{Project, States};
use crate::reporting::{Began, give};
pub(super) use copies::find as find_copies;
use images::Images;
use pilotlight_cloud::Aws;
use pilotlight_findings::{Finding, Job, Severity, Side, Verdict, codes};
use pilotlight_plan::Stack;
use pilotlight_rebuild::{Prepared, QuotaCheck, Rebuild, RegionMap};
use pilotlight_terraform::{Cancel, Program, cancellation, free_memory};
use primary::Asking;
use shown::{edits_table, notes_and_answers};
use stack_job::StackJob;
use waves::Waves;

pub(super) async fn run(args: &Args, context: Context<'_>) -> Result<Exit, Failure> {
    if args.destroy {
        return destroy::run(args, context).await;
    }
    let began = Began::now();
    let mut project = Project::load(&args.plan, &args.plan_args, args.into.into.as_deref())?;
    project.terraform.clone_from(&args.terraform);
    project.warn(context.screen);
    let mut aws = Aws::new(None);
    if args.primary_down {
        aws = aws.without_region(project.plan.primary.clone());
    }
    let rebuild = Rebuild::new(&project.plan, project.into.clone());
    let stacks = project.stacks(&args.stack)?;

    // What needs no look at AWS is found out first.
    let shows = args.diff || args.explain;
    let terraform = match shows {
        true => None,
        false => Some(program(args, stacks.len()).await?),
    };
    let wait = Wait::new(context.screen, "reading sources, states and what the regions offer");
    aws.check_credentials(&project.plan.standby).await?;
    let stores = project.recovery_stores(&aws).await?;
    let asking = Asking { project: &project, rebuild: &rebuild, stacks: &stacks, aws: &aws, stores: &stores };
    let mut observed = asking.observe(args.primary_down, context).await?;
    let (catalog, recorded) = (aws.catalog(), observed.states.by_stack(Side::Primary));
    let machines = rebuild.look_up_machines(&catalog, &mut observed.map, &recorded, codes::R_CATALOG).await?;
    observed.findings.extend(machines);
    let images =
        Images { rebuild: &rebuild, catalog: &catalog, copying: args.copy_images, primary_down: args.primary_down };
    let missing = images.look_up(&observed.map, &recorded, &mut observed.findings).await?;
    images.copy(missing, (&mut observed.map, &mut observed.findings), args.yes, &wait, context).await?;
    let prepared = prepare(&rebuild, &project, &stacks, &observed.map, &observed.states)?;
    drop(wait);

    let mut findings = observed.findings.clone();
    let refused = if args.primary_down { primary_calls(&rebuild, &prepared)? } else { Vec::new() };
    findings.extend(prepared.iter().flat_map(|one| one.retargeted.notes.clone()));
    let open: Vec<Finding> =
        prepared.iter().flat_map(|one| &one.retargeted.open).map(pilotlight_rebuild::OpenQuestion::finding).collect();
    let stopped =
        !refused.is_empty() || !open.is_empty() || findings.iter().any(|finding| finding.severity >= Severity::Error);
    if shows || stopped {
        if args.explain {
            context.screen.data(&edits_table(&prepared))?;
        }
        if args.diff || !args.explain {
            prepared.iter().try_for_each(|one| context.screen.data(&one.diff))?;
        }
        let exit = match (refused.is_empty(), stopped) {
            (false, _) => Exit::Refused,
            (true, true) => Exit::Findings,
            (true, false) => Exit::Done,
        };
        findings.extend(open);
        findings.extend(refused);
        notes_and_answers(&findings, &prepared, &args.plan, context);
        return Ok(exit);
    }

    let Some(program) = terraform else { return Ok(Exit::Done) };
    let (installing, cancel) = (tokio::sync::Mutex::default(), on_signals());
    let job = StackJob { rebuild: &rebuild, states: &observed.states, program, cancel, installing };
    let mut waves = Waves::new(job, context, args.yes, args.parallelism.into());
    let (standby, plan) = (&project.plan.standby, &project.plan.name);
    waves.quotas = Some(QuotaCheck::new(&catalog, standby, plan, &observed.map.machines, codes::R_CATALOG));
    waves.build(&prepared).await?;
    let (totals, built) = (waves.totals, waves.findings);
    findings.extend(built);
    if !waves.job.cancel.is_requested() {
        findings.extend(observed.keep(&stores, context).await);
    }
    let verdict = Verdict::over(&findings, false);
    let report =
        began.report(Job::Rebuild, Some(project.plan.name.clone()), verdict, totals.summary(), findings, aws.calls());
    give(report, &args.report, context)?;
    Ok(verdict.into())
}

/// The program for this many stacks, as many of them at once as the arguments allow.
async fn program(args: &Args, stacks: usize) -> Result<Program, Failure> {
    let program = Program::find(args.terraform.as_deref(), &std::env::var_os("PATH").unwrap_or_default()).await?;
    let at_once = stacks.min(args.parallelism.into());
    Ok(program.collecting_less(at_once, free_memory(), |name| std::env::var_os(name).is_some()))
}

/// Retargets every stack that is asked for.
pub(super) fn prepare(
    rebuild: &Rebuild<'_>,
    project: &Project,
    stacks: &[&Stack],
    map: &RegionMap,
    states: &States,
) -> Result<Vec<Prepared>, Failure> {
    let mut all = Vec::new();
    for stack in stacks {
        // Global resources are referred to by what the primary's state has for them.
        let recorded = project.require(states, stack, Side::Primary)?;
        all.push(rebuild.prepare(&stack.name, map, Some(recorded))?);
    }
    Ok(all)
}

/// What Terraform would ask of the primary region.
fn primary_calls(rebuild: &Rebuild<'_>, prepared: &[Prepared]) -> Result<Vec<Finding>, Failure> {
    let mut all = Vec::new();
    for one in prepared {
        all.extend(rebuild.primary_calls(one)?);
    }
    Ok(all)
}

/// Ctrl-C goes to Terraform, which ends what it is doing; the second one ends it by force, and the third
/// one this program, should even that hang.
fn on_signals() -> Cancel {
    let (canceller, cancel) = cancellation();
    tokio::spawn(async move {
        for _ in 0..2 {
            crate::cancel::wait_for_signal().await;
            canceller.request();
        }
        crate::cancel::wait_for_signal().await;
        std::process::exit(crate::cancel::INTERRUPTED);
    });
    cancel
}
