//! `aws_s3_bucket`: the buckets of the place's region.

use super::super::attributes::Attributes;
use super::{Answer, Reading, Scope};
use crate::error::{CallError, CallErrorKind};
use crate::pages::Pages;
use aws_sdk_s3::types::{Bucket, BucketLocationConstraint};
use futures::{StreamExt, TryStreamExt};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[BUCKET];
const BUCKET: &str = "aws_s3_bucket";

/// Buckets a page. The most is 10,000, and an account has 100 unless it asked for more.
const PAGE: i32 = 1000;

/// Buckets whose region is asked for at the same time.
const AT_ONCE: usize = 8;

/// AWS's code for a bucket that went away between the list and the question.
const NO_BUCKET: &str = "NoSuchBucket";

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let region = scope.regional.region.as_str();
    let planned = scope.regional.call("s3", "ListBuckets");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        // The filter asks for the buckets of the region whose endpoint is asked.
        // https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
        let request = scope.regional.s3.list_buckets().max_buckets(PAGE).bucket_region(region);
        let page = scope.regional.send(&planned, request.set_continuation_token(pages.marker()).send()).await?;
        pages.add(page.buckets, page.continuation_token)?;
    }
    let located = pages.into_items().into_iter().map(|bucket| async move {
        // S3 names the region of each bucket where it filters by it. What does not name it may not know the
        // filter either.
        let found = match bucket.bucket_region() {
            Some(found) => Some(found.to_owned()),
            None => location(scope, bucket.name().unwrap_or_default()).await?,
        };
        Ok::<_, CallError>((bucket, found))
    });
    let located: Vec<(Bucket, Option<String>)> = futures::stream::iter(located).buffered(AT_ONCE).try_collect().await?;
    let here = located.iter().filter(|(_, found)| found.as_deref() == Some(region));
    Ok(Answer::of(here.filter_map(|(bucket, _)| object(bucket, region))))
}

/// A bucket's region; none where there is no such bucket any more.
async fn location(scope: &Scope<'_>, name: &str) -> Result<Option<String>, CallError> {
    let planned = scope.regional.call("s3", "GetBucketLocation");
    let request = scope.regional.s3.get_bucket_location().bucket(name);
    match scope.regional.send(&planned, request.send()).await {
        Ok(answer) => Ok(Some(region_of(answer.location_constraint()))),
        Err(CallError { kind: CallErrorKind::Refused, code: Some(code), .. }) if code == NO_BUCKET => Ok(None),
        Err(error) => Err(error),
    }
}

/// A location's region. Two of the oldest have other names.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>
fn region_of(location: Option<&BucketLocationConstraint>) -> String {
    match location.map(BucketLocationConstraint::as_str) {
        None | Some("") => "us-east-1".into(),
        Some("EU") => "eu-west-1".into(),
        Some(region) => region.to_owned(),
    }
}

fn object(bucket: &Bucket, region: &str) -> Option<LiveObject> {
    let name = bucket.name()?;
    Some(Attributes::new().set("bucket", name).set("region", region).object(BUCKET, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_locations_have_other_names() {
        assert_eq!(region_of(None), "us-east-1");
        assert_eq!(region_of(Some(&BucketLocationConstraint::from(""))), "us-east-1");
        assert_eq!(region_of(Some(&BucketLocationConstraint::from("EU"))), "eu-west-1");
        assert_eq!(region_of(Some(&BucketLocationConstraint::from("eu-central-1"))), "eu-central-1");
    }
}
