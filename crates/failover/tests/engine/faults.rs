//! What Route 53, name servers, programs and other people can do to a run.

use crate::estate::*;
use pilotlight_failover::simulation::{State, Trouble, World};
use pilotlight_failover::*;
use pilotlight_findings::{Side, codes};
use pilotlight_integrity::CommandOutcome;
use pilotlight_journal::{MemoryStore, StepStatus};
use std::time::Duration;

async fn failover(world: &World) -> (Conclusion, Engine) {
    let store = MemoryStore::new("journal");
    let mut engine = start(world, &store, Direction::Failover).await.expect("a start");
    let conclusion = engine.drive().await.expect("an end");
    (conclusion, engine)
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_change_took_effect_is_looked_for_and_not_repeated() {
    let world = world(Side::Primary);
    world.with(|state| state.change_faults.push_back(Trouble::LoseAnswer));
    let (conclusion, engine) = failover(&world).await;
    assert_eq!(conclusion.exit_code(), 0, "{}", conclusion.detail);
    let step = &engine.journal().state().steps["switch/storefront/shop.test"];
    assert_eq!((step.status, step.attempts), (StepStatus::Done, 1));
    assert_eq!(world.with(|state| state.changes.len()), 2, "one change a traffic set");
}

#[tokio::test]
async fn a_request_that_is_lost_is_looked_for_and_repeated() {
    let world = world(Side::Primary);
    world.with(|state| state.change_faults.extend([Trouble::LoseRequest, Trouble::Throttle]));
    let (conclusion, engine) = failover(&world).await;
    assert_eq!(conclusion.exit_code(), 0, "{}", conclusion.detail);
    assert_eq!(engine.journal().state().steps["switch/storefront/shop.test"].attempts, 3);
    assert_eq!(world.values("app.shop.test"), STANDBY);
}

#[tokio::test]
async fn a_change_that_may_not_be_made_rolls_back_and_is_not_repeated() {
    let world = world(Side::Primary);
    world.with(|state| state.change_faults.push_back(Trouble::Deny));
    let (conclusion, engine) = failover(&world).await;
    assert_eq!((conclusion.end.clone(), conclusion.exit_code()), (End::RolledBack, 5));
    assert!(conclusion.detail.contains("access was denied"), "{}", conclusion.detail);
    assert_eq!(engine.journal().state().steps["switch/storefront/shop.test"].attempts, 1);
    assert_eq!(world.with(|state| (state.changes.len(), state.flags.len())), (0, 0));
}

#[tokio::test]
async fn throttling_that_does_not_end_rolls_back() {
    let world = world(Side::Primary);
    world.with(|state| state.change_faults.extend([Trouble::Throttle; 9]));
    let (conclusion, engine) = failover(&world).await;
    assert_eq!(conclusion.end, End::RolledBack);
    assert_eq!(engine.journal().state().steps["switch/storefront/shop.test"].attempts, 5);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn a_record_changed_between_compile_and_apply_is_refused_and_shown() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    world.meddle("api.shop.test", &["203.0.113.99"]);
    let before = world.with(|state| state.records.clone());
    let conclusion = engine.drive().await.expect("an end");
    assert_eq!((conclusion.end.clone(), conclusion.exit_code()), (End::Refused, 4));
    for shown in ["api.shop.test A", "192.0.2.1", "203.0.113.99", "198.51.100.1"] {
        assert!(conclusion.detail.contains(shown), "{shown} in {}", conclusion.detail);
    }
    assert_eq!(world.with(|state| (state.records.clone(), state.commands.len())), (before, 0), "nothing was changed");
    let report = report_of(&engine);
    assert_eq!(report.outcome, "rolled_back");
    let finding = report.findings.iter().find(|finding| finding.code == codes::F_RECORD_CHANGED).expect("a finding");
    let evidence = serde_json::to_string(&finding.evidence).expect("json");
    assert!(evidence.contains("203.0.113.99") && evidence.contains("198.51.100.1"), "{evidence}");
}

#[tokio::test]
async fn a_record_changed_just_before_the_switch_is_refused_with_no_traffic_set_moved() {
    let world = world(Side::Primary);
    // The last program before the switch, and the traffic set that would move second.
    world.with(|state| {
        state.hooks.insert("./set".into(), Box::new(|state| state.set("api.shop.test", &["203.0.113.99"])));
    });
    let (conclusion, _) = failover(&world).await;
    assert_eq!((conclusion.end.clone(), conclusion.exit_code()), (End::Refused, 4), "{}", conclusion.detail);
    assert_eq!(world.with(|state| (state.changes.len(), state.flags.len())), (0, 0));
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    assert_eq!(world.values("api.shop.test"), ["203.0.113.99"]);
    let undone = world.with(|state| state.commands.split_off(2));
    assert_eq!(undone, ["./clear large", "./clear paused"], "in reverse");
}

#[tokio::test]
async fn a_record_that_somebody_moved_to_the_target_already_counts_as_moved() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    world.meddle("api.shop.test", &STANDBY[..1]);
    let conclusion = engine.drive().await.expect("an end");
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    assert_eq!(engine.journal().state().status("switch/api/shop.test"), StepStatus::AlreadyDone);
    assert_eq!(world.with(|state| state.changes.len()), 1);
}

#[tokio::test]
async fn a_failover_of_what_is_failed_over_moves_nothing_and_succeeds() {
    let world = world(Side::Standby);
    let (conclusion, engine) = failover(&world).await;
    assert_eq!(
        (conclusion.end, conclusion.detail.as_str()),
        (End::Succeeded, "traffic was already on the standby, eu-central-1")
    );
    assert!(!engine.run().moves_anything());
    assert_eq!(world.with(|state| state.changes.len()), 0);
}

#[tokio::test]
async fn a_red_target_is_refused_before_anything_is_touched() {
    let world = world(Side::Primary);
    world.with(|state| state.healthy.remove(STANDBY[0]));
    let (conclusion, engine) = failover(&world).await;
    assert_eq!(conclusion.exit_code(), 4, "{}", conclusion.detail);
    assert_eq!(world.with(|state| (state.changes.len(), state.commands.len())), (0, 0));
    let report = report_of(&engine);
    assert!(report.findings.iter().any(|finding| finding.code == codes::I_RED));
    assert_eq!(report.checks[0].status, "red");
    assert_eq!(report.recovery_time.measured_ms, None);
}

#[tokio::test]
async fn a_dead_active_side_is_recorded_and_stops_nothing() {
    let world = world(Side::Primary);
    world.with(|state| state.healthy.retain(|address| !PRIMARY.contains(&address.as_str())));
    let (conclusion, engine) = failover(&world).await;
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    let report = report_of(&engine);
    let storefront: Vec<_> =
        report.checks.iter().filter(|check| check.name == "storefront").map(|check| check.status.as_str()).collect();
    assert_eq!(storefront, ["red", "green"]);
}

#[tokio::test]
async fn a_name_server_that_lags_is_waited_for_and_counts_into_the_recovery_time() {
    let world = world(Side::Primary);
    world.with(|state| state.lag.insert("ns-3.test".into(), Duration::from_secs(40)));
    let (conclusion, engine) = failover(&world).await;
    assert_eq!(conclusion.end, End::Succeeded);
    let measured = report_of(&engine).recovery_time.measured_ms.expect("measured");
    assert!((40_000..60_000).contains(&measured), "{measured} ms");
    let waits = world.with(|state| state.waits.join("\n"));
    assert!(waits.contains("ns-3.test answers app.shop.test with 192.0.2.1"), "{waits}");
}

#[tokio::test]
async fn a_name_server_that_never_follows_stops_the_run_after_the_switch() {
    let world = world(Side::Primary);
    world.with(|state| state.lag.insert("ns-3.test".into(), Duration::from_secs(86_400)));
    let (conclusion, engine) = failover(&world).await;
    let step = Some("verify/name-servers/storefront".to_owned());
    assert_eq!((conclusion.end.clone(), conclusion.exit_code()), (End::Stopped { step }, 6));
    assert!(conclusion.detail.contains("ns-3.test"), "{}", conclusion.detail);
    assert_eq!(world.values("app.shop.test"), STANDBY, "not taken back by itself");
    let report = report_of(&engine);
    assert_eq!((report.outcome.as_str(), report.records[0].moved), ("stopped", false));
}

#[tokio::test]
async fn insync_is_waited_for() {
    let world = world(Side::Primary);
    world.with(|state| state.insync_after = Duration::from_secs(25));
    let (conclusion, engine) = failover(&world).await;
    assert_eq!(conclusion.end, End::Succeeded);
    assert!(report_of(&engine).recovery_time.measured_ms.expect("measured") > 25_000);
}

#[tokio::test]
async fn an_api_that_gives_no_status_has_not_said_insync_and_is_asked_again() {
    let world = world(Side::Primary);
    world.with(|state| {
        state.lag.clear();
        state.failing_statuses = 3;
        state.insync_after = Duration::from_secs(20);
    });
    let (conclusion, engine) = failover(&world).await;
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    assert!(report_of(&engine).recovery_time.measured_ms.expect("measured") > 20_000, "INSYNC was waited for");
    let waits = world.with(|state| state.waits.join("\n"));
    assert!(waits.contains("whether the change is INSYNC is not known: the connection timed out"), "{waits}");
    let detail = &engine.journal().state().steps["verify/name-servers/storefront"].detail;
    assert_eq!(detail, "all 4 name servers answer with 198.51.100.1, 198.51.100.2; eu-central-1.shop.test");
}

#[tokio::test]
async fn an_api_that_never_gives_a_status_leaves_it_to_the_name_servers_and_the_run_says_so() {
    let world = world(Side::Primary);
    world.with(|state| state.failing_statuses = u32::MAX);
    let (conclusion, engine) = failover(&world).await;
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    let detail = &engine.journal().state().steps["verify/name-servers/storefront"].detail;
    assert!(detail.ends_with("; Route 53's API did not confirm the change: the connection timed out"), "{detail}");
    let waited = world.with(|state| state.elapsed);
    assert!((60..300).contains(&waited.as_secs()), "as long as a change generally takes: {waited:?}");
    // Customers were led there long before: the slowest name server follows within seven seconds.
    let seen = &engine.journal().state().steps["verify/name-servers/storefront"];
    let answered: jiff::Timestamp = seen.observed["answered_at"].as_str().expect("a time").parse().expect("a time");
    let after = answered.duration_since(seen.started_at).as_secs();
    assert!((4..15).contains(&after), "{after} s");

    // Their word it is: one that does not answer as wanted stops the run all the same.
    let world = crate::estate::world(Side::Primary);
    world.with(|state| {
        state.failing_statuses = u32::MAX;
        state.lag.insert("ns-3.test".into(), Duration::from_secs(86_400));
    });
    let (conclusion, _) = failover(&world).await;
    assert_eq!(conclusion.end, End::Stopped { step: Some("verify/name-servers/storefront".into()) });
    assert!(conclusion.detail.contains("ns-3.test"), "{}", conclusion.detail);
}

#[tokio::test]
async fn who_may_not_ask_for_the_status_does_not_wait_for_it() {
    let world = world(Side::Primary);
    world.with(|state| state.denied_statuses = true);
    let (conclusion, engine) = failover(&world).await;
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    let detail = &engine.journal().state().steps["verify/name-servers/storefront"].detail;
    assert!(detail.contains("did not confirm the change") && detail.contains("GetChange"), "{detail}");
    assert!(world.with(|state| state.elapsed) < Duration::from_secs(60));
}

#[tokio::test]
async fn a_zone_that_cannot_be_read_at_the_switch_is_asked_again_and_then_left_alone() {
    let world = world(Side::Primary);
    world.with(|state| {
        state.hooks.insert("./set".into(), Box::new(|state| state.failing_reads = 3));
    });
    let (conclusion, _) = failover(&world).await;
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);

    let world = crate::estate::world(Side::Primary);
    world.with(|state| {
        state.hooks.insert("./set".into(), Box::new(|state| state.failing_reads = 10_000));
    });
    let (conclusion, engine) = failover(&world).await;
    assert_eq!(conclusion.exit_code(), 6, "whether traffic moved is not known: {}", conclusion.detail);
    assert_eq!(engine.journal().state().status("switch/storefront/shop.test"), StepStatus::Unknown);
}

#[tokio::test]
async fn a_program_that_fails_or_does_not_end_before_the_switch_is_undone_with_the_others() {
    for outcome in
        [CommandOutcome::Exited(3), CommandOutcome::TimedOut, CommandOutcome::NotStarted("no such file".into())]
    {
        let world = world(Side::Primary);
        world.with(|state| state.outcomes.insert("./set large".into(), [outcome.clone()].into()));
        let (conclusion, engine) = failover(&world).await;
        assert_eq!((conclusion.end.clone(), conclusion.exit_code()), (End::RolledBack, 5), "{outcome:?}");
        let commands = world.with(|state| state.commands.clone());
        assert_eq!(commands, ["./set paused", "./set large", "./clear large", "./clear paused"]);
        assert_eq!(world.with(|state| (state.flags.len(), state.changes.len())), (0, 0));
        assert_eq!(report_of(&engine).outcome, "rolled_back");
    }
}

#[tokio::test]
async fn an_undo_that_fails_does_not_keep_the_others_from_being_undone() {
    let world = world(Side::Primary);
    world.with(|state| {
        state.outcomes.insert("./set large".into(), [CommandOutcome::Exited(3)].into());
        state.outcomes.insert("./clear large".into(), [CommandOutcome::Exited(4)].into());
    });
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    let conclusion = engine.drive().await.expect("an end");
    assert_eq!(conclusion.exit_code(), 6, "{}", conclusion.detail);
    assert!(!world.with(|state| state.flags.contains("paused")));
    assert!(report_of(&engine).findings.iter().any(|finding| finding.code == codes::F_UNDO_FAILED));
    // A person repaired what kept it, and asks for another try.
    let conclusion = resume(&world, &store).await.expect("a run").drive().await.expect("an end");
    assert_eq!(conclusion.end, End::RolledBack, "{}", conclusion.detail);
}

#[tokio::test]
async fn secrets_are_in_no_event_and_in_no_saved_run() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    engine.drive().await.expect("an end");
    assert_eq!(engine.run().variables(), ["TOKEN"]);
    assert!(!save(engine.run()).expect("text").contains("hunter2"));
    let mut probed = false;
    for (key, bytes) in store.objects() {
        let text = String::from_utf8(bytes).expect("text");
        probed |= text.contains("Authorization\\\": \\\"(sensitive value)");
        assert!(!text.contains("hunter2"), "{key}");
    }
    assert!(probed, "the prober was given the secret, and what it answered was redacted");
    assert_eq!(engine.journal().state().steps["verify/check/storefront"].status, StepStatus::Done);
}

#[tokio::test]
async fn a_record_changed_between_the_look_and_the_change_is_refused_by_route_53_itself() {
    let world = world(Side::Primary);
    world.with(|state| {
        let meddle = |state: &mut State| state.set("app.shop.test", &["203.0.113.99"]);
        state.hooks.insert("before the change".into(), Box::new(meddle));
    });
    let (conclusion, engine) = failover(&world).await;
    assert_eq!((conclusion.end.clone(), conclusion.exit_code()), (End::Refused, 4), "{}", conclusion.detail);
    assert!(conclusion.detail.contains("203.0.113.99"), "{}", conclusion.detail);
    assert_eq!(engine.journal().state().steps["switch/storefront/shop.test"].attempts, 1, "not retried blind");
    assert_eq!(world.with(|state| (state.changes.len(), state.flags.len())), (0, 0));
    assert_eq!(world.values("app.shop.test"), ["203.0.113.99"]);
}

#[tokio::test]
async fn a_traffic_set_that_is_refused_after_another_moved_stops_the_run_and_can_be_aborted() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    world.with(|state| {
        // Armed by the first change, sprung by the second.
        let arm = |state: &mut State| {
            let meddle = |state: &mut State| state.set("api.shop.test", &["203.0.113.99"]);
            state.hooks.insert("before the change".into(), Box::new(meddle));
        };
        state.hooks.insert("before the change".into(), Box::new(arm));
    });
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    let conclusion = engine.drive().await.expect("a stop");
    assert_eq!(conclusion.end, End::Stopped { step: Some("switch/api/shop.test".into()) }, "{}", conclusion.detail);
    assert_eq!(world.values("app.shop.test"), STANDBY);
    let mut engine = resume(&world, &store).await.expect("a run");
    engine.abort("ada@ops", "half of the traffic is worse than none").await.expect("aborted");
    assert_eq!(engine.drive().await.expect("an end").end, End::Aborted);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    assert_eq!(world.values("api.shop.test"), ["203.0.113.99"], "never ours, so left alone");
}

#[tokio::test]
async fn a_variable_that_is_not_set_stops_a_run_before_it_begins_and_leaves_a_begun_one_as_it_is() {
    use pilotlight_findings::Explain as _;
    use pilotlight_journal::{JournalStores, Ownership};
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let stores = JournalStores::one(store.clone());
    let without = || Ports { environment: std::sync::Arc::new(()), ..world.ports() };
    let run = compiled(&world, Direction::Failover).await;
    let error = Engine::start(run, "ada@ops", None, &stores, without()).await.err().expect("refused");
    assert_eq!((error.code(), store.objects().len()), (codes::F_NO_VARIABLE, 0));
    assert!(error.to_string().contains("TOKEN"), "{error}");

    let engine = start(&world, &store, Direction::Failover).await.expect("a start");
    let run = engine.journal().run().to_owned();
    let before = store.objects();
    let ownership = Ownership::resume("ada@ops");
    assert!(Engine::resume(&run, ownership, &stores, without()).await.is_err());
    assert_eq!(store.objects(), before);
}
