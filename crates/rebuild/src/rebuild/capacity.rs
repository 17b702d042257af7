//! What the standby region has to hold: machine types, and what is left of its quotas.

use super::{Prepared, Rebuild, RebuildError, RegionMap};
use crate::decide::machines::questions::said;
use crate::decide::{
    GlobalResource, Layout, Needs, Used, class_type, machine_type, machines_used, needs_of_plan, needs_of_states,
    written_machines,
};
use crate::observe::{CapacityCatalog, CatalogError, MachineLookup, MachineOffer, SourceTree, observe_machines, words};
use pilotlight_findings::{Code, Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_plan::Stack;
use pilotlight_tfstate::{PlanJson, ResourceAddress, State};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// States of one side with the names of their stacks.
pub type StackStates<'a> = [(&'a str, &'a State)];

impl Rebuild<'_> {
    /// Looks up in the standby every machine type that a source, the plan or a state of the primary has, and leaves
    /// in the map what is known of them. The findings say what could not be read, under the code `unread`; and which
    /// types the plan puts in the place of others that are not there either.
    ///
    /// # Errors
    /// A source cannot be read.
    pub async fn look_up_machines(
        &self,
        catalog: &dyn CapacityCatalog,
        map: &mut RegionMap,
        primary: &StackStates<'_>,
        unread: Code,
    ) -> Result<Vec<Finding>, RebuildError> {
        let mut used = Used::new();
        let mut chosen: BTreeMap<String, String> = BTreeMap::new();
        for stack in &self.plan.stacks {
            // Of what has an answer already, only the answer matters.
            let written = written_machines(&self.source(stack)?);
            for name in written.into_iter().filter(|name| !stack.standby.map.contains_key(name)) {
                used.entry(name).or_default();
            }
            for (name, what) in named_in_plan(stack) {
                used.entry(name.clone()).or_default();
                chosen.entry(name).or_insert(what);
            }
        }
        let mut zones = BTreeSet::new();
        for (stack, state) in primary {
            let answers = self.plan.stack(stack).map(|stack| &stack.standby.map);
            for (name, of_state) in machines_used(state, &self.plan.primary) {
                // What stands for a class has to run the same engine.
                let name = answers.and_then(|map| map.get(&name)).cloned().unwrap_or(name);
                let entry = used.entry(name).or_default();
                entry.resources.extend(of_state.resources);
                entry.engines.extend(of_state.engines);
            }
            zones.extend(zones_of(state).into_iter().filter_map(|zone| map.zones.get(&zone).cloned()));
        }
        let (primary, standby) = (&self.plan.primary, &self.plan.standby);
        let MachineLookup { machines, unread: errors, untold } =
            observe_machines(catalog, primary, standby, &used, &zones, &map.machines).await;
        map.machines.extend(machines);
        let mut findings: Vec<Finding> = errors.iter().map(|error| self.machines_unread(error, unread)).collect();
        findings.extend(untold.into_iter().map(|what| {
            let message = format!("{standby} does not tell what it offers of {what}");
            Finding::new(codes::R_CAPACITY_UNKNOWN, Severity::Info, self.plan_subject(), message)
        }));
        for (name, what) in chosen {
            if let Some(offer) = map.machines.get(&name).filter(|offer| offer.zones.is_empty()) {
                let (is_so, _) = said(&name, offer, standby);
                let finding = Finding::new(
                    codes::R_MACHINE,
                    Severity::Error,
                    self.plan_subject(),
                    format!("{is_so}, and the plan asks for it: {what}"),
                );
                findings.push(with_nearest(finding, offer, |near| {
                    format!("take {near} in its place, the nearest one that is offered")
                }));
            }
        }
        Ok(findings)
    }

    fn machines_unread(&self, error: &CatalogError, code: Code) -> Finding {
        let message = format!("not all machine types are looked up: failed to {error}");
        error.remedied(Finding::new(code, Severity::Warning, self.plan_subject(), message))
    }

    pub(super) fn plan_subject(&self) -> Subject {
        Subject::Plan { name: self.plan.name.clone() }
    }

    /// Machine types of a stack's state that the standby does not offer and that no file of its source writes out:
    /// there is nothing that the map could replace.
    pub(super) fn unwritten_machines(
        &self,
        stack: &Stack,
        source: &SourceTree,
        recorded: &State,
        prepared: &Prepared,
    ) -> Vec<Finding> {
        let written = written_machines(source);
        let mut findings = Vec::new();
        for (name, of_state) in machines_used(recorded, &self.plan.primary) {
            let Some(offer) = prepared.map.machines.get(&name).filter(|offer| offer.is_missing()) else { continue };
            if written.contains(&name) || stack.standby.map.contains_key(&name) {
                continue;
            }
            for address in of_state.resources {
                if is_decided(stack, &address, &prepared.retargeted.globals) {
                    continue;
                }
                let (is_so, _) = said(&name, offer, &self.plan.standby);
                let subject = Subject::Resource {
                    stack: stack.name.clone(),
                    side: Some(Side::Standby),
                    address: address.to_string(),
                    id: None,
                };
                let message = format!("{is_so}, which the primary runs; its source does not write it out");
                let attribute = if class_type(&name).is_some() { "instance_class" } else { "instance_type" };
                let config = address.config();
                findings.push(with_nearest(
                    Finding::new(codes::R_MACHINE, Severity::Error, subject, message),
                    offer,
                    |near| {
                        format!(
                            "give its variable another value in the standby, or add to the stack's standby block: \
                         set \"{config}\" {{ {attribute} = \"{near}\" }}"
                        )
                    },
                ));
            }
        }
        findings
    }

    /// What Terraform's plan of a prepared stack adds to the region.
    pub(super) fn needs(&self, prepared: &Prepared, json: &PlanJson, primary: &[&State]) -> Needs {
        let Some(stack) = self.plan.stack(&prepared.stack) else { return Needs::default() };
        let mapped = |text: &str| stands_for(stack, &prepared.map, text);
        let mut needs = needs_of_plan(json, &Layout::of(primary, &mapped));
        // How many subnets and rules a new network or group gets is in the primary's states: before the apply, a plan
        // does not say which of them each belongs to.
        if !needs.amounts.is_empty() {
            let recorded = needs_of_states(primary, &self.plan.primary, &Layout::default(), &|_| false);
            needs.add(&Needs { most: recorded.most, ..Needs::default() });
        }
        needs
    }

    /// What a stack's standby has at most, by the primary's state: before Terraform's plan tells what it adds.
    pub fn needs_at_most(&self, prepared: &Prepared, primary: &State) -> Needs {
        let Some(stack) = self.plan.stack(&prepared.stack) else { return Needs::default() };
        let mapped = |text: &str| stands_for(stack, &prepared.map, text);
        let left_out = |address: &ResourceAddress| is_left_out(address, &prepared.retargeted.globals);
        let layout = Layout::of(&[primary], &mapped);
        needs_of_states(&[primary], &self.plan.primary, &layout, &left_out).in_the_standby(&mapped)
    }

    /// What a stack's standby lacks to be as large as its primary: what turning it up will need.
    pub fn needs_to_turn_up(
        &self,
        prepared: &Prepared,
        (primary, standby): (&State, &State),
        (all_primary, all_standby): (&[&State], &[&State]),
    ) -> Needs {
        let Some(stack) = self.plan.stack(&prepared.stack) else { return Needs::default() };
        let mapped = |text: &str| stands_for(stack, &prepared.map, text);
        let layout = Layout::of(all_primary, &mapped);
        let left_out = |address: &ResourceAddress| is_left_out(address, &prepared.retargeted.globals);
        let full = needs_of_states(&[primary], &self.plan.primary, &layout, &left_out).in_the_standby(&mapped);
        let layout = Layout::of(all_standby, &|_| None);
        full.beyond(&needs_of_states(&[standby], &self.plan.standby, &layout, &|_| false))
    }
}

/// Machine types that a stack's standby block names, with the words that do.
fn named_in_plan(stack: &Stack) -> Vec<(String, String)> {
    let is_machine = |text: &str| machine_type(text).is_some() || class_type(text).is_some();
    let map = stack.standby.map.iter().filter(|(_, to)| is_machine(to));
    let mut named: Vec<(String, String)> =
        map.map(|(from, to)| (to.clone(), format!("map = {{ {from:?} = {to:?} }} of stack {}", stack.name))).collect();
    for set in &stack.standby.set {
        for (attribute, value) in &set.attributes {
            if let Some(text) = value.as_str().filter(|text| is_machine(text)) {
                let what = format!("set {:?} {{ {attribute} = {text:?} }} of stack {}", set.address, stack.name);
                named.push((text.to_owned(), what));
            }
        }
    }
    named
}

/// What stands in the standby for a machine type or zone of the primary.
fn stands_for(stack: &Stack, map: &RegionMap, text: &str) -> Option<String> {
    stack.standby.map.get(text).or_else(|| map.zones.get(text)).cloned()
}

fn zones_of(state: &State) -> BTreeSet<String> {
    let subnets = state.managed().filter(|managed| managed.resource_type() == "aws_subnet" && !managed.is_deposed());
    let zones = subnets.filter_map(|subnet| subnet.attributes().get("availability_zone").and_then(Value::as_str));
    zones.map(str::to_owned).collect()
}

fn is_left_out(address: &ResourceAddress, globals: &[GlobalResource]) -> bool {
    let config = address.config().to_string();
    globals.iter().any(|global| global.covers(&config))
}

/// Whether the standby leaves a resource out, or has another type there by `set`.
fn is_decided(stack: &Stack, address: &ResourceAddress, globals: &[GlobalResource]) -> bool {
    let config = address.config().to_string();
    is_left_out(address, globals)
        || stack
            .standby
            .set
            .iter()
            .any(|set| set.address == config && set.attributes.keys().any(|name| name.starts_with("instance_")))
}

fn with_nearest(finding: Finding, offer: &MachineOffer, remedy: impl Fn(&str) -> String) -> Finding {
    let finding = match &offer.facts {
        Some(facts) => finding.with(Evidence::fact("machine", words(facts))),
        None => finding,
    };
    match &offer.nearest {
        Some(near) => finding.with(Evidence::fact("nearest", near)).remedy(remedy(near)),
        None => finding.remedy("take another type, of those that aws ec2 describe-instance-type-offerings lists there"),
    }
}
