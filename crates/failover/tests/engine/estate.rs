//! The plan that these tests run: two traffic sets, three records, an approval, programs, checks.

use pilotlight_failover::simulation::{State, Trouble, World};
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_journal::{JournalStores, MemoryStore, Ownership, latest_run};
use pilotlight_plan::{DrPlan, Inputs, Outputs, parse};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub(crate) const PLAN: &str = r#"
plan "shop" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
  objectives { rto = "15m" }
}

stack "app" {
  source = "../infra/app"
  state  = "s3://state/app.tfstate"
  standby {
    backend = { bucket = "state-standby" }
  }
}

traffic "storefront" {
  zone = "shop.test"
  record "app.shop.test" "A" {
    primary = stack.app.output.public_ips
    standby = stack.app.output.public_ips
    ttl     = "30s"
  }
  record "www.shop.test" "CNAME" {
    primary = "eu-west-1.shop.test"
    standby = "eu-central-1.shop.test"
    ttl     = "30s"
  }
}

traffic "api" {
  zone = "shop.test"
  record "api.shop.test" "A" {
    primary = stack.app.output.public_ips[0]
    standby = stack.app.output.public_ips[0]
    ttl     = "30s"
  }
}

check "http" "target" {
  url  = "http://${stack.app.output.public_ips[0]}/health"
  side = "target"
  when = ["before"]
}

check "http" "storefront" {
  url     = "http://app.shop.test/health"
  headers = { Authorization = env("TOKEN") }
}

check "dns" "address" {
  name   = "api.shop.test"
  expect = [stack.app.output.public_ips[0]]
  side   = "target"
  when   = ["after"]
}

step "command" "pause" {
  phase = "freeze"
  run   = ["./set", "paused"]
  undo  = ["./clear", "paused"]
}

step "command" "size" {
  phase = "scale"
  run   = ["./set", "large"]
  undo  = ["./clear", "large"]
}

step "command" "resume" {
  phase = "finish"
  run   = ["./clear", "paused"]
}

approval "commander" { before = "switch" }
"#;

pub(crate) const OLD_URL: &str = "postgres://shop:s3cret@old/orders";
pub(crate) const NEW_URL: &str = "postgres://shop:s3cret@new/orders";

pub(crate) const PRIMARY: [&str; 2] = ["192.0.2.1", "192.0.2.2"];
pub(crate) const STANDBY: [&str; 2] = ["198.51.100.1", "198.51.100.2"];

pub(crate) struct States;

impl Outputs for States {
    fn output(&self, stack: &str, side: Side, name: &str) -> Option<&Value> {
        static VALUES: std::sync::LazyLock<[Value; 2]> = std::sync::LazyLock::new(|| [json!(PRIMARY), json!(STANDBY)]);
        (stack == "app" && name == "public_ips").then(|| &VALUES[side as usize])
    }
}

pub(crate) fn plan() -> DrPlan {
    plan_of(PLAN)
}

pub(crate) fn plan_of(text: &str) -> DrPlan {
    parse("plans/shop.hcl", text, &Inputs { env: environment(), ..Inputs::default() }).expect("the plan")
}

/// The variables that the plans name.
pub(crate) fn environment() -> BTreeMap<String, String> {
    [("TOKEN", "hunter2"), ("ORDERS_PRIMARY_URL", OLD_URL), ("ORDERS_STANDBY_URL", NEW_URL)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

pub(crate) fn set(name: &str, record_type: &str, values: &[&str]) -> RecordSet {
    RecordSet {
        name: name.into(),
        record_type: record_type.into(),
        ttl: Some(30),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        alias: None,
        set_identifier: None,
        weight: None,
        failover: None,
        health_check_id: None,
        other_routing: None,
    }
}

/// A public and a private zone, with these records. What must never be true ends the test.
pub(crate) fn world_of(records: Vec<RecordSet>) -> World {
    let zone = HostedZone {
        id: "Z1".into(),
        name: "shop.test".into(),
        private: false,
        name_servers: vec!["ns-1.test".into(), "ns-2.test".into(), "ns-3.test".into(), "ns-4.test".into()],
    };
    let inside = HostedZone { id: "Z2".into(), name: "in.test".into(), private: true, name_servers: Vec::new() };
    let world = World::new(vec![zone, inside], records, Arc::new(environment()));
    world.with(|state| {
        state.plan = PLAN.to_owned();
        state.lag = [("ns-2.test".into(), Duration::from_secs(3)), ("ns-4.test".into(), Duration::from_secs(7))].into();
        state.on_broken = Some(|what| panic!("{what}"));
    });
    // `./set x` and `./clear x` are desired states, as the programs of a plan have to be.
    world.set_programs(|state, argv| {
        match argv {
            [program, flag] if program == "./set" => state.flags.insert(flag.clone()),
            [program, flag] if program == "./clear" => state.flags.remove(flag),
            _ => true,
        };
    });
    world
}

/// The zone with traffic on a side, and both sides serving.
pub(crate) fn world(side: Side) -> World {
    let (addresses, region) = match side {
        Side::Primary => (PRIMARY, "eu-west-1"),
        Side::Standby => (STANDBY, "eu-central-1"),
    };
    let world = world_of(vec![
        set("api.shop.test", "A", &addresses[..1]),
        set("app.shop.test", "A", &addresses),
        set("mail.shop.test", "A", &["203.0.113.25"]),
        set("www.shop.test", "CNAME", &[&format!("{region}.shop.test")]),
    ]);
    world.with(|state| state.healthy.extend(PRIMARY.into_iter().chain(STANDBY).map(str::to_owned)));
    world
}

/// The standby serves before the switch, and no more after it: one address dies while the first program runs.
pub(crate) fn standby_breaks(world: &World) {
    world.with(|state| {
        let breaks = |state: &mut State| {
            state.healthy.remove(STANDBY[1]);
        };
        state.hooks.insert("./set".into(), Box::new(breaks));
    });
}

pub(crate) async fn compiled(world: &World, direction: Direction) -> Run {
    let (plan, mode) = world.with(|state| (state.plan.clone(), state.mode));
    let plan = plan_of(&plan);
    let mut observed = observe(&plan, world, world).await.expect("observed");
    observed.managed = observe_managed(&plan, direction, true, &States, world).await.expect("databases");
    compile_in_mode(&plan, direction, mode, &observed, &States).expect("compiled")
}

pub(crate) fn began_on(direction: Direction) -> Side {
    match direction {
        Direction::Failover => Side::Primary,
        Direction::Failback => Side::Standby,
    }
}

pub(crate) async fn start(world: &World, store: &MemoryStore, direction: Direction) -> Result<Engine, EngineError> {
    let run = compiled(world, direction).await;
    Engine::start(run, "ada@ops", None, &JournalStores::one(store.clone()), world.ports()).await
}

pub(crate) async fn resume(world: &World, store: &MemoryStore) -> Result<Engine, EngineError> {
    let run = latest_run(store, "shop").await.expect("the claims").expect("a run");
    let ownership = Ownership::resume("ada@ops");
    Engine::resume(&run, ownership, &JournalStores::one(store.clone()), world.ports()).await
}

/// Carries a run out until its executor dies over the first such call, which meets this; another one may ask after it.
pub(crate) async fn dies_over(world: &World, engine: &mut Engine, operation: &'static str, met: Option<Trouble>) {
    let there = world.clone();
    world.with(|state| {
        state.trouble = Some(Box::new(move |asked, _| {
            let is_it = asked.operation == operation;
            if is_it {
                there.kill();
            }
            met.filter(|_| is_it)
        }));
    });
    dies(world, engine).await;
    world.with(|state| state.trouble = None);
}

/// Carries a run out until its executor is killed; another one may ask after it.
pub(crate) async fn dies(world: &World, engine: &mut Engine) {
    tokio::select! {
        ended = engine.drive() => panic!("not killed: {ended:?}"),
        () = world.died() => {}
    }
    world.revive();
}

pub(crate) fn report_of(engine: &Engine) -> RunReport {
    report(engine.journal().events()).expect("a report")
}

/// A report without times, and without the resumes that a kill makes necessary.
pub(crate) fn timeless(report: RunReport) -> Value {
    let mut report = serde_json::to_value(report).expect("json");
    report["interventions"].as_array_mut().expect("a list").retain(|one| one["what"] != "resumed");
    strip(&mut report);
    report
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, value| match name.as_str() {
                "run" | "at" | "started_at" | "finished_at" | "duration_ms" | "latency_ms" => false,
                // Its name begins with the run's.
                "file" => {
                    *value = value.as_str().and_then(|file| file.rsplit('-').next()).unwrap_or_default().into();
                    true
                }
                "measured_ms" | "traffic_ms" => {
                    *value = Value::Bool(true);
                    true
                }
                _ => true,
            });
            fields.values_mut().for_each(strip);
        }
        Value::Array(values) => values.iter_mut().for_each(strip),
        _ => {}
    }
}
