//! What a copy lacks of the plan's earlier runs: it was silent, or not yet named in the plan, while they were written.
//!
//! Their claims come before the next one, as a store whose claims have a gap is not trusted (`claim.rs`), and a copy is
//! there to be gone on with. Their events come when a run has ended or stopped: nobody waits for it then.

use crate::claim::{claim_keys, claim_run, claims_folder, load_claim};
use crate::{EventStore, JournalError};
use futures::future::try_join_all;
use pilotlight_store::StoreError;
use std::collections::BTreeSet;

/// Runs whose events are compared, the newest ones: one that was written while the copy was silent is among them, or its
/// claim was missing.
const RUNS_COMPARED: usize = 8;

/// An object's key and bytes.
pub(crate) type Object = (String, Vec<u8>);

/// What a copy lacks of earlier runs, oldest first.
#[derive(Default)]
pub(crate) struct LackingClaims {
    pub(crate) claims: Vec<Object>,
    /// The runs of these claims.
    pub(crate) runs: BTreeSet<String>,
}

/// The plan's claims that the copy lacks, but for the one of `run`, which its own journal writes.
pub(crate) async fn lacking_claims(
    first: &dyn EventStore,
    copy: &dyn EventStore,
    plan: &str,
    run: &str,
) -> Result<LackingClaims, StoreError> {
    let there = copy.list(claims_folder(plan).trim_end_matches('/')).await?;
    let mut lacking = LackingClaims::default();
    // What is wrong with the first store is told where that is read to decide something.
    let Ok(known) = claim_keys(first, plan).await else { return Ok(lacking) };
    for (number, key) in (0u64..).zip(known) {
        if there.contains(&key) {
            continue;
        }
        let Ok(stored) = load_claim(first, plan, &key, number).await else { break };
        let of = claim_run(&stored).to_owned();
        if of != run {
            lacking.claims.push((key, stored.into_bytes()));
            lacking.runs.insert(of);
        }
    }
    Ok(lacking)
}

/// The events that the copy lacks of the plan's newest runs and of `runs`, but for those of `run`.
pub(crate) async fn lacking_events(
    first: &dyn EventStore,
    copy: &dyn EventStore,
    plan: &str,
    run: &str,
    runs: &BTreeSet<String>,
) -> Result<Vec<Object>, JournalError> {
    let mut compared = Vec::new();
    for (number, key) in (0u64..).zip(claim_keys(first, plan).await?).collect::<Vec<_>>().into_iter().rev() {
        if compared.len() == RUNS_COMPARED {
            break;
        }
        compared.push(claim_run(&load_claim(first, plan, &key, number).await?).to_owned());
    }
    let all: BTreeSet<&String> = compared.iter().chain(runs).filter(|one| *one != run).collect();
    let of_each = try_join_all(all.into_iter().map(|one| lacking_of(first, copy, one))).await;
    of_each.map(|objects| objects.into_iter().flatten().collect())
}

async fn lacking_of(first: &dyn EventStore, copy: &dyn EventStore, run: &str) -> Result<Vec<Object>, JournalError> {
    let folder = format!("runs/{run}");
    let here = first.list(&folder).await.map_err(JournalError::store(first.url()))?;
    let there: BTreeSet<String> =
        copy.list(&folder).await.map_err(JournalError::store(copy.url()))?.into_iter().collect();
    let mut lacking = Vec::new();
    for key in here.into_iter().filter(|key| !there.contains(key)) {
        if let Some(bytes) = first.read(&key).await.map_err(JournalError::store(first.url()))? {
            lacking.push((key, bytes));
        }
    }
    Ok(lacking)
}
