//! Requests of people who are not at the executor's terminal: pause it, say yes to what it waits for.

use crate::estate::*;
use pilotlight_failover::simulation::World;
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_journal::{
    Body, Fault, JournalStores, MemoryStore, Operation, REQUEST_VERSION, Request, Wish, leave_request,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const APPROVAL: &str = "switch/approval/commander";

fn request(engine: &Engine, what: Wish) -> Request {
    Request {
        version: REQUEST_VERSION,
        run: engine.journal().run().to_owned(),
        by: "grace@phone".into(),
        at: engine.journal().state().last_at,
        seen: engine.journal().events().len() as u64 - 1,
        reason: "the bank called".into(),
        what,
    }
}

/// The request appears in the store right before the executor's look with this number, from 0. Counts the looks.
async fn at_look(store: &MemoryStore, number: usize, request: &Request) -> Arc<AtomicUsize> {
    let elsewhere = MemoryStore::new("elsewhere");
    leave_request(&elsewhere, request).await.expect("left");
    let (key, bytes) = elsewhere.objects().pop_first().expect("the request");
    let looks = Arc::new(AtomicUsize::new(0));
    let (counter, journal) = (Arc::clone(&looks), store.clone());
    store.set_fault(move |operation, prefix| {
        if operation == Operation::List
            && prefix.starts_with("requests/")
            && counter.fetch_add(1, Ordering::SeqCst) == number
        {
            journal.tamper(&key, Some(bytes.clone()));
        }
        None
    });
    looks
}

#[tokio::test]
async fn a_pause_stops_between_steps_with_its_reason_and_not_the_resumed_run_again() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    leave_request(&store, &request(&engine, Wish::Pause)).await.expect("left");
    let conclusion = engine.drive().await.expect("a stop");
    assert_eq!(conclusion.detail, "paused by grace@phone: the bank called");
    assert!(matches!(conclusion.end, End::Stopped { step: Some(_) }));
    assert_eq!(conclusion.exit_code(), 6);
    assert_eq!(world.with(|state| (state.commands.len(), state.changes.len())), (0, 0));
    let mut engine = resume(&world, &store).await.expect("a run");
    assert_eq!(engine.drive().await.expect("an end").end, End::Succeeded);
    let report = report_of(&engine);
    let told: Vec<_> = report.interventions.iter().map(|one| (one.what.as_str(), one.detail.as_str())).collect();
    assert_eq!(told[0].0, "stopped");
    assert!(told[0].1.ends_with("paused by grace@phone: the bank called"), "{told:?}");
    assert_eq!(report.interventions.iter().filter(|one| one.what == "stopped").count(), 1);
}

#[tokio::test]
async fn a_step_that_waits_is_left_for_a_pause_and_looked_at_again_later() {
    let world = world(Side::Primary);
    standby_breaks(&world);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    let pause = request(&engine, Wish::Pause);
    // By then the check after the switch is being repeated: it takes a minute and more to be red for good.
    let looks = at_look(&store, 8, &pause).await;
    let conclusion = engine.drive().await.expect("a stop");
    assert_eq!(conclusion.end, End::Stopped { step: Some("verify/check/storefront".into()) });
    assert_eq!(conclusion.detail, "paused by grace@phone: the bank called");
    assert_eq!(looks.load(Ordering::SeqCst), 9);
    let until = world.with(|state| state.elapsed.as_secs());
    assert!((24..60).contains(&until), "a look every three seconds: nine took {until} s");
    world.with(|state| state.healthy.insert(STANDBY[1].into()));
    assert_eq!(resume(&world, &store).await.expect("a run").drive().await.expect("an end").end, End::Succeeded);
}

#[tokio::test]
async fn a_yes_from_elsewhere_goes_on_while_the_terminal_waits() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    let yes = request(&engine, Wish::Approve { step: APPROVAL.into() });
    // The first look is before the first step; the terminal stays without an answer.
    engine = with_silent_terminal(&world, &store, engine).await;
    at_look(&store, 2, &yes_seen_by(&engine, &yes)).await;
    assert_eq!(engine.drive().await.expect("an end").end, End::Succeeded);
    let report = report_of(&engine);
    let approved = report.interventions.iter().find(|one| one.what == "approved").expect("it is told");
    assert_eq!(
        (approved.by.as_str(), approved.detail.as_str()),
        ("grace@phone", "switch/approval/commander: the bank called")
    );
    assert!(!approved.at.is_empty());
    assert_eq!(world.values("app.shop.test"), STANDBY);
}

#[tokio::test]
async fn a_pause_ends_the_question_at_the_terminal() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let engine = start(&world, &store, Direction::Failover).await.expect("a start");
    let mut engine = with_silent_terminal(&world, &store, engine).await;
    at_look(&store, 2, &request(&engine, Wish::Pause)).await;
    let conclusion = engine.drive().await.expect("a stop");
    assert_eq!(conclusion.end, End::Stopped { step: Some(APPROVAL.into()) });
    assert_eq!(conclusion.detail, "paused by grace@phone: the bank called");
}

#[tokio::test]
async fn a_run_that_was_taken_over_ends_the_question_at_the_terminal() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let engine = start(&world, &store, Direction::Failover).await.expect("a start");
    let mut engine = with_silent_terminal(&world, &store, engine).await;
    let (lost, taken) = tokio::join!(engine.drive(), async {
        while !world.with(|state| state.waits.iter().any(|wait| wait == "asked")) {
            tokio::task::yield_now().await;
        }
        resume(&world, &store).await
    });
    assert!(lost.expect_err("taken").lost_ownership());
    assert!(taken.is_ok());
}

#[tokio::test]
async fn a_yes_in_advance_is_taken_between_steps() {
    let world = world(Side::Primary);
    // Nobody would answer at the terminal.
    world.with(|state| state.answers.push_back(ApprovalAnswer::Later));
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    leave_request(&store, &request(&engine, Wish::Approve { step: APPROVAL.into() })).await.expect("left");
    // What is no approval, and what is no step, changes nothing.
    leave_request(&store, &request(&engine, Wish::Approve { step: "scale/command/size".into() })).await.expect("left");
    leave_request(&store, &request(&engine, Wish::Approve { step: "nope".into() })).await.expect("left");
    assert_eq!(engine.drive().await.expect("an end").end, End::Succeeded);
    let approved = |event: &&pilotlight_journal::Event| matches!(event.what, Body::Approved { .. });
    assert_eq!(engine.journal().events().iter().filter(approved).count(), 1);
}

#[tokio::test]
async fn a_store_that_lists_no_requests_does_not_stop_a_run() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    leave_request(&store, &request(&engine, Wish::Pause)).await.expect("left");
    store.set_fault(|operation, key| {
        (operation == Operation::List && key.starts_with("requests/")).then_some(Fault::LoseRequest)
    });
    assert_eq!(engine.drive().await.expect("an end").end, End::Succeeded);
}

/// Kills with a pause under way: whoever resumes is not stopped by what was asked of the dead.
#[tokio::test]
async fn a_pause_and_a_kill_at_any_append_end_in_the_same_world() {
    let mut reached = 0;
    for at in 0..60 {
        let world = world(Side::Primary);
        let store = MemoryStore::new("journal");
        let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
        let pause = request(&engine, Wish::Pause);
        let elsewhere = MemoryStore::new("elsewhere");
        leave_request(&elsewhere, &pause).await.expect("left");
        let (key, bytes) = elsewhere.objects().pop_first().expect("the request");
        let (journal, dying) = (store.clone(), world.clone());
        let mut creates = 0;
        store.set_fault(move |operation, _| {
            if operation != Operation::Create {
                return None;
            }
            creates += 1;
            if creates == at + 1 {
                // The request arrives in the moment of the kill.
                journal.tamper(&key, Some(bytes.clone()));
                dying.kill();
            }
            (creates > at).then_some(Fault::Deny)
        });
        let killed = tokio::select! {
            ended = engine.drive() => ended.is_err(),
            () = world.died() => true,
        };
        drop(engine);
        store.clear_fault();
        world.revive();
        if !killed {
            break;
        }
        reached += 1;
        let conclusion = resume(&world, &store).await.expect("a run").drive().await.expect("an end");
        assert_eq!(conclusion.end, End::Succeeded, "killed at append {at}: {}", conclusion.detail);
        assert_eq!(
            (world.values("app.shop.test"), world.with(|state| state.changes.len())),
            (STANDBY.map(str::to_owned).to_vec(), 2)
        );
    }
    assert!((20..60).contains(&reached), "{reached} appends");
}

/// The same run, with a person at the terminal who does not answer.
async fn with_silent_terminal(world: &World, store: &MemoryStore, engine: Engine) -> Engine {
    let run = engine.journal().run().to_owned();
    drop(engine);
    let ports = Ports { approver: Arc::new(Silent(world.clone())), ..world.ports() };
    let ownership = pilotlight_journal::Ownership::resume("ada@ops");
    Engine::resume(&run, ownership, &JournalStores::one(store.clone()), ports).await.expect("a run")
}

fn yes_seen_by(engine: &Engine, yes: &Request) -> Request {
    Request { seen: engine.journal().events().len() as u64 - 1, ..yes.clone() }
}

/// Somebody at a terminal who has gone to fetch coffee.
struct Silent(World);

#[async_trait::async_trait]
impl Approver for Silent {
    async fn ask(&self, _question: &ApprovalQuestion) -> ApprovalAnswer {
        self.0.with(|state| state.waits.push("asked".into()));
        std::future::pending().await
    }
}
