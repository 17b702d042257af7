use crate::{S3Access, StoreError};
use object_store::aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use std::time::Duration;

/// Time to open a connection. AWS recommends a few seconds at most; across an ocean it takes 0.3.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Time for one request of an event or a list page, a few kilobytes. In the worst hour a journal that
/// hangs is worse than one that fails: the run then stops between steps and says so.
const EVENT_REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for one request of a state: tens of megabytes over a thin line.
const STATE_REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
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
}

/// A bucket, reached as `access` says.
pub(crate) fn open(url: &str, bucket: &str, access: &S3Access, purpose: Purpose) -> Result<AmazonS3, StoreError> {
    let timeout = match purpose {
        Purpose::Events => EVENT_REQUEST_TIMEOUT,
        Purpose::State => STATE_REQUEST_TIMEOUT,
    };
    let retry = RetryConfig {
        backoff: BackoffConfig { init_backoff: FIRST_BACKOFF, max_backoff: MAX_BACKOFF, base: 2.0 },
        max_retries: MAX_RETRIES,
        retry_timeout: RETRY_TIMEOUT,
    };
    // Not `from_env`: what the environment says is the caller's to read.
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(&access.region)
        .with_credentials(access.credentials.clone())
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_retry(retry)
        .with_virtual_hosted_style_request(access.endpoint.is_none());
    let mut options = ClientOptions::new().with_connect_timeout(CONNECT_TIMEOUT).with_timeout(timeout);
    if let Some(endpoint) = &access.endpoint {
        builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        options = options.with_allow_http(true);
    }
    builder.with_client_options(options).build().map_err(|error| StoreError::of(url.to_owned(), error))
}
