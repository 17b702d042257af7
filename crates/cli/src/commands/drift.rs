//! `pilotlight drift`

use super::Context;
use crate::args::{Drift, Sides};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Wait;
use crate::project::{Project, States};
use crate::reporting::{Began, give};
use crate::states::{Place, ReadState, StateReader};
use pilotlight_cloud::Aws;
use pilotlight_drift::{DriftInput, DriftOutcome, MovedRecord, Readers, Routing, StackState, decide, observe, wanted};
use pilotlight_findings::{Finding, Job, Region, Side};
use pilotlight_plan::{DrPlan, Outputs, wrong_with_role};
use pilotlight_tfstate::State;
use std::collections::BTreeSet;
use std::path::Path;

/// A state, and whose it is.
pub(super) struct Loaded {
    pub(super) stack: String,
    pub(super) side: Option<Side>,
    pub(super) region: Region,
    /// The role that is assumed to read its resources.
    pub(super) role: Option<String>,
    pub(super) state: State,
    /// Whether it is compared; the others only say what they own.
    pub(super) judged: bool,
}

pub(super) async fn run(args: &Drift, context: Context<'_>) -> Result<Exit, Failure> {
    let began = Began::now();
    let aws = Aws::new(None);
    let wait = Wait::new(context.screen, "reading state");
    let (plan, Gathered { loaded, notes, lines }, moved) = match &args.plan {
        Some(file) => {
            let mut project = Project::load(file, &args.plan_args, args.into.into.as_deref())?;
            project.terraform.clone_from(&args.terraform);
            let all = load_sides(&project, &args.stack, sides(args.side), &aws).await?;
            let moved = moved(&project.plan, &outputs(&project, &all.loaded, &aws).await);
            (Some(project.plan.name), all, moved)
        }
        None => (None, load_urls(args, &aws).await?, Vec::new()),
    };
    wait.say("reading AWS");
    let for_states = aws.calls();
    let mut outcome = compare(&loaded, &moved, &aws).await?;
    outcome.findings.extend(notes);
    outcome.calls.extend(for_states);
    outcome.calls.sort();
    drop(wait);
    if context.verbose {
        lines.iter().for_each(|line| context.screen.note(line));
    }
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
            role: one.role.clone(),
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
async fn load_sides(project: &Project, names: &[String], sides: &[Side], aws: &Aws) -> Result<Gathered, Failure> {
    let chosen: BTreeSet<&str> = project.stacks(names)?.into_iter().map(|stack| stack.name.as_str()).collect();
    let mut all = Gathered::default();
    for side in sides {
        for stack in project.stacks(&[])? {
            let judged = chosen.contains(stack.name.as_str());
            let Some(read) = project.load_state(stack, *side, aws).await? else {
                if judged {
                    return Err(project.no_state(stack, *side)?.into());
                }
                continue; // What was not built owns nothing.
            };
            let region = project.plan.region(*side).clone();
            all.add(stack.name.clone(), Some(*side), region, stack.role.clone(), read, judged);
        }
    }
    Ok(all)
}

async fn load_urls(args: &Drift, aws: &Aws) -> Result<Gathered, Failure> {
    if let Some(role) = &args.role
        && let Some(reason) = wrong_with_role(role)
    {
        let remedy = "write it as in arn:aws:iam::123456789012:role/drift-reader";
        return Err(Failure::usage(format!("use --role {role}: {reason}"), remedy));
    }
    let region = aws.default_region().await.ok_or_else(|| {
        Failure::usage("find the AWS region", "set AWS_REGION, or region in the profile that AWS_PROFILE names")
    })?;
    let reader = StateReader::new(aws, args.terraform.as_deref(), args.workspace.as_deref());
    let read = reader.read_all(&args.state, Place { base: Path::new("."), region: &region }).await?;
    let mut all = Gathered::default();
    for read in read {
        all.add(read.name.clone(), None, region.clone(), args.role.clone(), read, true);
    }
    Ok(all)
}

/// The states of one job, and what there is to say of them.
#[derive(Default)]
struct Gathered {
    loaded: Vec<Loaded>,
    notes: Vec<Finding>,
    /// Which state each is, for who wants to hear more.
    lines: Vec<String>,
}

impl Gathered {
    fn add(
        &mut self,
        stack: String,
        side: Option<Side>,
        region: Region,
        role: Option<String>,
        read: ReadState,
        judged: bool,
    ) {
        self.lines.push(read.line(&stack));
        self.notes.extend(read.notes.iter().map(|note| note.about(&stack, side)));
        self.loaded.push(Loaded { stack, side, region, role, state: read.state, judged });
    }
}
