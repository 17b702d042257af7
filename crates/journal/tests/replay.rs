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
        (Body::RollbackStarted { step: Some("b".into()), by: None, reason: "b failed".into() }, StepStatus::Done),
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

/// Where the steps of a run stand that was aborted and whose abort was taken back.
#[tokio::test]
async fn a_withdrawn_abort_leaves_what_was_before_it_but_for_what_is_done_once_more() {
    let stores = JournalStores::one(MemoryStore::new("a"));
    let mut journal = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    let undone = |step: &str, outcome| Body::UndoFinished {
        step: step.into(),
        outcome,
        observed: json!(null),
        detail: "d".into(),
    };
    let skipped = |step: &str| Body::Skipped { step: step.into(), by: "ben@laptop".into(), reason: "r".into() };
    let undoes = |step: &str| Body::UndoIntended { step: step.into(), attempt: 1 };
    for body in [
        Body::PhaseStarted { phase: "switch".into() },
        intended("gone", 1),
        finished("gone", Outcome::Done),
        intended("doubt", 1),
        finished("doubt", Outcome::Done),
        finished("kept", Outcome::Done),
        skipped("left"),
        Body::PhaseFinished { phase: "switch".into() },
        Body::PhaseStarted { phase: "verify".into() },
        Body::RollbackStarted { step: None, by: Some("anna@console".into()), reason: "no".into() },
        undoes("gone"),
        undone("gone", Outcome::Done),
        undoes("doubt"),
        skipped("kept"),
    ] {
        journal.append(body).await.unwrap();
    }
    let rollback = journal.state().rollback.clone().unwrap();
    assert_eq!((rollback.by.as_deref(), rollback.step), (Some("anna@console"), None));
    let again = vec!["gone".to_owned(), "doubt".to_owned()];
    let (by, reason) = ("ben@laptop".to_owned(), "yes".to_owned());
    journal.append(Body::AbortWithdrawn { by, reason, again }).await.unwrap();
    let state = journal.state();
    assert_eq!(state, &replay(journal.events()).unwrap());
    assert!(state.rollback.is_none() && state.phase.is_none());
    assert_eq!(
        state.withdrawn.as_ref().map(|word| (word.by.as_str(), word.reason.as_str())),
        Some(("ben@laptop", "yes"))
    );
    let status = |step| state.status(step);
    assert_eq!((status("gone"), status("doubt")), (StepStatus::Pending, StepStatus::InDoubt));
    assert_eq!((status("kept"), status("left")), (StepStatus::Done, StepStatus::Skipped));
    assert_eq!(state.skips.keys().collect::<Vec<_>>(), ["left"], "the other word was about the way back");
    let gone = &state.steps["gone"];
    assert_eq!((gone.attempts, gone.undo_attempts, gone.finished_at), (1, 0, None));
    let before = gone.started_at;
    journal.append(Body::PhaseStarted { phase: "switch".into() }).await.unwrap();
    journal.append(intended("gone", 2)).await.unwrap();
    let state = journal.state();
    assert_eq!(state.phase.as_deref(), Some("switch"));
    assert!(state.phases["switch"].finished_at.is_none() && state.steps["gone"].started_at > before);
}

#[test]
fn an_abort_of_before_there_was_its_author_is_read() {
    let old = r#"{"kind":"rollback_started","body":{"reason":"aborted by anna@console: no"}}"#;
    let read: Body = serde_json::from_str(old).unwrap();
    assert_eq!(read, Body::RollbackStarted { step: None, by: None, reason: "aborted by anna@console: no".into() });
    assert_eq!(serde_json::to_string(&read).unwrap(), old, "and its hash stays");
}

#[test]
fn no_events_are_no_run() {
    assert_eq!(replay(&[]).unwrap_err().to_string(), "the journal cannot stand here: a run has at least one event");
}
