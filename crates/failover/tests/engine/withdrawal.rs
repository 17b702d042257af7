//! An abort that a person takes back: the run goes forward again, and does once more what was undone.

use crate::databases::with_servers;
use crate::estate::*;
use crate::kills::{Moment, OnStop, Scenario, arm, survives_every_kill_of, values_of};
use crate::weighted::weighted_world;
use pilotlight_failover::simulation::World;
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_integrity::CommandOutcome;
use pilotlight_journal::{MemoryStore, StepStatus};

fn standby_serves(world: &World) {
    world.with(|state| {
        state.healthy.insert(STANDBY[1].to_owned());
        state.outcomes.clear();
    });
}

/// What people did and what became of it, in order.
fn told(report: &serde_json::Value) -> Vec<(String, String)> {
    let text = |one: &serde_json::Value, field: &str| one[field].as_str().expect("a text").to_owned();
    let interventions = report["interventions"].as_array().expect("a list");
    interventions.iter().map(|one| (text(one, "what"), text(one, "detail"))).collect()
}

#[tokio::test]
async fn an_abort_that_would_leave_rows_behind_can_be_taken_back_whenever_it_is_killed() {
    fn prepare(world: &World) {
        with_servers(world);
        standby_breaks(world);
    }
    fn customers_write(world: &World) {
        world.with(|state| state.servers.at(NEW_URL).writes = 7);
    }
    let on_stop = OnStop::Withdraw(customers_write, standby_serves);
    let ends = survives_every_kill_of(Scenario { direction: Direction::Failover, prepare, on_stop }, 130).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(ends.servers, "new primary, old fenced");
    assert_eq!(values_of(&ends, "app.shop.test"), STANDBY);
    let database = &ends.report["databases"][0];
    assert_eq!((&database["lost_writes"], &database["fence"]), (&"none".into(), &"proven".into()));
    let mut told = told(&ends.report);
    assert_eq!(told.remove(0).0, "approved");
    let what: Vec<&str> = told.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(what, ["stopped", "rollback", "stopped", "withdrawn"], "{told:#?}");
    assert_eq!(told[1].1, "no");
    assert!(told[2].1.contains("7 rows were written there since its promotion"), "{}", told[2].1);
    assert_eq!(told[3].1, "the way back: the standby is well again; nothing was undone yet");
    let by: Vec<&str> =
        ends.report["interventions"].as_array().unwrap().iter().map(|one| one["by"].as_str().unwrap()).collect();
    assert_eq!(by, ["ada@ops", "", "ada@ops", "", "grace@ops"]);
}

#[tokio::test]
async fn what_was_undone_is_done_once_more_in_order_whenever_it_is_killed() {
    fn prepare(world: &World) {
        standby_breaks(world);
        let failures = std::iter::repeat_n(CommandOutcome::Exited(4), 99).collect();
        world.with(|state| state.outcomes.insert("./clear large".into(), failures));
    }
    let on_stop = OnStop::Withdraw(|_| (), standby_serves);
    let ends = survives_every_kill_of(Scenario { direction: Direction::Failover, prepare, on_stop }, 120).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(values_of(&ends, "app.shop.test"), STANDBY);
    assert_eq!(values_of(&ends, "api.shop.test"), STANDBY[..1]);
    assert!(ends.flags.contains("large") && !ends.flags.contains("paused"), "{:?}", ends.flags);
    let told = told(&ends.report);
    let again = &told.iter().find(|(what, _)| what == "withdrawn").expect("it is told").1;
    assert_eq!(
        again,
        "the way back: the standby is well again; done once more: preflight/check/target, freeze/command/pause, \
         scale/command/size, switch/storefront/shop.test, switch/api/shop.test, verify/name-servers/storefront, \
         verify/name-servers/api, verify/check/storefront"
    );
}

/// Aborts a run that waits after its switch, kills the executor at this append of the way back, and takes the abort back
/// at once. How it ended, and whether the abort had to stay; none where there was nothing to kill.
async fn withdrawn_after_a_kill(world: &World, at: usize, moment: Moment) -> Option<(End, bool, Engine)> {
    let store = MemoryStore::new("journal");
    let first = start(world, &store, Direction::Failover).await.expect("a start").drive().await.expect("a stop");
    assert!(matches!(first.end, End::Stopped { .. }), "{first:?}");
    arm(world, &store, at, moment);
    let back = async {
        let mut engine = resume(world, &store).await?;
        engine.abort("ada@ops", "no").await?;
        engine.drive().await
    };
    let killed = tokio::select! {
        ended = back => ended.is_err(),
        () = world.died() => true,
    };
    store.clear_fault();
    world.revive();
    if !killed {
        return None;
    }
    standby_serves(world);
    let mut engine = match resume(world, &store).await {
        Ok(engine) => engine,
        // The kill came after the last event.
        Err(_) => return None,
    };
    let aborted = engine.journal().state().rollback.is_some();
    let stays = match engine.withdraw_abort("grace@ops", "think better of it").await {
        Ok(()) => false,
        Err(error @ EngineError::NotWithdrawn { .. }) => {
            let why = if aborted { "may have taken writes since" } else { "the run is not being undone" };
            assert!(error.to_string().contains(why), "{error}");
            aborted
        }
        Err(error) => panic!("{error}"),
    };
    let end = engine.drive().await.expect("an end").end;
    Some((end, stays, engine))
}

/// At every append of the way back.
async fn can_be_taken_back_at_any_append(prepare: impl Fn() -> World, least: usize) -> (usize, usize) {
    let (mut forward, mut stayed) = (0, 0);
    for moment in [Moment::Before, Moment::After] {
        for at in 0.. {
            let world = prepare();
            let Some((end, stays, engine)) = withdrawn_after_a_kill(&world, at, moment).await else { break };
            let place = format!("killed {moment:?} append {at} of the way back");
            if stays {
                stayed += 1;
                assert_eq!(end, End::Aborted, "{place}");
                assert_eq!(world.values("app.shop.test"), PRIMARY, "{place}");
                continue;
            }
            forward += 1;
            assert_eq!(end, End::Succeeded, "{place}: {:?}", engine.journal().events().last());
            let report = report_of(&engine);
            assert!(report.records.iter().all(|record| record.moved), "{place}");
            assert!(
                engine.run().steps().all(|step| engine.journal().state().status(&step.id).is_settled()),
                "{place}: a step was not done again"
            );
        }
    }
    assert!(forward >= least, "only {forward} were taken back, {stayed} stayed");
    (forward, stayed)
}

#[tokio::test]
async fn an_abort_is_taken_back_wherever_its_executor_died() {
    let prepare = || {
        let world = world(Side::Primary);
        standby_breaks(&world);
        world
    };
    let (_, stayed) = can_be_taken_back_at_any_append(prepare, 16).await;
    assert_eq!(stayed, 0, "without a database nothing is left behind");
}

#[tokio::test]
async fn shares_of_traffic_go_up_again_from_wherever_the_way_back_died() {
    let prepare = || {
        let world = weighted_world(Side::Primary);
        // The holds pass, and what is asked after the switch fails.
        world.with(|state| {
            state.outcomes.insert("./clear paused".into(), [CommandOutcome::Exited(1)].into());
        });
        world
    };
    let (_, stayed) = can_be_taken_back_at_any_append(prepare, 16).await;
    assert_eq!(stayed, 0);
}

#[tokio::test]
async fn an_abort_stays_once_the_old_server_may_write_again() {
    let prepare = || {
        let world = world(Side::Primary);
        with_servers(&world);
        standby_breaks(&world);
        world
    };
    let (_, stayed) = can_be_taken_back_at_any_append(prepare, 14).await;
    assert!(stayed >= 4, "only {stayed}: the fence's undo and what follows");
}

#[tokio::test]
async fn a_run_that_goes_forward_has_nothing_to_take_back() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    let events = engine.journal().events().len();
    let refused = engine.withdraw_abort("grace@ops", "x").await.expect_err("nobody did");
    assert_eq!(refused.to_string(), "have the run go forward again: the run is not being undone");
    assert_eq!(engine.journal().events().len(), events);
}

#[tokio::test]
async fn a_run_that_goes_on_by_a_word_does_not_turn_around_by_itself_and_can_be_aborted_again() {
    let world = world(Side::Primary);
    world.with(|state| state.answers.push_back(ApprovalAnswer::Later));
    let store = MemoryStore::new("journal");
    start(&world, &store, Direction::Failover).await.expect("a start").drive().await.expect("a stop");
    world.with(|state| {
        state.outcomes.insert("./clear large".into(), [CommandOutcome::Exited(4)].into());
        state.outcomes.insert("./set large".into(), [CommandOutcome::Exited(3)].into());
    });
    let mut engine = resume(&world, &store).await.expect("a run");
    engine.abort("ada@ops", "no").await.expect("aborted");
    assert_eq!(engine.drive().await.expect("a stop").end, End::Stopped { step: Some("scale/command/size".into()) });

    let mut engine = resume(&world, &store).await.expect("a run");
    engine.withdraw_abort("grace@ops", "go on").await.expect("withdrawn");
    // It fails before the switch, where it would have been rolled back.
    let conclusion = engine.drive().await.expect("a stop");
    assert_eq!(conclusion.end, End::Stopped { step: Some("scale/command/size".into()) }, "{}", conclusion.detail);
    assert_eq!(engine.journal().state().status("scale/command/size"), StepStatus::Failed);
    let mut engine = resume(&world, &store).await.expect("a run");
    engine.abort("ada@ops", "no, really").await.expect("aborted again");
    let conclusion = engine.drive().await.expect("an end");
    assert_eq!((conclusion.end, conclusion.detail.as_str()), (End::Aborted, "aborted by ada@ops: no, really"));
    assert_eq!(world.with(|state| state.flags.len()), 0, "the second way back undid what was done once more");
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn what_a_person_left_out_of_the_way_back_is_asked_again_on_the_next_one() {
    let world = world(Side::Primary);
    with_servers(&world);
    standby_breaks(&world);
    let store = MemoryStore::new("journal");
    start(&world, &store, Direction::Failover).await.expect("a start").drive().await.expect("a stop");
    world.with(|state| state.servers.at(NEW_URL).writes = 7);
    let mut engine = resume(&world, &store).await.expect("a run");
    engine.abort("ada@ops", "no").await.expect("aborted");
    let promotion = End::Stopped { step: Some("promote/database/orders".into()) };
    assert_eq!(engine.drive().await.expect("a stop").end, promotion);
    let mut engine = resume(&world, &store).await.expect("a run");
    engine.skip("promote/database/orders", "ada@ops", "leave them").await.expect("skipped");
    engine.withdraw_abort("grace@ops", "do not").await.expect("withdrawn");
    assert_eq!(engine.journal().state().status("promote/database/orders"), StepStatus::Done);
    let check = End::Stopped { step: Some("verify/check/storefront".into()) };
    assert_eq!(engine.drive().await.expect("a stop").end, check);
    let mut engine = resume(&world, &store).await.expect("a run");
    engine.abort("ada@ops", "no").await.expect("aborted");
    assert_eq!(engine.drive().await.expect("a stop").end, promotion, "the word was about the other abort");
}
