use crate::location::{Location, without_credentials};
use crate::s3::{Bucket, Purpose};
use crate::{S3Access, StoreError, Writable, directory};
use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder of objects behind a URL. Keys are relative to it, `runs/0001/0000000003.json`.
#[derive(Debug, Clone)]
pub struct Store {
    url: String,
    backend: Backend,
}

#[derive(Debug, Clone)]
enum Backend {
    /// Opened anew for each operation: the directory may not exist yet.
    Directory(PathBuf),
    /// A bucket, with the prefix of all keys.
    Bucket { bucket: Bucket, prefix: Key },
    /// Objects that end with the process.
    Memory(Arc<InMemory>),
}

impl Store {
    /// Opens the store at `url`: `file:DIR` or a bare path, relative to `base`, or `s3://BUCKET/PREFIX`.
    /// Nothing is reached or created yet.
    ///
    /// # Errors
    /// The URL cannot be used, or it is on S3 and `access` is none.
    pub fn open(url: &str, base: &Path, access: Option<&S3Access>) -> Result<Self, StoreError> {
        let shown = without_credentials(url);
        let backend = match Location::parse(url, base)? {
            Location::File(path) => Backend::Directory(path),
            Location::S3 { bucket, key } => {
                let access = access.ok_or_else(|| StoreError::NoAccess { url: shown.clone() })?;
                let prefix = parse_key(&shown, &key)?;
                Backend::Bucket { bucket: Bucket::open(&shown, &bucket, access, Purpose::Events)?, prefix }
            }
            Location::Http(_) => return Err(StoreError::ReadOnly { url: shown }),
        };
        Ok(Self { url: shown.trim_end_matches('/').to_owned(), backend })
    }

    /// An empty store in memory. Clones share it.
    pub fn memory() -> Self {
        Self { url: "memory:".to_owned(), backend: Backend::Memory(Arc::new(InMemory::new())) }
    }

    /// The same store, with time for objects of tens of megabytes: for those that no run waits for.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn for_large_objects(self) -> Result<Self, StoreError> {
        self.opened_for(Purpose::State)
    }

    /// The same store, asked once each time: for whoever has to know of a request that got no answer, as it may be carried
    /// out later.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn asked_once(self) -> Result<Self, StoreError> {
        self.opened_for(Purpose::Once)
    }

    fn opened_for(self, purpose: Purpose) -> Result<Self, StoreError> {
        let backend = match self.backend {
            Backend::Bucket { bucket, prefix } => Backend::Bucket { bucket: bucket.opened_for(purpose)?, prefix },
            other => other,
        };
        Ok(Self { backend, ..self })
    }

    /// The URL that it was opened with, without credentials.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Reads an object.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it does not exist; refused; or no usable answer.
    pub async fn read(&self, key: &str) -> Result<Bytes, StoreError> {
        let url = self.object_url(key);
        let not_found = || StoreError::NotFound { url: url.clone(), source: None };
        let (store, path) = self.existing(key).await?.ok_or_else(not_found)?;
        let read = async { store.get(&path).await?.bytes().await };
        read.await.map_err(|error| StoreError::of(url.clone(), error))
    }

    /// Reads an object; none where it, or the whole store, does not exist.
    ///
    /// # Errors
    /// Refused, or no usable answer.
    pub async fn read_if_exists(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        match self.read(key).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The keys of all objects below `prefix` at any depth, sorted. `prefix` is a folder, `""` the store.
    ///
    /// # Errors
    /// Refused, or no usable answer. A directory that does not exist is empty; so is not a bucket.
    pub async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let Some((store, path)) = self.existing(prefix).await? else { return Ok(Vec::new()) };
        let listed: Result<Vec<_>, _> = store.list(Some(&path)).map_ok(|object| object.location).try_collect().await;
        let objects = listed.map_err(|error| StoreError::of(self.object_url(prefix), error))?;
        let mut keys: Vec<String> = objects.iter().filter_map(|location| self.relative(location)).collect();
        keys.sort_unstable();
        Ok(keys)
    }

    /// The names of the folders directly below `prefix`, sorted.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub async fn folders(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let Some((store, path)) = self.existing(prefix).await? else { return Ok(Vec::new()) };
        let listed = store.list_with_delimiter(Some(&path)).await;
        let folders = listed.map_err(|error| StoreError::of(self.object_url(prefix), error))?.common_prefixes;
        let mut names: Vec<String> = folders.iter().filter_map(|folder| folder.filename().map(str::to_owned)).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Whether a folder could be written, by its permissions and its room; nothing is written. None of S3, where only
    /// policies tell.
    pub fn writable(&self) -> Option<Writable> {
        match &self.backend {
            Backend::Directory(root) => Some(crate::writable::writable(root)),
            Backend::Bucket { .. } | Backend::Memory(_) => None,
        }
    }

    /// Writes a new object, whole and synced to the disk, or not at all; it never replaces one.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] where there is one. After [`StoreError::Unreachable`] it is unknown
    /// whether the object was written: read it back.
    pub async fn create(&self, key: &str, bytes: impl Into<Bytes>) -> Result<(), StoreError> {
        let url = self.object_url(key);
        let (store, path) = match &self.backend {
            Backend::Directory(root) => {
                let store: Arc<dyn ObjectStore> = Arc::new(directory::created(root, &self.url).await?);
                (store, parse_key(&url, key)?)
            }
            Backend::Bucket { bucket, prefix } => (bucket.objects().await?, join(&url, prefix, key)?),
            Backend::Memory(store) => (Arc::clone(store) as _, parse_key(&url, key)?),
        };
        let options = PutOptions::from(PutMode::Create);
        let created = store.put_opts(&path, PutPayload::from_bytes(bytes.into()), options).await;
        created.map(|_| ()).map_err(|error| StoreError::of(url, error))
    }

    /// As [`Store::create`], for what holds secrets: on disk only the user who runs the program may read it, nor may
    /// others look into the folders that are made for it. Who may read a bucket, its own policy says.
    ///
    /// # Errors
    /// As [`Store::create`].
    pub async fn create_private(&self, key: &str, bytes: impl Into<Bytes>) -> Result<(), StoreError> {
        let Backend::Directory(root) = &self.backend else { return self.create(key, bytes).await };
        let url = self.object_url(key);
        // The checks of a key come before its first folder.
        parse_key(&url, key)?;
        directory::created(root, &self.url).await?;
        directory::make_private_parents(root, key).await.map_err(|error| StoreError::of_io(url.clone(), error))?;
        self.create(key, bytes).await?;
        directory::make_private(&root.join(key)).await.map_err(|error| StoreError::of_io(url, error))
    }

    /// Removes an object; one that is not there is removed already. No journal does this: it is for objects that are
    /// there or not, as a signal is.
    ///
    /// # Errors
    /// Refused; after [`StoreError::Unreachable`] it is unknown whether the object is there.
    pub async fn remove(&self, key: &str) -> Result<(), StoreError> {
        let Some((store, path)) = self.existing(key).await? else { return Ok(()) };
        match store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(StoreError::of(self.object_url(key), error)),
        }
    }

    /// The store and the whole key; none where the directory does not exist.
    async fn existing(&self, key: &str) -> Result<Option<(Arc<dyn ObjectStore>, Key)>, StoreError> {
        let url = self.object_url(key);
        Ok(match &self.backend {
            Backend::Directory(root) => match directory::existing(root, &self.url).await? {
                Some(store) => Some((Arc::new(store), parse_key(&url, key)?)),
                None => None,
            },
            Backend::Bucket { bucket, prefix } => Some((bucket.objects().await?, join(&url, prefix, key)?)),
            Backend::Memory(store) => Some((Arc::clone(store) as _, parse_key(&url, key)?)),
        })
    }

    fn object_url(&self, key: &str) -> String {
        if key.is_empty() { self.url.clone() } else { format!("{}/{key}", self.url) }
    }

    fn relative(&self, location: &Key) -> Option<String> {
        match &self.backend {
            Backend::Directory(_) | Backend::Memory(_) => Some(location.to_string()),
            Backend::Bucket { prefix, .. } => {
                let parts: Vec<_> = location.prefix_match(prefix)?.map(|part| part.as_ref().to_owned()).collect();
                Some(parts.join("/"))
            }
        }
    }
}

/// A key as it is written, without the escapes that `Key::from` would add.
fn parse_key(url: &str, key: &str) -> Result<Key, StoreError> {
    Key::parse(key).map_err(|error| StoreError::BadUrl { url: url.to_owned(), reason: error.to_string() })
}

fn join(url: &str, prefix: &Key, key: &str) -> Result<Key, StoreError> {
    let key = parse_key(url, key)?;
    Ok(Key::from_iter(prefix.parts().chain(key.parts())))
}
