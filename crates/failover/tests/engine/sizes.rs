//! Terraform gives a resource of the standby another size before the switch, and the former one after the failback.

use crate::estate::*;
use crate::kills::{Moment, killed_once};
use pilotlight_failover::simulation::{SizedResource, SizedStack, Trouble, World};
use pilotlight_failover::*;
use pilotlight_findings::{Finding, Side, codes};
use pilotlight_journal::{JournalStores, MemoryStore};
use pilotlight_plan::DrPlan;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// The service depends on the database.
const SCALE: &str = r#"
scale "aws_db_instance.orders" {
  stack = "app"
  set { instance_class = "db.r6g.xlarge" }
}

scale "aws_ecs_service.web" {
  stack   = "app"
  timeout = "5m"
  set { desired_count = 6 }
}
"#;

const DATABASE: &str = "aws_db_instance.orders";
const SERVICE: &str = "aws_ecs_service.web";
const UP: &str = "scale/up/app/aws_ecs_service.web";
const DOWN: &str = "finish/down/app/aws_ecs_service.web";

fn plan() -> DrPlan {
    plan_of(&format!("{PLAN}{SCALE}"))
}

fn values(values: &[(&str, Value)]) -> BTreeMap<String, Value> {
    values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

/// Traffic on a side, and the standby as it is then.
pub(crate) fn estate(side: Side) -> World {
    let world = world(side);
    let small = [values(&[("instance_class", json!("db.t4g.small"))]), values(&[("desired_count", json!(1))])];
    let large = [values(&[("instance_class", json!("db.r6g.xlarge"))]), values(&[("desired_count", json!(6))])];
    let [database, service] = small.map(SizedResource::of);
    let mut resources = BTreeMap::from([
        (DATABASE.to_owned(), database),
        (SERVICE.to_owned(), SizedResource { depends_on: vec![DATABASE.into()], ..service }),
    ]);
    if side == Side::Standby {
        for (resource, now) in resources.values_mut().zip(large) {
            resource.now = now;
        }
    }
    world.with(|state| state.sizes.insert("app".into(), SizedStack::of(resources)));
    world
}

fn change(world: &World, address: &str, change: impl FnOnce(&mut SizedResource)) {
    world.with(|state| {
        let stack = state.sizes.get_mut("app").expect("the stack");
        change(stack.resources.get_mut(address).expect("the resource"));
    });
}

/// What the service and the database have.
pub(crate) fn now(world: &World) -> [Value; 2] {
    world.with(|state| {
        let resources = &state.sizes["app"].resources;
        [resources[SERVICE].now["desired_count"].clone(), resources[DATABASE].now["instance_class"].clone()]
    })
}

/// Everything that the service was given.
fn given(world: &World) -> Vec<Value> {
    world.with(|state| {
        let given = &state.sizes["app"].resources[SERVICE].given;
        given.iter().map(|(_, value)| value.clone()).collect()
    })
}

pub(crate) async fn begin(world: &World, store: &MemoryStore, direction: Direction) -> Engine {
    let run = try_compile(world, &plan(), direction).await;
    let stores = JournalStores::one(store.clone());
    Engine::start(run, "ada@ops", None, &stores, world.ports()).await.expect("started")
}

async fn try_compile(world: &World, plan: &DrPlan, direction: Direction) -> Run {
    let mut observed = observe(plan, world, world).await.expect("observed");
    observed.sizes = observe_sizes(plan, direction, world).expect("sizes");
    compile(plan, direction, &observed, &States).expect("compiled")
}

async fn run_it(world: &World, direction: Direction) -> (Conclusion, Engine) {
    let run = try_compile(world, &plan(), direction).await;
    let stores = JournalStores::one(MemoryStore::new("journal"));
    let mut engine = Engine::start(run, "ada@ops", None, &stores, world.ports()).await.expect("started");
    (engine.drive().await.expect("an end"), engine)
}

fn story(engine: &Engine) -> String {
    serde_json::to_string(engine.journal().events()).expect("json")
}

fn step(engine: &Engine, id: &str) -> (String, String) {
    let steps = report_of(engine).phases.into_iter().flat_map(|phase| phase.steps);
    let step = serde_json::to_value(steps.into_iter().find(|step| step.step == id).expect("the step")).expect("json");
    (step["status"].as_str().expect("text").to_owned(), step["detail"].as_str().expect("text").to_owned())
}

#[tokio::test]
async fn the_standby_is_large_before_traffic_moves_and_small_after_it_went_back() {
    let world = estate(Side::Primary);
    let (end, engine) = run_it(&world, Direction::Failover).await;
    assert_eq!(end.end, End::Succeeded);
    assert_eq!(step(&engine, UP), ("done".into(), "aws_ecs_service.web has desired_count = 6".into()));
    assert_eq!(now(&world), [json!(6), json!("db.r6g.xlarge")]);
    let told = report_of(&engine).findings;
    let stands: Vec<_> = told.iter().filter(|finding| finding.code == codes::F_SIZE_STANDS).collect();
    assert_eq!(stands.len(), 2, "whoever applies the standby has to know");
    assert!(stands[1].message.contains("until the failback"), "{}", stands[1].message);

    let (end, engine) = run_it(&world, Direction::Failback).await;
    assert_eq!(end.end, End::Succeeded);
    assert!(engine.run().step(UP).is_none(), "the primary is not turned up");
    assert_eq!(step(&engine, DOWN), ("done".into(), "aws_ecs_service.web has desired_count = 1".into()));
    assert_eq!(now(&world), [json!(1), json!("db.t4g.small")]);
    assert_eq!(given(&world), [json!(6), json!(1)]);
}

#[tokio::test]
async fn what_is_turned_up_first_stays_up_while_what_depends_on_it_is_planned() {
    let world = estate(Side::Primary);
    let run = try_compile(&world, &plan(), Direction::Failover).await;
    let order: Vec<&str> = run.steps().map(|step| step.id.as_str()).filter(|id| id.contains("/up/")).collect();
    assert_eq!(order, ["scale/up/app/aws_db_instance.orders", UP]);
    let Action::Resize(service) = &run.step(UP).expect("it").action else { panic!("no resize") };
    assert_eq!(service.beside.len(), 1);
    // Without that, Terraform would turn the database down with the service.
    let back = try_compile(&estate(Side::Standby), &plan(), Direction::Failback).await;
    let order: Vec<&str> = back.steps().map(|step| step.id.as_str()).filter(|id| id.contains("/down/")).collect();
    assert_eq!(order, [DOWN, "finish/down/app/aws_db_instance.orders"]);
}

#[tokio::test]
async fn a_plan_that_does_more_is_refused_and_nothing_is_applied() {
    let world = estate(Side::Primary);
    change(&world, SERVICE, |service| service.replaces.push("desired_count".into()));
    let (end, engine) = run_it(&world, Direction::Failover).await;
    assert_eq!(end.end, End::Refused);
    assert!(story(&engine).contains("Terraform wants to replace aws_ecs_service.web"), "{}", story(&engine));
    assert_eq!((given(&world), now(&world)), (vec![], [json!(1), json!("db.t4g.small")]));
    assert_eq!(world.values("app.shop.test"), PRIMARY);

    // Somebody edited the standby's HCL: the database would be changed with the service.
    let world = estate(Side::Primary);
    change(&world, DATABASE, |database| _ = database.written.insert("storage".into(), json!(50)));
    let (end, engine) = run_it(&world, Direction::Failover).await;
    assert_eq!(end.end, End::Refused);
    assert!(story(&engine).contains("wants to change storage (null to 50)"), "{}", story(&engine));
    assert!(given(&world).is_empty());

    let world = estate(Side::Primary);
    change(&world, SERVICE, |service| service.ignored.push("desired_count".into()));
    let (end, engine) = run_it(&world, Direction::Failover).await;
    assert_eq!(end.end, End::Refused);
    assert!(story(&engine).contains("its ignore_changes, or the provider, decides otherwise"), "{}", story(&engine));
    assert_eq!(now(&world), [json!(1), json!("db.t4g.small")], "the database was turned down again");
}

#[tokio::test]
async fn an_apply_that_fails_is_tried_again_and_then_rolled_back() {
    let world = estate(Side::Primary);
    change(&world, SERVICE, |service| service.faults.push_back(Trouble::Broken));
    let (end, _) = run_it(&world, Direction::Failover).await;
    assert_eq!((end.end, given(&world)), (End::Succeeded, vec![json!(6)]));

    // The answer is lost: that it was applied is seen, and it is not applied again.
    let world = estate(Side::Primary);
    change(&world, SERVICE, |service| service.faults.push_back(Trouble::LoseAnswer));
    let (end, engine) = run_it(&world, Direction::Failover).await;
    assert_eq!((end.end, given(&world)), (End::Succeeded, vec![json!(6)]));
    assert_eq!(step(&engine, UP).0, "done");

    let world = estate(Side::Primary);
    change(&world, SERVICE, |service| service.faults.extend([Trouble::Deny; 2]));
    let (end, engine) = run_it(&world, Direction::Failover).await;
    assert_eq!(end.end, End::RolledBack);
    let told = story(&engine);
    assert!(
        told.contains("aws_ecs_service.web has desired_count = 1, and desired_count = 6 is wanted: AccessDenied"),
        "{told}"
    );
    assert_eq!(now(&world), [json!(1), json!("db.t4g.small")]);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    // "It is turned up until the failback" was to come of the run, and did not.
    let stands = |findings: &[Finding]| findings.iter().any(|one| one.code == codes::F_SIZE_STANDS);
    assert!(stands(&engine.run().notes) && !stands(&report_of(&engine).findings));
}

#[tokio::test]
async fn an_apply_that_takes_too_long_is_ended_and_rolled_back() {
    let world = estate(Side::Primary);
    let plan = plan_of(&format!("{PLAN}{}", SCALE.replace("\"5m\"", "\"30s\"")));
    let run = try_compile(&world, &plan, Direction::Failover).await;
    let stores = JournalStores::one(MemoryStore::new("journal"));
    let mut engine = Engine::start(run, "ada@ops", None, &stores, world.ports()).await.expect("started");
    assert_eq!(engine.drive().await.expect("an end").end, End::RolledBack);
    assert_eq!(now(&world), [json!(1), json!("db.t4g.small")]);
}

#[tokio::test]
async fn a_lock_is_waited_for_and_then_a_person_is_told_how_to_remove_it() {
    let lock = |world: &World, seconds: u64| {
        world.with(|state| {
            let until = state.elapsed + Duration::from_secs(seconds);
            state.sizes.get_mut("app").expect("it").locked = Some(("bob@ci".into(), until));
        });
    };
    let world = estate(Side::Primary);
    lock(&world, 60);
    let (end, _) = run_it(&world, Direction::Failover).await;
    assert_eq!(end.end, End::Succeeded);
    assert!(world.with(|state| state.waits.iter().any(|wait| wait.contains("bob@ci holds the lock"))));

    let world = estate(Side::Primary);
    lock(&world, 3_600);
    let store = MemoryStore::new("journal");
    let run = try_compile(&world, &plan(), Direction::Failover).await;
    let stores = JournalStores::one(store.clone());
    let mut engine = Engine::start(run, "ada@ops", None, &stores, world.ports()).await.expect("started");
    let end = engine.drive().await.expect("an end");
    assert_eq!(end.end, End::Stopped { step: Some("scale/up/app/aws_db_instance.orders".into()) });
    assert!(
        end.detail.contains("the state of stack app is locked: bob@ci holds the lock; wait until"),
        "{}",
        end.detail
    );
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    // Once it is gone, the run goes on.
    world.with(|state| state.sizes.get_mut("app").expect("it").locked = None);
    let mut engine = resume(&world, &store).await.expect("resumed");
    assert_eq!(engine.drive().await.expect("an end").end, End::Succeeded);
}

#[tokio::test]
async fn a_standby_that_is_gone_does_not_keep_traffic_from_going_back() {
    let world = estate(Side::Standby);
    world.with(|state| state.sizes.clear());
    let run = try_compile(&world, &plan(), Direction::Failback).await;
    assert!(run.step(DOWN).is_none());
    assert_eq!(run.notes.iter().filter(|note| note.code == codes::F_PILOT_LIGHT_UNKNOWN).count(), 2);
    let error = observe_sizes(&plan(), Direction::Failover, &world).expect_err("nothing there");
    assert_eq!(
        error.to_string(),
        "find aws_db_instance.orders of stack app in the standby: no state of it has such a resource"
    );
}

#[tokio::test]
async fn the_dry_run_names_terraform_and_a_dead_primary_is_no_hindrance() {
    let run = try_compile(&estate(Side::Primary), &plan(), Direction::Failover).await;
    let calls: Vec<String> =
        run.step(UP).expect("it").calls.iter().map(|call| format!("{}:{}", call.service, call.operation)).collect();
    assert_eq!(calls, ["terraform:plan", "terraform:apply"]);
    let of_terraform = |finding: &pilotlight_findings::Finding| finding.message.contains("terraform");
    assert!(!dry_run_findings(&run).iter().any(of_terraform), "it needs the standby's region alone");
    assert!(run_permissions(&run).iter().all(|one| !one.action.starts_with("terraform")));
    let alone =
        Run { phases: run.phases.iter().filter(|phase| phase.phase.as_str() == "scale").cloned().collect(), ..run };
    assert!(refuse_primary_calls(&alone).is_ok());
}

#[test]
fn an_action_of_the_first_version_is_read() {
    let text = json!({ "kind": "resize", "with": {
        "stack": "app", "root": ".pilotlight/shop/standby/app", "region": "eu-central-1",
        "address": "aws_ecs_service.web", "set": { "desired_count": 6 }, "goal": "up",
    }});
    let action: Action = serde_json::from_value(text.clone()).expect("an action");
    assert!(matches!(&action, Action::Resize(resize) if resize.goal == ResizeGoal::Up && resize.beside.is_empty()));
    assert_eq!(serde_json::to_value(&action).expect("json"), text);
}

/// Both sizes as they are in the end, and what the service was given.
async fn with_a_kill(
    direction: Direction,
    prepare: fn(&World),
    kill: Option<(usize, Moment)>,
) -> ([Value; 2], Vec<Value>, End, bool) {
    let world = estate(began_on(direction));
    prepare(&world);
    let run = try_compile(&world, &plan(), direction).await;
    let (end, killed) = killed_once(&world, run, kill).await;
    (now(&world), given(&world), end, killed)
}

#[tokio::test]
async fn a_kill_at_every_append_ends_in_the_same_sizes() {
    fn fails(world: &World) {
        change(world, SERVICE, |service| service.faults.extend([Trouble::Broken; 9]));
    }
    fn red(world: &World) {
        standby_breaks(world);
    }
    fn nothing(_: &World) {}
    for (direction, prepare) in [
        (Direction::Failover, nothing as fn(&World)),
        (Direction::Failover, fails),
        (Direction::Failover, red),
        (Direction::Failback, nothing),
    ] {
        let (now, given, end, _) = with_a_kill(direction, prepare, None).await;
        let mut kills = 0;
        for moment in [Moment::Before, Moment::After] {
            for at in 0.. {
                let (sizes, was_given, ended, killed) = with_a_kill(direction, prepare, Some((at, moment))).await;
                let same = (&sizes, &was_given, &ended) == (&now, &given, &end);
                assert!(same, "{direction} killed {moment:?} append {at}: {sizes:?} {was_given:?} {ended:?}");
                if !killed {
                    break;
                }
                kills += 1;
            }
        }
        assert!(kills > 30, "only {kills} kills");
    }
}
