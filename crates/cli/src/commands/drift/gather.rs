//! The states that are compared, and what else there is to know of them.

use crate::args::{Drift, Sides};
use crate::failure::Failure;
use crate::project::{Project, States};
use crate::states::{Place, ReadState, StateReader};
use pilotlight_cloud::Aws;
use pilotlight_drift::{MovedRecord, RecordAnswer};
use pilotlight_findings::{Finding, Region, Side};
use pilotlight_plan::{DrPlan, Method, Outputs, Value, wrong_with_role};
use pilotlight_tfstate::State;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A state, and whose it is.
pub(super) struct Loaded {
    pub(super) stack: String,
    pub(super) side: Option<Side>,
    pub(super) region: Region,
    /// The folder of its root module, where that is at hand.
    pub(super) source: Option<PathBuf>,
    /// The role that is assumed to read its resources.
    pub(super) role: Option<String>,
    pub(super) state: State,
    /// Whether it is compared; the others only say what they own.
    pub(super) judged: bool,
}

/// The states that were read, each with its stack's place; `judged` says which are compared.
pub(super) fn loaded(project: &Project, states: &States, judged: &dyn Fn(&str, Side) -> bool) -> Vec<Loaded> {
    states
        .all()
        .map(|(stack, side, state)| Loaded {
            stack: stack.to_owned(),
            side: Some(side),
            region: project.plan.region(side).clone(),
            source: project.plan.stack(stack).and_then(|stack| project.source(stack, side)),
            role: project.plan.stack(stack).and_then(|stack| stack.role.clone()),
            state: state.clone(),
            judged: judged(stack, side),
        })
        .collect()
}

pub(super) fn sides(sides: Sides) -> &'static [Side] {
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
                let Some(answer) = answer(value, active, outputs) else { continue };
                moved.push(MovedRecord {
                    traffic: set.name.clone(),
                    zone: set.zone.clone(),
                    name: record.name.clone(),
                    record_type: record.record_type.clone(),
                    active,
                    answer,
                    weighted: matches!(set.method, Method::Weighted(_)),
                });
            }
        }
    }
    moved
}

/// What a side answers; none where its outputs do not tell.
fn answer(value: &Value, side: Side, outputs: &dyn Outputs) -> Option<RecordAnswer> {
    let resolved = value.resolve(side, outputs).ok()?;
    let Some(map) = resolved.as_object() else {
        return value.resolve_texts(side, outputs).ok().map(RecordAnswer::Values);
    };
    let text = |name: &str| map.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
    Some(RecordAnswer::Alias { name: text("name")?, zone_id: text("zone_id")? })
}

/// The outputs that the plan's traffic sets name, of both sides. A side that is not compared may be out of
/// reach, and that is no reason not to compare the other one: its outputs are then not known.
pub(super) async fn outputs(project: &Project, loaded: &[Loaded], aws: &Aws) -> States {
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
pub(super) async fn load_sides(
    project: &Project,
    names: &[String],
    sides: &[Side],
    aws: &Aws,
) -> Result<Gathered, Failure> {
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
            let source = project.source(stack, *side);
            all.add(
                Owner { stack: stack.name.clone(), side: Some(*side), region, source, role: stack.role.clone() },
                read,
                judged,
            );
        }
    }
    Ok(all)
}

pub(super) async fn load_urls(args: &Drift, aws: &Aws) -> Result<Gathered, Failure> {
    if let Some(role) = &args.role
        && let Some(reason) = wrong_with_role(role)
    {
        let remedy = "write it as in arn:aws:iam::123456789012:role/drift-reader";
        return Err(Failure::usage(format!("use --role {role}: {reason}"), remedy));
    }
    let Some(region) = aws.default_region().await else {
        aws.check_profile().await?;
        let remedy = "set AWS_REGION, or region in the profile that AWS_PROFILE names";
        return Err(Failure::usage("find the AWS region", remedy));
    };
    let reader = StateReader::new(aws, args.terraform.as_deref(), args.workspace.as_deref());
    let read = reader.read_all(&args.state, Place { base: Path::new("."), region: &region }).await?;
    let mut all = Gathered::default();
    for read in read {
        let source = source_beside(&read.name);
        let owner =
            Owner { stack: read.name.clone(), side: None, region: region.clone(), source, role: args.role.clone() };
        all.add(owner, read, true);
    }
    Ok(all)
}

/// The states of one job, and what there is to say of them.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) loaded: Vec<Loaded>,
    pub(super) notes: Vec<Finding>,
    /// Which state each is, for who wants to hear more.
    pub(super) lines: Vec<String>,
}

/// Whose a state is.
struct Owner {
    stack: String,
    side: Option<Side>,
    region: Region,
    source: Option<PathBuf>,
    role: Option<String>,
}

impl Gathered {
    fn add(&mut self, owner: Owner, read: ReadState, judged: bool) {
        let Owner { stack, side, region, source, role } = owner;
        self.lines.push(read.line(&stack));
        self.notes.extend(read.notes.iter().map(|note| note.about(&stack, side)));
        self.loaded.push(Loaded { stack, side, region, source, role, state: read.state, judged });
    }
}

/// The root module of a state that is named without a plan: the folder of `pull:`, or the one that a local state
/// lies in, where HCL lies beside it.
fn source_beside(name: &str) -> Option<PathBuf> {
    if let Some(folder) = name.strip_prefix("pull:") {
        return Some(PathBuf::from(folder));
    }
    let file = Path::new(name.strip_prefix("file:").unwrap_or(name));
    let folder = file.is_file().then(|| file.parent())??;
    // terraform.tfstate.d/WORKSPACE/terraform.tfstate
    let above = folder.parent().filter(|above| above.ends_with("terraform.tfstate.d")).and_then(Path::parent);
    let folder = match above.unwrap_or(folder) {
        folder if folder.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    let is_hcl = |file: &std::path::PathBuf| {
        let name = file.to_string_lossy();
        [".tf", ".tf.json", ".tofu"].iter().any(|end| name.ends_with(end))
    };
    let mut files = std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    files.any(|file| is_hcl(&file)).then(|| folder.to_path_buf())
}
