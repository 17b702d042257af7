//! Plans for drills, one a method and one with everything, over states that are made up here.

use pilotlight_failover::drill::{Alone, Course, Scene, assumed};
use pilotlight_failover::simulation::World;
use pilotlight_failover::{
    Direction, GroupNames, Mode, Observed, ObservedGroup, ObservedSize, Run, ScalingGroup, compile_in_mode,
    observe_managed,
};
use pilotlight_findings::Side;
use pilotlight_plan::{DrPlan, Inputs, Outputs, Resize, Scale, parse};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// The shop of every plan, its checks and its people, and beside them what is named.
macro_rules! plan {
    ($($part:literal),+) => {
        concat!(include_str!("plans/shop.hcl"), $("\n", include_str!(concat!("plans/", $part, ".hcl"))),+)
    };
}

/// Each with a word for what it is about.
pub(crate) const PLANS: [(&str, &str); 8] = [
    ("record", plan!("record", "api")),
    ("weighted", plan!("weighted", "api")),
    ("signal", plan!("signal")),
    ("aliases", plan!("aliases", "api")),
    ("databases", plan!("record", "orders")),
    ("scale", plan!("record", "web")),
    ("managed", plan!("record", "rds", "web")),
    ("everything", plan!("weighted", "api", "web", "orders")),
];

/// What the states would say.
pub(crate) struct States;

impl Outputs for States {
    fn output(&self, stack: &str, side: Side, name: &str) -> Option<&Value> {
        static ZONE: LazyLock<Value> = LazyLock::new(|| json!("ZLB"));
        static VALUES: LazyLock<[[Value; 2]; 2]> = LazyLock::new(|| {
            let alias = |region: &str| json!(format!("lb.{region}.elb.amazonaws.com"));
            [
                [json!(["192.0.2.1", "192.0.2.2"]), alias("eu-west-1")],
                [json!(["198.51.100.1", "198.51.100.2"]), alias("eu-central-1")],
            ]
        });
        match (stack, name) {
            ("app", "public_ips") => Some(&VALUES[side as usize][0]),
            ("app", "lb_zone") => Some(&ZONE),
            ("app", "lb") => Some(&VALUES[side as usize][1]),
            _ => None,
        }
    }
}

impl GroupNames for States {
    fn group_name(&self, _scale: &Scale, side: Side) -> Option<String> {
        Some(format!("web-{side}"))
    }
}

pub(crate) fn plan_of(text: &str) -> DrPlan {
    let env =
        ["ORDERS_PRIMARY_URL", "ORDERS_STANDBY_URL"].map(|name| (name.to_owned(), format!("postgres://{name}/x")));
    parse("plans/shop.hcl", text, &Inputs { env: env.into(), ..Inputs::default() }).expect("a plan")
}

/// The observation of a plan whose traffic is on the primary, and whose standby is a pilot light.
pub(crate) fn observed(plan: &DrPlan) -> Observed {
    let mut observed = assumed(plan, &States).expect("known outputs");
    let group = |_: &Scale| ObservedGroup {
        side: Side::Standby,
        group: ScalingGroup {
            name: "web-standby".into(),
            arn: "arn:aws:autoscaling:eu-central-1:1:autoScalingGroup:x:autoScalingGroupName/web-standby".into(),
            min: 1,
            max: 10,
            desired: 1,
            healthy: 1,
        },
    };
    observed.groups = plan.scale.iter().map(|scale| vec![group(scale)]).collect();
    let size = |resize: &Resize| ObservedSize {
        address: resize.address.clone(),
        root: format!("standby/{}", resize.stack),
        now: resize.set.keys().map(|name| (name.clone(), json!(1))).collect(),
    };
    observed.sizes = plan.resize.iter().map(|resize| Ok(size(resize))).collect();
    // As RDS would tell them on a quiet day.
    let world = World::new(Vec::new(), Vec::new(), Arc::new(BTreeMap::new()));
    world.with(|state| state.managed.add_of_plan(plan, &States));
    let managed = observe_managed(plan, Direction::Failover, true, &States, &world);
    observed.managed = Alone::new().expect("a timer").run(managed).expect("known databases");
    observed
}

pub(crate) fn failover(plan: &DrPlan, mode: Mode) -> Run {
    compile_in_mode(plan, Direction::Failover, mode, &observed(plan), &States).expect("compiled")
}

/// The way there and the way back of a plan.
pub(crate) fn courses(plan: &DrPlan, mode: Mode) -> [Course; 2] {
    let run = failover(plan, mode);
    let scene = Scene::of(plan, &run, &observed(plan), &States).expect("a scene");
    let there = Course::new(scene, run);
    let back = there.way_back(plan, &States, &States).expect("a way back");
    [there, back]
}
