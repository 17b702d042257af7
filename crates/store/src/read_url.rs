use crate::location::{Location, without_credentials};
use crate::s3::{Bucket, Purpose};
use crate::{S3Access, StoreError};
use bytes::Bytes;
use object_store::ObjectStoreExt as _;
use object_store::path::Path as Key;
use reqwest::StatusCode;
use std::path::Path;
use std::time::Duration;

/// Time to open a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for a whole state over HTTP, tens of megabytes over a thin line.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Reads the one object at `url`: a file (relative to `base`), `s3://BUCKET/KEY`, or `http(s)://…`.
///
/// # Errors
/// The URL cannot be used; the object does not exist; access is refused; or there is no usable answer.
pub async fn read_url(url: &str, base: &Path, access: Option<&S3Access>) -> Result<Bytes, StoreError> {
    let shown = without_credentials(url);
    match Location::parse(url, base)? {
        Location::File(path) => match tokio::fs::read(&path).await {
            Ok(bytes) => Ok(bytes.into()),
            Err(error) if error.kind() == std::io::ErrorKind::IsADirectory => {
                Err(StoreError::BadUrl { url: shown, reason: "it is a directory, and a file is needed".into() })
            }
            Err(error) => Err(StoreError::of_io(shown, error)),
        },
        Location::S3 { key, .. } if key.is_empty() => {
            Err(StoreError::BadUrl { url: shown, reason: "it names a bucket and no object".into() })
        }
        Location::S3 { bucket, key } => {
            let access = access.ok_or_else(|| StoreError::NoAccess { url: shown.clone() })?;
            let bucket = Bucket::open(&shown, &bucket, access, Purpose::State)?;
            let bad =
                |error: object_store::path::Error| StoreError::BadUrl { url: shown.clone(), reason: error.to_string() };
            let key = Key::parse(&key).map_err(bad)?;
            let store = bucket.objects().await?;
            let read = async { store.get(&key).await?.bytes().await };
            read.await.map_err(|error| StoreError::of(shown.clone(), error))
        }
        Location::Http(url) => read_http(url).await.map_err(|error| match error {
            Http::Status(StatusCode::NOT_FOUND | StatusCode::GONE) => StoreError::NotFound { url: shown, source: None },
            Http::Status(status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)) => {
                StoreError::Denied { url: shown, source: status.to_string().into() }
            }
            Http::Status(status) => StoreError::Unreachable { url: shown, source: status.to_string().into() },
            // The URL stands in `shown` already, and there without its credentials.
            Http::Client(error) => StoreError::Unreachable { url: shown, source: Box::new(error.without_url()) },
        }),
    }
}

enum Http {
    Status(StatusCode),
    Client(reqwest::Error),
}

async fn read_http(url: url::Url) -> Result<Bytes, Http> {
    let client = reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(REQUEST_TIMEOUT).build();
    let response = client.map_err(Http::Client)?.get(url).send().await.map_err(Http::Client)?;
    if !response.status().is_success() {
        return Err(Http::Status(response.status()));
    }
    response.bytes().await.map_err(Http::Client)
}
