//! `pilotlight drift`

use super::Context;
use crate::args::{Drift, Sides};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Wait;
use crate::project::{Project, States, read_state};
use crate::reporting::{Began, give};
use pilotlight_cloud::Aws;
use pilotlight_drift::{DriftInput, DriftOutcome, MovedRecord, Readers, Routing, StackState, decide, observe, wanted};
use pilotlight_findings::{Job, Region, Side};
use pilotlight_plan::{DrPlan, Outputs};
use pilotlight_tfstate::State;
use std::collections::BTreeSet;
use std::path::Path;

/// A state, and whose it is.
pub(super) struct Loaded {
    pub(super) stack: String,
    pub(super) side: Option<Side>,
    pub(super) region: Region,
    pub(super) state: State,
    /// Whether it is compared; the others only say what they own.
    pub(super) judged: bool,
}

pub(super) async fn run(args: &Drift, context: Context<'_>) -> Result<Exit, Failure> {
    let began = Began::now();
    let aws = Aws::new(None);
    let wait = Wait::new(context.screen, "reading state");
    let (plan, loaded, moved) = match &args.plan {
        Some(file) => {
            let project = Project::load(file, &args.plan_args, args.into.into.as_deref())?;
            let loaded = load_sides(&project, &args.stack, sides(args.side), &aws).await?;
            let moved = moved(&project.plan, &outputs(&project, &loaded, &aws).await);
            (Some(project.plan.name), loaded, moved)
        }
        None => (None, load_urls(&args.state, &aws).await?, Vec::new()),
    };
    wait.say("reading AWS");
    let outcome = compare(&loaded, &moved, &aws).await?;
    drop(wait);
    let verdict = outcome.verdict();
    let summary = outcome.counts.summary();
    let report = began.report(Job::Drift, plan, verdict, summary, outcome.findings, outcome.calls);
    give(&report, &args.report, context)?;
    Ok(verdict.into())
}

/// Compares the states with AWS, all together: parts of one object may stand in several of them.
pub(super) async fn compare(loaded: &[Loaded], moved: &[MovedRecord], aws: &Aws) -> Result<DriftOutcome, Failure> {
    let stacks: Vec<StackState<'_>> = loaded
        .iter()
        .map(|one| StackState {
            stack: one.stack.clone(),
            side: one.side,
            region: one.region.clone(),
            role: None,
            state: &one.state,
            judged: one.judged,
        })
        .collect();
    let native = aws.live_reader();
    let readers = Readers { native: Some(&native), provider: None };
    let routing = Routing::of(&stacks, &readers);
    let queries = wanted(&stacks, &routing, false);
    if let Some(place) = queries.places().first() {
        // Without credentials each type would be unread: one clear error says more.
        aws.check_credentials(&place.region).await?;
    }
    let live = observe(&readers, &queries).await;
    Ok(decide(&DriftInput { stacks: &stacks, routing: &routing, live: &live, moved }))
}

fn sides(sides: Sides) -> &'static [Side] {
    match sides {
        Sides::Primary => &[Side::Primary],
        Sides::Standby => &[Side::Standby],
        Sides::Both => &[Side::Primary, Side::Standby],
    }
}

/// What the records of the plan's traffic sets answer while either side is active, as far as the outputs tell.
pub(super) fn moved(plan: &DrPlan, outputs: &dyn Outputs) -> Vec<MovedRecord> {
    let mut moved = Vec::new();
    for set in &plan.traffic {
        for record in &set.records {
            for (active, value) in [(Side::Primary, &record.primary), (Side::Standby, &record.standby)] {
                let Ok(values) = value.resolve_texts(active, outputs) else { continue };
                moved.push(MovedRecord {
                    traffic: set.name.clone(),
                    zone: set.zone.clone(),
                    name: record.name.clone(),
                    record_type: record.record_type.clone(),
                    active,
                    values,
                });
            }
        }
    }
    moved
}

/// The outputs that the plan's traffic sets name, of both sides. A side that is not compared may be out of
/// reach, and that is no reason not to compare the other one: its outputs are then not known.
async fn outputs(project: &Project, loaded: &[Loaded], aws: &Aws) -> States {
    let mut states = States::default();
    for one in loaded {
        if let Some(side) = one.side {
            states.add(&one.stack, side, one.state.clone());
        }
    }
    let mut named: BTreeSet<(&str, Side)> = BTreeSet::new();
    for record in project.plan.traffic.iter().flat_map(|set| &set.records) {
        for (side, value) in [(Side::Primary, &record.primary), (Side::Standby, &record.standby)] {
            named.extend(value.outputs().into_iter().map(|output| (output.stack.as_str(), side)));
        }
    }
    for (name, side) in named {
        let Some(stack) = project.plan.stack(name).filter(|_| states.get(name, side).is_none()) else { continue };
        if let Ok(Some(state)) = project.read_state(stack, side, aws).await {
            states.add(name, side, state);
        }
    }
    states
}

/// The states of every stack on these sides; those with these names are judged, or all of them.
async fn load_sides(project: &Project, names: &[String], sides: &[Side], aws: &Aws) -> Result<Vec<Loaded>, Failure> {
    let chosen: BTreeSet<&str> = project.stacks(names)?.into_iter().map(|stack| stack.name.as_str()).collect();
    let mut loaded = Vec::new();
    for side in sides {
        for stack in project.stacks(&[])? {
            let judged = chosen.contains(stack.name.as_str());
            let Some(state) = project.read_state(stack, *side, aws).await? else {
                if judged {
                    return Err(project.no_state(stack, *side)?.into());
                }
                continue; // What was not built owns nothing.
            };
            let region = project.plan.region(*side).clone();
            loaded.push(Loaded { stack: stack.name.clone(), side: Some(*side), region, state, judged });
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
        loaded.push(Loaded { stack: url.clone(), side: None, region: region.clone(), state, judged: true });
    }
    Ok(loaded)
}
