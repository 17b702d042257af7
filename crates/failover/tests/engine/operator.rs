//! What people tell a run: yes, no, later, skip, stop, abort.

use crate::estate::*;
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_journal::MemoryStore;
use tokio::sync::watch;

const APPROVAL: &str = "switch/approval/commander";

#[tokio::test]
async fn an_approval_that_nobody_gives_stops_the_run_before_the_switch() {
    let world = world(Side::Primary);
    world.with(|state| state.answers.push_back(ApprovalAnswer::Later));
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    let conclusion = engine.drive().await.expect("an end");
    assert_eq!(conclusion.end, End::Stopped { step: Some(APPROVAL.into()) });
    assert_eq!(conclusion.exit_code(), 6);
    assert_eq!(world.values("app.shop.test"), PRIMARY);

    let mut engine = resume(&world, &store).await.expect("a run");
    engine.approve(APPROVAL, "grace@ops", "seen the checks").await.expect("approved");
    let conclusion = engine.drive().await.expect("an end");
    assert_eq!(conclusion.end, End::Succeeded);
    let report = report_of(&engine);
    let what: Vec<_> = report.interventions.iter().map(|one| (one.what.as_str(), one.by.as_str())).collect();
    assert_eq!(what, [("stopped", ""), ("resumed", "ada@ops"), ("approved", "grace@ops")]);
    assert_eq!(world.with(|state| state.answers.len()), 0);
}

#[tokio::test]
async fn a_no_rolls_back() {
    let world = world(Side::Primary);
    let no = ApprovalAnswer::Denied { by: "grace@ops".into(), reason: "false alarm".into() };
    world.with(|state| state.answers.push_back(no));
    let store = MemoryStore::new("journal");
    let conclusion = start(&world, &store, Direction::Failover).await.expect("a start").drive().await.expect("an end");
    assert_eq!((conclusion.end.clone(), conclusion.exit_code()), (End::RolledBack, 5));
    assert!(conclusion.detail.contains("denied by grace@ops: false alarm"), "{}", conclusion.detail);
    assert_eq!(world.with(|state| (state.flags.len(), state.changes.len())), (0, 0));
}

#[tokio::test]
async fn a_request_to_stop_stops_between_steps_and_the_run_goes_on_later() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let (stop, stopped) = watch::channel(false);
    let run = compiled(&world, Direction::Failover).await;
    let stores = pilotlight_journal::JournalStores::one(store.clone());
    let mut engine =
        Engine::start(run, "ada@ops", None, &stores, world.ports_with_stop(stopped)).await.expect("a start");
    // While the first program runs.
    world.with(|state| {
        state.hooks.insert("./set".into(), Box::new(move |_| stop.send(true).expect("the engine listens")));
    });
    let conclusion = engine.drive().await.expect("an end");
    assert_eq!(conclusion.end, End::Stopped { step: Some("scale/command/size".into()) });
    assert_eq!(world.with(|state| state.commands.clone()), ["./set paused"], "the one at work was let finish");
    let conclusion = resume(&world, &store).await.expect("a run").drive().await.expect("an end");
    assert_eq!(conclusion.end, End::Succeeded);
    assert_eq!(world.with(|state| state.commands.clone()), ["./set paused", "./set large", "./clear paused"]);
}

#[tokio::test]
async fn a_failed_step_after_the_switch_can_be_skipped_with_a_reason() {
    let world = world(Side::Primary);
    standby_breaks(&world);
    let store = MemoryStore::new("journal");
    let conclusion = start(&world, &store, Direction::Failover).await.expect("a start").drive().await.expect("an end");
    assert_eq!(conclusion.end, End::Stopped { step: Some("verify/check/storefront".into()) });

    let mut engine = resume(&world, &store).await.expect("a run");
    engine.skip("verify/check/storefront", "grace@ops", "the check is wrong").await.expect("skipped");
    let again = engine.skip("verify/check/storefront", "grace@ops", "x").await.expect_err("settled");
    assert!(again.to_string().contains("skipped already"), "{again}");
    let unknown = engine.skip("verify/check/shopfront", "grace@ops", "x").await.expect_err("unknown");
    assert!(matches!(unknown, EngineError::NoStep { .. }));
    let conclusion = engine.drive().await.expect("an end");
    assert_eq!(conclusion.end, End::Succeeded);
    let told = "traffic is on the standby, eu-central-1; left out by a person's word: verify/check/storefront";
    assert_eq!(conclusion.detail, told);
    let report = report_of(&engine);
    assert_eq!(report.recovery_time.measured_ms, None, "a skipped check was not seen green");
    let check = report.checks.iter().find(|check| check.name == "storefront" && check.when == "after").expect("told");
    assert_eq!(check.status, "red", "it is told as it was last seen");
    assert!(check.detail.starts_with("red: ") && check.detail.ends_with("; left out: the check is wrong"), "{check:?}");
    let statuses: Vec<_> =
        report.phases.iter().flat_map(|phase| &phase.steps).filter(|step| step.status == "skipped").collect();
    assert_eq!(statuses.len(), 1);
}

#[tokio::test]
async fn the_switch_is_never_skipped() {
    let world = world(Side::Primary);
    world.with(|state| state.answers.push_back(ApprovalAnswer::Later));
    let store = MemoryStore::new("journal");
    start(&world, &store, Direction::Failover).await.expect("a start").drive().await.expect("a stop");
    let mut engine = resume(&world, &store).await.expect("a run");
    let events = engine.journal().events().len();
    for step in ["switch/storefront/shop.test", "switch/api/shop.test"] {
        let error = engine.skip(step, "grace@ops", "no time").await.expect_err("refused");
        assert!(matches!(error, EngineError::NotNow { action: "skip", .. }), "{error}");
        assert!(error.to_string().contains("a run without its switch moves no traffic; abort it"), "{error}");
    }
    assert_eq!(engine.journal().events().len(), events);
    engine.skip(APPROVAL, "grace@ops", "on the phone").await.expect("anything else may be");
    assert_eq!(engine.drive().await.expect("an end").end, End::Succeeded);
    assert_eq!(world.values("app.shop.test"), STANDBY);
}

#[tokio::test]
async fn a_journal_in_which_a_switch_was_skipped_is_no_success() {
    use pilotlight_journal::{Body, JournalStores, Ownership, RunJournal, latest_run};
    let world = world(Side::Primary);
    world.with(|state| state.answers.push_back(ApprovalAnswer::Later));
    let store = MemoryStore::new("journal");
    start(&world, &store, Direction::Failover).await.expect("a start").drive().await.expect("a stop");
    // As an executor wrote it that let people do so.
    let run = latest_run(&store, "shop").await.expect("the claims").expect("a run");
    let clock = std::sync::Arc::new(|| jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(500_001));
    let ownership = Ownership::resume("grace@ops");
    let stores = JournalStores::one(store.clone());
    let mut journal = RunJournal::open(&stores, clock, &run, ownership).await.expect("the journal");
    for step in ["switch/storefront/shop.test", "verify/name-servers/storefront", "verify/check/storefront"] {
        let skipped = Body::Skipped { step: step.into(), by: "grace@ops".into(), reason: "no time".into() };
        journal.append(skipped).await.expect("appended");
    }
    drop(journal);
    let conclusion = resume(&world, &store).await.expect("a run").drive().await.expect("an end");
    assert_eq!((conclusion.end.clone(), conclusion.exit_code()), (End::Failed, 6), "{}", conclusion.detail);
    assert_eq!(conclusion.detail, "not moved, by a person's word: switch/storefront/shop.test");
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn an_undo_that_a_person_leaves_out_makes_the_run_failed_and_not_rolled_back() {
    use pilotlight_integrity::CommandOutcome;
    let world = world(Side::Primary);
    world.with(|state| {
        state.outcomes.insert("./set large".into(), [CommandOutcome::Exited(3)].into());
        state.outcomes.insert("./clear large".into(), [CommandOutcome::Exited(4)].into());
    });
    let store = MemoryStore::new("journal");
    start(&world, &store, Direction::Failover).await.expect("a start").drive().await.expect("an end");
    let mut engine = resume(&world, &store).await.expect("a run");
    engine.skip("scale/command/size", "grace@ops", "done by hand").await.expect("skipped");
    assert!(matches!(engine.abort("grace@ops", "x").await, Err(EngineError::AlreadyUndoing)));
    let conclusion = engine.drive().await.expect("an end");
    assert_eq!((conclusion.end.clone(), conclusion.exit_code()), (End::Failed, 6));
    assert!(conclusion.detail.contains("scale/command/size"), "{}", conclusion.detail);
}

#[tokio::test]
async fn an_abort_does_not_overwrite_what_somebody_changed_since() {
    let world = world(Side::Primary);
    standby_breaks(&world);
    let store = MemoryStore::new("journal");
    start(&world, &store, Direction::Failover).await.expect("a start").drive().await.expect("a stop");
    world.meddle("app.shop.test", &["203.0.113.99"]);
    let mut engine = resume(&world, &store).await.expect("a run");
    engine.abort("grace@ops", "back").await.expect("aborted");
    let conclusion = engine.drive().await.expect("a stop");
    assert_eq!(conclusion.end, End::Stopped { step: Some("switch/storefront/shop.test".into()) });
    assert!(conclusion.detail.contains("203.0.113.99"), "{}", conclusion.detail);
    assert_eq!(world.values("app.shop.test"), ["203.0.113.99"]);
    assert_eq!(world.values("api.shop.test"), PRIMARY[..1], "the other set is back");
}
