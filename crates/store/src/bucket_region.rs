//! In which region a bucket is.
//!
//! `HEAD` on a bucket names its region in the header `x-amz-bucket-region`, also where the request is not signed
//! (403) or is sent to the wrong region (301). Source: HeadBucket in the S3 API reference.

use async_trait::async_trait;
use reqwest::StatusCode;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Time to open a connection for the question.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Time for the whole question: one request without a body. It is asked where a run waits for its journal.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a question without an answer is not asked again: a region that is down must not slow down every
/// object that is read, and a short disturbance must not decide for the whole process.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(60);
/// Where S3's global name leads. Source: "Virtual hosting of buckets" in the S3 User Guide.
const GLOBAL_REGION: &str = "us-east-1";
/// The header that names a bucket's region.
const HEADER: &str = "x-amz-bucket-region";

/// Asks in which region a bucket is; none where there is no answer that says so.
#[async_trait]
pub(crate) trait AskRegion: Send + Sync {
    /// `near` is the region that the bucket is thought to be in, `refused` one of which nothing may be asked.
    async fn ask(&self, bucket: &str, near: &str, refused: Option<&str>) -> Option<String>;
}

/// The regions of buckets, each asked for once.
#[derive(Debug)]
pub(crate) struct Regions<A> {
    asker: A,
    known: Mutex<HashMap<String, Arc<Mutex<Known>>>>,
    ask_again_after: Duration,
}

/// What is known of one bucket.
#[derive(Debug, Default)]
enum Known {
    /// Nobody asked.
    #[default]
    Nothing,
    Region(String),
    /// There was no answer.
    NoAnswer(Instant),
}

impl<A: AskRegion> Regions<A> {
    pub(crate) fn new(asker: A) -> Self {
        Self { asker, known: Mutex::default(), ask_again_after: ASK_AGAIN_AFTER }
    }

    /// The bucket's region, or `fallback` where it cannot be found out now.
    pub(crate) async fn of(&self, bucket: &str, fallback: &str, refused: Option<&str>) -> String {
        let known = self.known.lock().await.entry(bucket.to_owned()).or_default().clone();
        // Whoever comes second waits for the answer to the first one's question.
        let mut known = known.lock().await;
        match &*known {
            Known::Region(region) => return region.clone(),
            Known::NoAnswer(when) if when.elapsed() < self.ask_again_after => return fallback.to_owned(),
            Known::Nothing | Known::NoAnswer(_) => {}
        }
        let Some(region) = self.asker.ask(bucket, fallback, refused).await else {
            tracing::warn!(bucket, fallback, "the region of the bucket was not found out");
            *known = Known::NoAnswer(Instant::now());
            return fallback.to_owned();
        };
        *known = Known::Region(region.clone());
        region
    }
}

/// Asks S3.
#[derive(Debug)]
pub(crate) struct HttpRegions;

#[async_trait]
impl AskRegion for HttpRegions {
    /// First the region that is thought of, so that nothing depends on another one while that answers; then
    /// S3's global name, which some other region may serve.
    async fn ask(&self, bucket: &str, near: &str, refused: Option<&str>) -> Option<String> {
        for endpoint in endpoints(near, refused) {
            if let Some(region) = head(&endpoint, bucket).await {
                return Some(region);
            }
        }
        None
    }
}

/// Where S3 is asked, in this order. China's regions are a partition of their own, without a global name.
/// The global name is left out where us-east-1 is refused, which serves it.
fn endpoints(near: &str, refused: Option<&str>) -> Vec<String> {
    if refused == Some(near) {
        Vec::new()
    } else if refused == Some(GLOBAL_REGION) {
        vec![format!("https://s3.{near}.amazonaws.com")]
    } else if near.starts_with("cn-") {
        vec![format!("https://s3.{near}.amazonaws.com.cn")]
    } else {
        vec![format!("https://s3.{near}.amazonaws.com"), "https://s3.amazonaws.com".to_owned()]
    }
}

/// Asks one endpoint. The path holds the bucket's name, since a name with a dot fits no certificate.
async fn head(endpoint: &str, bucket: &str) -> Option<String> {
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        // The redirect itself is the answer.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .ok()?;
    let answer = client.head(format!("{endpoint}/{bucket}")).send().await.ok()?;
    if answer.status() == StatusCode::NOT_FOUND {
        return None;
    }
    let region = answer.headers().get(HEADER)?.to_str().ok()?;
    (!region.is_empty()).then(|| region.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// Answers as it was told, and counts.
    struct Told(Option<&'static str>, AtomicUsize);

    #[async_trait]
    impl AskRegion for Told {
        async fn ask(&self, _bucket: &str, _near: &str, _refused: Option<&str>) -> Option<String> {
            self.1.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            self.0.map(str::to_owned)
        }
    }

    fn told(answer: Option<&'static str>, ask_again_after: Duration) -> Regions<Told> {
        Regions { ask_again_after, ..Regions::new(Told(answer, AtomicUsize::new(0))) }
    }

    #[tokio::test]
    async fn a_bucket_is_asked_for_once_also_by_many_at_a_time() {
        let regions = told(Some("ap-south-1"), ASK_AGAIN_AFTER);
        let answers = futures::future::join_all((0..8).map(|_| regions.of("states", "eu-west-1", None))).await;
        assert!(answers.iter().all(|region| region == "ap-south-1"), "{answers:?}");
        assert_eq!(regions.asker.1.load(Ordering::SeqCst), 1);
        regions.of("journal", "eu-west-1", None).await;
        assert_eq!(regions.asker.1.load(Ordering::SeqCst), 2, "another bucket is another question");
    }

    #[tokio::test]
    async fn without_an_answer_the_callers_region_is_taken_and_asked_again_later() {
        for (ask_again_after, asked) in [(ASK_AGAIN_AFTER, 1), (Duration::ZERO, 3)] {
            let regions = told(None, ask_again_after);
            for _ in 0..3 {
                assert_eq!(regions.of("states", "eu-central-1", None).await, "eu-central-1");
            }
            assert_eq!(regions.asker.1.load(Ordering::SeqCst), asked);
        }
    }

    /// A server that answers everything with this head, and the first line that it was asked.
    async fn serve(head: &'static str) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 4096];
            let length = stream.read(&mut buffer).await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&buffer[..length]).lines().next().unwrap_or_default().to_owned()
        });
        (url, asked)
    }

    #[tokio::test]
    async fn the_header_counts_whatever_the_status() {
        for (answer, region) in [
            ("HTTP/1.1 200 OK\r\nx-amz-bucket-region: eu-west-1\r\ncontent-length: 0\r\n\r\n", Some("eu-west-1")),
            ("HTTP/1.1 403 No\r\nx-amz-bucket-region: eu-west-3\r\ncontent-length: 0\r\n\r\n", Some("eu-west-3")),
            (
                "HTTP/1.1 301 Moved\r\nlocation: /elsewhere\r\nx-amz-bucket-region: us-west-2\r\ncontent-length: 0\r\n\r\n",
                Some("us-west-2"),
            ),
            ("HTTP/1.1 404 None\r\nx-amz-bucket-region: us-east-1\r\ncontent-length: 0\r\n\r\n", None),
            ("HTTP/1.1 503 Later\r\ncontent-length: 0\r\n\r\n", None),
        ] {
            let (url, asked) = serve(answer).await;
            assert_eq!(head(&url, "shop.states").await.as_deref(), region, "{answer}");
            assert_eq!(asked.await.unwrap(), "HEAD /shop.states HTTP/1.1");
        }
    }

    #[tokio::test]
    async fn a_silent_server_does_not_hold_the_caller() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let begin = Instant::now();
        assert_eq!(head(&format!("http://{}", listener.local_addr().unwrap()), "b").await, None);
        assert!(begin.elapsed() < REQUEST_TIMEOUT + Duration::from_secs(2), "{:?}", begin.elapsed());
    }

    #[test]
    fn the_region_that_is_thought_of_is_asked_first() {
        let (near, global) = ("https://s3.eu-central-1.amazonaws.com", "https://s3.amazonaws.com");
        assert_eq!(endpoints("eu-central-1", None), [near, global]);
        assert_eq!(endpoints("eu-central-1", Some("eu-west-1")), [near, global]);
        assert_eq!(endpoints("eu-central-1", Some("us-east-1")), [near]);
        assert_eq!(endpoints("us-east-1", Some("us-east-1")), [""; 0]);
        assert_eq!(endpoints("cn-north-1", None), ["https://s3.cn-north-1.amazonaws.com.cn"]);
    }
}
