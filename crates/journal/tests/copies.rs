//! The first store decides; copies follow, and what is wrong with one is a finding.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]

mod story;

use pilotlight_findings::{Evidence, Finding, Severity, codes};
use pilotlight_journal::{
    Body, EventStore, Fault, JournalStores, MemoryStore, Outcome, RunJournal, active_run, read_run,
};
use pilotlight_store::StoreError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use story::{clock, end, events_of, finished, intended, key, resume, start};

fn two() -> (MemoryStore, MemoryStore, JournalStores) {
    let (first, copy) = (MemoryStore::new("first"), MemoryStore::new("copy"));
    let stores = JournalStores::one(first.clone()).with_copy(copy.clone());
    (first, copy, stores)
}

fn said(findings: &[Finding]) -> Vec<String> {
    let cause = |finding: &Finding| match &finding.evidence[..] {
        [Evidence::Fact { value, .. }] => value.clone(),
        other => panic!("{other:?}"),
    };
    findings.iter().map(|f| format!("{} {} {}: {}", f.code, f.subject, f.message, cause(f))).collect()
}

#[tokio::test]
async fn a_copy_follows_with_its_claim() {
    let (first, copy, stores) = two();
    let mut journal = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    journal.append(intended("switch", 1)).await.unwrap();
    assert_eq!(first.objects(), copy.objects());
    assert!(journal.findings().is_empty());
    // The first store is lost: the copy alone is enough to go on.
    let alone = JournalStores::one(copy.clone());
    assert_eq!(active_run(&copy, "shop").await.unwrap().as_deref(), Some(journal.run()));
    let resumed = RunJournal::open(&alone, clock(), journal.run(), resume()).await.unwrap();
    assert_eq!(resumed.state().in_doubt().collect::<Vec<_>>(), ["switch"]);
}

#[tokio::test]
async fn a_copy_that_fails_lags_and_catches_up_when_the_phase_ends() {
    let (first, copy, stores) = two();
    let mut journal = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    copy.set_fault(|_, _| Some(Fault::LoseRequest));
    journal.append(intended("switch", 1)).await.unwrap();
    journal.append(finished("switch", Outcome::Done)).await.unwrap();
    let object = format!("memory:copy/{}", key(journal.run(), 1));
    assert_eq!(
        said(&journal.findings()),
        [format!("PL-J102 memory:copy lacks 2 objects of the run: reach {object}: the connection was refused")]
    );
    assert_eq!(journal.findings()[0].severity, Severity::Warning);
    copy.clear_fault();
    // The next event alone does not try again: a copy that is down must not slow every step.
    journal.append(intended("notify", 1)).await.unwrap();
    assert_eq!(events_of(&copy, journal.run()).len(), 1);
    journal.append(Body::PhaseFinished { phase: "switch".into() }).await.unwrap();
    assert_eq!(first.objects(), copy.objects());
    assert!(journal.findings().is_empty());
}

#[tokio::test]
async fn a_copy_that_lacks_events_is_seen_and_filled_by_a_resume() {
    let (first, copy, stores) = two();
    let journal = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    let run = journal.run().to_owned();
    copy.tamper(&key(&run, 0), None);
    let log = read_run(&stores, &run).await.unwrap();
    assert_eq!(said(&log.findings), ["PL-J102 memory:copy lacks 1 object of the run: they are not there"]);
    assert_eq!(events_of(&copy, &run).len(), 0, "reading writes nothing");
    let journal = RunJournal::open(&stores, clock(), &run, resume()).await.unwrap();
    assert!(journal.findings().is_empty());
    assert_eq!(first.objects(), copy.objects());
}

#[tokio::test]
async fn a_copy_that_cannot_be_read_is_a_finding_and_no_failure() {
    let (_, copy, stores) = two();
    let journal = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    copy.set_fault(|_, _| Some(Fault::Deny));
    let log = read_run(&stores, journal.run()).await.unwrap();
    assert_eq!(log.findings.len(), 1);
    assert_eq!(log.findings[0].message, "cannot be read, so what it lacks is unknown");
    let mut journal = RunJournal::open(&stores, clock(), journal.run(), resume()).await.unwrap();
    journal.append(end()).await.unwrap();
    assert_eq!(journal.findings()[0].code, codes::J_LAG);
}

#[tokio::test]
async fn a_damaged_copy_is_a_critical_finding_and_the_run_goes_on() {
    let (_, copy, stores) = two();
    let mut journal = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    journal.append(intended("switch", 1)).await.unwrap();
    let run = journal.run().to_owned();
    let object = key(&run, 1);
    let mut bytes = copy.objects()[&object].clone();
    bytes[20] ^= 1;
    copy.tamper(&object, Some(bytes));
    let findings = read_run(&stores, &run).await.unwrap().findings;
    assert_eq!(
        (findings.len(), findings[0].code, findings[0].severity),
        (1, codes::J_CONTRADICTION, Severity::Critical)
    );
    let said = said(&findings);
    assert!(
        said[0].contains(&format!("memory:copy/{object} contradicts the first store: {object} is damaged")),
        "{said:?}"
    );
    let journal = RunJournal::open(&stores, clock(), &run, resume()).await.unwrap();
    assert_eq!(journal.findings(), findings);
}

/// A store that can stop answering altogether.
#[derive(Clone)]
struct Silent {
    store: MemoryStore,
    silent: Arc<AtomicBool>,
}

#[async_trait::async_trait]
impl EventStore for Silent {
    fn url(&self) -> String {
        self.store.url()
    }

    async fn create(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        if self.silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.store.create(key, bytes).await
    }

    async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.read(key).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.store.list(prefix).await
    }

    async fn folders(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.store.folders(prefix).await
    }
}

#[tokio::test]
async fn a_copy_that_is_silent_costs_its_time_once_and_is_asked_again_when_the_run_ends() {
    let (first, copy) = (MemoryStore::new("first"), MemoryStore::new("copy"));
    let silent = Arc::new(AtomicBool::new(false));
    let stores = JournalStores::one(first.clone()).with_copy(Silent { store: copy.clone(), silent: silent.clone() });
    let mut journal = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    silent.store(true, Ordering::SeqCst);
    journal.append(intended("switch", 1)).await.unwrap();
    let began = Instant::now();
    for phase in ["fence", "promote", "switch"] {
        journal.append(Body::PhaseFinished { phase: phase.into() }).await.unwrap();
    }
    assert!(began.elapsed() < Duration::from_secs(4), "nobody is served meanwhile: {:?}", began.elapsed());
    assert_eq!(said(&journal.findings()), ["PL-J102 memory:copy lacks 4 objects of the run: no answer within 5 s"]);
    silent.store(false, Ordering::SeqCst);
    journal.append(end()).await.unwrap();
    assert_eq!(first.objects(), copy.objects());
    assert!(journal.findings().is_empty());
}
