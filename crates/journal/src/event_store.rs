use async_trait::async_trait;
use pilotlight_store::{Store, StoreError};

/// Where a journal's objects are kept. Keys are relative, `runs/<run>/0000000007.json`.
///
/// The whole of the journal's safety rests on `create`: of two calls with one key exactly one succeeds,
/// and an object never changes afterwards.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Names the store in errors, findings and reports; without credentials.
    fn url(&self) -> String;

    /// Writes a new object.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] where there is one. After [`StoreError::Unreachable`] it is unknown
    /// whether the object was written.
    async fn create(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError>;

    /// Writes a new object that holds secrets: where the store can keep others from reading it, it does.
    ///
    /// # Errors
    /// As [`EventStore::create`].
    async fn create_private(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.create(key, bytes).await
    }

    /// Reads an object; none where it does not exist.
    ///
    /// # Errors
    /// The store cannot be reached or refuses.
    async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// The keys of all objects below `prefix` at any depth, sorted; none where there is no such folder.
    ///
    /// # Errors
    /// The store cannot be reached or refuses.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError>;

    /// The names of the folders directly below `prefix`, sorted.
    ///
    /// # Errors
    /// The store cannot be reached or refuses.
    async fn folders(&self, prefix: &str) -> Result<Vec<String>, StoreError>;
}

#[async_trait]
impl EventStore for Store {
    fn url(&self) -> String {
        Store::url(self).to_owned()
    }

    async fn create(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        Store::create(self, key, bytes.to_vec()).await
    }

    async fn create_private(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        Store::create_private(self, key, bytes.to_vec()).await
    }

    async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read_if_exists(key).await?.map(|bytes| bytes.to_vec()))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        Store::list(self, prefix).await
    }

    async fn folders(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        Store::folders(self, prefix).await
    }
}
