//! The phase observe: baselines before, a quota of errors after, and what differs.

use crate::estate::*;
use crate::kills::{OnStop, Scenario, survives_every_kill_of};
use pilotlight_failover::simulation::{Asked, Service, State, Trouble, World};
use pilotlight_failover::*;
use pilotlight_findings::{Side, codes};
use pilotlight_journal::{JournalStores, MemoryStore};
use std::time::Duration;

/// Two minutes, at most one percent of the probes; and a check that counts.
const OBSERVE: &str = r#"
observe {
  for    = "2m"
  errors = "1%"
  count  = "10%"
}

check "command" "orders" {
  run  = ["./count-orders"]
  side = "target"
}
"#;

fn observed(world: &World) {
    world.with(|state| {
        state.plan = format!("{PLAN}{OBSERVE}");
        state.printed.insert("./count-orders".into(), 5_000);
    });
}

/// From when on everything of the run is in the phase observe: traffic has moved, and every check was green.
fn once_moved(world: &World, what: impl Fn(&mut State) + Send + 'static) {
    world.with(|state| {
        let mut what = Some(what);
        let after = move |state: &mut State| {
            if let Some(what) = what.take() {
                what(state);
            }
        };
        state.hooks.insert("before the change".into(), Box::new(after));
    });
}

/// Every n-th probe after this moment fails.
fn every_nth_fails(world: &World, from: Duration, n: u32) {
    let mut asked_so_far = 0;
    let rule = move |asked: &Asked<'_>, state: &State| {
        if asked.service != Service::Probe || state.elapsed < from {
            return None;
        }
        asked_so_far += 1;
        (asked_so_far % n == 0).then_some(Trouble::Broken)
    };
    world.with(|state| state.trouble = Some(Box::new(rule)));
}

async fn run_it(world: &World) -> (Engine, Conclusion, MemoryStore) {
    let store = MemoryStore::new("journal");
    let mut engine = start(world, &store, Direction::Failover).await.expect("started");
    let conclusion = engine.drive().await.expect("driven");
    (engine, conclusion, store)
}

const STEP: &str = "observe/checks";

/// How long a run takes until it observes, found by one.
async fn when_it_observes() -> Duration {
    let world = world(Side::Primary);
    observed(&world);
    run_it(&world).await;
    world.with(|state| state.elapsed) - Duration::from_secs(120)
}

#[tokio::test]
async fn checks_are_watched_for_as_long_as_the_plan_says_and_held_against_before() {
    let scenario = Scenario { direction: Direction::Failover, prepare: observed, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 90).await;
    assert_eq!(ends.end, End::Succeeded);
    let world = world(Side::Primary);
    observed(&world);
    let (engine, _, _) = run_it(&world).await;
    let report = report_of(&engine);
    let seen = report.observation.expect("an observation");
    assert_eq!((seen.for_ms, seen.quota, seen.errors, seen.within), (120_000, 100, 0, true));
    // Three checks in rounds five seconds apart, one at the beginning and one at the end.
    assert!((69..=75).contains(&seen.probes), "{}", seen.probes);
    let names: Vec<&str> = seen.checks.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(names, ["storefront", "address", "orders"]);
    let [storefront, address, orders] = &seen.checks[..] else { panic!("three") };
    assert_eq!(storefront.status_before.as_deref(), Some("green"));
    assert_eq!((storefront.latency_before_ms, storefront.latency_ms), (Some(20), Some(20)));
    assert_eq!((address.status_before.as_deref(), address.latency_before_ms), (None, None), "it is asked after alone");
    assert_eq!((orders.count_before, orders.count, orders.other_count), (Some(5_000), Some(5_000), false));
    assert!(!report.findings.iter().any(|one| [codes::F_SLOWER, codes::F_OTHER_COUNT].contains(&one.code)));
}

#[tokio::test]
async fn without_the_block_nothing_is_asked_again() {
    let world = world(Side::Primary);
    let run = compiled(&world, Direction::Failover).await;
    assert!(run.step(STEP).is_none());
    let (engine, _, _) = run_it(&world).await;
    assert_eq!(report_of(&engine).observation, None);
}

#[tokio::test]
async fn errors_within_the_quota_are_told_and_stop_nothing() {
    let begins = when_it_observes().await;
    let world = world(Side::Primary);
    observed(&world);
    world.with(|state| state.plan = state.plan.replace("errors = \"1%\"", "errors = \"5%\""));
    every_nth_fails(&world, begins, 30);
    let (engine, conclusion, _) = run_it(&world).await;
    assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
    let seen = report_of(&engine).observation.expect("an observation");
    assert_eq!((seen.errors, seen.within), (2, true));
    assert!(seen.checks.iter().any(|check| check.last_error.as_deref().is_some_and(|last| last.starts_with("red: "))));
}

#[tokio::test]
async fn more_errors_stop_the_run_for_a_person_at_once_who_goes_on_or_back() {
    let begins = when_it_observes().await;
    for goes_on in [true, false] {
        let world = world(Side::Primary);
        observed(&world);
        every_nth_fails(&world, begins, 5);
        let (engine, conclusion, store) = run_it(&world).await;
        assert_eq!(conclusion.end, End::Stopped { step: Some(STEP.into()) });
        assert!(conclusion.detail.contains("and 1% may be: check"), "{}", conclusion.detail);
        assert!(conclusion.detail.contains("abort the run to go back"), "{}", conclusion.detail);
        let seen = report_of(&engine).observation.expect("an observation");
        assert!(!seen.within && seen.probes < 20, "it waited for nothing: {} probes", seen.probes);
        assert_eq!(world.values("app.shop.test"), STANDBY);
        drop(engine);
        world.with(|state| state.trouble = None);
        let mut engine = resume(&world, &store).await.expect("resumed");
        if goes_on {
            engine.skip(STEP, "ada@ops", "a noisy probe").await.expect("skipped");
            let conclusion = engine.drive().await.expect("driven");
            assert_eq!(conclusion.end, End::Succeeded);
            assert!(conclusion.detail.contains("left out by a person's word: observe/checks"), "{}", conclusion.detail);
        } else {
            engine.abort("ada@ops", "back").await.expect("aborted");
            assert_eq!(engine.drive().await.expect("driven").end, End::Aborted);
            assert_eq!(world.values("app.shop.test"), PRIMARY);
        }
    }
}

#[tokio::test]
async fn a_resumed_run_watches_anew_and_succeeds_once_it_is_well() {
    let begins = when_it_observes().await;
    let world = world(Side::Primary);
    observed(&world);
    every_nth_fails(&world, begins, 5);
    let (_, conclusion, store) = run_it(&world).await;
    assert!(matches!(conclusion.end, End::Stopped { .. }));
    world.with(|state| state.trouble = None);
    let mut engine = resume(&world, &store).await.expect("resumed");
    assert_eq!(engine.drive().await.expect("driven").end, End::Succeeded);
    let seen = report_of(&engine).observation.expect("an observation");
    assert_eq!((seen.errors, seen.within), (0, true));
}

#[tokio::test]
async fn what_was_seen_is_told_also_where_a_person_left_it_out() {
    let begins = when_it_observes().await;
    let world = world(Side::Primary);
    observed(&world);
    every_nth_fails(&world, begins, 5);
    let (_, conclusion, store) = run_it(&world).await;
    assert!(matches!(conclusion.end, End::Stopped { .. }));
    let mut engine = resume(&world, &store).await.expect("resumed");
    engine.skip(STEP, "grace@ops", "the checks are flaky tonight").await.expect("skipped");
    assert_eq!(engine.drive().await.expect("driven").end, End::Succeeded);
    let report = report_of(&engine);
    let seen = report.observation.as_ref().expect("an observation");
    assert!(seen.errors > 0 && !seen.within, "{seen:?}");
    let step = report.phases.iter().flat_map(|phase| &phase.steps).find(|step| step.step == STEP).expect("the step");
    assert_eq!((step.status.as_str(), step.detail.as_str()), ("skipped", "the checks are flaky tonight"));
}

#[tokio::test]
async fn what_is_slower_and_what_is_missing_are_findings_and_stop_nothing() {
    let world = world(Side::Primary);
    observed(&world);
    once_moved(&world, |state| {
        state.check_takes = Duration::from_millis(400);
        state.printed.insert("./count-orders".into(), 4_000);
    });
    let (engine, conclusion, _) = run_it(&world).await;
    assert_eq!(conclusion.end, End::Succeeded);
    let report = report_of(&engine);
    let of = |code| report.findings.iter().filter(move |one| one.code == code).collect::<Vec<_>>();
    let slower = of(codes::F_SLOWER);
    assert_eq!(slower.len(), 2, "address has no baseline: {slower:?}");
    assert_eq!(slower[0].message, "takes 400 ms, and took 20 ms before the switch");
    let [count] = of(codes::F_OTHER_COUNT)[..] else { panic!("one") };
    assert_eq!(count.message, "counts 4000, and counted 5000 before the switch");
    assert_eq!(count.subject.to_string(), "check orders");

    // Within the tolerance it is none; below 50 ms neither, whatever the share.
    let world = crate::estate::world(Side::Primary);
    observed(&world);
    once_moved(&world, |state| {
        state.check_takes = Duration::from_millis(70);
        state.printed.insert("./count-orders".into(), 4_500);
    });
    let (engine, _, _) = run_it(&world).await;
    let report = report_of(&engine);
    assert!(!report.findings.iter().any(|one| [codes::F_SLOWER, codes::F_OTHER_COUNT].contains(&one.code)));
}

#[tokio::test]
async fn a_baseline_of_a_side_that_was_down_is_none() {
    let world = world(Side::Primary);
    observed(&world);
    world.with(|state| {
        for address in PRIMARY {
            state.healthy.remove(address);
        }
    });
    once_moved(&world, |state| state.check_takes = Duration::from_millis(900));
    let (engine, conclusion, _) = run_it(&world).await;
    assert_eq!(conclusion.end, End::Succeeded);
    let seen = report_of(&engine).observation.expect("an observation");
    assert_eq!(seen.checks[0].status_before.as_deref(), Some("red"));
    assert_eq!((seen.checks[0].latency_before_ms, seen.checks[0].slower), (None, false));
}

#[tokio::test]
async fn a_block_with_nothing_to_ask_is_noted() {
    let world = world(Side::Primary);
    let text = PLAN.replace("  when   = [\"after\"]\n", "  when   = [\"before\"]\n");
    let text = text.replace(
        "  headers = { Authorization = env(\"TOKEN\") }\n",
        "  headers = { Authorization = env(\"TOKEN\") }\n  when = [\"before\"]\n",
    );
    world.with(|state| state.plan = format!("{text}\nobserve {{ for = \"1m\" }}\n"));
    let run = compiled(&world, Direction::Failover).await;
    assert!(run.step(STEP).is_none());
    assert!(run.notes.iter().any(|note| note.code == codes::F_NOTHING_OBSERVED));
}

#[tokio::test]
async fn a_run_of_an_earlier_version_is_still_read() {
    let world = world(Side::Primary);
    let run = compiled(&world, Direction::Failover).await;
    let text = serde_json::to_string(&run).expect("json");
    assert!(!text.contains("observe") && !text.contains("managed"), "what a plan does not use is not written: {text}");
    let read: Run = serde_json::from_str(&text).expect("a run");
    let store = MemoryStore::new("journal");
    let stores = JournalStores::one(store);
    let mut engine = Engine::start(read, "ada@ops", None, &stores, world.ports()).await.expect("started");
    assert_eq!(engine.drive().await.expect("driven").end, End::Succeeded);
}
