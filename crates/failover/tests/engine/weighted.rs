//! `method = "weighted"`: shares, holds, the way back, and what a kill or another person may do to it.

use crate::databases::with_servers;
use crate::estate::*;
use crate::kills::{OnStop, Scenario, survives_every_kill_of};
use pilotlight_failover::simulation::{State, Trouble, World};
use pilotlight_failover::*;
use pilotlight_findings::{Side, codes};
use pilotlight_integrity::CheckStatus;
use pilotlight_journal::{MemoryStore, StepStatus};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// The estate's plan with its first traffic set weighted, and the second as it is.
fn weighted_plan() -> String {
    weighted(PLAN)
}

fn weighted(plan: &str) -> String {
    let method = "  method = \"weighted\"\n  shift  = [10, 50, 100]\n  hold   = \"40s\"\n";
    plan.replacen("traffic \"storefront\" {\n", &format!("traffic \"storefront\" {{\n{method}"), 1)
}

/// Two sets of a name, one a side, with these weights.
fn pair(name: &str, record_type: &str, sides: [&[&str]; 2], weights: [i64; 2]) -> [RecordSet; 2] {
    let one = |side: usize| RecordSet {
        set_identifier: Some(["home", "away"][side].to_owned()),
        weight: Some(weights[side]),
        ..set(name, record_type, sides[side])
    };
    [one(0), one(1)]
}

/// Makes the estate's first traffic set weighted, with all of the traffic where it is.
pub(crate) fn weigh(world: &World) {
    let home = world.values("app.shop.test") == PRIMARY;
    let weights = if home { [100, 0] } else { [0, 100] };
    reweigh(world, weights);
}

/// The same with short holds, for runs by the hundred.
fn weigh_briefly(world: &World) {
    weigh(world);
    world.with(|state| state.plan = state.plan.replace("\"40s\"", "\"2s\"").replace("[10, 50, 100]", "[50, 100]"));
}

fn reweigh(world: &World, weights: [i64; 2]) {
    world.with(|state| {
        state.plan = weighted_plan();
        state.records.retain(|set| !["app.shop.test", "www.shop.test"].contains(&set.name.as_str()));
        state.records.extend(pair("app.shop.test", "A", [&PRIMARY, &STANDBY], weights));
        let regions: [&[&str]; 2] = [&["eu-west-1.shop.test"], &["eu-central-1.shop.test"]];
        state.records.extend(pair("www.shop.test", "CNAME", regions, weights));
        state.records.sort_by(|one, other| (&one.name, &one.set_identifier).cmp(&(&other.name, &other.set_identifier)));
        state.history = vec![(Duration::ZERO, state.records.clone())];
    });
}

pub(crate) fn weighted_world(side: Side) -> World {
    let world = world(side);
    weigh(&world);
    world
}

/// The weights of a name's sets, home first.
pub(crate) fn weights(records: &[RecordSet], name: &str) -> [i64; 2] {
    let of = |identifier: &str| {
        let set = records.iter().find(|set| set.name == name && set.set_identifier.as_deref() == Some(identifier));
        set.and_then(|set| set.weight).expect("a weighted set")
    };
    [of("home"), of("away")]
}

/// Every weight that a name had, as the changes went.
fn course(world: &World, name: &str) -> Vec<[i64; 2]> {
    world.with(|state| {
        let changed = state.changes.iter().filter(|(_, batch)| batch.create.iter().any(|set| set.name == name));
        changed.map(|(_, batch)| weights(&batch.create, name)).collect()
    })
}

/// What has to be true of every batch, whatever happened around it.
fn batches_are_sound(world: &World) {
    world.with(|state| {
        for (_, batch) in &state.changes {
            let names = |sets: &[RecordSet]| -> Vec<(String, Option<String>)> {
                sets.iter().map(|set| (set.name.clone(), set.set_identifier.clone())).collect()
            };
            assert_eq!(names(&batch.delete), names(&batch.create), "nothing but what is put back is taken out");
            let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
            for set in batch.create.iter().filter(|set| set.weight.is_some()) {
                assert!(!set.values.is_empty() || set.alias.is_some(), "{set:?}");
                *sums.entry(&set.name).or_default() += set.weight.unwrap_or_default();
            }
            assert!(sums.values().all(|sum| *sum == 100), "{sums:?}");
        }
    });
}

async fn drive(world: &World, direction: Direction) -> (Conclusion, Engine) {
    let store = MemoryStore::new("journal");
    let mut engine = start(world, &store, direction).await.expect("a start");
    let conclusion = engine.drive().await.expect("an end");
    (conclusion, engine)
}

#[tokio::test]
async fn the_shares_go_up_step_by_step_and_the_other_sets_move_with_the_last() {
    let world = weighted_world(Side::Primary);
    let (conclusion, engine) = drive(&world, Direction::Failover).await;
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    let ids: Vec<_> = engine.run().steps().map(|step| step.id.as_str()).collect();
    let switch: Vec<_> = ids.iter().filter(|id| id.starts_with("switch/") || id.contains("hold")).collect();
    assert_eq!(
        switch,
        [
            &"switch/approval/commander",
            &"switch/storefront/shop.test/10",
            &"switch/name-servers/storefront/10",
            &"switch/hold/1",
            &"switch/storefront/shop.test/50",
            &"switch/name-servers/storefront/50",
            &"switch/hold/2",
            &"switch/storefront/shop.test",
            &"switch/api/shop.test",
            &"observe/hold",
        ]
    );
    for name in ["app.shop.test", "www.shop.test"] {
        assert_eq!(course(&world, name), [[90, 10], [50, 50], [0, 100]], "{name}");
    }
    let points: Vec<_> = engine.run().steps().filter(|step| step.point_of_no_return).map(|step| &step.id).collect();
    assert_eq!(points, ["switch/storefront/shop.test", "switch/api/shop.test"]);
    let hold = &engine.journal().state().steps["switch/hold/1"];
    assert_eq!(hold.detail, "target, storefront stayed green");
    assert_eq!(hold.observed["checks"][0]["name"], "target");
    assert!(hold.observed["checks"][0]["green"].as_u64().expect("a count") >= 30, "{}", hold.observed);
    assert!(world.with(|state| state.elapsed) >= Duration::from_secs(3 * 40), "each share was held");
    batches_are_sound(&world);
    let report = report_of(&engine);
    let app = report.records.iter().find(|record| record.name == "app.shop.test").expect("the record");
    assert_eq!(
        (&app.before[..], &app.after[..], app.moved),
        (&PRIMARY.map(String::from)[..], &STANDBY.map(String::from)[..], true)
    );
    assert_eq!(report.records.len(), 3, "one a name");
    let measured = report.recovery_time.measured_ms.expect("measured");
    assert!((80_000..120_000).contains(&measured), "the last hold is after the recovery: {measured}");
}

#[tokio::test]
async fn what_a_failover_shifts_a_failback_puts_back_as_terraform_made_it() {
    for first in [[100, 0], [255, 0], [1, 0]] {
        let world = weighted_world(Side::Primary);
        reweigh(&world, first);
        let made = world.with(|state| state.records.clone());
        assert_eq!(drive(&world, Direction::Failover).await.0.end, End::Succeeded);
        assert_eq!(world.with(|state| weights(&state.records, "app.shop.test")), [0, first[0]]);
        assert_eq!(drive(&world, Direction::Failback).await.0.end, End::Succeeded);
        assert_eq!(world.with(|state| state.records.clone()), made);
    }
}

#[tokio::test]
async fn red_in_a_hold_puts_the_weights_back_by_itself_in_one_change() {
    let world = weighted_world(Side::Primary);
    world.with(|state| {
        // Armed by the change to 50 percent: the standby does not bear it.
        let breaks = |state: &mut State| {
            state.healthy.remove(STANDBY[0]);
        };
        let arm = move |state: &mut State| {
            state.hooks.insert("before the change".into(), Box::new(breaks));
        };
        state.hooks.insert("before the change".into(), Box::new(arm));
    });
    let (conclusion, engine) = drive(&world, Direction::Failover).await;
    assert_eq!((conclusion.end.clone(), conclusion.exit_code()), (End::RolledBack, 5), "{}", conclusion.detail);
    assert!(conclusion.detail.contains("storefront at 50 %: check target is red"), "{}", conclusion.detail);
    assert_eq!(course(&world, "app.shop.test"), [[90, 10], [50, 50], [100, 0]], "straight back");
    assert_eq!(world.values("api.shop.test"), PRIMARY[..1], "never moved");
    assert_eq!(world.with(|state| state.flags.len()), 0);
    let report = report_of(&engine);
    assert_eq!((report.outcome.as_str(), report.recovery_time.measured_ms), ("rolled_back", None));
    assert!(report.findings.iter().any(|finding| finding.code == codes::I_RED), "{:?}", report.findings);
    assert!(report.records.iter().all(|record| !record.moved));
    batches_are_sound(&world);
}

#[tokio::test]
async fn red_after_the_last_share_waits_for_a_person() {
    let world = weighted_world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    // The last program before the end of the plan runs after the hold, so the second traffic set is the mark.
    world.with(|state| {
        let nth = |state: &mut State| {
            state.healthy.remove(STANDBY[1]);
        };
        fn after(left: u32, then: impl FnOnce(&mut State) + Send + 'static) -> Box<dyn FnMut(&mut State) + Send> {
            let mut then = Some(then);
            Box::new(move |state| match left {
                0 => {
                    if let Some(then) = then.take() {
                        then(state);
                    }
                }
                left => {
                    if let Some(then) = then.take() {
                        let next = after(left - 1, then);
                        state.hooks.insert("before the change".into(), next);
                    }
                }
            })
        }
        state.hooks.insert("before the change".into(), after(3, nth));
    });
    let conclusion = engine.drive().await.expect("a stop");
    assert_eq!(conclusion.exit_code(), 6, "{}", conclusion.detail);
    assert_eq!(world.with(|state| weights(&state.records, "app.shop.test")), [0, 100], "not taken back by itself");
    let mut engine = resume(&world, &store).await.expect("a run");
    engine.abort("ada@ops", "the standby does not bear it").await.expect("aborted");
    assert_eq!(engine.drive().await.expect("an end").end, End::Aborted);
    assert_eq!(world.with(|state| weights(&state.records, "app.shop.test")), [100, 0]);
    assert_eq!(course(&world, "app.shop.test").last(), Some(&[100, 0]));
    assert_eq!(world.values("api.shop.test"), PRIMARY[..1]);
}

#[tokio::test]
async fn weights_that_somebody_changes_during_the_shift_are_left_alone_and_shown() {
    let world = weighted_world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    world.with(|state| {
        let meddle = |state: &mut State| {
            for set in state.records.iter_mut().filter(|set| set.name == "app.shop.test") {
                set.weight = Some(77);
            }
        };
        let arm = move |state: &mut State| {
            state.hooks.insert("before the change".into(), Box::new(meddle));
        };
        state.hooks.insert("before the change".into(), Box::new(arm));
    });
    let conclusion = engine.drive().await.expect("an end");
    assert_eq!(conclusion.exit_code(), 6, "{}", conclusion.detail);
    assert_eq!(world.with(|state| weights(&state.records, "app.shop.test")), [77, 77], "never overwritten");
    assert!(report_of(&engine).findings.iter().any(|finding| finding.code == codes::F_RECORD_CHANGED));
    assert_eq!(engine.journal().state().status("switch/storefront/shop.test/10"), StepStatus::UndoFailed);
}

#[tokio::test]
async fn a_third_set_is_refused_before_and_during_the_run() {
    let world = weighted_world(Side::Primary);
    let third = RecordSet {
        set_identifier: Some("other".into()),
        weight: Some(5),
        ..set("app.shop.test", "A", &["203.0.113.7"])
    };
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    world.with(|state| state.records.push(third));
    let conclusion = engine.drive().await.expect("an end");
    assert_eq!(conclusion.end, End::Refused, "{}", conclusion.detail);
    assert!(conclusion.detail.contains("[other]"), "{}", conclusion.detail);
    assert_eq!(world.with(|state| state.changes.len()), 0);
    let plan = plan_of(&weighted_plan());
    let observed = observe(&plan, &world, &world).await.expect("observed");
    let error = compile(&plan, Direction::Failover, &observed, &States).expect_err("refused");
    assert_eq!(error.to_string(), "shift app.shop.test A: it is not two weighted sets, one a side, but 3 sets");
}

#[tokio::test]
async fn lost_answers_and_throttling_leave_no_share_twice() {
    let world = weighted_world(Side::Primary);
    world.with(|state| {
        state.change_faults.extend([Trouble::LoseAnswer, Trouble::Throttle, Trouble::LoseRequest, Trouble::LoseAnswer]);
    });
    let (conclusion, _) = drive(&world, Direction::Failover).await;
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    assert_eq!(course(&world, "app.shop.test"), [[90, 10], [50, 50], [0, 100]]);
}

#[tokio::test]
async fn a_check_of_the_moved_name_that_was_red_before_does_not_hold_the_shift_up() {
    let world = weighted_world(Side::Primary);
    world.with(|state| state.healthy.retain(|address| !PRIMARY.contains(&address.as_str())));
    let (conclusion, engine) = drive(&world, Direction::Failover).await;
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    let hold = &engine.journal().state().steps["switch/hold/1"];
    assert_eq!(hold.detail, "target stayed green; not asked, as it was red before the switch: storefront");
    let status = |step: &str| engine.journal().state().steps[step].observed["status"].clone();
    assert_eq!(status("preflight/check/storefront"), CheckStatus::Red.as_str());
}

#[tokio::test]
async fn a_shift_that_was_begun_goes_on_from_there_and_comes_back_to_there() {
    let world = weighted_world(Side::Primary);
    reweigh(&world, [70, 30]);
    let run = compiled(&world, Direction::Failover).await;
    assert!(run.notes.iter().any(|note| note.code == codes::F_SHIFT_BEGUN), "{:?}", run.notes);
    assert_eq!(drive(&world, Direction::Failover).await.0.end, End::Succeeded);
    assert_eq!(course(&world, "app.shop.test"), [[50, 50], [0, 100]]);
}

/// The side that is left is dead: nobody is sent there longer than has to be, and no check of the moved name is green.
#[tokio::test]
async fn an_ungraceful_run_shifts_all_of_it_at_once() {
    for weights in [[100, 0], [70, 30]] {
        let world = weighted_world(Side::Primary);
        reweigh(&world, weights);
        world.with(|state| state.mode = Mode::Ungraceful);
        let run = compiled(&world, Direction::Failover).await;
        assert_eq!(run.notes.iter().filter(|note| note.code == codes::F_SHIFT_AT_ONCE).count(), 1);
        let holds: Vec<&str> =
            run.steps().filter(|step| matches!(step.action, Action::Hold(_))).map(|step| step.id.as_str()).collect();
        assert_eq!(holds, ["observe/hold"], "the last share alone is held");
        assert_eq!(drive(&world, Direction::Failover).await.0.end, End::Succeeded);
        assert_eq!(course(&world, "app.shop.test"), [[0, 100]]);
    }
}

#[tokio::test]
async fn shares_that_lead_to_fenced_databases_are_told_beforehand() {
    let told = async |world: &World| -> Vec<String> {
        let run = compiled(world, Direction::Failover).await;
        let of_it = run.notes.into_iter().filter(|note| note.code == codes::F_SHIFT_FENCED);
        of_it.map(|note| note.message).collect()
    };
    let world = weighted_world(Side::Primary);
    assert_eq!(told(&world).await, [""; 0], "nothing is fenced");
    with_servers(&world);
    world.with(|state| state.plan = weighted(&state.plan));
    assert_eq!(
        told(&world).await,
        [
            "traffic storefront is held at 10, 50 percent, and the rest of its answers leads to eu-west-1 meanwhile, whose \
          databases take no writes any more"
        ]
    );
    world.with(|state| state.plan = state.plan.replace("[10, 50, 100]", "[100]"));
    assert_eq!(told(&world).await, [""; 0], "it is not held at a share");
}

#[tokio::test]
async fn a_failover_of_what_is_shifted_changes_nothing() {
    let world = weighted_world(Side::Standby);
    let (conclusion, engine) = drive(&world, Direction::Failover).await;
    assert_eq!(conclusion.detail, "traffic was already on the standby, eu-central-1", "{}", conclusion.detail);
    assert!(!engine.run().moves_anything() && engine.run().step("observe/hold").is_none());
    let plan = plan_of(&weighted_plan());
    let observed = observe(&plan, &world, &world).await.expect("observed");
    assert_eq!(active_side(&plan, &observed, &States), Some(Side::Standby));
}

#[tokio::test]
async fn a_stop_in_a_hold_waits_and_the_hold_begins_anew() {
    let world = weighted_world(Side::Primary);
    let store = MemoryStore::new("journal");
    let run = compiled(&world, Direction::Failover).await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let stores = pilotlight_journal::JournalStores::one(store.clone());
    let ports = world.ports_with_stop(stopped);
    let mut engine = Engine::start(run, "ada@ops", None, &stores, ports).await.expect("a start");
    world.with(|state| {
        // Pressed with the change to 10 percent: the name servers are waited for, and nothing after that.
        state.lag.clear();
        state.insync_after = Duration::ZERO;
        state.hooks.insert(
            "before the change".into(),
            Box::new(move |_| {
                let _ = stop.send(true);
            }),
        );
    });
    let conclusion = engine.drive().await.expect("a stop");
    assert_eq!(conclusion.exit_code(), 6, "{}", conclusion.detail);
    assert_eq!(world.with(|state| weights(&state.records, "app.shop.test")), [90, 10]);
    let mut engine = resume(&world, &store).await.expect("a run");
    assert_eq!(engine.drive().await.expect("an end").end, End::Succeeded);
    let held = &engine.journal().state().steps["switch/hold/1"];
    assert!(held.observed["checks"][0]["green"].as_u64().expect("a count") >= 30, "{}", held.observed);
}

#[tokio::test]
async fn a_weighted_failover_survives_a_kill_at_every_append() {
    let scenario = Scenario { direction: Direction::Failover, prepare: weigh_briefly, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 100).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(weights(&ends.records, "app.shop.test"), [0, 100]);
    assert_eq!(weights(&ends.records, "www.shop.test"), [0, 100]);
}

#[tokio::test]
async fn a_weighted_failback_survives_a_kill_at_every_append() {
    let scenario = Scenario { direction: Direction::Failback, prepare: weigh_briefly, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 100).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(weights(&ends.records, "app.shop.test"), [100, 0]);
}

#[tokio::test]
async fn the_way_back_from_a_red_hold_survives_a_kill_at_every_append() {
    /// The standby bears a tenth and not the half: an address dies with the second change, whoever makes it.
    fn prepare(world: &World) {
        weigh(world);
        world.with(|state| {
            state.plan = state.plan.replace("\"40s\"", "\"1s\"");
            let breaks = |state: &mut State| {
                state.healthy.remove(STANDBY[0]);
            };
            let arm = move |state: &mut State| {
                state.hooks.insert("before the change".into(), Box::new(breaks));
            };
            state.hooks.insert("before the change".into(), Box::new(arm));
        });
    }
    let scenario = Scenario { direction: Direction::Failover, prepare, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 60).await;
    assert_eq!(ends.end, End::RolledBack);
    assert_eq!(weights(&ends.records, "app.shop.test"), [100, 0]);
    assert!(ends.flags.is_empty());
    assert!(ends.report["detail"].as_str().expect("a detail").contains("at 50 %"), "{}", ends.report["detail"]);
}

proptest! {
    /// Whatever the shares and the weights that are found: each move begins where the one before it ended, no share is
    /// rounded to nothing, and the last one gives the side that takes over everything.
    #[test]
    fn every_course_of_weights_is_sound(
        rising in proptest::collection::btree_set(1u8..100, 0..6),
        home in 0i64..=255,
        away in 0i64..=255,
        back in any::<bool>(),
    ) {
        prop_assume!(home + away > 0);
        let shares: Vec<String> = rising.iter().map(u8::to_string).chain(["100".to_owned()]).collect();
        let text = weighted_plan().replace("[10, 50, 100]", &format!("[{}]", shares.join(", ")));
        let world = weighted_world(Side::Primary);
        reweigh(&world, [home, away]);
        world.with(|state| state.plan = text);
        let direction = if back { Direction::Failback } else { Direction::Failover };
        if back {
            world.meddle("api.shop.test", &STANDBY[..1]);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let run = runtime.block_on(compiled(&world, direction));
        let moves: Vec<_> = run
            .steps()
            .filter_map(|step| match &step.action {
                Action::MoveRecords(changes) if changes.traffic == "storefront" => Some(changes),
                _ => None,
            })
            .collect();
        let whole = run.record_changes().next().expect("the traffic set");
        let befores = |changes: &RecordChanges| changes.records.iter().map(|one| one.before.clone()).collect::<Vec<_>>();
        let afters = |changes: &RecordChanges| changes.records.iter().map(|one| one.after.clone()).collect::<Vec<_>>();
        prop_assert_eq!(befores(moves[0]), befores(whole));
        prop_assert_eq!(afters(moves[moves.len() - 1]), afters(whole));
        let (from, to) = if back { (1, 0) } else { (0, 1) };
        let mut last = -1;
        for (index, one) in moves.iter().enumerate() {
            if index > 0 {
                prop_assert_eq!(befores(one), afters(moves[index - 1]));
            }
            let pair = weights(&afters(one), "app.shop.test");
            prop_assert!(pair.iter().all(|weight| (0..=255).contains(weight)) && pair[0] + pair[1] > 0);
            let share = pair[to] * 1000 / (pair[0] + pair[1]);
            prop_assert!(share > last, "{:?}", pair);
            last = share;
            if index + 1 < moves.len() {
                prop_assert_eq!(pair[0] + pair[1], 100);
                prop_assert!(pair[from] > 0 && pair[to] > 0);
            } else {
                prop_assert!(pair[from] == 0 && pair[to] > 0);
            }
        }
    }
}
