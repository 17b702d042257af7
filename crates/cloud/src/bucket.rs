//! Whether a bucket is there, and in which region.

use crate::error::CallError;
use crate::regional::Regional;
use crate::session::Aws;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use pilotlight_drift::Place;
use pilotlight_findings::ApiCalls;

/// Names a bucket's region, also in an answer that refuses or redirects (`HeadBucket` in the S3 API reference).
const REGION: &str = "x-amz-bucket-region";
/// AWS's answer where no account has such a bucket.
const NOT_FOUND: u16 = 404;

/// Where a bucket is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BucketPlace {
    /// In this region.
    In(String),
    /// It exists, and S3 does not tell where.
    Somewhere,
    /// There is no such bucket.
    Missing,
}

impl Aws {
    /// Asks S3 of `near` where a bucket is, by one `HeadBucket`. That the caller may not read it is an answer too.
    ///
    /// # Errors
    /// There was no answer that tells.
    pub async fn bucket(&self, near: &Place, bucket: &str) -> Result<BucketPlace, CallError> {
        place_of(&self.regional(near, self.session_log()).await, bucket).await
    }

    /// As [`Aws::bucket`] for several, one by one, with the requests that this took.
    pub async fn buckets(
        &self,
        near: &Place,
        buckets: &[&str],
    ) -> (Vec<Result<BucketPlace, CallError>>, Vec<ApiCalls>) {
        let log = self.job_log();
        let regional = self.regional(near, log.clone()).await;
        let mut places = Vec::new();
        for bucket in buckets {
            places.push(place_of(&regional, bucket).await);
        }
        (places, log.calls())
    }
}

async fn place_of(regional: &Regional, bucket: &str) -> Result<BucketPlace, CallError> {
    // By path: a name with a dot fits no certificate, and an emulator knows no subdomains.
    let config = regional.s3.config().to_builder().force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(config);
    let planned = regional.call("s3", "HeadBucket");
    let asked = async {
        match s3.head_bucket().bucket(bucket).send().await {
            Ok(answer) => {
                Ok(answer.bucket_region().map_or(BucketPlace::Somewhere, |region| BucketPlace::In(region.to_owned())))
            }
            Err(error) => match told_by(&error) {
                Some(place) => Ok(place),
                None => Err(error),
            },
        }
    };
    regional.send(&planned, asked).await
}

fn told_by<E>(error: &SdkError<E, HttpResponse>) -> Option<BucketPlace> {
    let answer = error.raw_response()?;
    if answer.status().as_u16() == NOT_FOUND {
        return Some(BucketPlace::Missing);
    }
    answer.headers().get(REGION).map(|region| BucketPlace::In(region.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{Replay, Reply, region};

    #[tokio::test]
    async fn a_bucket_is_asked_for_by_path_and_only_looked_at() {
        let replay = Replay::new(|asked| match asked {
            asked if asked.contains("/gone") => Reply::Answer(404, String::new()),
            asked if asked.contains("/denied") => Reply::Answer(403, String::new()),
            _ => Reply::ok(""),
        });
        let (aws, near) = (replay.aws(), Place::own(region()));
        assert_eq!(aws.bucket(&near, "gone").await, Ok(BucketPlace::Missing));
        assert_eq!(aws.bucket(&near, "there").await, Ok(BucketPlace::Somewhere));
        let denied = aws.bucket(&near, "denied").await.expect_err("nothing is told");
        assert_eq!(denied.kind, crate::CallErrorKind::Denied);
        let remedy = pilotlight_findings::Explain::remedy(&denied);
        assert_eq!(remedy.as_deref(), Some("allow s3:ListBucket to this identity, and repeat"));
        let asked = replay.asked();
        assert!(asked[0].starts_with("HEAD /gone"), "{asked:?}");
        assert!(asked.iter().all(|asked| asked.starts_with("HEAD ")), "{asked:?}");
    }

    #[tokio::test]
    async fn of_several_only_what_was_sent_is_counted() {
        let replay = Replay::new(|_| Reply::Answer(404, String::new()));
        let (aws, near) = (replay.aws().with_max_calls(Some(2)), Place::own(region()));
        let (places, calls) = aws.buckets(&near, &["one", "two", "three"]).await;
        assert_eq!(places[..2], [Ok(BucketPlace::Missing), Ok(BucketPlace::Missing)]);
        let beyond = places[2].as_ref().expect_err("no call is left");
        assert_eq!(beyond.kind, crate::CallErrorKind::Budget);
        let counted: Vec<_> = calls.iter().map(|calls| (calls.operation.as_str(), calls.count)).collect();
        assert_eq!((counted, replay.asked().len()), (vec![("HeadBucket", 2)], 2));
    }
}
