//! The standby's group is turned up before the switch and down after the failback.

use crate::databases::with_servers;
use crate::estate::*;
use crate::kills::{Moment, killed_once};
use pilotlight_failover::simulation::{Asked, BOOT, Group, Service, State, Trouble, World};
use pilotlight_failover::*;
use pilotlight_findings::{Side, codes};
use pilotlight_journal::{Body, JournalStores, MemoryStore};
use pilotlight_plan::{DrPlan, Scale};
use std::collections::VecDeque;

const SCALE: &str = r#"
scale "aws_autoscaling_group.web" {
  stack       = "app"
  desired     = 6
  pilot_light = 1
  timeout     = "5m"
}
"#;

/// `web-primary` and `web-standby`.
struct Names;

impl GroupNames for Names {
    fn group_name(&self, scale: &Scale, side: Side) -> Option<String> {
        (scale.address == "aws_autoscaling_group.web").then(|| format!("web-{side}"))
    }
}

fn plan_with(scale: &str) -> DrPlan {
    plan_of(&format!("{PLAN}{scale}"))
}

/// Traffic on a side, the primary at its size, and the standby as it is then.
pub(crate) fn estate(side: Side) -> World {
    let world = world(side);
    let standby = if side == Side::Primary { 1 } else { 6 };
    world.with(|state| {
        state.groups.insert("web-primary".into(), Group::of(6, 10));
        state.groups.insert("web-standby".into(), Group::of(standby, 10));
        // Nothing was asked for lately.
        state.elapsed = BOOT;
    });
    world
}

async fn try_compile(world: &World, plan: &DrPlan, direction: Direction) -> Result<Run, CompileError> {
    let mut observed = observe(plan, world, world).await.expect("observed");
    observed.groups = observe_groups(plan, direction, &Names, world).await.expect("groups");
    compile(plan, direction, &observed, &States)
}

pub(crate) async fn compiled(world: &World, direction: Direction) -> Run {
    try_compile(world, &plan_with(SCALE), direction).await.expect("compiled")
}

pub(crate) async fn begin(world: &World, store: &MemoryStore, direction: Direction) -> Engine {
    let run = compiled(world, direction).await;
    Engine::start(run, "ada@ops", None, &JournalStores::one(store.clone()), world.ports()).await.expect("started")
}

async fn run_it(world: &World, direction: Direction) -> (Conclusion, Engine) {
    let mut engine = begin(world, &MemoryStore::new("journal"), direction).await;
    (engine.drive().await.expect("an end"), engine)
}

fn group(world: &World, side: Side) -> Group {
    world.with(|state| state.groups[&format!("web-{side}")].clone())
}

/// What a group was asked for, but for repetitions.
fn asked(world: &World, side: Side) -> Vec<u32> {
    let mut asked = group(world, side).asked;
    asked.dedup();
    asked
}

fn step(engine: &Engine, id: &str) -> (String, String) {
    let steps = report_of(engine).phases.into_iter().flat_map(|phase| phase.steps);
    let step = serde_json::to_value(steps.into_iter().find(|step| step.step == id).expect("the step")).expect("json");
    (step["status"].as_str().expect("text").to_owned(), step["detail"].as_str().expect("text").to_owned())
}

/// A size costs money; a database that is fenced, customers.
#[tokio::test]
async fn a_size_is_turned_down_after_the_old_database_takes_writes_again() {
    let world = estate(Side::Primary);
    with_servers(&world);
    standby_breaks(&world);
    let plan = plan_of(&format!("{}{SCALE}", world.with(|state| state.plan.clone())));
    let run = try_compile(&world, &plan, Direction::Failover).await.expect("compiled");
    let store = MemoryStore::new("journal");
    let stores = JournalStores::one(store.clone());
    let mut engine = Engine::start(run, "ada@ops", None, &stores, world.ports()).await.expect("started");
    assert!(matches!(engine.drive().await.expect("driven").end, End::Stopped { .. }));
    let mut engine = resume(&world, &store).await.expect("taken on");
    engine.abort("ada@ops", "no").await.expect("aborted");
    assert_eq!(engine.drive().await.expect("driven").end, End::Aborted);
    let undone: Vec<&str> = engine
        .journal()
        .events()
        .iter()
        .filter_map(|event| match &event.what {
            Body::UndoFinished { step, .. } => Some(step.as_str()),
            _ => None,
        })
        .collect();
    let at =
        |part: &str| undone.iter().position(|step| step.contains(part)).unwrap_or_else(|| panic!("{part}: {undone:?}"));
    assert!(at("switch/") < at("fence/database/") && at("fence/database/") < at(UP), "{undone:?}");
    assert_eq!(group(&world, Side::Standby).desired, 1);
}

const UP: &str = "scale/up/app/aws_autoscaling_group.web";
const DOWN: &str = "finish/down/app/aws_autoscaling_group.web";

#[tokio::test]
async fn the_standby_is_large_and_healthy_before_traffic_moves_and_small_after_it_went_back() {
    let world = estate(Side::Primary);
    let (end, engine) = run_it(&world, Direction::Failover).await;
    assert_eq!(end.end, End::Succeeded);
    assert_eq!(step(&engine, UP), ("done".into(), "6 of 6 asked for are healthy in web-standby".into()));
    assert_eq!(group(&world, Side::Standby).asked, [6]);
    assert_eq!(group(&world, Side::Primary).asked, [0; 0], "the side that is left is not touched");
    let asked_at = group(&world, Side::Standby).asked_at;
    let moved_at = world.with(|state| state.changes[0].0);
    assert!(moved_at >= asked_at + BOOT, "moved before the instances were healthy");

    let (end, engine) = run_it(&world, Direction::Failback).await;
    assert_eq!(end.end, End::Succeeded);
    assert_eq!(step(&engine, UP).0, "already_done");
    assert_eq!(step(&engine, DOWN), ("done".into(), "1 of 1 asked for are healthy in web-standby".into()));
    assert_eq!(group(&world, Side::Standby).asked, [6, 1]);
    assert_eq!(group(&world, Side::Primary).asked, [0; 0]);
    let back_at = world.with(|state| state.changes.last().expect("a change").0);
    assert!(group(&world, Side::Standby).asked_at > back_at, "turned down before traffic had left");
}

#[tokio::test]
async fn a_group_that_does_not_get_healthy_rolls_the_run_back() {
    let world = estate(Side::Primary);
    world.with(|state| state.groups.get_mut("web-standby").expect("it").at_most_healthy = Some(4));
    let (end, engine) = run_it(&world, Direction::Failover).await;
    assert_eq!(end.end, End::RolledBack);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    assert_eq!(group(&world, Side::Standby).asked, [6, 1]);
    assert_eq!(step(&engine, UP).0, "undone");
    let story = serde_json::to_string(engine.journal().events()).expect("json");
    assert!(story.contains("4 of 6 asked for are healthy in web-standby after 300 s"), "{story}");
}

#[tokio::test]
async fn what_somebody_else_asked_for_meanwhile_is_left() {
    let world = estate(Side::Primary);
    world.with(|state| {
        let failures = std::iter::repeat_n(pilotlight_integrity::CommandOutcome::Exited(3), 9).collect();
        state.outcomes.insert("./set large".into(), failures);
        // The program after it in the phase fails, and an autoscaler was at work.
        let autoscaler = |state: &mut State| {
            if let Some(group) = state.groups.get_mut("web-standby").filter(|group| group.desired == 6) {
                group.desired = 8;
            }
        };
        state.hooks.insert("./clear".into(), Box::new(autoscaler));
    });
    let (end, engine) = run_it(&world, Direction::Failover).await;
    assert_eq!(end.end, End::RolledBack);
    assert_eq!(group(&world, Side::Standby).asked, [6]);
    assert_eq!(group(&world, Side::Standby).desired, 8);
    let story = serde_json::to_string(engine.journal().events()).expect("json");
    assert!(story.contains("web-standby was set to 8 by somebody else, and is left so"), "{story}");
}

#[tokio::test]
async fn an_answer_that_is_lost_is_looked_for_and_a_refusal_is_final() {
    for (faults, asked) in
        [(vec![Trouble::LoseAnswer], vec![6]), (vec![Trouble::LoseRequest, Trouble::LoseRequest], vec![6])]
    {
        let world = estate(Side::Primary);
        world.with(|state| {
            let group = state.groups.get_mut("web-standby").expect("it");
            (group.faults, group.failing_reads) = (VecDeque::from(faults), 0);
        });
        let (end, _) = run_it(&world, Direction::Failover).await;
        assert_eq!(end.end, End::Succeeded);
        assert_eq!(group(&world, Side::Standby).asked, asked);
    }
    let world = estate(Side::Primary);
    world.with(|state| state.groups.get_mut("web-standby").expect("it").faults.push_back(Trouble::Deny));
    let (end, engine) = run_it(&world, Direction::Failover).await;
    assert_eq!(end.end, End::RolledBack);
    let (_, detail) = step(&engine, UP);
    let story = serde_json::to_string(engine.journal().events()).expect("json");
    assert!(
        story.contains("1 of 1 asked for are healthy in web-standby, and 6 are wanted: access denied: autoscaling:SetDesiredCapacity"),
        "{detail}"
    );
}

#[tokio::test]
async fn what_the_group_does_not_allow_is_refused_before_anything_is_done() {
    let world = estate(Side::Primary);
    let error = try_compile(&world, &plan_with(&SCALE.replace("= 6", "= 60")), Direction::Failover).await;
    assert_eq!(
        error.expect_err("refused").to_string(),
        "have 60 instances in aws_autoscaling_group.web of the standby: it allows at most 10"
    );
    let back = estate(Side::Standby);
    let error = try_compile(&back, &plan_with(&SCALE.replace("= 1", "= 0")), Direction::Failback).await;
    assert_eq!(
        error.expect_err("refused").to_string(),
        "have 0 instances in aws_autoscaling_group.web of the standby: it allows at least 1"
    );
    let unsaid = try_compile(&back, &plan_with(&SCALE.replace("pilot_light = 1", "")), Direction::Failback).await;
    let unsaid = unsaid.expect("compiled");
    assert!(unsaid.step(DOWN).is_none());
    assert_eq!(unsaid.notes.iter().filter(|note| note.code == codes::F_PILOT_LIGHT_UNKNOWN).count(), 1);
    let set = "set \"aws_autoscaling_group.web\" { desired_capacity = 2 }";
    let set = format!("{PLAN}{}", SCALE.replace("pilot_light = 1", ""))
        .replace("    backend =", &format!("    {set}\n    backend ="));
    let run = try_compile(&back, &plan_of(&set), Direction::Failback).await.expect("compiled");
    assert!(matches!(&run.step(DOWN).expect("a step").action, Action::Scale(action) if action.to == 2));
}

#[tokio::test]
async fn a_standby_that_is_gone_does_not_keep_traffic_from_going_back() {
    let world = estate(Side::Standby);
    world.with(|state| state.groups.remove("web-standby"));
    let run = try_compile(&world, &plan_with(SCALE), Direction::Failback).await.expect("compiled");
    assert!(run.step(DOWN).is_none());
    assert_eq!(run.notes.iter().filter(|note| note.code == codes::F_PILOT_LIGHT_UNKNOWN).count(), 1);
    world.with(|state| state.groups.remove("web-primary"));
    let error = observe_groups(&plan_with(SCALE), Direction::Failback, &Names, &world).await.expect_err("no group");
    assert_eq!(
        error.to_string(),
        "find aws_autoscaling_group.web of stack app in the primary: eu-west-1 has no group web-primary"
    );
}

/// Kills the executor at the first call for which this holds, once for each of them, in their order. From the first death
/// on, and as long as AWS may do so, the group is shown as it was; with `denied` nobody may ask for a size then.
fn kills_at(world: &World, when: Vec<fn(&Asked<'_>, &Group) -> bool>, denied: bool) {
    let there = world.clone();
    world.with(|state| {
        let (mut when, mut died) = (VecDeque::from(when), false);
        state.trouble = Some(Box::new(move |asked, state| {
            if when.front().is_some_and(|when| when(asked, &state.groups["web-standby"])) {
                when.pop_front();
                died = true;
                there.kill();
            }
            match asked.service {
                Service::AutoScaling if died && asked.reads => Some(Trouble::Stale),
                Service::AutoScaling if died && denied => Some(Trouble::Deny),
                _ => None,
            }
        }));
    });
}

async fn killed(world: &World, engine: &mut Engine) {
    tokio::select! {
        ended = engine.drive() => panic!("not killed: {ended:?}"),
        () = world.died() => {}
    }
    world.revive();
}

/// A failover whose executor dies at such a call, and who aborts it then.
async fn aborted_after(world: &World, store: &MemoryStore) -> Engine {
    let run = try_compile(world, &plan_with(SCALE), Direction::Failover).await.expect("compiled");
    let stores = JournalStores::one(store.clone());
    let mut first = Engine::start(run, "ada@ops", None, &stores, world.ports()).await.expect("started");
    killed(world, &mut first).await;
    let mut engine = resume(world, store).await.expect("taken on");
    engine.abort("grace@ops", "the region is back").await.expect("aborted");
    engine
}

#[tokio::test]
async fn a_size_that_was_asked_for_and_is_not_shown_yet_is_taken_back_all_the_same() {
    let world = estate(Side::Primary);
    kills_at(&world, vec![|_, group| group.asked == [6]], false);
    let mut engine = aborted_after(&world, &MemoryStore::new("journal")).await;
    assert_eq!(engine.drive().await.expect("an end").end, End::Aborted);
    assert_eq!(asked(&world, Side::Standby), [6, 1], "the run says that it was undone");
    assert_eq!(step(&engine, UP), ("undone".into(), "1 of 1 asked for are healthy in web-standby".into()));
}

#[tokio::test]
async fn who_may_not_take_such_a_size_back_does_not_say_that_it_is() {
    let world = estate(Side::Primary);
    kills_at(&world, vec![|_, group| group.asked == [6]], true);
    let mut engine = aborted_after(&world, &MemoryStore::new("journal")).await;
    assert!(matches!(engine.drive().await.expect("an end").end, End::Stopped { .. }));
    assert_eq!(group(&world, Side::Standby).desired, 6);
    let (status, detail) = step(&engine, UP);
    assert_eq!(status, "failed", "{detail}");
    assert!(detail.ends_with(": access denied: autoscaling:SetDesiredCapacity"), "{detail}");
}

#[tokio::test]
async fn a_size_that_is_about_to_be_taken_back_is_asked_for_again_where_the_abort_is_withdrawn() {
    let world = estate(Side::Primary);
    kills_at(
        &world,
        vec![|asked, _| asked.service == Service::Route53 && !asked.reads, |_, group| group.asked == [6, 1]],
        false,
    );
    let store = MemoryStore::new("journal");
    let mut engine = aborted_after(&world, &store).await;
    killed(&world, &mut engine).await;
    let mut engine = resume(&world, &store).await.expect("taken on");
    engine.withdraw_abort("ada@ops", "it is not").await.expect("withdrawn");
    let conclusion = engine.drive().await.expect("an end");
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    assert_eq!(asked(&world, Side::Standby), [6, 1, 6], "traffic has moved to it");
}

/// What was asked of both groups, and how the run ended.
async fn with_a_kill(
    direction: Direction,
    prepare: fn(&World),
    kill: Option<(usize, Moment)>,
) -> (Vec<Vec<u32>>, End, bool) {
    let world = estate(began_on(direction));
    prepare(&world);
    let run = try_compile(&world, &plan_with(SCALE), direction).await.expect("compiled");
    let (end, killed) = killed_once(&world, run, kill).await;
    let asked = [Side::Primary, Side::Standby].map(|side| asked(&world, side));
    (asked.to_vec(), end, killed)
}

#[tokio::test]
async fn a_kill_at_every_append_ends_in_the_same_size() {
    fn fails(world: &World) {
        world.with(|state| state.groups.get_mut("web-standby").expect("it").at_most_healthy = Some(4));
    }
    fn nothing(_: &World) {}
    for (direction, prepare) in
        [(Direction::Failover, nothing as fn(&World)), (Direction::Failover, fails), (Direction::Failback, nothing)]
    {
        let (reference, end, _) = with_a_kill(direction, prepare, None).await;
        let mut kills = 0;
        for moment in [Moment::Before, Moment::After] {
            for at in 0.. {
                let (asked, ended, killed) = with_a_kill(direction, prepare, Some((at, moment))).await;
                assert_eq!((&asked, &ended), (&reference, &end), "{direction} killed {moment:?} append {at}");
                if !killed {
                    break;
                }
                kills += 1;
            }
        }
        assert!(kills > 30, "only {kills} kills");
    }
}

#[tokio::test]
async fn a_group_in_another_account_is_asked_for_with_its_stacks_role() {
    const ROLE: &str = "arn:aws:iam::123456789012:role/scaler";
    let with_role = PLAN.replacen(
        "  source = \"../infra/app\"\n",
        &format!("  source = \"../infra/app\"\n  role   = \"{ROLE}\"\n"),
        1,
    );
    let plan = plan_of(&format!("{with_role}{SCALE}"));
    let world = estate(Side::Primary);
    // Without the role there is no such group: it is another account's.
    let missing = observe_groups(&plan, Direction::Failover, &Names, &world).await.expect_err("no group");
    assert!(missing.to_string().contains("eu-central-1 has no group web-standby"), "{missing}");
    world.with(|state| state.groups.values_mut().for_each(|group| group.role = Some(ROLE.into())));
    let run = try_compile(&world, &plan, Direction::Failover).await.expect("compiled");
    let needed = run_permissions(&run);
    let of = |action: &str| needed.iter().find(|one| one.action == action).map(|one| one.resource.as_str());
    assert_eq!((of("sts:AssumeRole"), of("autoscaling:SetDesiredCapacity")), (Some(ROLE), None));
    let stores = JournalStores::one(MemoryStore::new("journal"));
    let mut engine = Engine::start(run, "ada@ops", None, &stores, world.ports()).await.expect("started");
    assert_eq!(engine.drive().await.expect("an end").end, End::Succeeded);
    assert_eq!(group(&world, Side::Standby).asked, [6]);
}
