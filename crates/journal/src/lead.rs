//! A copy that is ahead of the first store: a run was gone on with, or begun, in it (`--journal`) while the first store
//! could not be reached.
//!
//! Whoever next begins or takes on a run, and reaches both, brings the first store up, where what that has is the
//! beginning of what the copy has. Where each has what the other has not, nothing is written and both are named. No
//! object is ever replaced, so that nothing is lost.
//!
//! An executor that has the copy for its first store may be alive still. So the event by which a run is taken on is
//! written into the copy before anything is written into the first store: from then on the other executor cannot append,
//! and of two machines that take the run on at once, one can. A kill in between leaves the first store behind, as it
//! was. A run that is finished has no executor, and is brought up as it is.

use crate::append::{Decided, create_decided};
use crate::chain::{Link, event_key};
use crate::claim::{Stored, claim_keys, claim_run, first_event, load_claim};
use crate::copies::{Inspection, events, inspect};
use crate::read::read_links;
use crate::{Body, EventStore, JournalError, JournalStores, RunLog, latest_run, plan_runs, read_run};
use futures::future::join_all;
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes};
use std::sync::Arc;
use std::time::Duration;

/// How long a copy may take to say which runs it has: one list call. Who begins a run in the worst hour waits for it.
const LIST_TIMEOUT: Duration = Duration::from_secs(2);

/// The copy that has most of a run, and what the first store has not.
pub(crate) struct Lead {
    store: Arc<dyn EventStore>,
    /// Events that follow those of the first store.
    pub(crate) ahead: Vec<Link>,
    /// The run's claim, as key and bytes, where the first store may lack it.
    claim: Option<(String, Vec<u8>)>,
}

/// Which copy is furthest ahead, where every other one has the same story.
pub(crate) fn lead_of(stores: &JournalStores, inspections: &mut [Inspection]) -> Option<Lead> {
    let furthest = (0..inspections.len()).max_by_key(|at| inspections[*at].ahead.len())?;
    let ahead = inspections[furthest].ahead.clone();
    if ahead.is_empty() {
        return None;
    }
    let first = ahead.first().map_or(0, |link| link.event.sequence);
    for other in inspections.iter_mut() {
        let differs = other.ahead.iter().zip(&ahead).position(|(one, other)| one.bytes != other.bytes);
        if let Some(at) = differs {
            other.diverged.get_or_insert(first + at as u64);
        }
    }
    Some(Lead { store: Arc::clone(&stores.copies[furthest]), ahead, claim: None })
}

impl Lead {
    /// With the run's claim, of which the first store may have nothing.
    pub(crate) async fn with_claim(mut self, plan: &str, run: &str) -> Result<Self, JournalError> {
        self.claim = claim_of_run(&*self.store, plan, run).await?;
        Ok(self)
    }

    pub(crate) fn claim(&self) -> Option<&(String, Vec<u8>)> {
        self.claim.as_ref()
    }

    pub(crate) fn url(&self) -> String {
        self.store.url()
    }

    /// Takes the run on in the copy with this event, and brings the first store up to it.
    ///
    /// # Errors
    /// Another executor was faster; or the first store has got another story since.
    pub(crate) async fn take(
        &self,
        first: &dyn EventStore,
        run: &str,
        sequence: u64,
        bytes: &[u8],
    ) -> Result<(), JournalError> {
        let copy = &*self.store;
        let key = event_key(run, sequence);
        match create_decided(copy, &key, bytes).await.map_err(JournalError::store(copy.url()))? {
            Decided::Written => {}
            Decided::Taken(stored) => {
                let other = crate::chain::read_link(&key, &stored).map_err(JournalError::chain(copy.url()))?;
                return Err(JournalError::lost(run, &other.event, None));
            }
        }
        self.bring_up(first, run).await
    }

    /// Writes into the first store what it has not.
    async fn bring_up(&self, first: &dyn EventStore, run: &str) -> Result<(), JournalError> {
        let from = self.ahead.first().map_or(0, |link| link.event.sequence);
        let diverged = |sequence| JournalError::Diverged {
            run: run.to_owned(),
            first: first.url(),
            copy: self.url(),
            sequence,
            tips: format!("the copy has {}", tip(self.ahead.last())),
        };
        if let Some((key, bytes)) = &self.claim
            && !put_same(first, key, bytes).await?
        {
            return Err(diverged(from));
        }
        for link in &self.ahead {
            let key = event_key(run, link.event.sequence);
            if !put_same(first, &key, &link.bytes).await? {
                return Err(diverged(link.event.sequence));
            }
        }
        Ok(())
    }

    /// What was done, for the run's report.
    pub(crate) fn told(&self, first: &dyn EventStore) -> Finding {
        let subject = Subject::Journal { url: first.url() };
        let message = format!("was behind its copy by {}, and was brought up", events(self.ahead.len()));
        Finding::new(codes::J_LAG, Severity::Info, subject, message).with(Evidence::fact("copy", self.url()))
    }
}

/// Where a store's story of a run ends, in a person's words.
pub(crate) fn tip(last: Option<&Link>) -> String {
    last.map_or_else(
        || "no event".to_owned(),
        |link| {
            let event = &link.event;
            format!("event {} of {:.0} by executor {} as its last", event.sequence, event.at, event.executor)
        },
    )
}

/// Creates an object, or finds the same there; false where another one is there.
async fn put_same(store: &dyn EventStore, key: &str, bytes: &[u8]) -> Result<bool, JournalError> {
    let decided = create_decided(store, key, bytes).await.map_err(JournalError::store(store.url()))?;
    Ok(matches!(decided, Decided::Written))
}

async fn claim_of_run(
    store: &dyn EventStore,
    plan: &str,
    run: &str,
) -> Result<Option<(String, Vec<u8>)>, JournalError> {
    // The newest runs are looked for, and looked at, first.
    for (number, key) in (0u64..).zip(claim_keys(store, plan).await?).collect::<Vec<_>>().into_iter().rev() {
        let stored = load_claim(store, plan, &key, number).await?;
        if claim_run(&stored) == run {
            return Ok(Some((key, stored.into_bytes())));
        }
    }
    Ok(None)
}

fn is_over(links: &[Link]) -> bool {
    links.last().is_some_and(|link| matches!(link.event.what, Body::RunFinished { .. }))
}

/// Claims that a copy has and the first store has not.
struct NewClaims {
    store: Arc<dyn EventStore>,
    claims: Vec<(String, Stored)>,
}

/// The copy with the most claims, where the first store's are the beginning of them. One that does not answer is left
/// out: copies do not decide.
async fn new_claims(stores: &JournalStores, plan: &str) -> Result<Option<NewClaims>, JournalError> {
    if stores.copies.is_empty() {
        return Ok(None);
    }
    let first = &*stores.first;
    let known = claim_keys(first, plan).await?;
    let listed = stores.copies.iter().map(|copy| async move {
        match tokio::time::timeout(LIST_TIMEOUT, claim_keys(&**copy, plan)).await {
            Ok(Ok(keys)) => Some((Arc::clone(copy), keys)),
            _ => None,
        }
    });
    let longest = join_all(listed).await.into_iter().flatten().max_by_key(|(_, keys)| keys.len());
    let Some((store, keys)) = longest.filter(|(_, keys)| keys.len() > known.len()) else { return Ok(None) };
    if let Some((number, key)) = (0u64..).zip(&known).last() {
        let (here, there) =
            (load_claim(first, plan, key, number).await?, load_claim(&*store, plan, key, number).await?);
        if here.bytes() != there.bytes() {
            return Err(JournalError::Diverged {
                run: claim_run(&here).to_owned(),
                first: first.url(),
                copy: store.url(),
                sequence: 0,
                tips: format!("as its run {number} of the plan the copy has {}", claim_run(&there)),
            });
        }
    }
    let mut claims = Vec::new();
    for (number, key) in (0u64..).zip(keys).skip(known.len()) {
        let stored = load_claim(&*store, plan, &key, number).await?;
        claims.push((key, stored));
    }
    Ok(Some(NewClaims { store, claims }))
}

/// The runs of a plan, oldest first: those of the first store, and those that a copy has beyond them. Nothing is written.
///
/// # Errors
/// The first store gives no answer, a claim is damaged or missing, or a copy has another run where the first has one.
pub async fn known_runs(stores: &JournalStores, plan: &str) -> Result<Vec<String>, JournalError> {
    let mut runs = plan_runs(&*stores.first, plan).await?;
    if let Some(new) = new_claims(stores, plan).await? {
        runs.extend(new.claims.iter().map(|(_, stored)| claim_run(stored).to_owned()));
    }
    Ok(runs)
}

/// The plan's latest run where that is not finished, in whichever store it came furthest.
///
/// # Errors
/// As [`known_runs`], or the run's events cannot be trusted.
pub async fn unfinished_run(stores: &JournalStores, plan: &str) -> Result<Option<RunLog>, JournalError> {
    let Some(run) = known_runs(stores, plan).await?.pop() else { return Ok(None) };
    let log = read_run(stores, &run).await?;
    Ok(log.state.finished.is_none().then_some(log))
}

/// Brings the first store up with every run that is finished in a copy. What was done, for a report.
///
/// # Errors
/// [`JournalError::ActiveRun`] where a copy has a run that is not finished and that the first store has nothing of;
/// [`JournalError::Diverged`] where each has what the other has not; or the first store gave no answer.
pub(crate) async fn bring_up_finished(stores: &JournalStores, plan: &str) -> Result<Vec<Finding>, JournalError> {
    let first = &*stores.first;
    let mut told = Vec::new();
    if stores.copies.is_empty() {
        return Ok(told);
    }
    if let Some(run) = latest_run(first, plan).await? {
        let mut links = read_links(first, &run).await?;
        if !is_over(&links) {
            let inspections = join_all(stores.copies.iter().map(|copy| inspect(first, &**copy, &run, &links)));
            let mut inspections = inspections.await;
            if let Some(lead) = lead_of(stores, &mut inspections) {
                refuse_two_stories(first, stores, &run, &links, &inspections)?;
                links.extend(lead.ahead.iter().cloned());
                if is_over(&links) {
                    lead.bring_up(first, &run).await?;
                    told.push(lead.told(first));
                }
            }
        }
    }
    if let Some(NewClaims { store, claims }) = new_claims(stores, plan).await? {
        for (key, stored) in claims {
            let run = claim_run(&stored).to_owned();
            let mut ahead = read_links(&*store, &run).await?;
            if !is_over(&ahead) {
                return Err(JournalError::ActiveRun { plan: plan.to_owned(), run });
            }
            if ahead.is_empty() {
                ahead.push(first_event(plan, &stored).map_err(JournalError::chain(store.url()))?);
            }
            let lead = Lead { store: Arc::clone(&store), ahead, claim: Some((key, stored.into_bytes())) };
            lead.bring_up(first, &run).await?;
            told.push(lead.told(first));
        }
    }
    Ok(told)
}

/// # Errors
/// A copy tells another story than the first store, or than the copy that is furthest ahead.
pub(crate) fn refuse_two_stories(
    first: &dyn EventStore,
    stores: &JournalStores,
    run: &str,
    links: &[Link],
    inspections: &[Inspection],
) -> Result<(), JournalError> {
    for (copy, inspection) in stores.copies.iter().zip(inspections) {
        if let Some(sequence) = inspection.diverged {
            let tips = format!("the first store has {}, the copy {}", tip(links.last()), inspection.tip);
            let (run, first, copy) = (run.to_owned(), first.url(), copy.url());
            return Err(JournalError::Diverged { run, first, copy, sequence, tips });
        }
    }
    Ok(())
}
