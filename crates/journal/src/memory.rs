use crate::EventStore;
use async_trait::async_trait;
use pilotlight_store::StoreError;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An [`EventStore`] in memory, for tests. Clones share the objects, as two programs share a bucket.
#[derive(Clone)]
pub struct MemoryStore {
    name: Arc<str>,
    objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    fault: Arc<Mutex<Option<FaultRule>>>,
}

type FaultRule = Box<dyn FnMut(Operation, &str) -> Option<Fault> + Send>;

/// What is asked of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// [`EventStore::create`]
    Create,
    /// [`EventStore::read`]
    Read,
    /// [`EventStore::list`] and [`EventStore::folders`]
    List,
}

/// How a store goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing happens, and the caller cannot know that: [`StoreError::Unreachable`].
    LoseRequest,
    /// It happens, and the caller cannot know that: [`StoreError::Unreachable`].
    LoseAnswer,
    /// [`StoreError::Denied`]
    Deny,
}

impl MemoryStore {
    /// An empty store that calls itself `memory:<name>`.
    pub fn new(name: &str) -> Self {
        Self { name: format!("memory:{name}").into(), objects: Arc::default(), fault: Arc::default() }
    }

    /// Asks `rule` before each operation, of this store and its clones, whether it goes wrong. A rule
    /// that counts creates and then always answers [`Fault::LoseRequest`] is a kill after that append.
    pub fn set_fault(&self, rule: impl FnMut(Operation, &str) -> Option<Fault> + Send + 'static) {
        *lock(&self.fault) = Some(Box::new(rule));
    }

    /// Everything works again.
    pub fn clear_fault(&self) {
        *lock(&self.fault) = None;
    }

    /// All objects by key.
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        lock(&self.objects).clone()
    }

    /// Replaces or adds an object, past the create-only rule: what an intruder or a broken disk does.
    pub fn tamper(&self, key: &str, bytes: Option<Vec<u8>>) {
        match bytes {
            Some(bytes) => lock(&self.objects).insert(key.to_owned(), bytes),
            None => lock(&self.objects).remove(key),
        };
    }

    /// A store of its own with the same objects and no faults: the world as a kill leaves it.
    pub fn fork(&self) -> Self {
        Self { name: Arc::clone(&self.name), objects: Arc::new(Mutex::new(self.objects())), fault: Arc::default() }
    }

    fn fault(&self, operation: Operation, key: &str) -> Option<Fault> {
        lock(&self.fault).as_mut().and_then(|rule| rule(operation, key))
    }

    fn error(&self, fault: Fault, key: &str) -> StoreError {
        let url = format!("{}/{key}", self.name);
        match fault {
            Fault::LoseRequest => StoreError::Unreachable { url, source: "the connection was refused".into() },
            Fault::LoseAnswer => StoreError::Unreachable { url, source: "the answer did not arrive".into() },
            Fault::Deny => StoreError::Denied { url, source: "access denied".into() },
        }
    }
}

/// A test that panicked while it held the lock must not hide its own message behind a second panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl EventStore for MemoryStore {
    fn url(&self) -> String {
        self.name.to_string()
    }

    async fn create(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        // A real store takes its time: let others in between, so that races are races.
        tokio::task::yield_now().await;
        let fault = self.fault(Operation::Create, key);
        if let Some(fault @ (Fault::LoseRequest | Fault::Deny)) = fault {
            return Err(self.error(fault, key));
        }
        {
            let mut objects = lock(&self.objects);
            if objects.contains_key(key) && fault.is_none() {
                return Err(StoreError::AlreadyExists { url: format!("{}/{key}", self.name) });
            }
            objects.entry(key.to_owned()).or_insert_with(|| bytes.to_vec());
        }
        fault.map_or(Ok(()), |fault| Err(self.error(fault, key)))
    }

    async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        tokio::task::yield_now().await;
        match self.fault(Operation::Read, key) {
            Some(fault) => Err(self.error(fault, key)),
            None => Ok(lock(&self.objects).get(key).cloned()),
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        tokio::task::yield_now().await;
        let folder = folder(prefix);
        match self.fault(Operation::List, prefix) {
            Some(fault) => Err(self.error(fault, prefix)),
            None => Ok(lock(&self.objects).keys().filter(|key| key.starts_with(&folder)).cloned().collect()),
        }
    }

    async fn folders(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let folder = folder(prefix);
        let keys = self.list(prefix).await?;
        let names: BTreeSet<&str> =
            keys.iter().filter_map(|key| key[folder.len()..].split_once('/').map(|(name, _)| name)).collect();
        Ok(names.into_iter().map(str::to_owned).collect())
    }
}

fn folder(prefix: &str) -> String {
    match prefix.trim_matches('/') {
        "" => String::new(),
        prefix => format!("{prefix}/"),
    }
}
