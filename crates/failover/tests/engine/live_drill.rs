//! Live drills: there, a stay, and back, as two runs; killed at every append; and their stop rule in each place.

use crate::estate::*;
use crate::kills::{Moment, arm};
use pilotlight_failover::live_drill::*;
use pilotlight_failover::simulation::{State, World};
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_integrity::CommandOutcome;
use pilotlight_journal::{JournalError, JournalStores, MemoryStore, Ownership, plan_runs, read_run};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;

const STAY: Duration = Duration::from_secs(120);
pub(crate) const WATCH: &str = "observe/checks";

pub(crate) fn hands<'a>(world: &World, stores: &'a JournalStores) -> DrillHands<'a> {
    DrillHands { stores, ports: world.ports(), operator: "ada@ops", journal_override: None }
}

pub(crate) async fn way_there(world: &World, stop_after: Option<Duration>) -> Run {
    let (text, mode) = world.with(|state| (state.plan.clone(), state.mode));
    let plan = with_stay(&plan_of(&text), Some(STAY));
    let observed = observe(&plan, world, world).await.expect("observed");
    let run = compile_in_mode(&plan, Direction::Failover, mode, &observed, &States).expect("compiled");
    as_way_there(&plan, run, stop_after).expect("a drill")
}

async fn way_home(world: &World) -> Result<Run, String> {
    world.with(|state| state.mode = Mode::Graceful);
    Ok(compiled(world, Direction::Failback).await)
}

/// Goes on with the drill from wherever its journal says that it stands, as `drill live` and its `--resume` do.
pub(crate) async fn go_on(world: &World, store: &MemoryStore) -> Result<Option<DrillEnd>, String> {
    go_on_within(world, store, None).await
}

pub(crate) async fn go_on_within(
    world: &World,
    store: &MemoryStore,
    stop_after: Option<Duration>,
) -> Result<Option<DrillEnd>, String> {
    let stores = JournalStores::one(store.clone());
    let hands = hands(world, &stores);
    let told = |error: EngineError| error.to_string();
    let found = find_drill(&stores, "shop", None).await.expect("the journal");
    let run = match found.as_ref().map(|log| (log, log.stage())) {
        None => {
            let engine = hands.begin(way_there(world, stop_after).await).await.map_err(told)?;
            return drive(&hands, world, engine).await;
        }
        Some((_, Stage::Over)) => return Ok(None),
        Some((log, Stage::BetweenRuns)) => {
            let home = hands.go_home(&log.away.state.run, async || way_home(world).await).await;
            return home.map(Some).map_err(|error| format!("{error:?}"));
        }
        Some((log, Stage::Away)) => &log.away.state.run,
        Some((log, Stage::Home)) => &log.home.as_ref().expect("a failback").state.run,
    };
    match hands.take_on(run, Ownership::resume("ada@ops")).await {
        Ok(engine) => drive(&hands, world, engine).await,
        // The kill came after its last event.
        Err(EngineError::Journal(JournalError::Finished { .. })) => Box::pin(go_on(world, store)).await,
        Err(error) => Err(told(error)),
    }
}

async fn drive(hands: &DrillHands<'_>, world: &World, engine: Engine) -> Result<Option<DrillEnd>, String> {
    hands.drive(engine, async || way_home(world).await).await.map(Some).map_err(|error| format!("{error:?}"))
}

pub(crate) async fn log_of(store: &MemoryStore) -> DrillLog {
    find_drill(&JournalStores::one(store.clone()), "shop", None).await.expect("the journal").expect("a drill")
}

pub(crate) async fn told(store: &MemoryStore) -> DrillReport {
    drill_report(&log_of(store).await, &[]).expect("a report")
}

pub(crate) async fn drilled(world: &World) -> (DrillReport, MemoryStore) {
    let store = MemoryStore::new("journal");
    go_on(world, &store).await.expect("an end");
    (told(&store).await, store)
}

/// What happens when the stay begins: the third round of probes after all of the traffic has moved.
pub(crate) fn during_the_stay(world: &World, what: impl Fn(&mut State) + Send + 'static) {
    let mut what = Some(what);
    world.with(|state| {
        state.on_event = Some(Box::new(move |state, event| {
            let text = format!("{:?}", event.what);
            if text.contains("StepIntended")
                && text.contains(WATCH)
                && let Some(what) = what.take()
            {
                what(state);
            }
        }));
    });
}

#[tokio::test]
async fn there_a_stay_and_back() {
    let world = world(Side::Primary);
    let (told, store) = drilled(&world).await;
    assert_eq!((told.outcome.as_str(), told.traffic), ("done", Traffic::Home), "{told:#?}");
    assert_eq!(told.fix, [], "nothing to fix");
    assert_eq!(told.exit_code(), 0);
    assert_eq!((told.stay.planned_ms, told.stop_rule.stop_after_ms, told.stop_rule.quota), (120_000, 900_000, 0));
    let lasted = told.stay.lasted_ms.expect("a stay");
    assert!((120_000..125_000).contains(&lasted), "{lasted}");
    assert!(told.stay.observation.as_ref().is_some_and(|seen| seen.within && seen.errors == 0));
    assert_eq!(told.stop_rule.struck, None);
    let jobs: Vec<(&str, Option<&str>)> =
        told.runs.iter().map(|run| (run.report.job.as_str(), run.report.drill.as_deref())).collect();
    assert_eq!(jobs, [("failover", Some("away")), ("failback", Some("home"))]);
    assert!(told.runs.iter().all(|run| run.report.recovery_time.measured_ms.is_some() && run.expected_ms.is_none()));
    // Each way has its approval.
    let people: Vec<&str> = told.deviations.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(people, ["person", "person"]);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    assert_eq!(log_of(&store).await.stage(), Stage::Over);
    assert_eq!(go_on(&world, &store).await, Ok(None), "an ended drill is not gone on with");
    // The failback names the failover, so that the journal alone tells what belongs together.
    let log = log_of(&store).await;
    let home = log.home.expect("a failback").state.compiled["drill"].clone();
    assert_eq!(home, serde_json::json!({ "kind": "home", "with": { "failover": log.away.state.run } }));
}

/// Carries a drill out with one kill, and goes on with it: its journal, and whether the kill came.
pub(crate) async fn killed_once(world: &World, at: usize, moment: Moment) -> (MemoryStore, bool) {
    let store = MemoryStore::new("journal");
    let creates = arm(world, &store, at, moment);
    let killed = tokio::select! {
        ended = go_on(world, &store) => ended.is_err(),
        () = world.died() => true,
    };
    store.clear_fault();
    world.revive();
    go_on(world, &store).await.expect("an end");
    (store, killed && creates.load(Ordering::SeqCst) > at)
}

#[tokio::test]
async fn a_drill_survives_a_kill_at_every_append() {
    let reference = {
        let world = world(Side::Primary);
        let (told, _) = drilled(&world).await;
        ends(&world, &told)
    };
    let mut kills = 0;
    for moment in [Moment::Before, Moment::After] {
        for at in 0.. {
            let world = world(Side::Primary);
            let (store, reached) = killed_once(&world, at, moment).await;
            let runs = plan_runs(&store, "shop").await.expect("the claims").len();
            assert_eq!(runs, 2, "killed {moment:?} append {at}: one failover and one failback");
            assert_eq!(ends(&world, &told(&store).await), reference, "killed {moment:?} append {at}");
            if !reached {
                break;
            }
            kills += 1;
        }
    }
    assert!(kills > 150, "only {kills} kills");
}

/// What a drill leaves: the zone, what programs left behind, and the story without its times.
fn ends(world: &World, told: &DrillReport) -> (Vec<RecordSet>, String, String, Vec<serde_json::Value>) {
    let (records, flags) = world.with(|state| (state.records.clone(), format!("{:?}", state.flags)));
    // The failback holds the failover's id, and so does its digest.
    let runs =
        told.runs.iter().map(|run| timeless(RunReport { digest: String::new(), ..run.report.clone() })).collect();
    (records, flags, format!("{} {:?} {:?}", told.outcome, told.traffic, told.fix), runs)
}

#[tokio::test]
async fn ctrl_c_between_the_runs_leaves_the_way_home_to_be_gone_on_with() {
    let (world, store) = (world(Side::Primary), MemoryStore::new("journal"));
    let stores = JournalStores::one(store.clone());
    let (stop, asked) = watch::channel(false);
    let hands = DrillHands { ports: world.ports_with_stop(asked), ..hands(&world, &stores) };
    world.with(|state| {
        state.on_event = Some(Box::new(move |_, event| {
            if format!("{:?}", event.what).contains("RunFinished") {
                let _ = stop.send(true);
            }
        }));
    });
    let engine = hands.begin(way_there(&world, None).await).await.expect("begun");
    assert_eq!(drive(&hands, &world, engine).await, Ok(Some(DrillEnd::Between)));
    let between = told(&store).await;
    assert_eq!((between.outcome.as_str(), between.traffic, between.exit_code()), ("waits", Traffic::Away, 6));
    assert_eq!(between.detail, "traffic is on the standby, and the way home was not begun");
    assert_eq!(between.finished_at, None);
    go_on(&world, &store).await.expect("an end");
    assert_eq!(told(&store).await.outcome, "done");
}

#[tokio::test]
async fn a_way_home_that_is_undone_is_begun_again() {
    let world = world(Side::Primary);
    // The second start of the program is the failback's.
    let ends = [CommandOutcome::Exited(0), CommandOutcome::Exited(3)].into();
    world.with(|state| state.outcomes.insert("./set large".into(), ends));
    let (waits, store) = drilled(&world).await;
    assert_eq!((waits.outcome.as_str(), waits.traffic, waits.exit_code()), ("waits", Traffic::Away, 6), "{waits:#?}");
    assert!(waits.detail.starts_with("traffic is on the standby: the way home was undone: "), "{}", waits.detail);
    assert_eq!(world.values("app.shop.test"), STANDBY);
    go_on(&world, &store).await.expect("an end");
    assert_eq!(
        (told(&store).await.outcome.as_str(), world.values("app.shop.test")),
        ("done", PRIMARY.map(str::to_owned).to_vec())
    );
    assert_eq!(plan_runs(&store, "shop").await.expect("the claims").len(), 3);
}

#[tokio::test]
async fn a_failback_that_somebody_began_by_hand_is_the_drills_way_home() {
    let (world, store) = (world(Side::Primary), MemoryStore::new("journal"));
    let stores = JournalStores::one(store.clone());
    let mut engine = hands(&world, &stores).begin(way_there(&world, None).await).await.expect("begun");
    assert_eq!(engine.drive().await.expect("driven").end, End::Succeeded);
    assert_eq!(log_of(&store).await.stage(), Stage::BetweenRuns);
    let mut by_hand = start(&world, &store, Direction::Failback).await.expect("begun");
    assert_eq!(by_hand.drive().await.expect("driven").end, End::Succeeded);
    let told = told(&store).await;
    assert_eq!((told.outcome.as_str(), told.traffic), ("done", Traffic::Home));
    // And a failover of the week after is no part of it.
    let mut later = start(&world, &store, Direction::Failover).await.expect("begun");
    assert_eq!(later.drive().await.expect("driven").end, End::Succeeded);
    assert_eq!(log_of(&store).await.stage(), Stage::Over);
}

#[tokio::test]
async fn what_a_drill_needs_to_begin() {
    let world = world(Side::Primary);
    let refused = |text: String, world: World, stop_after| async move {
        let plan = with_stay(&plan_of(&text), None);
        let observed = observe(&plan, &world, &world).await.expect("observed");
        let run = compile(&plan, Direction::Failover, &observed, &States).expect("compiled");
        as_way_there(&plan, run, stop_after).map(|run| run.drill).map_err(|error| error.to_string())
    };
    let unlimited = PLAN.replace("objectives { rto = \"15m\" }", "");
    assert_eq!(
        refused(unlimited.clone(), world.clone(), None).await,
        Err("begin a drill of plan shop: it has no RTO, and --stop-after does not say how long the failover may take"
            .into())
    );
    let rule = StopRule { stay_ms: 600_000, stop_after_ms: 60_000 };
    let minute = Some(Duration::from_secs(60));
    assert_eq!(refused(unlimited, world.clone(), minute).await, Ok(Some(DrillPart::Away(rule))));
    let (head, checks) = PLAN.split_once("check \"http\" \"target\"").expect("checks");
    let (_, rest) = checks.split_once("step \"command\"").expect("steps");
    let unchecked = format!("{head}step \"command\"{rest}");
    let error = refused(unchecked, world.clone(), None).await.expect_err("nothing watches");
    assert!(error.ends_with("no check runs after the switch, so that nothing would end the stay"), "{error}");
    let away = crate::estate::world(Side::Standby);
    let error = refused(PLAN.to_owned(), away, None).await.expect_err("away");
    assert!(error.ends_with("traffic is on the standby already, and a drill begins at home"), "{error}");
}

#[tokio::test]
async fn the_stay_is_the_plans_own_where_that_is_longer_and_what_is_asked_for_in_any_case() {
    let text = format!("{PLAN}\nobserve {{\n  for    = \"20m\"\n  errors = \"5%\"\n}}\n");
    let own = plan_of(&text);
    let stay = |plan: &pilotlight_plan::DrPlan, asked: Option<u64>| {
        let with = with_stay(plan, asked.map(Duration::from_secs)).observe.expect("a stay");
        (with.duration.as_secs(), with.errors.hundredths())
    };
    assert_eq!(stay(&own, None), (1_200, 500));
    assert_eq!(stay(&own, Some(60)), (60, 500));
    assert_eq!(stay(&plan(), None), (600, 0));
    assert_eq!(stay(&plan(), Some(3_600)), (3_600, 0));
}

#[tokio::test]
async fn slow_steps_are_told_against_past_runs_and_a_stay_is_no_past_of_an_observation() {
    let mut past = Vec::new();
    for _ in 0..2 {
        let world = world(Side::Primary);
        let (_, store) = drilled(&world).await;
        let log = log_of(&store).await;
        past.extend([&log.away, log.home.as_ref().expect("home")].map(|log| PastRun::of(&log.events).expect("a run")));
    }
    let world = world(Side::Primary);
    world.with(|state| state.lag.insert("ns-4.test".into(), Duration::from_secs(60)));
    let store = MemoryStore::new("journal");
    go_on(&world, &store).await.expect("an end");
    let told = drill_report(&log_of(&store).await, &past).expect("a report");
    let slow: Vec<(&str, &str)> = told
        .deviations
        .iter()
        .filter(|one| one.what == "slow_step")
        .map(|one| (one.job.as_str(), one.subject.as_str()))
        .collect();
    assert_eq!(slow, [("failover", "verify/name-servers/storefront"), ("failback", "verify/name-servers/storefront")]);
    assert!(
        told.deviations
            .iter()
            .all(|one| one.usual_ms.is_none_or(|usual| one.took_ms.is_some_and(|took| took > 2 * usual)))
    );
    assert!(told.runs.iter().all(|run| run.past_runs == 2 && run.expected_ms.is_some()));
    let run = way_there(&world, None).await;
    let of_watch = expected(&run, &past).steps.into_iter().find(|step| step.step == WATCH).expect("the step");
    assert_eq!(of_watch.measured, None, "another stay is no measure of this one");
}

#[tokio::test]
async fn a_run_of_no_drill_is_written_as_before_and_one_of_a_drill_reads_back() {
    let world = world(Side::Primary);
    let plain = serde_json::to_value(compiled(&world, Direction::Failover).await).expect("json");
    assert!(plain.get("drill").is_none(), "what is no drill says nothing of one");
    let run = way_there(&world, None).await;
    let text = save(&run).expect("saved");
    assert!(text.contains("\"stop_after_ms\": 900000"), "{text}");
    assert_eq!(load(&text).expect("read").drill, run.drill);
    let (_, store) = drilled(&world).await;
    let stores = JournalStores::one(store.clone());
    let first = &plan_runs(&store, "shop").await.expect("the claims")[0];
    let log = read_run(&stores, first).await.expect("the run");
    assert_eq!(
        find_drill(&stores, "shop", Some(&first[..20])).await.expect("the journal").expect("it").away.events,
        log.events
    );
    assert!(find_drill(&stores, "shop", Some("0000")).await.expect("the journal").is_none());
}
