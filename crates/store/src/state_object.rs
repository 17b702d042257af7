use crate::s3::{Bucket, Purpose};
use crate::state_url::S3Place;
use crate::{S3Access, StoreError};
use bytes::Bytes;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt as _};
use reqwest::StatusCode;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Time to open a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for a whole state over HTTP, tens of megabytes over a thin line.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// What reading states may need. The caller makes it from whatever configuration it has.
#[derive(Debug, Clone, Default)]
pub struct StateAccess {
    /// For `s3://`.
    pub s3: Option<S3Access>,
    /// For `http(s)://` URLs that name no user themselves.
    pub http: Option<HttpLogin>,
}

/// A user of an HTTP server, for basic authentication. `Debug` hides the password.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpLogin {
    /// The user's name.
    pub user: String,
    /// The password, where there is one.
    pub password: Option<String>,
}

impl fmt::Debug for HttpLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpLogin").field("user", &self.user).finish_non_exhaustive()
    }
}

/// One state that was found, or is said to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateObject {
    pub(crate) url: String,
    pub(crate) place: ObjectPlace,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ObjectPlace {
    File(PathBuf),
    S3(S3Place),
    Http(Url),
}

/// Where a state on S3 is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct S3Object<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The whole key, with a workspace's prefix.
    pub key: &'a str,
    /// The table of locks that the URL names.
    pub dynamodb_table: Option<&'a str>,
}

impl StateObject {
    /// Its URL as it may be shown, or its path as the user would write it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it is on S3, if it is there.
    pub fn s3(&self) -> Option<S3Object<'_>> {
        match &self.place {
            ObjectPlace::S3(place) => Some(S3Object {
                bucket: &place.bucket,
                key: &place.key,
                dynamodb_table: place.dynamodb_table.as_deref(),
            }),
            ObjectPlace::File(_) | ObjectPlace::Http(_) => None,
        }
    }

    /// Whether both are one object, as far as can be told without a look at it.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.place, &other.place) {
            (ObjectPlace::File(ours), ObjectPlace::File(theirs)) => {
                let whole = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
                ours == theirs || whole(ours) == whole(theirs)
            }
            (ObjectPlace::S3(ours), ObjectPlace::S3(theirs)) => {
                (&ours.bucket, &ours.key) == (&theirs.bucket, &theirs.key)
            }
            (ours, theirs) => ours == theirs,
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// It, or its bucket, does not exist; access is refused; or there is no usable answer.
    pub async fn read(&self, access: &StateAccess) -> Result<Bytes, StoreError> {
        match &self.place {
            ObjectPlace::File(path) => match tokio::fs::read(path).await {
                Ok(bytes) => Ok(bytes.into()),
                Err(error) => Err(StoreError::of_io(self.url.clone(), error)),
            },
            ObjectPlace::S3(place) => self.get(place, &place.key, access).await,
            ObjectPlace::Http(url) => {
                read_http(url, access.http.as_ref()).await.map_err(|error| error.about(&self.url))
            }
        }
    }

    /// The lock that Terraform keeps beside it while it works: S3's own (`use_lockfile`) or a local state's, as
    /// the JSON that Terraform wrote; none where there is no such object.
    ///
    /// # Errors
    /// Access is refused, or there is no usable answer.
    pub async fn lock(&self, access: &StateAccess) -> Result<Option<Bytes>, StoreError> {
        let read = match &self.place {
            ObjectPlace::File(path) => match lock_file(path) {
                Some(lock) => {
                    tokio::fs::read(lock).await.map(Bytes::from).map_err(|e| StoreError::of_io(self.url.clone(), e))
                }
                None => return Ok(None),
            },
            ObjectPlace::S3(place) => self.get(place, &format!("{}.tflock", place.key), access).await,
            ObjectPlace::Http(_) => return Ok(None),
        };
        match read {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::NotFound { .. } | StoreError::NoBucket { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The region of its bucket, which is its lock table's too: Terraform's s3 backend has one region for both.
    /// None where it is not on S3.
    ///
    /// # Errors
    /// The bucket's name cannot be used, or there is no access to S3.
    pub async fn region(&self, access: &StateAccess) -> Result<Option<String>, StoreError> {
        let ObjectPlace::S3(place) = &self.place else { return Ok(None) };
        Ok(Some(self.bucket(place, access)?.region_now().await))
    }

    fn bucket(&self, place: &S3Place, access: &StateAccess) -> Result<Bucket, StoreError> {
        Bucket::open(&self.url, &place.bucket, &place.access(access.s3.as_ref())?, Purpose::State)
    }

    async fn get(&self, place: &S3Place, key: &str, access: &StateAccess) -> Result<Bytes, StoreError> {
        let bad =
            |error: object_store::path::Error| StoreError::BadUrl { url: self.url.clone(), reason: error.to_string() };
        let key = Key::parse(key).map_err(bad)?;
        let store: Arc<dyn ObjectStore> = self.bucket(place, access)?.objects().await?;
        let read = async { store.get(&key).await?.bytes().await };
        read.await.map_err(|error| StoreError::of(self.url.clone(), error))
    }
}

/// `.terraform.tfstate.lock.info`, beside `terraform.tfstate`.
fn lock_file(state: &Path) -> Option<PathBuf> {
    Some(state.with_file_name(format!(".{}.lock.info", state.file_name()?.to_str()?)))
}

enum Http {
    Status(StatusCode),
    Client(reqwest::Error),
}

impl Http {
    fn about(self, url: &str) -> StoreError {
        let url = url.to_owned();
        match self {
            // Terraform's http backend takes the first two for "nothing was applied yet".
            Self::Status(StatusCode::NO_CONTENT | StatusCode::NOT_FOUND | StatusCode::GONE) => {
                StoreError::NotFound { url, source: None }
            }
            Self::Status(status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)) => {
                StoreError::Denied { url, source: status.to_string().into() }
            }
            Self::Status(status) => StoreError::Unreachable { url, source: status.to_string().into() },
            // The URL is told already, and there without its credentials.
            Self::Client(error) => StoreError::Unreachable { url, source: Box::new(error.without_url()) },
        }
    }
}

/// Reads over HTTP. A user in the URL counts before `login`.
async fn read_http(url: &Url, login: Option<&HttpLogin>) -> Result<Bytes, Http> {
    let client = reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(REQUEST_TIMEOUT).build();
    let mut request = client.map_err(Http::Client)?.get(url.clone());
    if let Some(login) = login.filter(|_| url.username().is_empty() && url.password().is_none()) {
        request = request.basic_auth(&login.user, login.password.as_ref());
    }
    let response = request.send().await.map_err(Http::Client)?;
    if response.status() != StatusCode::OK {
        return Err(Http::Status(response.status()));
    }
    response.bytes().await.map_err(Http::Client)
}
