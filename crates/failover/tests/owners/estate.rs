//! A plan with every kind of record that a run changes, and a run of it.

use pilotlight_drift::ignore::Configuration;
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_plan::{DrPlan, Inputs, Outputs, parse};
use pilotlight_rebuild::lifecycle;
use pilotlight_tfstate::State;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

pub(crate) const ZONE: &str = "shop.test";

/// A plan with one stack and these traffic blocks.
pub(crate) fn plan(stacks: &[&str], traffic: &str) -> DrPlan {
    let head = "plan \"shop\" {\n  primary { region = \"eu-west-1\" }\n  standby { region = \"eu-central-1\" }\n}\n";
    let stack =
        |name: &&str| format!("stack \"{name}\" {{\n  source = \"{name}\"\n  state  = \"file:{name}.tfstate\"\n}}\n");
    let stacks: String = stacks.iter().map(stack).collect();
    parse("plan.hcl", &format!("{head}{stacks}{traffic}"), &Inputs::default()).expect("the plan")
}

/// The plan writes its values out.
struct NoOutputs;

impl Outputs for NoOutputs {
    fn output(&self, _stack: &str, _side: Side, _name: &str) -> Option<&Value> {
        None
    }
}

/// Compiles a run of a plan over the record sets that a zone has, by traffic set and record.
pub(crate) fn run_of(plan: &DrPlan, direction: Direction, zone_id: &str, live: &[RecordSet]) -> Run {
    let zone = HostedZone {
        id: zone_id.to_owned(),
        name: ZONE.to_owned(),
        private: false,
        name_servers: vec!["ns-1.example.test".to_owned()],
    };
    let seen = |set: &pilotlight_plan::TrafficSet| {
        let of = |record: &pilotlight_plan::TrafficRecord| -> Vec<RecordSet> {
            live.iter()
                .filter(|set| set.name == record.name && set.record_type == record.record_type)
                .cloned()
                .collect()
        };
        let records = set.records.iter().map(of).collect();
        (set.name.clone(), ObservedTraffic { zone: zone.clone(), records })
    };
    let observed = Observed {
        traffic: plan.traffic.iter().map(seen).collect(),
        groups: Vec::new(),
        sizes: Vec::new(),
        managed: BTreeMap::new(),
        primary_down: false,
    };
    compile(plan, direction, &observed, &NoOutputs).expect("a run")
}

/// What the stacks have: states and folders with HCL by stack and side, and why a state could not be read.
#[derive(Default)]
pub(crate) struct Stacks {
    pub(crate) states: BTreeMap<(String, Side), Result<State, String>>,
    pub(crate) folders: BTreeMap<(String, Side), PathBuf>,
}

impl StackSources for Stacks {
    fn state(&self, stack: &str, side: Side) -> SourceState<'_> {
        match self.states.get(&(stack.to_owned(), side)) {
            None => SourceState::Absent,
            Some(Ok(state)) => SourceState::Read(state),
            Some(Err(why)) => SourceState::Unread(why.clone()),
        }
    }

    fn configuration(&self, stack: &str, side: Side) -> Result<Configuration, String> {
        let folder = self.folders.get(&(stack.to_owned(), side)).ok_or("its source is not here")?;
        lifecycle::read(folder).map_err(|error| error.to_string())
    }
}
