use crate::chain::{Link, event_key, verify_links};
use crate::claim::claimed_first_event;
use crate::copies::inspect_all;
use crate::lead::lead_of;
use crate::{Event, EventStore, JournalError, JournalStores, RunState, replay};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use pilotlight_findings::Finding;
use pilotlight_store::StoreError;
use std::collections::BTreeMap;

/// Objects that are read at once: a run of a hundred events then takes a few round trips to S3.
const READS_AT_ONCE: usize = 16;

/// Runs that are read at once. Each asks for its objects by several requests, and S3 takes 5,500 reads a second and prefix.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html>
const RUNS_AT_ONCE: usize = 8;

/// A run as its journal tells it.
#[derive(Debug, Clone)]
pub struct RunLog {
    /// Its events, verified, in order.
    pub events: Vec<Event>,
    /// Where they lead.
    pub state: RunState,
    /// Copies that lag or contradict, and a first store that is behind one: then `events` are the copy's, which begin
    /// with the first store's.
    pub findings: Vec<Finding>,
}

/// Reads and verifies a run without touching it, and compares the copies. Where one of them has gone on from where the
/// first store ends, it is read to its end.
///
/// # Errors
/// The first store gives no answer, has no such run, or what it holds is not what was written.
pub async fn read_run(stores: &JournalStores, run: &str) -> Result<RunLog, JournalError> {
    let first = &*stores.first;
    let mut links = read_links(first, run).await?;
    if links.is_empty() {
        links.extend(claimed_first_event(first, run).await?);
    }
    let mut inspections = inspect_all(stores, run, &links).await;
    // A copy in which the run was gone on with tells more of it, and begins as the first store does.
    links.extend(lead_of(stores, &mut inspections).into_iter().flat_map(|lead| lead.ahead));
    if links.is_empty() {
        return Err(JournalError::NotFound { run: run.to_owned(), url: first.url() });
    }
    let findings = inspections.into_iter().flat_map(|inspection| inspection.findings).collect();
    let events: Vec<Event> = links.into_iter().map(|link| link.event).collect();
    let state = replay(&events).map_err(JournalError::chain(first.url()))?;
    Ok(RunLog { events, state, findings })
}

/// The same of several runs, in the order of their ids. A few are read at once, ahead of who takes them.
pub fn read_runs<'s>(
    stores: &'s JournalStores,
    runs: impl IntoIterator<Item = &'s String, IntoIter: 's>,
) -> impl Stream<Item = Result<RunLog, JournalError>> + 's {
    stream::iter(runs).map(move |run| read_run(stores, run)).buffered(RUNS_AT_ONCE)
}

/// Whether a run has an event with this number: one read, to wait for what comes next.
///
/// # Errors
/// The store gives no answer or refuses.
pub async fn has_event(store: &dyn EventStore, run: &str, sequence: u64) -> Result<bool, StoreError> {
    Ok(store.read(&event_key(run, sequence)).await?.is_some())
}

/// The ids of all runs in a store, oldest first: a UUID v7 begins with its time.
///
/// # Errors
/// The store gives no answer or refuses.
pub async fn runs(store: &dyn EventStore) -> Result<Vec<String>, JournalError> {
    store.folders("runs").await.map_err(JournalError::store(store.url()))
}

/// All events of a run, verified; none where the run has no object.
pub(crate) async fn read_links(store: &dyn EventStore, run: &str) -> Result<Vec<Link>, JournalError> {
    let objects = read_objects(store, run).await.map_err(JournalError::store(store.url()))?;
    verify_links(run, &objects).map_err(JournalError::chain(store.url()))
}

/// Everything below a run's folder. An object that is listed and gone when it is read is left out: the
/// gap shows it.
pub(crate) async fn read_objects(store: &dyn EventStore, run: &str) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
    let keys = store.list(&format!("runs/{run}")).await?;
    stream::iter(keys)
        .map(|key| async move { Ok(store.read(&key).await?.map(|bytes| (key, bytes))) })
        .buffered(READS_AT_ONCE)
        .try_filter_map(|object| async move { Ok(object) })
        .try_collect()
        .await
}
