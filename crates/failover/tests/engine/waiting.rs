//! A wait that lasts is in the journal: who was not there is told of it.

use crate::databases::with_servers;
use crate::estate::*;
use crate::in_flight::waited;
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_journal::{Body, MemoryStore};
use std::time::Duration;

const VERIFY: &str = "verify/name-servers/storefront";

#[tokio::test]
async fn a_name_server_that_is_late_is_told_of_once_and_not_before_ten_seconds() {
    for (lag, told) in [(9, 0), (45, 1)] {
        let world = world(Side::Primary);
        world.with(|state| state.lag.insert("ns-2.test".into(), Duration::from_secs(lag)));
        let store = MemoryStore::new("journal");
        let mut engine = start(&world, &store, Direction::Failover).await.expect("started");
        assert_eq!(engine.drive().await.expect("driven").end, End::Succeeded);
        let waits = waited(&engine);
        assert_eq!(waits.len(), told, "{waits:?}");
        assert!(waits.iter().all(|reason| reason.starts_with("ns-2.test answers app.shop.test with")), "{waits:?}");
        let events = engine.journal().events();
        let at = |wanted: &dyn Fn(&Body) -> bool| events.iter().find(|event| wanted(&event.what)).map(|event| event.at);
        let begun =
            at(&|what| matches!(what, Body::StepIntended { step, .. } if step.starts_with(VERIFY))).expect("verify");
        if let Some(first) = at(&|what| matches!(what, Body::Waits { .. })) {
            assert!((10..=12).contains(&first.duration_since(begun).as_secs()), "{begun} {first}");
        }
    }
}

/// Who gave the run no answer gave customers none.
#[tokio::test]
async fn a_recovery_time_begins_where_the_server_was_silent_before_its_fence() {
    let world = world(Side::Primary);
    with_servers(&world);
    world.with(|state| {
        state.on_event = Some(Box::new(|state, event| {
            let fences = matches!(&event.what, Body::StepIntended { step, .. } if step == "fence/database/orders");
            if fences {
                state.servers.at(OLD_URL).alive = false;
                let later = state.elapsed + Duration::from_secs(15);
                state.under_way.push((later, Box::new(|state| state.servers.at(OLD_URL).alive = true)));
            }
        }));
    });
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("started");
    let conclusion = engine.drive().await.expect("driven");
    assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
    let begun = engine.journal().state().steps["fence/database/orders"].started_at;
    let told = report_of(&engine).recovery_time;
    let since = told.since.expect("a beginning");
    assert_eq!((told.at_most, since.at), (true, begun.to_string()));
    assert!(since.what.starts_with("the beginning of the fence of database orders"), "{}", since.what);
}
