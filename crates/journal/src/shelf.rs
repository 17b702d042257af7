//! What is kept beside the runs, for the hour in which its source is gone: numbered documents, and objects that they
//! name by their digest.
//!
//! Persisted format, version 1. A shelf is the folder `<kind>/<plan>/` of every store, `<plan>` written as in
//! `claim.rs`. A document is `<number, ten digits>.json`, sealed as in `seal.rs` under the shelf's own name for it. An
//! object is `<objects>/<sha256><ending>`; where one of that name turned out to be damaged, `<objects>/<sha256>.1<ending>`
//! and so on, since nothing is ever replaced. All are written create-only, and as private as the store can make them.
//! Numbers rise within a store and may have gaps.

use crate::append::{Decided, create_decided};
use crate::canonical::digest;
use crate::chain::key_number;
use crate::claim::encoded;
use crate::seal::{seal, unseal};
use crate::{EventStore, JournalError};
use async_trait::async_trait;
use pilotlight_store::StoreError;
use serde::Serialize;
use std::collections::BTreeSet;

/// How often a document's number is raised because another one took it: two rebuilds of one plan at once are rare, and
/// ten are none.
const NUMBERS_TRIED: u64 = 10;

/// One kind of thing that is kept, of one plan.
#[derive(Debug, Clone)]
pub struct Shelf {
    folder: String,
    document: &'static str,
    objects: String,
    ending: &'static str,
}

/// What one store has of a shelf.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShelfIndex {
    /// Numbers of the documents, rising.
    pub numbers: Vec<u64>,
    /// Keys of the objects.
    objects: BTreeSet<String>,
}

impl ShelfIndex {
    /// The first number after all that there are.
    pub fn next(&self) -> u64 {
        self.numbers.last().map_or(0, |last| last.saturating_add(1))
    }
}

/// Why something of a shelf cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// No answer, or a refusal.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is not there.
    #[error("{object} is missing")]
    Missing {
        /// Its key.
        object: String,
    },
    /// The bytes are not those that were written.
    #[error("{object} is damaged: {reason}")]
    Damaged {
        /// Its key.
        object: String,
        /// What shows it.
        reason: String,
    },
}

impl Shelf {
    /// The shelf `<kind>/<plan>/` with documents called `document`, and objects in the folder `objects` of it.
    pub fn new(kind: &str, plan: &str, document: &'static str, objects: &'static str, ending: &'static str) -> Self {
        let folder = format!("{kind}/{}/", encoded(plan));
        Self { objects: format!("{folder}{objects}/"), folder, document, ending }
    }

    /// The key of a document.
    pub fn key(&self, number: u64) -> String {
        format!("{}{number:010}.json", self.folder)
    }

    /// What a store has.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn index(&self, store: &dyn EventStore) -> Result<ShelfIndex, StoreError> {
        let mut index = ShelfIndex::default();
        for key in store.list(self.folder.trim_end_matches('/')).await? {
            match key_number(&self.folder, &key) {
                Some(number) => index.numbers.push(number),
                None if key.starts_with(&self.objects) => drop(index.objects.insert(key)),
                None => {}
            }
        }
        index.numbers.sort_unstable();
        Ok(index)
    }

    /// A document as it was written, as JSON.
    ///
    /// # Errors
    /// It is missing or damaged, or the store gives no answer.
    pub async fn document(&self, store: &dyn EventStore, number: u64) -> Result<String, ShelfError> {
        let object = self.key(number);
        let Some(bytes) = store.read(&object).await? else { return Err(ShelfError::Missing { object }) };
        match unseal(self.document, &bytes) {
            Ok((content, _)) => Ok(content.to_owned()),
            Err(reason) => Err(ShelfError::Damaged { object, reason }),
        }
    }

    /// The object with this digest, whole.
    ///
    /// # Errors
    /// It is missing or every copy of it is damaged, or the store gives no answer.
    pub async fn object(
        &self,
        store: &dyn EventStore,
        index: &ShelfIndex,
        sha256: &str,
    ) -> Result<Vec<u8>, ShelfError> {
        let mut error = ShelfError::Missing { object: self.object_key(sha256, 0) };
        for key in self.copies(index, sha256) {
            match store.read(key).await? {
                Some(bytes) => match digest(&bytes) {
                    found if found == sha256 => return Ok(bytes),
                    found => {
                        let reason = format!("its digest is {found}");
                        error = ShelfError::Damaged { object: key.clone(), reason };
                    }
                },
                None => error = ShelfError::Missing { object: key.clone() },
            }
        }
        Err(error)
    }

    /// Sees to it that a store has an object, and reads back one that is there. What is damaged comes back: it stays
    /// where it is, and a whole copy is written beside it.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn keep_object(
        &self,
        store: &dyn EventStore,
        index: &ShelfIndex,
        sha256: &str,
        bytes: &[u8],
    ) -> Result<Option<ShelfError>, StoreError> {
        let damaged = match self.object(store, index, sha256).await {
            Ok(_) => return Ok(None),
            Err(ShelfError::Store(error)) => return Err(error),
            Err(ShelfError::Missing { .. }) => None,
            Err(damaged) => Some(damaged),
        };
        let store = Private(store);
        for copy in self.copies(index, sha256).count().. {
            match create_decided(&store, &self.object_key(sha256, copy), bytes).await? {
                Decided::Written => break,
                // Another rebuild's, of the same bytes, or damaged since.
                Decided::Taken(_) => {}
            }
        }
        Ok(damaged)
    }

    /// Writes a document under the first number from `number` on that is free, and tells which.
    ///
    /// # Errors
    /// The store refuses or gives no answer, or the content cannot be JSON.
    pub async fn keep_document<T: Serialize + Sync>(
        &self,
        store: &dyn EventStore,
        number: u64,
        content: &T,
    ) -> Result<u64, JournalError> {
        let failed = JournalError::store(store.url());
        let sealed = seal(self.document, content).map_err(JournalError::from)?;
        let private = Private(store);
        for number in number..number.saturating_add(NUMBERS_TRIED) {
            match create_decided(&private, &self.key(number), &sealed.bytes).await {
                Ok(Decided::Written) => return Ok(number),
                Ok(Decided::Taken(_)) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Err(failed(StoreError::AlreadyExists { url: format!("{}/{}", store.url(), self.key(number)) }))
    }

    fn object_key(&self, sha256: &str, copy: usize) -> String {
        match copy {
            0 => format!("{}{sha256}{}", self.objects, self.ending),
            copy => format!("{}{sha256}.{copy}{}", self.objects, self.ending),
        }
    }

    fn copies<'i>(&self, index: &'i ShelfIndex, sha256: &str) -> impl Iterator<Item = &'i String> {
        let beginning = format!("{}{sha256}.", self.objects);
        index.objects.iter().filter(move |key| key.starts_with(&beginning))
    }
}

/// Writes what only the owner may read.
struct Private<'s>(&'s dyn EventStore);

#[async_trait]
impl EventStore for Private<'_> {
    fn url(&self) -> String {
        self.0.url()
    }

    async fn create(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.0.create_private(key, bytes).await
    }

    async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.read(key).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.0.list(prefix).await
    }

    async fn folders(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.0.folders(prefix).await
    }
}
