//! An abort after the switch: the side that traffic would go back to is asked first.

use crate::estate::*;
use pilotlight_failover::simulation::{State, World};
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_journal::{JournalStores, MemoryStore};

const CHECK: &str = "preflight/check/home";

/// A failover that has moved traffic, and then stopped because the standby broke; with a check of the primary.
async fn stopped_after_the_switch(world: &World, store: &MemoryStore) {
    let home = r#"
check "http" "home" {
  url  = "http://${stack.app.output.public_ips[0]}/health"
  when = ["before"]
}
"#;
    let plan = plan_of(&format!("{PLAN}{home}"));
    let observed = observe(&plan, world, world).await.expect("observed");
    let run = compile(&plan, Direction::Failover, &observed, &States).expect("compiled");
    assert_eq!(load(&save(&run).expect("saved")).expect("loaded"), run);
    standby_breaks(world);
    let stores = JournalStores::one(store.clone());
    let mut engine = Engine::start(run, "ada@ops", None, &stores, world.ports()).await.expect("a start");
    let end = engine.drive().await.expect("a stop").end;
    assert_eq!(end, End::Stopped { step: Some("verify/check/storefront".into()) });
    assert_eq!(world.values("app.shop.test"), STANDBY);
}

async fn abort(world: &World, store: &MemoryStore) -> (Conclusion, Engine) {
    let mut engine = resume(world, store).await.expect("a run");
    engine.abort("grace@ops", "back").await.expect("aborted");
    (engine.drive().await.expect("an end"), engine)
}

#[tokio::test]
async fn traffic_goes_back_to_a_side_that_serves() {
    let (world, store) = (world(Side::Primary), MemoryStore::new("journal"));
    stopped_after_the_switch(&world, &store).await;
    let (conclusion, _) = abort(&world, &store).await;
    assert_eq!((conclusion.end.clone(), conclusion.exit_code()), (End::Aborted, 5), "{}", conclusion.detail);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn traffic_does_not_go_back_to_a_dead_side_until_it_serves_again() {
    let (world, store) = (world(Side::Primary), MemoryStore::new("journal"));
    stopped_after_the_switch(&world, &store).await;
    world.with(|state| state.healthy.remove(PRIMARY[0]));
    let changes = world.with(|state| state.changes.len());
    let (conclusion, _) = abort(&world, &store).await;
    assert_eq!(conclusion.end, End::Stopped { step: Some(CHECK.into()) });
    assert_eq!(conclusion.exit_code(), 6);
    assert!(conclusion.detail.contains("not moved back to the primary: check home is red"), "{}", conclusion.detail);
    assert_eq!(world.with(|state| state.changes.len()), changes, "no record was touched");

    let again = resume(&world, &store).await.expect("a run").drive().await.expect("a stop");
    assert_eq!(again.end, End::Stopped { step: Some(CHECK.into()) }, "still dead");
    world.with(|state| state.healthy.insert(PRIMARY[0].into()));
    let back = resume(&world, &store).await.expect("a run").drive().await.expect("an end");
    assert_eq!(back.end, End::Aborted, "{}", back.detail);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    assert_eq!(world.values("api.shop.test"), PRIMARY[..1]);
}

#[tokio::test]
async fn a_person_can_move_traffic_back_all_the_same() {
    let (world, store) = (world(Side::Primary), MemoryStore::new("journal"));
    stopped_after_the_switch(&world, &store).await;
    world.with(|state| state.healthy.remove(PRIMARY[0]));
    abort(&world, &store).await;
    let mut engine = resume(&world, &store).await.expect("a run");
    engine.skip(CHECK, "grace@ops", "the check is wrong").await.expect("skipped");
    let twice = engine.skip(CHECK, "grace@ops", "x").await.expect_err("once is enough");
    assert!(matches!(twice, EngineError::NotNow { .. }), "{twice}");
    let other = engine.skip("preflight/check/storefront", "grace@ops", "x").await.expect_err("it guards nothing");
    assert!(matches!(other, EngineError::NotNow { .. }), "{other}");
    let conclusion = engine.drive().await.expect("an end");
    assert_eq!(conclusion.end, End::Aborted, "{}", conclusion.detail);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn a_way_back_that_was_begun_is_gone_to_its_end() {
    let (world, store) = (world(Side::Primary), MemoryStore::new("journal"));
    stopped_after_the_switch(&world, &store).await;
    world.with(|state| {
        // The side dies while the first of the two traffic sets moves back.
        let dies = |state: &mut State| {
            state.healthy.remove(PRIMARY[0]);
        };
        state.hooks.insert("before the change".into(), Box::new(dies));
    });
    let (conclusion, _) = abort(&world, &store).await;
    assert_eq!(conclusion.end, End::Aborted, "{}", conclusion.detail);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    assert_eq!(world.values("api.shop.test"), PRIMARY[..1]);
}
