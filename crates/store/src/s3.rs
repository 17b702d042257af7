use crate::bucket_region::{AskRegion, HttpRegions, Regions};
use crate::{S3Access, StoreError};
use object_store::aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut};
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// Time to open a connection. AWS recommends a few seconds at most; across an ocean it takes 0.3.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Time for one request of an event or a list page, a few kilobytes. In the worst hour a journal that
/// hangs is worse than one that fails: the run then stops between steps and says so.
const EVENT_REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for one request of a state: tens of megabytes over a thin line.
const STATE_REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Time without a byte of a state: the first one comes within a second, and a line that stands still this long is dead.
const STATE_READ_TIMEOUT: Duration = Duration::from_secs(10);
/// Tries after the first one: a throttled or reset request mostly succeeds at the second.
const MAX_RETRIES: usize = 2;
/// No further try is begun after this, so that an event takes at most this and one request.
const RETRY_TIMEOUT: Duration = Duration::from_secs(8);
/// First pause between tries; it doubles, up to [`MAX_BACKOFF`].
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
/// Longest pause between tries.
const MAX_BACKOFF: Duration = Duration::from_secs(1);

/// What a bucket is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Small objects that a run waits for.
    Events,
    /// One object that may be large.
    State,
    /// Small objects whose writer has to know of each try that got no answer.
    Once,
}

/// What this process learned about buckets: a bucket does not change its region.
static REGIONS: LazyLock<Regions<HttpRegions>> = LazyLock::new(|| Regions::new(HttpRegions));

/// A client, and the region that it signs for.
type Client = (String, Arc<AmazonS3>);

/// A bucket; nothing of it is asked before its first use.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    url: String,
    name: String,
    access: S3Access,
    purpose: Purpose,
    /// Clones share it.
    client: Arc<Mutex<Option<Client>>>,
}

impl Bucket {
    /// The bucket of this name. `url` is for errors.
    ///
    /// # Errors
    /// The name or the endpoint cannot be used.
    pub(crate) fn open(url: &str, name: &str, access: &S3Access, purpose: Purpose) -> Result<Self, StoreError> {
        let (url, name, access) = (url.to_owned(), name.to_owned(), access.clone());
        let bucket = Self { url, name, access, purpose, client: Arc::default() };
        // A bad name is told at once, not in the middle of a run.
        bucket.client(&bucket.access.region)?;
        Ok(bucket)
    }

    /// The same bucket, opened for something else.
    ///
    /// # Errors
    /// As [`Bucket::open`].
    pub(crate) fn opened_for(self, purpose: Purpose) -> Result<Self, StoreError> {
        Self::open(&self.url, &self.name, &self.access, purpose)
    }

    /// The client of the bucket's own region, which need not be the caller's. S3 only answers requests that are
    /// signed for that one. With another endpoint than AWS's, the caller's region is taken.
    ///
    /// # Errors
    /// As [`Bucket::open`]. That the region was not found out is no error: the caller's is taken.
    pub(crate) async fn objects(&self) -> Result<Arc<dyn ObjectStore>, StoreError> {
        self.admit(&self.access.region)?;
        let region = self.region_now().await;
        self.admit(&region)?;
        Ok(self.client(&region)?)
    }

    /// The region that it is in, as far as can be found out now.
    pub(crate) async fn region_now(&self) -> String {
        self.region(&REGIONS).await
    }

    async fn region(&self, regions: &Regions<impl AskRegion>) -> String {
        match self.access.endpoint {
            Some(_) => self.access.region.clone(),
            None => regions.of(&self.name, &self.access.region, self.access.refused.as_deref()).await,
        }
    }

    /// Nothing is asked of the region that the caller has ruled out, not even where a bucket is.
    fn admit(&self, region: &str) -> Result<(), StoreError> {
        match &self.access.refused {
            Some(refused) if refused == region => {
                Err(StoreError::RefusedRegion { url: self.url.clone(), region: refused.clone() })
            }
            _ => Ok(()),
        }
    }

    fn client(&self, region: &str) -> Result<Arc<AmazonS3>, StoreError> {
        let mut held = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        match held.as_ref() {
            Some((of, client)) if of == region => Ok(client.clone()),
            _ => {
                let client = Arc::new(client(&self.url, &self.name, region, &self.access, self.purpose)?);
                *held = Some((region.to_owned(), client.clone()));
                Ok(client)
            }
        }
    }
}

/// A client of a bucket in `region`, reached as `access` says.
fn client(url: &str, bucket: &str, region: &str, access: &S3Access, purpose: Purpose) -> Result<AmazonS3, StoreError> {
    let (timeout, max_retries) = match purpose {
        Purpose::Events => (EVENT_REQUEST_TIMEOUT, MAX_RETRIES),
        Purpose::State => (STATE_REQUEST_TIMEOUT, MAX_RETRIES),
        Purpose::Once => (EVENT_REQUEST_TIMEOUT, 0),
    };
    let retry = RetryConfig {
        backoff: BackoffConfig { init_backoff: FIRST_BACKOFF, max_backoff: MAX_BACKOFF, base: 2.0 },
        max_retries,
        retry_timeout: RETRY_TIMEOUT,
    };
    // Not `from_env`: what the environment says is the caller's to read.
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(region)
        .with_credentials(access.credentials.clone())
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_retry(retry)
        .with_virtual_hosted_style_request(access.endpoint.is_none());
    let mut options = ClientOptions::new().with_connect_timeout(CONNECT_TIMEOUT).with_timeout(timeout);
    if purpose == Purpose::State {
        options = options.with_read_timeout(STATE_READ_TIMEOUT);
    }
    if let Some(endpoint) = &access.endpoint {
        builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        options = options.with_allow_http(true);
    }
    builder.with_client_options(options).build().map_err(|error| StoreError::of(url.to_owned(), error))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]
mod tests {
    use super::*;
    use crate::static_credentials;

    /// Every bucket is in `sa-east-1`.
    struct SaoPaulo;

    #[async_trait::async_trait]
    impl AskRegion for SaoPaulo {
        async fn ask(&self, _bucket: &str, _near: &str, _refused: Option<&str>) -> Option<String> {
            Some("sa-east-1".to_owned())
        }
    }

    #[tokio::test]
    async fn nothing_is_asked_of_a_region_that_is_refused() {
        let access = |region: &str| S3Access {
            region: region.into(),
            endpoint: Some("http://127.0.0.1:1".into()),
            credentials: static_credentials("AKIDEXAMPLE", "secret", None),
            refused: Some("eu-west-1".into()),
        };
        let open = |region| Bucket::open("s3://states", "states", &access(region), Purpose::State).unwrap();
        let error = open("eu-west-1").objects().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "ask s3://states: it is in eu-west-1, of which nothing is asked (--primary-down)"
        );
        assert!(open("eu-central-1").objects().await.is_ok());
    }

    #[tokio::test]
    async fn a_bucket_on_aws_is_reached_in_its_own_region() {
        for (endpoint, region) in [(None, "sa-east-1"), (Some("http://127.0.0.1:5000"), "eu-west-1")] {
            let access = S3Access {
                region: "eu-west-1".into(),
                endpoint: endpoint.map(str::to_owned),
                credentials: static_credentials("AKIDEXAMPLE", "secret", None),
                refused: None,
            };
            let bucket = Bucket::open("s3://states", "states", &access, Purpose::State).unwrap();
            let found = bucket.region(&Regions::new(SaoPaulo)).await;
            assert_eq!(found, region);
            let client = bucket.client(&found).unwrap();
            assert!(format!("{client:?}").contains(&format!("region: \"{region}\"")), "{client:?}");
            assert!(Arc::ptr_eq(&client, &bucket.client(&found).unwrap()), "one client a region");
        }
    }
}
