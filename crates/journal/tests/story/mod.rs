//! A run's story to test with, and short ways to ask.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(clippy::unwrap_used, reason = "this is a part of tests")]

use jiff::Timestamp;
use pilotlight_journal::{
    Body, Clock, EventStore, JournalStores, MemoryStore, Outcome, Ownership, RunJournal, RunOutcome, Start,
    canonical_json, digest,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that goes on by a second each time it is asked.
pub(crate) fn clock() -> Clock {
    let seconds = AtomicI64::new(1_790_000_000);
    Arc::new(move || Timestamp::from_second(seconds.fetch_add(1, Ordering::Relaxed)).unwrap())
}

pub(crate) fn blocking<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub(crate) fn start(plan: &str) -> Start {
    let run =
        json!({"steps": [{"id": "switch", "ttl": 30}], "weights": [0.5, 1e-7, 0.1 + 0.2, 2.0 / 3.0], "name": "Zürich"});
    Start {
        plan: plan.into(),
        job: "failover".into(),
        operator: "anna@console".into(),
        digest: digest(canonical_json(&run).unwrap()),
        run,
        journal_override: None,
    }
}

pub(crate) fn resume() -> Ownership {
    Ownership::resume("anna@console")
}

pub(crate) fn takeover() -> Ownership {
    Ownership::takeover("ben@laptop")
}

pub(crate) fn intended(step: &str, attempt: u32) -> Body {
    Body::StepIntended { step: step.into(), attempt }
}

pub(crate) fn finished(step: &str, outcome: Outcome) -> Body {
    let observed = json!({"values": ["127.0.2.10"], "ms": 12.25});
    Body::StepFinished { step: step.into(), outcome, observed, detail: "seen \"so\"".into() }
}

pub(crate) fn end() -> Body {
    Body::RunFinished { outcome: RunOutcome::Succeeded, detail: "traffic is in eu-central-1".into() }
}

/// A run with most kinds of events, to its end.
pub(crate) async fn tell(store: &MemoryStore) -> RunJournal {
    let stores = JournalStores::one(store.clone());
    let mut journal = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    let phase = || "switch".to_owned();
    for body in [
        Body::PhaseStarted { phase: phase() },
        finished("check", Outcome::AlreadyDone),
        intended("switch", 1),
        finished("switch", Outcome::Unknown),
        Body::Stopped { step: Some("switch".into()), reason: "it could not be observed".into() },
    ] {
        journal.append(body).await.unwrap();
    }
    let run = journal.run().to_owned();
    let mut journal = RunJournal::open(&stores, clock(), &run, resume()).await.unwrap();
    for body in [
        intended("switch", 2),
        finished("switch", Outcome::Done),
        Body::Skipped { step: "notify".into(), by: "anna@console".into(), reason: "told them by phone".into() },
    ] {
        journal.append(body).await.unwrap();
    }
    let mut journal = RunJournal::open(&stores, clock(), &run, takeover()).await.unwrap();
    for body in [
        Body::PhaseFinished { phase: phase() },
        Body::Approved { step: "finish".into(), by: "ben@laptop".into(), reason: "numbers look right".into() },
        finished("finish", Outcome::Done),
        end(),
    ] {
        journal.append(body).await.unwrap();
    }
    journal
}

pub(crate) fn key(run: &str, sequence: usize) -> String {
    format!("runs/{run}/{sequence:010}.json")
}

pub(crate) fn events_of(store: &MemoryStore, run: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = format!("runs/{run}/");
    store.objects().into_iter().filter(|(key, _)| key.starts_with(&folder)).collect()
}

pub(crate) async fn count(store: &dyn EventStore, run: &str) -> usize {
    store.list(&format!("runs/{run}")).await.unwrap().len()
}
