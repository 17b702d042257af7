//! What the tests of this crate share: a plan and its regions, without any AWS.
#![allow(dead_code, reason = "each test program uses its own part")]

use pilotlight_findings::Region;
use pilotlight_plan::{DrPlan, Inputs};
use pilotlight_rebuild::{RetargetInput, StateLocation, zone_map};
use pilotlight_tfstate::State;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) struct World {
    pub(crate) plan: DrPlan,
    pub(crate) zones: BTreeMap<String, String>,
    pub(crate) images: BTreeMap<String, String>,
    pub(crate) machines: pilotlight_rebuild::Machines,
    pub(crate) copies: BTreeMap<String, String>,
    pub(crate) states: Vec<StateLocation>,
    pub(crate) target: PathBuf,
}

impl World {
    /// The sample estate's plan.
    pub(crate) fn shop() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plans/shop.hcl");
        Self::of(&std::fs::read_to_string(&file).expect("plans/shop.hcl"))
    }

    /// A plan by its text.
    pub(crate) fn of(plan: &str) -> Self {
        let plan = pilotlight_plan::parse("plans/test.hcl", plan, &Inputs::default()).expect("a plan");
        let zones = |region: &Region| ["a", "b", "c"].map(|letter| format!("{region}{letter}")).to_vec();
        let into = Path::new("out");
        let states = plan.stacks.iter().map(|stack| StateLocation {
            stack: stack.name.clone(),
            primary: stack.state.clone(),
            standby: stack
                .standby_state()
                .unwrap_or_else(|| format!("file:{}", into.join(&stack.name).join("terraform.tfstate").display())),
            standby_region: stack.standby.backend.get("region").and_then(|region| region.as_str()).map(str::to_owned),
        });
        let states = states.collect();
        Self {
            zones: zone_map(&zones(&plan.primary), &zones(&plan.standby)[..2]),
            images: BTreeMap::new(),
            machines: BTreeMap::new(),
            copies: BTreeMap::new(),
            states,
            target: into.join("app"),
            plan,
        }
    }

    pub(crate) fn input<'a>(&'a self, stack: &str, recorded: Option<&'a State>) -> RetargetInput<'a> {
        RetargetInput {
            stack: self.plan.stack(stack).expect("the stack"),
            primary: &self.plan.primary,
            standby: &self.plan.standby,
            zones: &self.zones,
            images: &self.images,
            machines: &self.machines,
            copies: &self.copies,
            states: &self.states,
            target: &self.target,
            recorded,
        }
    }
}

/// A state with these resources.
pub(crate) fn state(resources: &str) -> State {
    let text = format!(
        r#"{{"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "3f1c9f0e-0000-0000-0000-000000000000", "outputs": {{}}, "resources": {resources}, "check_results": null}}"#
    );
    State::parse("test.tfstate", text.as_bytes()).expect("a state")
}
