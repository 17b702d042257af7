//! Which resource has each record that a run moves.

use super::verdict::{ALIAS, RECORDS, Verdict, WEIGHT, by_configuration};
use super::{NextApply, OwningResource, RecordOwner, SourceState, StackSources};
use crate::compile::Answer;
use crate::observe::query_name;
use crate::{Action, HostedZone, RecordSet, Run};
use pilotlight_findings::Side;
use pilotlight_plan::DrPlan;
use pilotlight_tfstate::ManagedInstance;
use serde_json::{Map, Value};

const RECORD: &str = "aws_route53_record";

/// The owners of every record set that the run moves, in its order: several where several states have one set.
pub(super) fn find(run: &Run, plan: &DrPlan, sources: &dyn StackSources) -> Vec<RecordOwner> {
    let mut owners = Vec::new();
    for step in run.steps() {
        let Action::GuardRecords(changes) = &step.action else { continue };
        for change in &changes.records {
            owners.extend(of_set(&changes.zone, &change.after, plan, sources));
        }
    }
    owners
}

/// States of one side that were not read for one reason.
struct Unread<'a> {
    side: Side,
    stacks: Vec<&'a str>,
    reason: String,
}

impl Unread<'_> {
    fn told(&self) -> String {
        let states = if self.stacks.len() == 1 { "state" } else { "states" };
        format!("the {}'s {states} of {}: {}", self.side, self.stacks.join(", "), self.reason)
    }
}

fn of_set(zone: &HostedZone, set: &RecordSet, plan: &DrPlan, sources: &dyn StackSources) -> Vec<RecordOwner> {
    let owner = |resource, next_apply, detail: &str| RecordOwner {
        zone: zone.name.clone(),
        name: query_name(&set.name),
        record_type: set.record_type.clone(),
        set_identifier: set.set_identifier.clone(),
        attribute: moved_attribute(set).to_owned(),
        resource,
        next_apply,
        detail: detail.to_owned(),
        remedy: None,
    };
    let (mut owners, mut unread): (Vec<_>, Vec<Unread<'_>>) = (Vec::new(), Vec::new());
    for side in [Side::Primary, Side::Standby] {
        for stack in &plan.stacks {
            let state = match sources.state(&stack.name, side) {
                SourceState::Read(state) => state,
                SourceState::Absent => continue,
                SourceState::Unread(reason) => {
                    match unread.iter_mut().find(|other| other.side == side && other.reason == reason) {
                        Some(other) => other.stacks.push(&stack.name),
                        None => unread.push(Unread { side, stacks: vec![&stack.name], reason }),
                    }
                    continue;
                }
            };
            let of_type = state.managed().filter(|managed| managed.resource_type() == RECORD && !managed.is_deposed());
            for managed in of_type.filter(|managed| is_of(managed, zone, set)) {
                let address = managed.address();
                let resource =
                    OwningResource { stack: stack.name.clone(), side, address: address.to_string(), place: None };
                let verdict = match sources.configuration(&stack.name, side) {
                    Ok(configuration) => {
                        let verdict = by_configuration(&address, moved_attribute(set), side, &configuration);
                        match is_as_recorded(managed.attributes(), set) && !verdict.is_ignored() {
                            true => Verdict::unchanged(verdict.place()),
                            false => verdict,
                        }
                    }
                    Err(_) if is_as_recorded(managed.attributes(), set) => Verdict::unchanged(None),
                    Err(reason) => Verdict::unknown(reason),
                };
                owners.push(verdict.put_into(owner(Some(resource), NextApply::Unknown, "")));
            }
        }
    }
    if owners.is_empty() {
        owners.push(match unread.is_empty() {
            true => owner(None, NextApply::NotOwned, "no stack of the plan owns it"),
            false => {
                let unread: Vec<String> = unread.iter().map(Unread::told).collect();
                let detail = format!("who owns it is not known, as not every state was read: {}", unread.join("; "));
                owner(None, NextApply::Unknown, &detail)
            }
        });
    }
    owners
}

/// What the method changes of a set: a weight where it has one, as a weighted set keeps its answer.
fn moved_attribute(set: &RecordSet) -> &'static str {
    match (set.weight, &set.alias) {
        (Some(_), _) => WEIGHT,
        (None, Some(_)) => ALIAS,
        (None, None) => RECORDS,
    }
}

/// Whether a resource is this set: by zone, name, type and set identifier.
fn is_of(managed: &ManagedInstance<'_>, zone: &HostedZone, set: &RecordSet) -> bool {
    let attributes = managed.attributes();
    let id = text(attributes, "zone_id");
    // The provider computes `fqdn`; `name` may be without the zone's.
    let name = match text(attributes, "fqdn") {
        "" => qualified(text(attributes, "name"), &zone.name),
        fqdn => query_name(fqdn),
    };
    id.strip_prefix("/hostedzone/").unwrap_or(id) == zone.id
        && name == query_name(&set.name)
        && text(attributes, "type") == set.record_type
        && text(attributes, "set_identifier") == set.set_identifier.as_deref().unwrap_or_default()
}

fn qualified(name: &str, zone: &str) -> String {
    let (name, zone) = (query_name(name), query_name(zone));
    match name == zone || name.ends_with(&format!(".{zone}")) {
        true => name,
        false if name.is_empty() => zone,
        false => format!("{name}.{zone}"),
    }
}

/// Whether a set is, in what the run changes, as the state has it.
fn is_as_recorded(attributes: &Map<String, Value>, set: &RecordSet) -> bool {
    let block = |name: &str| attributes.get(name)?.as_array()?.first()?.as_object();
    match moved_attribute(set) {
        WEIGHT => block(WEIGHT).and_then(|block| block.get("weight")?.as_i64()) == set.weight,
        ALIAS => block(ALIAS).is_some_and(|block| {
            let (name, zone_id) = (text(block, "name").to_owned(), text(block, "zone_id").to_owned());
            Answer::Alias { name, zone_id, evaluate_target_health: None }.is_of(set)
        }),
        _ => {
            let recorded = attributes.get(RECORDS).and_then(Value::as_array).into_iter().flatten();
            let recorded = recorded.filter_map(|value| Some(value.as_str()?.to_owned())).collect();
            Answer::Values(recorded).is_of(set)
        }
    }
}

fn text<'v>(attributes: &'v Map<String, Value>, name: &str) -> &'v str {
    attributes.get(name).and_then(Value::as_str).unwrap_or_default()
}
