//! One active run a plan: the chain of claims.
//!
//! Persisted format, version 1. One object a claim, `plans/<plan>/<number, ten digits>.json`, numbered from
//! 0 without gaps, written create-only: `{"claim":…,"sha256":…}` as in `seal.rs`, with the fields of
//! [`Claim`]. In `<plan>`, bytes other than ASCII letters, digits, `-` and `_` are written `=XX` in hex.
//!
//! The rule: claim *n* + 1 is created only by one who has seen that the run of claim *n* is finished (or
//! that there is no claim at all, for number 0). A finished run stays finished, so the look and the
//! creation need not be one moment; and of several who have looked, create-only lets one through. So at
//! most one run of a plan is unfinished, with no lock to expire and no clock to agree on.
//!
//! A claim carries the run's whole first event. Whoever finds the claim of an executor that was killed
//! before it wrote that event, writes it in its place, byte for byte the same: a run is there from the
//! moment of its claim, and can be resumed or aborted as any other.

use crate::append::{Decided, create_decided};
use crate::chain::{Link, event_key, key_number, parse, read_link};
use crate::read::read_links;
use crate::seal::{Sealed, seal_text, unseal};
use crate::{Body, ChainError, Event, EventStore, JournalError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Version of the JSON that [`Claim`] serializes to.
pub const CLAIM_VERSION: u32 = 1;

/// A run's claim to be the one active run of its plan.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// [`CLAIM_VERSION`]
    pub version: u32,
    /// The plan's name.
    pub plan: String,
    /// From 0, without gaps.
    pub number: u64,
    /// The run's first event, of which a claim needs to know whose it is: the whole [`Event`] is read where the run is.
    pub first: ClaimedRun,
}

/// The run that a claim is for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ClaimedRun {
    /// Its id.
    pub run: String,
}

/// A [`Claim`] around its first event's canonical JSON. The fields stand as canonical JSON has them.
#[derive(Serialize)]
struct Claiming<'a> {
    first: &'a RawValue,
    number: u64,
    plan: &'a str,
    version: u32,
}

/// The plan's claims in the store: how many, and the last one.
struct Claims {
    count: u64,
    last: Option<Stored>,
}

/// A claim as it is stored.
pub(crate) struct Stored {
    claim: Claim,
    bytes: Vec<u8>,
}

impl Stored {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// The run of a claim.
pub(crate) fn claim_run(stored: &Stored) -> &str {
    &stored.claim.first.run
}

pub(crate) fn claims_folder(plan: &str) -> String {
    format!("plans/{}/", encoded(plan))
}

/// A plan's name as one folder's.
pub(crate) fn encoded(plan: &str) -> String {
    let mut name = String::new();
    for byte in plan.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("={byte:02X}"));
        }
    }
    name
}

/// The key of a claim.
fn claim_key(plan: &str, number: u64) -> String {
    format!("{}{number:010}.json", claims_folder(plan))
}

/// Claims the plan for the run whose first event has the canonical JSON `first`, and returns the claim's key and bytes.
pub(crate) async fn claim(
    store: &dyn EventStore,
    plan: &str,
    first: &RawValue,
) -> Result<(String, Sealed), JournalError> {
    let claims = read_claims(store, plan).await?;
    if let Some(Stored { claim: last, .. }) = claims.last
        && !is_finished(store, &last.first.run).await?
    {
        return Err(JournalError::ActiveRun { plan: plan.to_owned(), run: last.first.run });
    }
    let claim = Claiming { first, number: claims.count, plan, version: CLAIM_VERSION };
    let key = claim_key(plan, claim.number);
    // The event is the whole compiled run: it is written as text once, and stands in the claim as it stands alone.
    let sealed = seal_text("claim", &serde_json::to_string(&claim)?);
    match create_decided(store, &key, &sealed.bytes).await.map_err(JournalError::store(store.url()))? {
        Decided::Written => Ok((key, sealed)),
        Decided::Taken(bytes) => {
            let winner = read_claim(plan, &key, claim.number, &bytes).map_err(JournalError::chain(store.url()))?;
            Err(JournalError::ActiveRun { plan: plan.to_owned(), run: winner.first.run })
        }
    }
}

/// The last claim of a plan, with the list of claims checked for gaps.
async fn read_claims(store: &dyn EventStore, plan: &str) -> Result<Claims, JournalError> {
    let keys = claim_keys(store, plan).await?;
    let count = keys.len() as u64;
    let Some(key) = keys.last() else { return Ok(Claims { count, last: None }) };
    let last = load_claim(store, plan, key, count - 1).await?;
    Ok(Claims { count, last: Some(last) })
}

pub(crate) async fn claim_keys(store: &dyn EventStore, plan: &str) -> Result<Vec<String>, JournalError> {
    let folder = claims_folder(plan);
    let keys = store.list(folder.trim_end_matches('/')).await.map_err(JournalError::store(store.url()))?;
    for (number, key) in (0u64..).zip(&keys) {
        let wrong = match key_number(&folder, key) {
            Some(found) if found == number => continue,
            Some(_) => ChainError::Missing { object: claim_key(plan, number), next: key.clone() },
            None => ChainError::Stranger { object: key.clone() },
        };
        return Err(JournalError::chain(store.url())(wrong));
    }
    Ok(keys)
}

pub(crate) async fn load_claim(
    store: &dyn EventStore,
    plan: &str,
    key: &str,
    number: u64,
) -> Result<Stored, JournalError> {
    let bytes = store.read(key).await.map_err(JournalError::store(store.url()))?;
    let gone = || ChainError::Damaged { object: key.to_owned(), reason: "it is listed and cannot be read".into() };
    bytes
        .ok_or_else(gone)
        .and_then(|bytes| Ok(Stored { claim: read_claim(plan, key, number, &bytes)?, bytes }))
        .map_err(JournalError::chain(store.url()))
}

fn read_claim(plan: &str, key: &str, number: u64, bytes: &[u8]) -> Result<Claim, ChainError> {
    let object = || key.to_owned();
    let (content, _) = unseal("claim", bytes).map_err(|reason| ChainError::Damaged { object: object(), reason })?;
    let claim: Claim = parse(key, content, CLAIM_VERSION)?;
    if claim.plan != plan {
        return Err(ChainError::Foreign { object: object(), owner: format!("plan {}", claim.plan) });
    }
    if claim.number != number {
        return Err(ChainError::Reordered { object: object(), sequence: claim.number });
    }
    Ok(claim)
}

async fn is_finished(store: &dyn EventStore, run: &str) -> Result<bool, JournalError> {
    let links = read_links(store, run).await?;
    Ok(matches!(links.last(), Some(Link { event: Event { what: Body::RunFinished { .. }, .. }, .. })))
}

/// The first event of a run that was claimed; none where no plan's last claim is for it.
/// (A run without events is always its plan's last claim: the next one needs it finished.)
pub(crate) async fn claimed_first_event(store: &dyn EventStore, run: &str) -> Result<Option<Link>, JournalError> {
    for folder in store.folders("plans").await.map_err(JournalError::store(store.url()))? {
        let Some(plan) = plan_of(&folder) else { continue };
        let last = match read_claims(store, &plan).await {
            Ok(claims) => claims.last,
            // Whoever asks about that plan is told.
            Err(JournalError::Chain { .. }) => continue,
            Err(error) => return Err(error),
        };
        if let Some(last) = last
            && last.claim.first.run == run
        {
            return first_event(&plan, &last).map(Some).map_err(JournalError::chain(store.url()));
        }
    }
    Ok(None)
}

/// The first event that a claim carries, from its very bytes: what a number looked like when it was written
/// must not pass through a reading of it.
pub(crate) fn first_event(plan: &str, stored: &Stored) -> Result<Link, ChainError> {
    #[derive(Deserialize)]
    struct First<'a> {
        #[serde(borrow)]
        first: &'a RawValue,
    }
    let damaged = |reason: String| ChainError::Damaged { object: claim_key(plan, stored.claim.number), reason };
    let (content, _) = unseal("claim", &stored.bytes).map_err(damaged)?;
    let First { first } = serde_json::from_str(content).map_err(|error| damaged(error.to_string()))?;
    let sealed = seal_text("event", first.get());
    read_link(&event_key(&stored.claim.first.run, 0), &sealed.bytes)
}

/// The claim of an unfinished run as it is stored, for the copies.
pub(crate) async fn claim_of(
    store: &dyn EventStore,
    plan: &str,
    run: &str,
) -> Result<Option<(String, Vec<u8>)>, JournalError> {
    let last = read_claims(store, plan).await?.last.filter(|last| last.claim.first.run == run);
    Ok(last.map(|last| (claim_key(plan, last.claim.number), last.bytes)))
}

/// The plan's name, from the folder of its claims.
fn plan_of(folder: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = folder.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'=' {
            let hex = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The runs of a plan, oldest first.
///
/// # Errors
/// The store gives no answer, or a claim is damaged or missing.
pub async fn plan_runs(store: &dyn EventStore, plan: &str) -> Result<Vec<String>, JournalError> {
    let mut runs = Vec::new();
    for (number, key) in (0u64..).zip(claim_keys(store, plan).await?) {
        runs.push(load_claim(store, plan, &key, number).await?.claim.first.run);
    }
    Ok(runs)
}

/// The plan's latest run, finished or not.
///
/// # Errors
/// The store gives no answer, or the last claim is damaged.
pub async fn latest_run(store: &dyn EventStore, plan: &str) -> Result<Option<String>, JournalError> {
    Ok(read_claims(store, plan).await?.last.map(|last| last.claim.first.run))
}

/// The plan's run that is not finished, if there is one.
///
/// # Errors
/// The store gives no answer, or the last claim or its run is damaged.
pub async fn active_run(store: &dyn EventStore, plan: &str) -> Result<Option<String>, JournalError> {
    match latest_run(store, plan).await? {
        Some(run) if !is_finished(store, &run).await? => Ok(Some(run)),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical_json;
    use jiff::Timestamp;

    #[test]
    fn a_claim_around_its_first_event_is_the_canonical_json_of_it_all() {
        let what = Body::RunStarted {
            plan: "Order shop / EU".to_owned(),
            job: "failover".to_owned(),
            operator: "é \"\n".to_owned(),
            digest: String::new(),
            run: serde_json::json!({"z": [1, {"b": null, "a": 0.5}], "a": true}),
            journal_override: None,
        };
        let (run, executor) = ("r".to_owned(), "e".to_owned());
        let first = Event { version: 1, run, sequence: 0, at: Timestamp::UNIX_EPOCH, previous: None, executor, what };
        let text = RawValue::from_string(canonical_json(&first).unwrap()).unwrap();
        let claiming = Claiming { first: &text, number: 7, plan: "Order shop / EU", version: CLAIM_VERSION };
        let whole = serde_json::json!({"version": CLAIM_VERSION, "plan": claiming.plan, "number": 7, "first": first});
        let written = serde_json::to_string(&claiming).unwrap();
        assert_eq!(written, canonical_json(&whole).unwrap());
        let read: Claim = serde_json::from_str(&written).unwrap();
        assert_eq!((read.number, read.first.run.as_str()), (7, "r"));
    }

    #[test]
    fn any_plan_name_is_a_folder_and_comes_back() {
        for plan in ["shop", "Order shop / EU", "..", "ü=%", "a_b-c"] {
            let folder = claims_folder(plan);
            let name = folder.strip_prefix("plans/").unwrap().strip_suffix('/').unwrap();
            assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=".contains(&b)), "{name}");
            assert_eq!(plan_of(name).as_deref(), Some(plan));
        }
    }
}
