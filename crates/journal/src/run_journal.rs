use crate::append::{Decided, create_decided};
use crate::canonical::canonical_json;
use crate::chain::{Link, event_key, read_link};
use crate::claim::{claim, claim_of, claimed_first_event};
use crate::copies::{CopyState, inspect_all};
use crate::lead::{Lead, bring_up_finished, lead_of, refuse_two_stories};
use crate::read::read_links;
use crate::seal::{seal, seal_text};
use crate::{
    Body, ChainError, EVENT_VERSION, Event, EventStore, JournalError, Ownership, Request, RunState, ShelfError, replay,
    requests,
};
use futures::future::join_all;
use jiff::Timestamp;
use pilotlight_findings::Finding;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;
use uuid::Uuid;

/// Tells the time of each event.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Tries to take a run from an executor that keeps appending while it is being taken. Each lost try is an
/// append of the other, and an executor appends a few times a second at most.
const TAKEOVER_ATTEMPTS: u32 = 20;

/// Where a run's events go.
#[derive(Clone)]
pub struct JournalStores {
    /// Decides.
    pub first: Arc<dyn EventStore>,
    /// Follow.
    pub copies: Vec<Arc<dyn EventStore>>,
}

impl JournalStores {
    /// One store, without copies.
    pub fn one(first: impl EventStore + 'static) -> Self {
        Self { first: Arc::new(first), copies: Vec::new() }
    }

    /// Adds a copy.
    #[must_use]
    pub fn with_copy(mut self, copy: impl EventStore + 'static) -> Self {
        self.copies.push(Arc::new(copy));
        self
    }
}

/// What the first event of a run says: see [`Body::RunStarted`].
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// The plan's name.
    pub plan: String,
    /// `failover` or `failback`
    pub job: String,
    /// Who starts it, `user@host`.
    pub operator: String,
    /// SHA-256 of the compiled run's canonical JSON.
    pub digest: String,
    /// The compiled run.
    pub run: Value,
    /// The journal given in place of the plan's, where the break-glass way is taken.
    pub journal_override: Option<String>,
}

/// A run that this executor owns, until another one takes it.
pub struct RunJournal {
    first: Arc<dyn EventStore>,
    copies: Vec<CopyState>,
    clock: Clock,
    executor: String,
    events: Vec<Event>,
    last_hash: String,
    state: RunState,
    broken: bool,
    /// The copy that is ahead of the first store, until this executor has taken the run on in it.
    lead: Option<Lead>,
    /// What was done to the first store.
    brought_up: Vec<Finding>,
}

impl RunJournal {
    /// Claims the plan and writes the run's first event. The run gets a new id, a UUID v7 of this moment.
    ///
    /// # Errors
    /// [`JournalError::ActiveRun`] where the plan has a run that is not finished, also one that began in
    /// the same moment. Otherwise the first store gave no answer or cannot be trusted.
    pub async fn start(stores: &JournalStores, clock: Clock, start: Start) -> Result<Self, JournalError> {
        let at = clock();
        let Start { plan, job, operator, digest, run, journal_override } = start;
        let event = Event {
            version: EVENT_VERSION,
            run: new_id(at),
            sequence: 0,
            at,
            previous: None,
            executor: new_id(at),
            what: Body::RunStarted { plan: plan.clone(), job, operator, digest, run, journal_override },
        };
        let first = &*stores.first;
        let brought_up = bring_up_finished(stores, &plan).await?;
        let text = RawValue::from_string(canonical_json(&event)?)?;
        let (claim_key, claim) = claim(first, &plan, &text).await?;
        let key = event_key(&event.run, 0);
        let sealed = seal_text("event", text.get());
        let link = read_link(&key, &sealed.bytes).map_err(JournalError::chain(first.url()))?;
        write_first(first, &key, &link).await?;
        let mut journal = Self::of(stores, clock, event.executor, vec![link])?;
        journal.brought_up = brought_up;
        for copy in &mut journal.copies {
            copy.push(&claim_key, &claim.bytes);
            copy.push(&key, &sealed.bytes);
        }
        journal.sync_copies().await;
        Ok(journal)
    }

    /// Reads and verifies a run, then takes it with a `resumed` or `takeover` event under a new executor id.
    /// From then on the executor before cannot append.
    ///
    /// # Errors
    /// The run is finished, is not there, or cannot be trusted; a copy tells another story
    /// ([`JournalError::Diverged`]); or the first store gave no answer.
    pub async fn open(
        stores: &JournalStores,
        clock: Clock,
        run: &str,
        ownership: Ownership,
    ) -> Result<Self, JournalError> {
        Self::open_known(stores, clock, run, ownership, |_| Ok(())).await.map(|(journal, ())| journal)
    }

    /// The same for a run that `known` accepts as it stands; one that it refuses is not taken, and nothing is written about it.
    ///
    /// # Errors
    /// As [`RunJournal::open`], or what `known` says.
    pub async fn open_known<T, E: From<JournalError>>(
        stores: &JournalStores,
        clock: Clock,
        run: &str,
        ownership: Ownership,
        known: impl Fn(&RunState) -> Result<T, E>,
    ) -> Result<(Self, T), E> {
        let executor = new_id(clock());
        let mut attempt = 1;
        loop {
            let mut journal = Self::load(stores, clock.clone(), &executor, run).await?;
            let accepted = known(&journal.state)?;
            // Nothing is written about a run that is taken on in a copy before it is taken on.
            if journal.lead.is_none() {
                journal.sync_copies().await;
            }
            let taken = ownership.event(&journal.state);
            match journal.append(taken).await {
                Ok(_) => return Ok((journal, accepted)),
                Err(JournalError::LostOwnership { .. }) if ownership.takeover && attempt < TAKEOVER_ATTEMPTS => {
                    attempt += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The run as it stands, with its copies compared, and nothing written but what its claim promised.
    async fn load(stores: &JournalStores, clock: Clock, executor: &str, run: &str) -> Result<Self, JournalError> {
        let first = &*stores.first;
        let mut links = read_links(first, run).await?;
        if links.is_empty()
            && let Some(link) = claimed_first_event(first, run).await?
        {
            write_first(first, &event_key(run, 0), &link).await?;
            links.push(link);
        }
        let mut inspections = inspect_all(stores, run, &links).await;
        let lead = lead_of(stores, &mut inspections);
        refuse_two_stories(first, stores, run, &links, &inspections)?;
        let known = links.len() as u64;
        links.extend(lead.iter().flat_map(|lead| lead.ahead.iter().cloned()));
        if links.is_empty() {
            return Err(JournalError::NotFound { run: run.to_owned(), url: first.url() });
        }
        let mut journal = Self::of(stores, clock, executor.to_owned(), links.clone())?;
        let plan = journal.state.plan.clone();
        if journal.state.finished.is_some() {
            if lead.is_some() {
                bring_up_finished(stores, &plan).await?;
            }
            return Err(JournalError::Finished { run: run.to_owned() });
        }
        let mut claim = claim_of(first, &plan, run).await?;
        if let Some(lead) = lead {
            let lead = lead.with_claim(&plan, run).await?;
            journal.brought_up.push(lead.told(first));
            claim = claim.or_else(|| lead.claim().cloned());
            journal.lead = Some(lead);
        }
        for (copy, inspection) in journal.copies.iter_mut().zip(inspections) {
            if let Some((key, bytes)) = &claim {
                copy.push(key, bytes);
            }
            // What the furthest copy has beyond the first store, the others have in part.
            let beyond = known + inspection.ahead.len() as u64..links.len() as u64;
            for sequence in inspection.missing.into_iter().chain(beyond) {
                if let Some(link) = usize::try_from(sequence).ok().and_then(|index| links.get(index)) {
                    copy.push(&event_key(run, sequence), &link.bytes);
                }
            }
            copy.note(inspection.findings);
        }
        Ok(journal)
    }

    fn of(stores: &JournalStores, clock: Clock, executor: String, links: Vec<Link>) -> Result<Self, JournalError> {
        let last_hash = links.last().map(|link| link.hash.clone()).unwrap_or_default();
        let events: Vec<Event> = links.into_iter().map(|link| link.event).collect();
        let state = replay(&events).map_err(JournalError::chain(stores.first.url()))?;
        let copies =
            stores.copies.iter().map(|copy| CopyState::new(copy, &stores.first, &state.plan, &state.run)).collect();
        let first = Arc::clone(&stores.first);
        let (lead, brought_up) = (None, Vec::new());
        Ok(Self { first, copies, clock, executor, events, last_hash, state, broken: false, lead, brought_up })
    }

    /// Appends an event: when this returns it stands in the first store, and nobody else's does in its
    /// place. Copies follow; one that fails is left alone until the phase ends or [`RunJournal::sync_copies`], and one that
    /// gives no answer at all for a minute, or until the run stops or ends.
    ///
    /// # Errors
    /// [`JournalError::LostOwnership`] where another executor has taken the run; [`JournalError::Store`]
    /// where the first store gave no answer after all retries. After any error but
    /// [`JournalError::Encode`] this journal appends nothing more: what the store holds is not certain.
    pub async fn append(&mut self, what: Body) -> Result<&Event, JournalError> {
        let run = self.state.run.clone();
        if self.broken {
            return Err(JournalError::Broken { run });
        }
        if self.state.finished.is_some() {
            return Err(JournalError::Finished { run });
        }
        let sequence = self.events.len() as u64;
        let event = Event {
            version: EVENT_VERSION,
            run: run.clone(),
            sequence,
            at: (self.clock)(),
            previous: Some(self.last_hash.clone()),
            executor: self.executor.clone(),
            what,
        };
        let sealed = seal("event", &event)?;
        let key = event_key(&run, sequence);
        let url = self.first.url();
        // From here on only success says that the journal is what this executor believes, also where the
        // caller drops this future half-way.
        self.broken = true;
        if let Some(lead) = &self.lead {
            lead.take(&*self.first, &run, sequence, &sealed.bytes).await?;
        }
        match create_decided(&*self.first, &key, &sealed.bytes).await.map_err(JournalError::store(url.clone()))? {
            Decided::Written => {}
            Decided::Taken(stored) => {
                let other = read_link(&key, &stored).map_err(JournalError::chain(url))?;
                return Err(JournalError::lost(&run, &other.event, Some(&self.state)));
            }
        }
        self.broken = false;
        self.lead = None;
        self.last_hash = sealed.hash;
        self.state.apply(&event);
        let ends_phase = matches!(event.what, Body::PhaseFinished { .. });
        let ends = matches!(event.what, Body::Stopped { .. } | Body::RunFinished { .. });
        self.events.push(event);
        for copy in &mut self.copies {
            copy.push(&key, &sealed.bytes);
        }
        let due = |copy: &&mut CopyState| ends || !copy.lags() || (ends_phase && !copy.is_silent());
        join_all(self.copies.iter_mut().filter(due).map(async |copy| {
            copy.sync().await;
            if ends {
                copy.catch_up().await;
            }
        }))
        .await;
        Ok(&self.events[self.events.len() - 1])
    }

    /// Writes what the copies lack. What still fails stands in [`RunJournal::findings`].
    pub async fn sync_copies(&mut self) {
        join_all(self.copies.iter_mut().map(CopyState::sync)).await;
    }

    /// Copies that lag or contradict the first store, and what the first store was brought up by.
    pub fn findings(&self) -> Vec<Finding> {
        self.brought_up.iter().cloned().chain(self.copies.iter().flat_map(CopyState::findings)).collect()
    }

    /// The run's id.
    pub fn run(&self) -> &str {
        &self.state.run
    }

    /// This executor's id, a UUID v7.
    pub fn executor(&self) -> &str {
        &self.executor
    }

    /// The requests that people left with this run, from the number `from` on.
    ///
    /// # Errors
    /// The first store gives no answer or refuses, or a request is damaged.
    pub async fn requests(&self, from: u64) -> Result<Vec<(u64, Request)>, ShelfError> {
        requests(&*self.first, &self.state.run, from).await
    }

    /// Whether another executor has written the event that this one would write next: known without an append.
    ///
    /// # Errors
    /// [`JournalError::LostOwnership`] where one has; otherwise the first store gave no answer.
    pub async fn check_ownership(&self) -> Result<(), JournalError> {
        let sequence = self.events.len() as u64;
        let key = event_key(&self.state.run, sequence);
        let Some(stored) = self.first.read(&key).await.map_err(JournalError::store(self.first.url()))? else {
            return Ok(());
        };
        let other = read_link(&key, &stored).map_err(JournalError::chain(self.first.url()))?;
        Err(JournalError::lost(&self.state.run, &other.event, Some(&self.state)))
    }

    /// Everything that happened, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Where the events lead.
    pub fn state(&self) -> &RunState {
        &self.state
    }
}

/// Writes a run's first event, which its claim already fixed: whoever writes it writes the same bytes.
async fn write_first(store: &dyn EventStore, key: &str, link: &Link) -> Result<(), JournalError> {
    match create_decided(store, key, &link.bytes).await.map_err(JournalError::store(store.url()))? {
        Decided::Written => Ok(()),
        Decided::Taken(stored) => {
            let reason = "it differs from the claim of its run".to_owned();
            let differs = ChainError::Damaged { object: key.to_owned(), reason };
            Err(JournalError::chain(store.url())(read_link(key, &stored).err().unwrap_or(differs)))
        }
    }
}

/// A UUID v7 of the time `at`.
fn new_id(at: Timestamp) -> String {
    // Before 1970 there were no runs; a clock that says so gets the smallest time.
    let seconds = u64::try_from(at.as_second()).unwrap_or(0);
    let nanoseconds = u32::try_from(at.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanoseconds)).to_string()
}
