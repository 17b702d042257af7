//! The stores after the first: written best-effort, compared when a run is read, never asked to decide.

use crate::backlog::{LackingClaims, lacking_claims, lacking_events};
use crate::chain::{Link, event_key, key_number, read_link, verify_links};
use crate::lead::tip;
use crate::read::read_objects;
use crate::{EventStore, JournalStores};
use futures::future::join_all;
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes, with_causes};
use pilotlight_store::StoreError;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio::time::error::Elapsed;

/// Time for one object of a copy. The run waits for its copies, so a copy in the region that is down must
/// not cost more than this, and not at the end of each phase: nobody is served while a run is between its fence and
/// its switch.
const COPY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a copy that gave no answer at all is left alone, but where the run stops or ends.
const SILENCE: Duration = Duration::from_secs(60);

/// A copy and what it still lacks.
pub(crate) struct CopyState {
    store: Arc<dyn EventStore>,
    first: Arc<dyn EventStore>,
    plan: String,
    run: String,
    /// Whether the plan's earlier claims were compared; then the runs of those that it lacked.
    lacked: Option<BTreeSet<String>>,
    /// Objects to write, oldest first, so that a copy is always a whole journal of an earlier moment.
    pending: VecDeque<(String, Vec<u8>)>,
    /// Why it lags, where it does.
    cause: Option<String>,
    /// When it last gave no answer at all, and has not answered since.
    silent_since: Option<Instant>,
    contradictions: Vec<Finding>,
}

impl CopyState {
    /// The copy of a run.
    pub(crate) fn new(store: &Arc<dyn EventStore>, first: &Arc<dyn EventStore>, plan: &str, run: &str) -> Self {
        Self {
            store: Arc::clone(store),
            first: Arc::clone(first),
            plan: plan.to_owned(),
            run: run.to_owned(),
            lacked: None,
            pending: VecDeque::new(),
            cause: None,
            silent_since: None,
            contradictions: Vec::new(),
        }
    }

    /// A copy that lags is left alone until the next [`CopyState::sync`].
    pub(crate) fn lags(&self) -> bool {
        self.cause.is_some()
    }

    /// Whether to ask it would cost its full time again.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent_since.is_some_and(|since| since.elapsed() < SILENCE)
    }

    /// Keeps what the comparison found, but for the lag, which this state knows itself.
    pub(crate) fn note(&mut self, findings: Vec<Finding>) {
        self.contradictions.extend(findings.into_iter().filter(|finding| finding.code == codes::J_CONTRADICTION));
    }

    pub(crate) fn push(&mut self, key: &str, bytes: &[u8]) {
        self.pending.push_back((key.to_owned(), bytes.to_vec()));
    }

    /// Writes what the copy lacks, up to the first object that fails.
    pub(crate) async fn sync(&mut self) {
        self.cause = None;
        self.silent_since = None;
        if self.lacked.is_none() {
            let lacking = lacking_claims(&*self.first, &*self.store, &self.plan, &self.run);
            let lacking = tokio::time::timeout(COPY_TIMEOUT, lacking).await;
            let Some(LackingClaims { claims, runs }) = self.answered(lacking) else { return };
            for claim in claims.into_iter().rev() {
                self.pending.push_front(claim);
            }
            self.lacked = Some(runs);
        }
        while let Some((key, bytes)) = self.pending.front() {
            let put = tokio::time::timeout(COPY_TIMEOUT, put_copy(&*self.store, key, bytes)).await;
            let differs = match &put {
                Ok(Ok(Put::Differs(stored))) => Some(contradiction(&*self.store, key, &describe(key, stored))),
                _ => None,
            };
            if self.answered(put).is_none() {
                return;
            }
            self.contradictions.extend(differs);
            self.pending.pop_front();
        }
    }

    /// Writes what the copy lacks of the plan's earlier runs, where it has all of this one.
    pub(crate) async fn catch_up(&mut self) {
        let Some(lacked) = self.lacked.as_ref().filter(|_| self.pending.is_empty()) else { return };
        let lacking = lacking_events(&*self.first, &*self.store, &self.plan, &self.run, lacked);
        let lacking = tokio::time::timeout(COPY_TIMEOUT, lacking).await;
        if let Some(events) = self.answered(lacking).filter(|events| !events.is_empty()) {
            self.pending.extend(events);
            self.sync().await;
        }
    }

    /// What the copy answered. Where it did not, it is said why, and how long it is left alone.
    fn answered<T, E: std::error::Error>(&mut self, answer: Result<Result<T, E>, Elapsed>) -> Option<T> {
        match answer {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => self.cause = Some(with_causes(&error)),
            Err(_) => {
                self.cause = Some(format!("no answer within {} s", COPY_TIMEOUT.as_secs()));
                self.silent_since = Some(Instant::now());
            }
        }
        None
    }

    /// What there is to say about this copy.
    pub(crate) fn findings(&self) -> impl Iterator<Item = Finding> + '_ {
        let lag = self.cause.as_deref().map(|cause| lag(&*self.store, self.pending.len(), cause));
        self.contradictions.iter().cloned().chain(lag)
    }
}

enum Put {
    Same,
    Differs(Vec<u8>),
}

async fn put_copy(store: &dyn EventStore, key: &str, bytes: &[u8]) -> Result<Put, StoreError> {
    match store.create(key, bytes).await {
        Ok(()) => Ok(Put::Same),
        Err(error @ StoreError::AlreadyExists { .. }) => match store.read(key).await? {
            Some(stored) if stored == bytes => Ok(Put::Same),
            Some(stored) => Ok(Put::Differs(stored)),
            None => Err(error),
        },
        Err(error) => Err(error),
    }
}

/// What a copy holds of a run, against the first store's events.
pub(crate) struct Inspection {
    /// Numbers that it lacks.
    pub(crate) missing: Vec<u64>,
    /// The first event that is whole and differs, or that the first store has not where it cannot be gone on with:
    /// another story.
    pub(crate) diverged: Option<u64>,
    /// Events that follow the first store's last one: the same story, told further.
    pub(crate) ahead: Vec<Link>,
    /// Where the copy's story ends.
    pub(crate) tip: String,
    pub(crate) findings: Vec<Finding>,
}

/// Compares one copy. It is not asked to be reachable: then it lacks everything, and the finding says why.
pub(crate) async fn inspect(first: &dyn EventStore, copy: &dyn EventStore, run: &str, links: &[Link]) -> Inspection {
    let read = tokio::time::timeout(COPY_TIMEOUT, read_objects(copy, run)).await;
    let objects = match read {
        Ok(Ok(objects)) => objects,
        failed => {
            let cause = match failed {
                Ok(Err(error)) => with_causes(&error),
                _ => format!("no answer within {} s", COPY_TIMEOUT.as_secs()),
            };
            let missing = (0..links.len() as u64).collect();
            let (ahead, tip) = (Vec::new(), "what is not known".to_owned());
            return Inspection { missing, diverged: None, ahead, tip, findings: vec![unread(copy, &cause)] };
        }
    };
    let folder = format!("runs/{run}/");
    let whole = verify_links(run, &objects).ok();
    let mut inspection = Inspection {
        missing: Vec::new(),
        diverged: None,
        ahead: Vec::new(),
        tip: whole.as_ref().map_or_else(|| "what is not whole".to_owned(), |links| tip(links.last())),
        findings: Vec::new(),
    };
    if let Some(ahead) = further(first, whole.unwrap_or_default(), links).await {
        inspection.findings.push(behind(first, copy, ahead.len()));
        inspection.ahead = ahead;
        return inspection;
    }
    for (sequence, link) in (0u64..).zip(links) {
        let key = event_key(run, sequence);
        match objects.get(&key) {
            None => inspection.missing.push(sequence),
            Some(stored) if *stored == link.bytes => {}
            Some(stored) => {
                if read_link(&key, stored).is_ok() {
                    inspection.diverged.get_or_insert(sequence);
                }
                inspection.findings.push(contradiction(copy, &key, &describe(&key, stored)));
            }
        }
    }
    for key in objects.keys() {
        let number = key_number(&folder, key);
        if number.is_some_and(|number| number < links.len() as u64) {
            continue;
        }
        // An executor at work writes the first store, then the copy: look again before it is a contradiction.
        if let (Some(number), Ok(None)) = (number, first.read(key).await) {
            inspection.diverged.get_or_insert(number);
            inspection.findings.push(contradiction(copy, key, "the first store has no such event"));
        } else if number.is_none() {
            inspection.findings.push(contradiction(copy, key, "it is no event of this run by its name"));
        }
    }
    if !inspection.missing.is_empty() {
        let finding = lag(copy, inspection.missing.len(), "they are not there");
        inspection.findings.push(finding);
    }
    inspection
}

/// What a copy has after the first store's last event, where it has all that comes before just so.
async fn further(first: &dyn EventStore, mut copy: Vec<Link>, links: &[Link]) -> Option<Vec<Link>> {
    let same = copy.len() > links.len() && copy.iter().zip(links).all(|(copy, link)| copy.bytes == link.bytes);
    if !same {
        return None;
    }
    let ahead = copy.split_off(links.len());
    let next = ahead.first()?;
    // An executor at work writes the first store, then the copy: look again before it is behind.
    let key = event_key(&next.event.run, next.event.sequence);
    matches!(first.read(&key).await, Ok(None)).then_some(ahead)
}

/// Every copy of a run against the first store.
pub(crate) async fn inspect_all(stores: &JournalStores, run: &str, links: &[Link]) -> Vec<Inspection> {
    let first = &*stores.first;
    join_all(stores.copies.iter().map(|copy| inspect(first, &**copy, run, links))).await
}

fn describe(key: &str, stored: &[u8]) -> String {
    if key.starts_with("plans/") {
        // Whoever has another first store, a folder of another machine, claims there too.
        return "it holds the claim of another run: somebody runs this plan with another first store".into();
    }
    match read_link(key, stored) {
        Ok(link) => format!("it holds another event, written by executor {} at {}", link.event.executor, link.event.at),
        Err(error) => error.to_string(),
    }
}

fn contradiction(copy: &dyn EventStore, key: &str, cause: &str) -> Finding {
    let subject = Subject::Journal { url: format!("{}/{key}", copy.url()) };
    Finding::new(codes::J_CONTRADICTION, Severity::Critical, subject, "contradicts the first store")
        .with(Evidence::fact("cause", cause))
        .remedy("find out which store tells the truth before this run is continued")
}

/// How a copy that lacks something gets it.
const BROUGHT_UP: &str =
    "make the store reachable; the next phase of the run, `run resume`, or the plan's next run brings it up to date";

/// `1 event`, `3 events`
pub(crate) fn events(count: usize) -> String {
    if count == 1 { "1 event".to_owned() } else { format!("{count} events") }
}

fn behind(first: &dyn EventStore, copy: &dyn EventStore, by: usize) -> Finding {
    let subject = Subject::Journal { url: first.url() };
    Finding::new(codes::J_LAG, Severity::Warning, subject, format!("is behind its copy by {}", events(by)))
        .with(Evidence::fact("copy", copy.url()))
        .remedy(
            "the next command that begins or takes on a run of the plan brings it up, and reads the copy until then",
        )
}

fn lag(copy: &dyn EventStore, lacks: usize, cause: &str) -> Finding {
    let subject = Subject::Journal { url: copy.url() };
    let message = match lacks {
        0 => "may lack objects of earlier runs".to_owned(),
        1 => "lacks 1 object of the run".to_owned(),
        lacks => format!("lacks {lacks} objects of the run"),
    };
    Finding::new(codes::J_LAG, Severity::Warning, subject, message)
        .with(Evidence::fact("cause", cause))
        .remedy(BROUGHT_UP)
}

fn unread(copy: &dyn EventStore, cause: &str) -> Finding {
    let subject = Subject::Journal { url: copy.url() };
    Finding::new(codes::J_LAG, Severity::Warning, subject, "cannot be read, so what it lacks is unknown")
        .with(Evidence::fact("cause", cause))
        .remedy(BROUGHT_UP)
}
