//! What somebody asks of the executor that has a run, wherever it is at work.
//!
//! Persisted format, version 1: the documents of the shelf `requests/<run>/` in the first store, sealed under the name
//! `request`, with the fields of [`Request`]. They stand beside the run and not in it: only the run's executor
//! appends events. What it makes of a request is an event.
//!
//! A request names the last event that its author saw. It stands as long as no executor has stopped after that event or
//! taken the run: so one that was honoured does not stop the run again, and one to an executor that is dead is void
//! for the next one. No clock is asked.

use crate::{Body, Event, EventStore, JournalError, Shelf, ShelfError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Version of the JSON that [`Request`] serializes to.
pub const REQUEST_VERSION: u32 = 1;

/// What somebody asks of an executor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// [`REQUEST_VERSION`]
    pub version: u32,
    /// The run's id.
    pub run: String,
    /// Who, `user@host`.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Number of the last event that they saw.
    pub seen: u64,
    /// Why, in their words.
    pub reason: String,
    /// What.
    pub what: Wish,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case", deny_unknown_fields)]
pub enum Wish {
    /// To stop between two steps.
    Pause,
    /// To take this as the yes to a step that waits for a person.
    Approve {
        /// The step's id.
        step: String,
    },
}

impl Request {
    /// Whether the executor that wrote the last of `events` has still to answer it.
    pub fn stands(&self, events: &[Event]) -> bool {
        let after = events.iter().filter(|event| event.sequence > self.seen);
        !after.into_iter().any(|event| match &event.what {
            Body::Stopped { .. } | Body::Resumed { .. } | Body::Takeover { .. } | Body::RunFinished { .. } => true,
            Body::Approved { step, .. } => matches!(&self.what, Wish::Approve { step: asked } if asked == step),
            _ => false,
        })
    }
}

fn shelf(run: &str) -> Shelf {
    Shelf::new("requests", run, "request", "objects", ".json")
}

/// Leaves a request with a run.
///
/// # Errors
/// The store refuses or gives no answer.
pub async fn leave_request(store: &dyn EventStore, request: &Request) -> Result<(), JournalError> {
    let shelf = shelf(&request.run);
    let index = shelf.index(store).await.map_err(JournalError::store(store.url()))?;
    shelf.keep_document(store, index.next(), request).await?;
    Ok(())
}

/// The requests of a run from the number `from` on, each with its number. One list call where there is none.
///
/// # Errors
/// No answer, a refusal, or a request that is damaged.
pub async fn requests(store: &dyn EventStore, run: &str, from: u64) -> Result<Vec<(u64, Request)>, ShelfError> {
    let shelf = shelf(run);
    let mut found = Vec::new();
    for number in shelf.index(store).await?.numbers.into_iter().filter(|number| *number >= from) {
        let json = shelf.document(store, number).await?;
        let damaged = |reason: String| ShelfError::Damaged { object: shelf.key(number), reason };
        let request: Request = serde_json::from_str(&json).map_err(|error| damaged(error.to_string()))?;
        if request.version != REQUEST_VERSION || request.run != run {
            return Err(damaged(format!("it has version {} and is of run {}", request.version, request.run)));
        }
        found.push((number, request));
    }
    Ok(found)
}
