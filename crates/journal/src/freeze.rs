//! A freeze: somebody's word that nothing is to be released for a while.
//!
//! Persisted format, version 1: the documents of the shelf `freezes/<plan>/`, sealed under the name `freeze`, with the
//! fields of [`Freeze`]. Every store of the journal gets each of them; no store decides. The one that was given last
//! counts, by its `at`: whoever writes one reads the others first and never writes an earlier time than they hold, so
//! that of two machines the one whose clock is behind is not overruled by what it has seen.

use crate::{EventStore, JournalError, JournalStores, Shelf, ShelfError};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use pilotlight_findings::with_causes;
use serde::{Deserialize, Serialize};

/// Version of the JSON that [`Freeze`] serializes to.
pub const FREEZE_VERSION: u32 = 1;

/// One word: on, or off again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// [`FREEZE_VERSION`]
    pub version: u32,
    /// The plan's name.
    pub plan: String,
    /// On, or off.
    pub on: bool,
    /// Who, `user@host`.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why, in their words.
    pub reason: String,
    /// When it is over by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What the stores say of a plan's freeze.
#[derive(Debug, Default)]
pub struct FreezeRead {
    /// The word that counts, of those that could be read.
    pub newest: Option<Freeze>,
    /// The stores that did not say, with the reason: what they hold may be newer.
    pub unread: Vec<UnreadStore>,
}

/// A store that did not say.
#[derive(Debug)]
pub struct UnreadStore {
    /// Which.
    pub url: String,
    /// Why.
    pub error: ShelfError,
}

/// What became of a word.
#[derive(Debug, Default)]
pub struct FreezeKept {
    /// The stores that have it.
    pub stores: Vec<String>,
    /// The others, and why.
    pub failed: Vec<(String, JournalError)>,
}

impl Freeze {
    /// Whether it holds at this moment.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.on && self.until.is_none_or(|until| now < until)
    }

    /// The same word, later than `seen` also where this machine's clock is behind. What it ends with moves along.
    #[must_use]
    pub fn after(mut self, seen: Option<&Self>) -> Self {
        if let Some(seen) = seen.filter(|seen| self.at <= seen.at) {
            let later = seen.at + SignedDuration::from_millis(1);
            self.until = self.until.map(|until| until + later.duration_since(self.at));
            self.at = later;
        }
        self
    }
}

impl FreezeRead {
    /// The freeze that holds at this moment, as far as is known.
    pub fn holding(&self, now: Timestamp) -> Option<&Freeze> {
        self.newest.as_ref().filter(|freeze| freeze.holds(now))
    }
}

fn shelf(plan: &str) -> Shelf {
    Shelf::new("freezes", plan, "freeze", "objects", ".json")
}

fn all(stores: &JournalStores) -> impl Iterator<Item = &dyn EventStore> {
    std::iter::once(&stores.first).chain(&stores.copies).map(|store| &**store)
}

/// Reads the newest word of every store.
pub async fn read_freeze(stores: &JournalStores, plan: &str) -> FreezeRead {
    let shelf = shelf(plan);
    let mut read = FreezeRead::default();
    let answers = join_all(all(stores).map(|store| newest_of(&shelf, store, plan))).await;
    for (store, answer) in all(stores).zip(answers) {
        match answer {
            // Of two at one moment the freeze: it is the one that does no harm.
            Ok(found) => {
                let order = |freeze: &Freeze| (freeze.at, freeze.on);
                if found.as_ref().map(order) > read.newest.as_ref().map(order) {
                    read.newest = found;
                }
            }
            Err(error) => read.unread.push(UnreadStore { url: store.url(), error }),
        }
    }
    read
}

async fn newest_of(shelf: &Shelf, store: &dyn EventStore, plan: &str) -> Result<Option<Freeze>, ShelfError> {
    let index = shelf.index(store).await?;
    let Some(number) = index.numbers.last() else { return Ok(None) };
    let json = shelf.document(store, *number).await?;
    let damaged = |reason: String| ShelfError::Damaged { object: shelf.key(*number), reason };
    let freeze: Freeze = serde_json::from_str(&json).map_err(|error| damaged(error.to_string()))?;
    if freeze.version != FREEZE_VERSION {
        return Err(damaged(format!("it has version {}, and this program reads {FREEZE_VERSION}", freeze.version)));
    }
    if freeze.plan != plan {
        return Err(damaged(format!("it is of plan {}", freeze.plan)));
    }
    Ok(Some(freeze))
}

/// Writes a word into every store. See [`Freeze::after`] for its time.
pub async fn keep_freeze(stores: &JournalStores, freeze: &Freeze) -> FreezeKept {
    let shelf = shelf(&freeze.plan);
    let written = join_all(all(stores).map(|store| write(&shelf, store, freeze))).await;
    let mut kept = FreezeKept::default();
    for (store, written) in all(stores).zip(written) {
        match written {
            Ok(()) => kept.stores.push(store.url()),
            Err(error) => kept.failed.push((store.url(), error)),
        }
    }
    kept
}

async fn write(shelf: &Shelf, store: &dyn EventStore, freeze: &Freeze) -> Result<(), JournalError> {
    let index = shelf.index(store).await.map_err(JournalError::store(store.url()))?;
    shelf.keep_document(store, index.next(), freeze).await?;
    Ok(())
}

impl UnreadStore {
    /// In one line.
    pub fn told(&self) -> String {
        format!("{}: {}", self.url, with_causes(&self.error))
    }
}
