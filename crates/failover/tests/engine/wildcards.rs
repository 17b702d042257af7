//! Wildcards: Route 53 takes `*` and answers `\052`.

use crate::estate::*;
use pilotlight_failover::simulation::{State, World};
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_journal::{JournalStores, MemoryStore};

const AS_READ: &str = "\\052.shop.test";

async fn run_of(world: &World, store: &MemoryStore, direction: Direction) -> Engine {
    let plan = plan_of(&PLAN.replace("\"app.shop.test\" \"A\"", "\"*.shop.test\" \"A\""));
    let observed = observe(&plan, world, world).await.expect("observed");
    let run = compile(&plan, direction, &observed, &States).expect("compiled");
    let stores = JournalStores::one(store.clone());
    Engine::start(run, "ada@ops", None, &stores, world.ports()).await.expect("a start")
}

#[tokio::test]
async fn a_wildcard_moves_there_and_back() {
    let world = world(Side::Primary);
    // `app` is what the checks ask for, and is none of the plan's.
    world.with(|state| state.records.push(set(AS_READ, "A", &PRIMARY)));
    for (direction, values) in [(Direction::Failover, STANDBY), (Direction::Failback, PRIMARY)] {
        let mut engine = run_of(&world, &MemoryStore::new("journal"), direction).await;
        let conclusion = engine.drive().await.expect("an end");
        assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
        assert_eq!(world.values(AS_READ), values);
        let report = report_of(&engine);
        assert_eq!((report.records[0].name.as_str(), report.records[0].moved), ("*.shop.test", true));
    }
    let (_, batch) = world.with(|state| state.changes[0].clone());
    let wildcard = |sets: &[RecordSet]| sets.iter().find(|set| set.values.len() == 2).expect("it").name.clone();
    assert_eq!(wildcard(&batch.delete), AS_READ, "deleted exactly as it was read");
    assert_eq!(wildcard(&batch.create), "*.shop.test");
}

#[tokio::test]
async fn a_wildcard_is_moved_back_by_an_abort() {
    let world = world(Side::Primary);
    world.with(|state| state.records.push(set(AS_READ, "A", &PRIMARY)));
    let before = world.with(|state| state.records.clone());
    let store = MemoryStore::new("journal");
    let mut engine = run_of(&world, &store, Direction::Failover).await;
    // The other traffic set is refused after this one has moved.
    world.with(|state| {
        let arm = |state: &mut State| {
            let meddle = |state: &mut State| state.set("api.shop.test", &["203.0.113.99"]);
            state.hooks.insert("before the change".into(), Box::new(meddle));
        };
        state.hooks.insert("before the change".into(), Box::new(arm));
    });
    assert!(matches!(engine.drive().await.expect("a stop").end, End::Stopped { .. }));
    assert_eq!(world.values(AS_READ), STANDBY);
    let mut engine = resume(&world, &store).await.expect("a run");
    engine.abort("ada@ops", "half moved").await.expect("aborted");
    assert_eq!(engine.drive().await.expect("an end").end, End::Aborted);
    assert_eq!(world.values(AS_READ), PRIMARY);
    let names = |sets: &[RecordSet]| sets.iter().map(|set| set.name.clone()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(names(&world.with(|state| state.records.clone())), names(&before));
}
