//! What must hold whatever happens. It is held against the world: what the run says is one of the things that are judged.

use super::operator::Story;
use super::scene::Scene;
use crate::observe::query_name;
use crate::record_values::same_set;
use crate::simulation::{SizedResource, SizedStack, State, World};
use crate::{Action, DatabaseStep, End, RecordChanges, RecordSet, ResizeGoal, Run, RunReport, ScaleGoal, report};
use pilotlight_journal::{RunLog, StepStatus};
use std::collections::BTreeMap;

/// Rows that were kept stay so.
const KEPT: &str = " rows kept";

/// What does not hold after a run; empty where all does.
pub(super) fn broken(scene: &Scene, run: &Run, world: &World, story: &Story) -> Vec<String> {
    world.with(|state| {
        // What is under way when a run ends is carried out after it.
        state.carry_out_the_rest();
        let mut broken = state.broken.clone();
        broken.extend(half_moved(run, state));
        let log = match &story.log {
            Ok(log) => log,
            Err(cause) => {
                broken.push(format!("the journal cannot be trusted: {cause}"));
                return broken;
            }
        };
        broken.extend(lost_events(state, log));
        broken.extend(wrong_end(scene, run, state, &story.conclusion.end, log));
        match report(&log.events) {
            Ok(told) => broken.extend(untrue(run, state, &told)),
            Err(error) => broken.push(format!("the journal makes no report: {error}")),
        }
        broken
    })
}

/// Whether the sets of a traffic set are these.
fn is_at<'a>(records: &[RecordSet], wanted: impl Iterator<Item = &'a RecordSet>) -> bool {
    let (mut wanted_here, mut names) = (0, Vec::new());
    for set in wanted {
        wanted_here += 1;
        let key = (query_name(&set.name), set.record_type.as_str());
        let there = records.iter().any(|known| {
            known.record_type == set.record_type
                && query_name(&known.name) == key.0
                && known.set_identifier == set.set_identifier
                && same_set(known, set)
        });
        if !there {
            return false;
        }
        if !names.contains(&key) {
            names.push(key);
        }
    }
    let of_these =
        |set: &&RecordSet| names.iter().any(|(name, kind)| set.record_type == *kind && query_name(&set.name) == *name);
    records.iter().filter(of_these).count() == wanted_here
}

/// Every traffic set was, at every moment, as before, as after, or at one of its shares: never empty, never half of it.
fn half_moved(run: &Run, state: &State) -> Vec<String> {
    let mut broken = Vec::new();
    let guarded = run.steps().filter_map(|step| match &step.action {
        Action::GuardRecords(changes) => Some(changes),
        _ => None,
    });
    for changes in guarded {
        let sound = |records: &[RecordSet]| {
            is_at(records, befores(changes))
                || run
                    .moves_of(&changes.traffic)
                    .any(|moved| moved.zone.id == changes.zone.id && is_at(records, afters(moved)))
                || is_at(records, afters(changes))
        };
        if let Some((at, _)) = state.history.iter().find(|(_, records)| !sound(records)) {
            broken.push(format!("traffic set {} was half moved at {} s", changes.traffic, at.as_secs()));
        }
    }
    broken
}

fn befores(changes: &RecordChanges) -> impl Iterator<Item = &RecordSet> {
    changes.records.iter().map(|record| &record.before)
}

fn afters(changes: &RecordChanges) -> impl Iterator<Item = &RecordSet> {
    changes.records.iter().map(|record| &record.after)
}

/// Whatever an executor believed to be written is there.
fn lost_events(state: &State, log: &RunLog) -> Option<String> {
    let last = log.events.last().map_or(0, |event| event.sequence);
    let lost = |(run, sequence): &&(String, u64)| *run == log.state.run && *sequence > last;
    let (_, sequence) = state.written.iter().find(lost)?;
    Some(format!("event {sequence} was written and is not in the journal"))
}

/// The world is as the end says that it is.
fn wrong_end(scene: &Scene, run: &Run, state: &State, end: &End, log: &RunLog) -> Vec<String> {
    let mut broken = Vec::new();
    let moved = match end {
        End::Succeeded => true,
        End::Refused | End::RolledBack | End::Aborted => false,
        // A person left something out, and the run says so; no set is half moved all the same.
        End::Failed => return broken,
        End::Stopped { .. } | End::Unfinished => return vec!["it came to no end".into()],
    };
    let where_to = if moved { run.to.side } else { run.from.side };
    for step in run.steps() {
        match &step.action {
            Action::GuardRecords(changes) => {
                let there = match moved {
                    true => is_at(&state.records, afters(changes)),
                    false => is_at(&state.records, befores(changes)),
                };
                if !there {
                    broken.push(format!("the records of {} are not those of the {where_to}", changes.traffic));
                }
            }
            Action::GuardSignal(signal) if state.raised(&signal.url) != (signal.raised == moved) => {
                broken.push(format!("the signal of {} is not that of the {where_to}", signal.changes.traffic));
            }
            Action::Scale(scale) => {
                let group = state.groups.get(&scale.group).map(|group| group.desired);
                let done = log.state.status(&step.id) == StepStatus::Done;
                let reached = |desired: u32| match scale.goal {
                    ScaleGoal::AtLeast => desired >= scale.to,
                    ScaleGoal::AtMost => desired <= scale.to,
                };
                if moved && done && !group.is_some_and(reached) {
                    broken.push(format!("{} is not scaled, and the run says that it is", scale.group));
                }
                if !moved && group != scene.groups.get(&scale.group).map(|group| group.desired) {
                    broken.push(format!("{} is not as large as it was", scale.group));
                }
            }
            Action::Resize(resize) => {
                let of = |sizes: &BTreeMap<String, SizedStack>| {
                    sizes.get(&resize.stack).and_then(|stack| stack.resources.get(&resize.address)).cloned()
                };
                let done = log.state.status(&step.id) == StepStatus::Done;
                let reached = |resource: &SizedResource| {
                    let wanted = match resize.goal {
                        ResizeGoal::Up => &resize.set,
                        ResizeGoal::Down => &resource.written,
                    };
                    wanted.iter().all(|(name, value)| resource.now.get(name) == Some(value))
                };
                if moved && done && !of(&state.sizes).as_ref().is_some_and(reached) {
                    broken.push(format!("{} is not resized, and the run says that it is", resize.address));
                }
                let now = |sizes| of(sizes).map(|resource| resource.now);
                if !moved && now(&state.sizes) != now(&scene.sizes) {
                    broken.push(format!("{} is not of the size that it was", resize.address));
                }
            }
            _ => {}
        }
    }
    if moved && !scene.is_led_by(state, run.to.side) {
        broken.push(format!("not every database of the {} takes writes: {}", run.to.side, state.servers));
    }
    if !moved {
        if let Some(left) = state.flags.difference(&scene.flags).find(|flag| !flag.ends_with(KEPT)) {
            broken.push(format!("what program {left} did was not taken back"));
        }
        let before = scene.world().with(|state| Scene::writers(state));
        if Scene::writers(state) != before {
            broken.push(format!("the databases do not take writes where they did: {}", state.servers));
        }
    }
    broken
}

/// What the report says and the world does not have.
fn untrue(run: &Run, state: &State, told: &RunReport) -> Vec<String> {
    let mut broken = Vec::new();
    if told.outcome == "succeeded" {
        for changes in run.record_changes() {
            let says = told.records.iter().filter(|record| record.zone == changes.zone.name).all(|record| record.moved);
            let signal = changes.zone.id.is_empty();
            let sees = |server: &String| {
                signal || state.silent.contains(server) || is_at(state.seen_by(server), afters(changes))
            };
            if let Some(server) = changes.zone.name_servers.iter().find(|server| says && !sees(server)) {
                broken.push(format!("the report says that {} moved, and {server} has it not", changes.traffic));
            }
        }
    }
    let database_of = |name: &str| {
        run.steps().find_map(|step| match &step.action {
            Action::Database(DatabaseStep { name: known, old: Some(old), new, .. }) if known == name => {
                Some((reveal(old), reveal(new)))
            }
            _ => None,
        })
    };
    for database in &told.databases {
        let servers = database_of(&database.name);
        let server = |url: &String| state.servers.0.get(url);
        let Some((old, new)) = servers.as_ref().and_then(|(old, new)| Some((server(old)?, server(new)?))) else {
            continue;
        };
        let ended_well = told.outcome == "succeeded";
        if ended_well && database.fence == "proven" && old.takes_writes() {
            broken.push(format!("the report says that {} is fenced, and it takes writes", database.name));
        }
        if ended_well && database.second_writer == "none" && old.takes_writes() && new.takes_writes() {
            broken.push(format!("the report says that {} has one writer, and it has two", database.name));
        }
        if ended_well && database.lost_writes == "none" && database.promoted && new.log < old.log {
            broken.push(format!("the report says that {} lost nothing, and it lost writes", database.name));
        }
        let said = database.fence != "proven" || database.second_writer != "none";
        if old.takes_writes() && new.takes_writes() && !said {
            broken.push(format!("{} has two writers, and nobody says so", database.name));
        }
    }
    broken
}

/// A text as the scene's variables make it.
fn reveal(text: &crate::Text) -> String {
    let mut named = std::collections::BTreeMap::new();
    for name in text.variables() {
        named.insert(name.to_owned(), format!("${name}"));
    }
    crate::text::Secrets::new(&named).reveal(text).unwrap_or_default()
}
