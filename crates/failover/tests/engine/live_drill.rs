//! Live drills: there, a stay, and back, as two runs; killed at every append; and their stop rule in each place.

use crate::estate::*;
use crate::kills::{Moment, arm};
use pilotlight_failover::live_drill::*;
use pilotlight_failover::simulation::{Asked, Service, State, Trouble, World};
use pilotlight_failover::*;
use pilotlight_findings::{Side, codes};
use pilotlight_integrity::CommandOutcome;
use pilotlight_integrity::postgres::ServerRole;
use pilotlight_journal::{JournalError, JournalStores, MemoryStore, Ownership, plan_runs, read_run};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;

const STAY: Duration = Duration::from_secs(120);
const WATCH: &str = "observe/checks";

fn hands<'a>(world: &World, stores: &'a JournalStores) -> DrillHands<'a> {
    DrillHands { stores, ports: world.ports(), operator: "ada@ops", journal_override: None }
}

async fn way_there(world: &World, stop_after: Option<Duration>) -> Run {
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
async fn go_on(world: &World, store: &MemoryStore) -> Result<Option<DrillEnd>, String> {
    go_on_within(world, store, None).await
}

async fn go_on_within(
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
    match hands.take_on(run, Ownership::Resume { by: "ada@ops".into() }).await {
        Ok(engine) => drive(&hands, world, engine).await,
        // The kill came after its last event.
        Err(EngineError::Journal(JournalError::Finished { .. })) => Box::pin(go_on(world, store)).await,
        Err(error) => Err(told(error)),
    }
}

async fn drive(hands: &DrillHands<'_>, world: &World, engine: Engine) -> Result<Option<DrillEnd>, String> {
    hands.drive(engine, async || way_home(world).await).await.map(Some).map_err(|error| format!("{error:?}"))
}

async fn log_of(store: &MemoryStore) -> DrillLog {
    find_drill(&JournalStores::one(store.clone()), "shop", None).await.expect("the journal").expect("a drill")
}

async fn told(store: &MemoryStore) -> DrillReport {
    drill_report(&log_of(store).await, &[]).expect("a report")
}

async fn drilled(world: &World) -> (DrillReport, MemoryStore) {
    let store = MemoryStore::new("journal");
    go_on(world, &store).await.expect("an end");
    (told(&store).await, store)
}

/// What happens when the stay begins: the third round of probes after all of the traffic has moved.
fn during_the_stay(world: &World, what: impl Fn(&mut State) + Send + 'static) {
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

fn breaks(state: &mut State) {
    state.healthy.remove(STANDBY[1]);
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
            let (world, store) = (world(Side::Primary), MemoryStore::new("journal"));
            let creates = arm(&world, &store, at, moment);
            let killed = tokio::select! {
                ended = go_on(&world, &store) => ended.is_err(),
                () = world.died() => true,
            };
            let reached = killed && creates.load(Ordering::SeqCst) > at;
            store.clear_fault();
            world.revive();
            go_on(&world, &store).await.expect("an end");
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
async fn red_checks_during_the_stay_end_it_and_traffic_goes_home() {
    let world = world(Side::Primary);
    during_the_stay(&world, breaks);
    let (told, store) = drilled(&world).await;
    assert_eq!((told.outcome.as_str(), told.traffic, told.exit_code()), ("stopped_early", Traffic::Home, 2));
    let struck = told.stop_rule.struck.as_ref().expect("it struck");
    assert_eq!(struck.step, WATCH);
    assert!(struck.reason.contains("and 0% may be: check storefront 1 of 1"), "{}", struck.reason);
    assert!(!struck.reason.contains("abort the run"), "nobody is asked: {}", struck.reason);
    assert!(told.stay.lasted_ms.is_some_and(|lasted| lasted < 10_000), "{:?}", told.stay);
    assert_eq!(told.fix[0].code, codes::F_STOP_RULE);
    assert!(told.deviations.iter().any(|one| one.what == "check" && one.subject == "storefront"));
    // It is the rule's doing and no person's.
    let away = &told.runs[0].report;
    assert!(away.detail.ends_with("; left out by the drill's stop rule: observe/checks"), "{}", away.detail);
    assert!(away.interventions.iter().any(|one| one.what == "skipped" && one.by == "the drill's stop rule"));
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    assert_eq!(log_of(&store).await.stage(), Stage::Over);
}

#[tokio::test]
async fn the_stop_rule_in_the_stay_survives_a_kill_at_every_append() {
    let scene = || {
        let world = world(Side::Primary);
        during_the_stay(&world, breaks);
        world
    };
    for moment in [Moment::Before, Moment::After] {
        for at in 0.. {
            let (world, store) = (scene(), MemoryStore::new("journal"));
            let creates = arm(&world, &store, at, moment);
            let killed = tokio::select! {
                ended = go_on(&world, &store) => ended.is_err(),
                () = world.died() => true,
            };
            let reached = killed && creates.load(Ordering::SeqCst) > at;
            store.clear_fault();
            world.revive();
            go_on(&world, &store).await.expect("an end");
            let told = told(&store).await;
            assert_eq!(
                (told.outcome.as_str(), told.traffic),
                ("stopped_early", Traffic::Home),
                "killed {moment:?} append {at}"
            );
            assert_eq!(world.values("app.shop.test"), PRIMARY);
            if !reached {
                assert!(at > 80, "only {at} kills");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_failover_that_takes_too_long_before_the_switch_is_undone() {
    let world = world(Side::Primary);
    // The person at the terminal goes for lunch.
    world.with(|state| {
        let lunch = |state: &mut State| state.elapsed += Duration::from_secs(1_200);
        state.hooks.insert("./set".into(), Box::new(lunch));
    });
    let (told, _) = drilled(&world).await;
    assert_eq!((told.outcome.as_str(), told.traffic, told.exit_code()), ("rolled_back", Traffic::Home, 5), "{told:#?}");
    let struck = told.stop_rule.struck.as_ref().expect("it struck");
    assert_eq!(struck.reason, "traffic has not moved within 15m of its first event");
    assert_eq!(told.runs.len(), 1, "nothing was to be moved home");
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    assert_eq!(world.with(|state| state.flags.len()), 0, "what programs did was undone");
    assert_eq!(world.with(|state| state.changes.len()), 0, "no record was touched");
}

#[tokio::test]
async fn a_failover_that_took_too_long_after_the_switch_does_not_stay() {
    let world = world(Side::Primary);
    // The slowest name server is a quarter of an hour behind.
    world.with(|state| {
        let slow = |state: &mut State| state.elapsed += Duration::from_secs(1_000);
        state.hooks.insert("before the change".into(), Box::new(slow));
    });
    let (told, _) = drilled(&world).await;
    assert_eq!(
        (told.outcome.as_str(), told.traffic, told.exit_code()),
        ("stopped_early", Traffic::Home, 2),
        "{told:#?}"
    );
    let struck = told.stop_rule.struck.as_ref().expect("it struck");
    assert!(
        struck.reason.starts_with("the failover took 16m") && struck.reason.ends_with("may take 15m"),
        "{}",
        struck.reason
    );
    assert_eq!(told.stay.lasted_ms, None, "nobody watched");
    assert!(told.fix.iter().any(|finding| finding.code == codes::F_RTO_MISSED), "{:#?}", told.fix);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn a_longer_limit_than_the_objective_is_the_drills_own() {
    let world = world(Side::Primary);
    world.with(|state| {
        let slow = |state: &mut State| state.elapsed += Duration::from_secs(1_000);
        state.hooks.insert("before the change".into(), Box::new(slow));
    });
    let store = MemoryStore::new("journal");
    go_on_within(&world, &store, Some(Duration::from_secs(3_600))).await.expect("an end");
    let told = told(&store).await;
    assert_eq!((told.outcome.as_str(), told.stop_rule.stop_after_ms), ("done", 3_600_000));
    assert_eq!(told.exit_code(), 2, "it took longer than its objective all the same");
}

#[tokio::test]
async fn a_standby_that_does_not_serve_after_the_switch_is_left_at_once() {
    let world = world(Side::Primary);
    standby_breaks(&world);
    let (told, _) = drilled(&world).await;
    assert_eq!((told.outcome.as_str(), told.traffic, told.exit_code()), ("rolled_back", Traffic::Home, 5), "{told:#?}");
    let struck = told.stop_rule.struck.as_ref().expect("it struck");
    assert_eq!(struck.step, "verify/check/storefront");
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    assert_eq!(world.with(|state| state.flags.len()), 0);
}

#[tokio::test]
async fn where_a_database_was_promoted_a_person_decides_and_the_drill_goes_on_from_there() {
    let world = world(Side::Primary);
    crate::databases::with_servers(&world);
    standby_breaks(&world);
    world.with(|state| {
        let resync = |state: &mut State| {
            let standby = state.servers.at(NEW_URL).clone();
            let old = state.servers.at(OLD_URL);
            *old = pilotlight_failover::simulation::Server { role: ServerRole::Standby, own_rows: 0, ..standby };
        };
        state.hooks.insert("./resync".into(), Box::new(resync));
    });
    let (waits, store) = drilled(&world).await;
    assert_eq!((waits.outcome.as_str(), waits.exit_code()), ("waits", 6), "{waits:#?}");
    assert_eq!(waits.traffic, Traffic::InDoubt);
    assert_eq!(waits.stop_rule.struck, None, "the rule has done nothing");
    assert_eq!(log_of(&store).await.stage(), Stage::Away);
    assert_eq!(world.values("app.shop.test"), STANDBY);
    // Repaired, the drill goes on from there, with its stay and its way home.
    world.with(|state| state.healthy.insert(STANDBY[1].to_owned()));
    go_on(&world, &store).await.expect("an end");
    let told = told(&store).await;
    assert_eq!((told.outcome.as_str(), told.traffic), ("done", Traffic::Home), "{told:#?}");
    assert_eq!(world.with(|state| state.servers.to_string()), "new fenced, old primary");
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

/// Probes that fail now and then during the stay are what the plan's quota is for.
#[tokio::test]
async fn errors_within_the_quota_do_not_end_the_stay() {
    let world = world(Side::Primary);
    world.with(|state| state.plan = format!("{PLAN}\nobserve {{\n  for    = \"1m\"\n  errors = \"5%\"\n}}\n"));
    during_the_stay(&world, |state| {
        let (mut asked, mut left) = (0, 1);
        state.trouble = Some(Box::new(move |what: &Asked<'_>, _: &State| {
            asked += u32::from(what.service == Service::Probe);
            let now = what.service == Service::Probe && asked == 3 && left > 0;
            left -= i32::from(now);
            now.then_some(Trouble::Broken)
        }));
    });
    let (told, _) = drilled(&world).await;
    assert_eq!((told.outcome.as_str(), told.stop_rule.quota), ("done", 500), "{told:#?}");
    assert_eq!(told.stay.observation.as_ref().map(|seen| (seen.errors, seen.within)), Some((1, true)));
}
