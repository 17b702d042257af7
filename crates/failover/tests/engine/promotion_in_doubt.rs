//! A promotion that PostgreSQL was asked for and that has not come, when somebody goes back: the standby's startup process
//! hangs, and comes to it later.

use crate::database_deaths::once_done;
use crate::databases::{dead_primary, with_servers};
use crate::estate::*;
use pilotlight_failover::simulation::{Trouble, World};
use pilotlight_failover::*;
use pilotlight_findings::{Side, codes};
use pilotlight_integrity::postgres::{Databases, ServerRole};
use pilotlight_journal::{Body, JournalStores, MemoryStore, Ownership, latest_run};
use std::time::Duration;

const PROMOTE: &str = "promote/database/orders";
const FENCE: &str = "fence/database/orders";
/// How long a standby hangs that comes to its promotion while the way back waits.
const A_WHILE: Duration = Duration::from_secs(30);
/// And one that does not: longer than its promotion may take.
const LONG: Duration = Duration::from_secs(600);

/// The standby hangs from right before its promotion on.
fn hangs(world: &World, time: Duration) {
    once_done(world, "promote/measure/orders", move |state| {
        let until = state.elapsed + time;
        state.servers.at(NEW_URL).hangs_until = Some(until);
    });
}

/// A world with a standby that hangs so.
fn hanging(time: Duration) -> World {
    let world = world(Side::Primary);
    with_servers(&world);
    hangs(&world, time);
    world
}

/// Begins a failover whose executor is killed as it asks for the promotion.
async fn killed_over_the_promotion(world: &World, met: Option<Trouble>) -> MemoryStore {
    let store = MemoryStore::new("journal");
    let mut first = start(world, &store, Direction::Failover).await.expect("started");
    dies_over(world, &mut first, "promote", met).await;
    store
}

async fn aborted(world: &World, store: &MemoryStore) -> (Engine, Conclusion) {
    let mut engine = resume(world, store).await.expect("taken on");
    engine.abort("grace@ops", "the region is back").await.expect("aborted");
    let conclusion = engine.drive().await.expect("driven");
    (engine, conclusion)
}

async fn resumed(world: &World, store: &MemoryStore) -> (Engine, Conclusion) {
    let mut engine = resume(world, store).await.expect("taken on");
    let conclusion = engine.drive().await.expect("driven");
    (engine, conclusion)
}

/// The servers, once whatever was asked for has come.
async fn much_later(world: &World) -> String {
    world.with(|state| state.elapsed += Duration::from_secs(3_600));
    world.position(NEW_URL).await.expect("an answer");
    servers(world)
}

fn servers(world: &World) -> String {
    world.with(|state| state.servers.to_string())
}

fn waits(engine: &Engine) -> Vec<String> {
    let events = engine.journal().events().iter();
    let of_the_fence = events.filter_map(|event| match &event.what {
        Body::Waits { step, reason } if step == FENCE => Some(reason.clone()),
        _ => None,
    });
    of_the_fence.collect()
}

fn detail(engine: &Engine) -> String {
    engine.journal().state().steps[FENCE].detail.clone()
}

#[tokio::test]
async fn one_that_comes_while_the_run_goes_back_leaves_one_server_that_takes_writes() {
    let world = hanging(A_WHILE);
    let store = killed_over_the_promotion(&world, None).await;
    let (engine, conclusion) = aborted(&world, &store).await;
    assert_eq!(conclusion.end, End::Aborted);
    assert_eq!(servers(&world), "new fenced, old primary");
    assert_eq!(much_later(&world).await, "new fenced, old primary");
    assert_eq!(detail(&engine), "it takes writes again, and nothing follows it: the other was promoted, on timeline 2");
    let [told] = &waits(&engine)[..] else { panic!("{:?}", waits(&engine)) };
    assert!(told.contains("PostgreSQL") && told.contains("up to 2m: ") && !told.contains("RDS"), "{told}");
    assert!(told.contains("restart that server"), "{told}");
    let report = report_of(&engine);
    assert!(report.databases[0].promoted && report.databases[0].fence == "released", "{:?}", report.databases[0]);
    assert_eq!(report.databases[0].lost_writes, "none");
    assert!(report.findings.iter().all(|one| one.code != codes::F_NOT_FENCED), "{:#?}", report.findings);
    let told: Vec<_> = report.findings.iter().filter(|one| one.code == codes::F_UNPROTECTED).collect();
    let [told] = told[..] else { panic!("{told:#?}") };
    assert_eq!(
        told.message,
        "database orders of the standby was promoted before the run went back: it follows nobody, and nothing follows the \
         primary's"
    );
}

#[tokio::test]
async fn one_that_hangs_on_stops_the_way_back_until_it_came() {
    let world = hanging(LONG);
    let store = killed_over_the_promotion(&world, None).await;
    let (engine, conclusion) = aborted(&world, &store).await;
    assert_eq!(conclusion.end, End::Stopped { step: Some(PROMOTE.into()) });
    assert_eq!(servers(&world), "new standby, old fenced", "not released before it is settled");
    let word = format!("run skip --step {PROMOTE}");
    assert!(conclusion.detail.contains("restart that server") && conclusion.detail.contains(&word), "{conclusion:?}");
    assert_eq!(waits(&engine).len(), 1);

    world.with(|state| state.elapsed += LONG);
    let (engine, conclusion) = resumed(&world, &store).await;
    assert_eq!(conclusion.end, End::Aborted);
    assert_eq!(much_later(&world).await, "new fenced, old primary");
    assert!(report_of(&engine).databases[0].promoted);
}

#[tokio::test]
async fn one_that_a_restart_made_it_forget_is_proven_to_be_forgotten() {
    let world = hanging(LONG);
    let store = killed_over_the_promotion(&world, None).await;
    let (_, conclusion) = aborted(&world, &store).await;
    assert_eq!(conclusion.end, End::Stopped { step: Some(PROMOTE.into()) });
    world.with(|state| {
        state.servers.at(NEW_URL).crash();
        state.servers.at(NEW_URL).hangs_until = None;
    });
    let (engine, conclusion) = resumed(&world, &store).await;
    assert_eq!(conclusion.end, End::Aborted);
    assert_eq!(much_later(&world).await, "new standby, old primary");
    assert_eq!(detail(&engine), "it takes writes again");
    assert!(!report_of(&engine).databases[0].promoted);
}

#[tokio::test]
async fn a_persons_word_that_none_comes_is_taken_where_nothing_proves_it() {
    let world = hanging(LONG);
    let store = killed_over_the_promotion(&world, None).await;
    aborted(&world, &store).await;
    world.with(|state| {
        // It is restarted, and a person paused its replay.
        let new = state.servers.at(NEW_URL);
        new.crash();
        (new.hangs_until, new.paused) = (None, true);
    });
    let (_, conclusion) = resumed(&world, &store).await;
    assert_eq!(conclusion.end, End::Stopped { step: Some(PROMOTE.into()) });
    let mut engine = resume(&world, &store).await.expect("taken on");
    engine.skip(PROMOTE, "grace@ops", "it was restarted").await.expect("a word");
    assert_eq!(engine.drive().await.expect("driven").end, End::Aborted);
    assert_eq!(much_later(&world).await, "new standby, old primary");
}

#[tokio::test]
async fn one_that_was_never_sent_costs_a_moment() {
    let world = world(Side::Primary);
    with_servers(&world);
    let store = killed_over_the_promotion(&world, Some(Trouble::LoseRequest)).await;
    let began = world.with(|state| state.elapsed);
    let (engine, conclusion) = aborted(&world, &store).await;
    assert_eq!(conclusion.end, End::Aborted);
    let took = world.with(|state| state.elapsed) - began;
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(much_later(&world).await, "new standby, old primary");
    assert_eq!(detail(&engine), "it takes writes again");
    let report = report_of(&engine);
    assert!(report.findings.iter().all(|one| one.code != codes::F_UNPROTECTED), "{:#?}", report.findings);
}

#[tokio::test]
async fn one_that_was_asked_for_by_the_executor_that_goes_back_is_waited_for_too() {
    let world = hanging(Duration::from_secs(150));
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("started");
    let conclusion = engine.drive().await.expect("driven");
    assert_eq!(conclusion.end, End::Stopped { step: Some(PROMOTE.into()) }, "{conclusion:?}");
    let (_, conclusion) = aborted(&world, &store).await;
    assert_eq!(conclusion.end, End::Aborted);
    assert_eq!(much_later(&world).await, "new fenced, old primary");
}

#[tokio::test]
async fn one_that_came_without_the_fence_is_not_left_behind_but_by_a_persons_word() {
    let world = world(Side::Primary);
    with_servers(&world);
    world.with(|state| {
        state.mode = Mode::Ungraceful;
        // What the fence writes does not come over.
        state.hooks.insert("./set".into(), Box::new(|state| state.servers.at(NEW_URL).paused = true));
    });
    hangs(&world, A_WHILE);
    let store = killed_over_the_promotion(&world, None).await;
    let (_, conclusion) = aborted(&world, &store).await;
    assert_eq!(conclusion.end, End::Stopped { step: Some(PROMOTE.into()) }, "{conclusion:?}");
    assert!(conclusion.detail.contains("how many rows it has written since is not known"), "{conclusion:?}");
    assert_eq!(servers(&world), "new primary, old fenced");
    let mut engine = resume(&world, &store).await.expect("taken on");
    engine.skip(PROMOTE, "grace@ops", "nobody was let in").await.expect("a word");
    assert_eq!(engine.drive().await.expect("driven").end, End::Aborted);
    assert_eq!(much_later(&world).await, "new fenced, old primary");
}

#[tokio::test]
async fn an_old_server_that_is_gone_keeps_the_new_one_from_being_fenced() {
    let world = hanging(A_WHILE);
    let store = killed_over_the_promotion(&world, None).await;
    world.with(|state| state.servers.at(OLD_URL).alive = false);
    let (_, conclusion) = aborted(&world, &store).await;
    assert_eq!(conclusion.end, End::Stopped { step: Some(PROMOTE.into()) }, "{conclusion:?}");
    world.with(|state| state.servers.at(OLD_URL).alive = true);
    let (_, conclusion) = resumed(&world, &store).await;
    assert_eq!(conclusion.end, End::Aborted);
    assert_eq!(much_later(&world).await, "new fenced, old primary");
}

#[tokio::test]
async fn a_server_that_nothing_fenced_is_no_second_writer_later() {
    let world = world(Side::Primary);
    with_servers(&world);
    world.with(|state| state.mode = Mode::Ungraceful);
    hangs(&world, A_WHILE);
    let there = world.clone();
    let store = MemoryStore::new("journal");
    world.with(|state| {
        state.trouble = Some(Box::new(move |asked, _| {
            if asked.operation == "promote" {
                there.kill();
            }
            (asked.operation == "fence").then_some(Trouble::LoseRequest)
        }));
    });
    let mut first = start(&world, &store, Direction::Failover).await.expect("started");
    tokio::select! {
        ended = first.drive() => panic!("not killed: {ended:?}"),
        () = world.died() => {}
    }
    world.revive();
    world.with(|state| state.trouble = None);
    aborted(&world, &store).await;
    let mut engine = resume(&world, &store).await.expect("taken on");
    engine.skip(PROMOTE, "grace@ops", "no name led there").await.expect("a word");
    assert_eq!(engine.drive().await.expect("driven").end, End::Aborted);
    assert_eq!(much_later(&world).await, "new fenced, old primary");
}

#[tokio::test]
async fn a_word_goes_back_also_to_a_server_that_is_dead() {
    let world = world(Side::Primary);
    dead_primary(&world);
    hangs(&world, A_WHILE);
    let store = killed_over_the_promotion(&world, None).await;
    let (_, conclusion) = aborted(&world, &store).await;
    assert_eq!(conclusion.end, End::Stopped { step: Some(PROMOTE.into()) }, "{conclusion:?}");
    assert_eq!(servers(&world), "new primary, old dead", "somebody has to take writes");
    let mut engine = resume(&world, &store).await.expect("taken on");
    engine.skip(PROMOTE, "grace@ops", "no name led there").await.expect("a word");
    assert_eq!(engine.drive().await.expect("driven").end, End::Aborted);
    assert_eq!(much_later(&world).await, "new fenced, old dead");
    assert!(report_of(&engine).databases[0].promoted);
}

#[tokio::test]
async fn who_goes_forward_again_asks_for_the_promotion_once_more() {
    let world = hanging(LONG);
    let store = killed_over_the_promotion(&world, None).await;
    let (_, conclusion) = aborted(&world, &store).await;
    assert_eq!(conclusion.end, End::Stopped { step: Some(PROMOTE.into()) });
    world.with(|state| state.elapsed += LONG);
    let mut engine = resume(&world, &store).await.expect("taken on");
    engine.withdraw_abort("grace@ops", "forward").await.expect("taken back");
    assert_eq!(engine.drive().await.expect("driven").end, End::Succeeded);
    assert_eq!(much_later(&world).await, "new primary, old fenced");
}

#[tokio::test]
async fn one_that_a_replaced_executor_asks_for_yet_is_waited_for() {
    let world = world(Side::Primary);
    with_servers(&world);
    let store = killed_over_the_promotion(&world, Some(Trouble::LoseRequest)).await;
    world.with(|state| {
        // It lives: it stood still between its intent and its request.
        let soon = state.elapsed + Duration::from_secs(50);
        state.under_way.push((
            soon,
            Box::new(|state| {
                let new = state.servers.at(NEW_URL);
                (new.role, new.timeline) = (ServerRole::Primary, 2);
            }),
        ));
    });
    let run = latest_run(&store, "shop").await.expect("claims").expect("a run");
    let stores = JournalStores::one(store.clone());
    let taken = Engine::resume(&run, Ownership::takeover("grace@ops"), &stores, world.ports()).await;
    let mut engine = taken.expect("taken over");
    engine.abort("grace@ops", "the region is back").await.expect("aborted");
    assert_eq!(engine.drive().await.expect("driven").end, End::Aborted);
    assert_eq!(much_later(&world).await, "new fenced, old primary");
    let [told] = &waits(&engine)[..] else { panic!("{:?}", waits(&engine)) };
    assert!(told.contains("the executor that this one replaced may live, and ask for it"), "{told}");
    assert!(report_of(&engine).databases[0].promoted);
}
