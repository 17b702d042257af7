//! A second look at buckets that the provider says are gone.
//!
//! It asks by `HeadBucket`, and takes a refusal (403) for a bucket that does not exist: observed with provider 5.100,
//! where `terraform plan` wants to create the bucket anew. A refusal is all that S3 tells whoever lacks `s3:ListBucket`,
//! and all that it tells of a bucket of somebody else's: in neither case is it known that there is none.

use pilotlight_cloud::{Aws, BucketPlace, CallError, CallErrorKind};
use pilotlight_drift::{LiveQuery, LiveSnapshot, Unread, Wanted};

const BUCKET: &str = "aws_s3_bucket";

/// Asks S3 whether the buckets that are wanted and not in the answer do not exist. Those of which it says anything else
/// are unread.
pub(super) async fn look_again(aws: &Aws, query: &LiveQuery<'_>, snapshot: &mut LiveSnapshot) {
    let gone = gone(query, snapshot);
    if gone.is_empty() {
        return;
    }
    let names: Vec<_> = gone.iter().map(|wanted| wanted.id).collect();
    // One by one: of a stack's buckets few are gone at once.
    let (places, calls) = aws.buckets(&query.place, &names).await;
    snapshot.unread.extend(gone.iter().zip(places).filter_map(|(wanted, place)| unless_missing(wanted, place)));
    snapshot.calls.extend(calls);
}

/// The buckets of which the provider says that they are gone.
fn gone<'q, 'a>(query: &'q LiveQuery<'a>, snapshot: &LiveSnapshot) -> Vec<&'q Wanted<'a>> {
    query.wanted.iter().filter(|wanted| is_gone(wanted, snapshot)).collect()
}

fn is_gone(wanted: &Wanted<'_>, snapshot: &LiveSnapshot) -> bool {
    let key = wanted.key();
    let is_it = |kind: &str, id: &str| kind == BUCKET && id == key;
    wanted.resource_type == BUCKET
        && !wanted.id.is_empty()
        && !snapshot.objects.iter().any(|object| is_it(&object.resource_type, &object.id))
        && !snapshot
            .unread
            .iter()
            .any(|unread| unread.resource_type == BUCKET && unread.id.as_deref().is_none_or(|id| is_it(BUCKET, id)))
}

/// None where it is known: S3 has no such bucket.
fn unless_missing(wanted: &Wanted<'_>, answer: Result<BucketPlace, CallError>) -> Option<Unread> {
    const REFUSED: &str = "S3 has a bucket of this name and does not let these credentials see it; the provider takes that for \
                           none. Allow s3:ListBucket on it, or see whether it is somebody else's by now";
    let reason = match answer {
        Ok(BucketPlace::Missing) => return None,
        Ok(BucketPlace::In(_) | BucketPlace::Somewhere) => REFUSED.to_owned(),
        Err(error) if error.kind == CallErrorKind::Denied => REFUSED.to_owned(),
        Err(error) => error.to_string(),
    };
    Some(Unread { resource_type: BUCKET.to_owned(), id: Some(wanted.key().into_owned()), reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilotlight_cloud::Call;
    use pilotlight_drift::{LiveObject, Place};
    use pilotlight_findings::Region;

    fn wanted(resource_type: &'static str, id: &'static str) -> Wanted<'static> {
        Wanted { resource_type, id, parent: None, recorded: None }
    }

    #[test]
    fn what_is_neither_read_nor_unread_is_asked_for() {
        let mut all: Vec<_> = ["read", "unread", "gone"].map(|id| wanted(BUCKET, id)).into();
        all.push(wanted("aws_s3_bucket_policy", "gone-too"));
        let place = Place::own(Region::new("eu-west-1").expect("a region"));
        let query = LiveQuery { place, wanted: all, everything: false, global: false };
        let unread = |id: Option<&str>| Unread {
            resource_type: BUCKET.into(),
            id: id.map(str::to_owned),
            reason: "no plugin".into(),
        };
        let read = LiveObject::new(BUCKET, "read", serde_json::Map::new());
        let mut snapshot =
            LiveSnapshot { objects: vec![read], unread: vec![unread(Some("unread"))], ..LiveSnapshot::default() };
        let ids = |snapshot: &LiveSnapshot| gone(&query, snapshot).iter().map(|wanted| wanted.id).collect::<Vec<_>>();
        assert_eq!(ids(&snapshot), ["gone"]);
        snapshot.unread.push(unread(None));
        assert!(ids(&snapshot).is_empty());
    }

    #[test]
    fn a_bucket_is_missing_where_s3_says_so_and_else_unread() {
        let failed = |kind| {
            let call = Call { service: "s3", region: "eu-west-1".into(), operation: "HeadBucket" };
            Err(CallError { call, kind, code: None, message: "told".into() })
        };
        let bucket = wanted(BUCKET, "shop");
        let reason = |answer| unless_missing(&bucket, answer).map(|unread| unread.reason).unwrap_or_default();
        assert_eq!(unless_missing(&bucket, Ok(BucketPlace::Missing)), None);
        for answer in [failed(CallErrorKind::Denied), Ok(BucketPlace::In("eu-west-1".into()))] {
            assert!(reason(answer).contains("Allow s3:ListBucket"));
        }
        assert!(reason(failed(CallErrorKind::Unreachable)).contains("no answer"));
    }
}
