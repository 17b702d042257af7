//! `pilotlight drift`

use super::Context;
use crate::args::{Drift, Sides};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Wait;
use crate::project::{Project, read_state};
use crate::reporting::{Began, give};
use pilotlight_cloud::Aws;
use pilotlight_drift::{DriftInput, DriftOutcome, StackState, decide, observe, wanted};
use pilotlight_findings::{Job, Region, Side};
use pilotlight_tfstate::State;
use std::path::Path;

/// A state, and whose it is.
pub(super) struct Loaded {
    pub(super) stack: String,
    pub(super) side: Option<Side>,
    pub(super) region: Region,
    pub(super) state: State,
}

pub(super) async fn run(args: &Drift, context: Context<'_>) -> Result<Exit, Failure> {
    let began = Began::now();
    let aws = Aws::new(None);
    let wait = Wait::new(context.screen, "reading state");
    let (plan, loaded) = match &args.plan {
        Some(file) => {
            let project = Project::load(file, &args.plan_args, args.into.into.as_deref())?;
            let loaded = load_sides(&project, &args.stack, sides(args.side), &aws).await?;
            (Some(project.plan.name), loaded)
        }
        None => (None, load_urls(&args.state, &aws).await?),
    };
    wait.say("reading AWS");
    let outcome = compare(&loaded, &aws).await?;
    drop(wait);
    let verdict = outcome.verdict();
    let summary = outcome.counts.summary();
    let report = began.report(Job::Drift, plan, verdict, summary, outcome.findings, outcome.calls);
    give(&report, &args.report, context)?;
    Ok(verdict.into())
}

/// Compares the states with AWS, all together: parts of one object may stand in several of them.
pub(super) async fn compare(loaded: &[Loaded], aws: &Aws) -> Result<DriftOutcome, Failure> {
    let stacks: Vec<StackState<'_>> = loaded
        .iter()
        .map(|one| StackState {
            stack: one.stack.clone(),
            side: one.side,
            region: one.region.clone(),
            state: &one.state,
        })
        .collect();
    let queries = wanted(&stacks);
    if let Some(first) = queries.first() {
        // Without credentials each type would be unread: one clear error says more.
        aws.check_credentials(&first.region).await?;
    }
    let live = observe(&aws.live_reader(), &queries).await;
    Ok(decide(&DriftInput { stacks: &stacks, live: &live }))
}

fn sides(sides: Sides) -> &'static [Side] {
    match sides {
        Sides::Primary => &[Side::Primary],
        Sides::Standby => &[Side::Standby],
        Sides::Both => &[Side::Primary, Side::Standby],
    }
}

async fn load_sides(project: &Project, names: &[String], sides: &[Side], aws: &Aws) -> Result<Vec<Loaded>, Failure> {
    let mut loaded = Vec::new();
    for side in sides {
        for stack in project.stacks(names)? {
            let Some(state) = project.read_state(stack, *side, aws).await? else {
                return Err(project.no_state(stack, *side)?.into());
            };
            let region = project.plan.region(*side).clone();
            loaded.push(Loaded { stack: stack.name.clone(), side: Some(*side), region, state });
        }
    }
    Ok(loaded)
}

async fn load_urls(urls: &[String], aws: &Aws) -> Result<Vec<Loaded>, Failure> {
    let region = aws.default_region().await.ok_or_else(|| {
        Failure::usage("find the AWS region", "set AWS_REGION, or region in the profile that AWS_PROFILE names")
    })?;
    let mut loaded = Vec::new();
    for url in urls {
        let state = read_state(url, Path::new("."), &region, aws).await?.ok_or_else(|| {
            Failure::usage(format!("find a state at {url}"), "name a state file: a path or s3://bucket/key")
        })?;
        loaded.push(Loaded { stack: url.clone(), side: None, region: region.clone(), state });
    }
    Ok(loaded)
}
