//! Where events lead.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]

mod story;

use pilotlight_journal::{
    Body, JournalStores, MemoryStore, Outcome, RunJournal, RunOutcome, StepStatus, read_run, replay,
};
use serde_json::json;
use story::{clock, finished, intended, start, tell};

#[tokio::test]
async fn a_whole_story() {
    let store = MemoryStore::new("a");
    let journal = tell(&store).await;
    let log = read_run(&JournalStores::one(store), journal.run()).await.unwrap();
    assert_eq!(&log.state, journal.state(), "what the executor believes is what its journal says");
    let state = log.state;
    assert_eq!(
        (state.plan.as_str(), state.operator.as_str(), state.compiled["steps"][0]["id"].clone()),
        ("shop", "anna@console", json!("switch"))
    );
    let step = &state.steps["switch"];
    assert_eq!((step.status, step.attempts, step.detail.as_str()), (StepStatus::Done, 2, "seen \"so\""));
    assert_eq!(step.observed, json!({"values": ["127.0.2.10"], "ms": 12.25}));
    assert_eq!(state.status("check"), StepStatus::AlreadyDone);
    assert_eq!(state.status("notify"), StepStatus::Skipped);
    assert_eq!(state.skips["notify"].reason, "told them by phone");
    assert_eq!(state.approvals["finish"].by, "ben@laptop");
    assert_eq!(state.status("never"), StepStatus::Pending);
    assert!(state.phase.is_none() && state.phases["switch"].finished_at.is_some());
    assert!(state.stopped.is_none(), "it was resumed since");
    assert_eq!(state.finished.unwrap().outcome, RunOutcome::Succeeded);
    assert_eq!(state.executor, log.events.last().unwrap().executor);
    assert!(state.started_at < state.last_at);
}

#[tokio::test]
async fn each_moment_has_its_state() {
    let stores = JournalStores::one(MemoryStore::new("a"));
    let mut journal = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    let undo = |outcome| Body::UndoFinished { step: "a".into(), outcome, observed: json!(null), detail: "d".into() };
    let moments = [
        (intended("a", 1), StepStatus::InDoubt),
        (finished("a", Outcome::Failed), StepStatus::Failed),
        (intended("a", 2), StepStatus::InDoubt),
        (finished("a", Outcome::Unknown), StepStatus::Unknown),
        (finished("a", Outcome::Done), StepStatus::Done),
        (Body::RollbackStarted { step: Some("b".into()), reason: "b failed".into() }, StepStatus::Done),
        (Body::UndoIntended { step: "a".into(), attempt: 1 }, StepStatus::UndoInDoubt),
        (undo(Outcome::Unknown), StepStatus::UndoUnknown),
        (undo(Outcome::Failed), StepStatus::UndoFailed),
        (undo(Outcome::AlreadyDone), StepStatus::Undone),
    ];
    for (body, status) in moments {
        journal.append(body.clone()).await.unwrap();
        assert_eq!(journal.state().status("a"), status, "{body:?}");
        assert_eq!(journal.state(), &replay(journal.events()).unwrap());
        let doubt = matches!(status, StepStatus::InDoubt | StepStatus::UndoInDoubt);
        assert_eq!(journal.state().in_doubt().count(), usize::from(doubt));
    }
    let state = journal.state();
    assert_eq!((state.steps["a"].attempts, state.steps["a"].undo_attempts), (2, 1));
    assert_eq!(state.rollback.as_ref().unwrap().step.as_deref(), Some("b"));
    journal.append(Body::Stopped { step: None, reason: "Ctrl-C".into() }).await.unwrap();
    assert_eq!(journal.state().stopped.as_ref().unwrap().reason, "Ctrl-C");
}

#[test]
fn no_events_are_no_run() {
    assert_eq!(replay(&[]).unwrap_err().to_string(), "the journal cannot stand here: a run has at least one event");
}
