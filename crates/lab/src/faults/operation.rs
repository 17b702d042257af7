//! What a call's operation is called in AWS's API reference.
//!
//! Two REST APIs, whose calls say it by method and path, have names here: Route 53 and S3. A call of another one is
//! named `METHOD /path`.

use crate::tap::Call;

/// `ChangeResourceRecordSets`, `DescribeInstances`, or `GET /path` where no name is known.
pub(super) fn name(call: &Call) -> String {
    let (path, query) = call.path.split_once('?').unwrap_or((&call.path, ""));
    let named = match call.service.as_str() {
        "route53" => route53(&call.method, path),
        "s3" => s3(&call.method, path, query),
        _ => None,
    };
    named.map_or_else(|| call.operation(), str::to_owned)
}

fn route53(method: &str, path: &str) -> Option<&'static str> {
    let path = path.strip_prefix("/2013-04-01/")?.trim_end_matches('/');
    Some(match (method, path.split('/').collect::<Vec<_>>().as_slice()) {
        ("POST", ["hostedzone"]) => "CreateHostedZone",
        ("GET", ["hostedzone"]) => "ListHostedZones",
        ("GET", ["hostedzone", _]) => "GetHostedZone",
        ("DELETE", ["hostedzone", _]) => "DeleteHostedZone",
        ("GET", ["hostedzone", _, "rrset"]) => "ListResourceRecordSets",
        ("POST", ["hostedzone", _, "rrset"]) => "ChangeResourceRecordSets",
        ("GET", ["hostedzonesbyname"]) => "ListHostedZonesByName",
        ("GET", ["change", _]) => "GetChange",
        ("POST", ["healthcheck"]) => "CreateHealthCheck",
        ("GET", ["healthcheck"]) => "ListHealthChecks",
        ("GET", ["healthcheck", _]) => "GetHealthCheck",
        ("POST", ["healthcheck", _]) => "UpdateHealthCheck",
        ("DELETE", ["healthcheck", _]) => "DeleteHealthCheck",
        ("GET", ["healthcheck", _, "status"]) => "GetHealthCheckStatus",
        ("GET", ["tags", _, _]) => "ListTagsForResource",
        ("POST", ["tags", _, _]) => "ChangeTagsForResource",
        ("POST", ["tags", _]) => "ListTagsForResources",
        _ => return None,
    })
}

/// Path style, `/bucket/key`, which is what the lab's programs use. A query names another operation, but for a few.
fn s3(method: &str, path: &str, query: &str) -> Option<&'static str> {
    let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    let known = |field: &str| {
        let name = field.split('=').next().unwrap_or_default();
        matches!(name, "" | "x-id" | "list-type" | "prefix" | "delimiter" | "max-keys" | "continuation-token")
            || matches!(name, "start-after" | "encoding-type" | "versionId" | "fetch-owner")
    };
    if !query.split('&').all(known) {
        return None;
    }
    Some(match (method, bucket.is_empty(), key.is_empty()) {
        ("GET", true, _) => "ListBuckets",
        ("PUT", false, true) => "CreateBucket",
        ("HEAD", false, true) => "HeadBucket",
        ("DELETE", false, true) => "DeleteBucket",
        ("GET", false, true) if query.contains("list-type=2") => "ListObjectsV2",
        ("GET", false, true) => "ListObjects",
        ("PUT", false, false) => "PutObject",
        ("GET", false, false) => "GetObject",
        ("HEAD", false, false) => "HeadObject",
        ("DELETE", false, false) => "DeleteObject",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_named_as_aws_names_them() {
        for (service, method, path, named) in [
            ("route53", "POST", "/2013-04-01/hostedzone/Z1/rrset/", "ChangeResourceRecordSets"),
            ("route53", "GET", "/2013-04-01/hostedzone/Z1/rrset?maxitems=300", "ListResourceRecordSets"),
            ("route53", "GET", "/2013-04-01/change/C1", "GetChange"),
            ("route53", "GET", "/2013-04-01/geolocations", "GET /2013-04-01/geolocations"),
            ("s3", "PUT", "/bucket/a/key?x-id=PutObject", "PutObject"),
            ("s3", "GET", "/bucket?list-type=2&prefix=a", "ListObjectsV2"),
            ("s3", "GET", "/bucket?versioning", "GET /bucket?versioning"),
            ("s3", "HEAD", "/bucket", "HeadBucket"),
            ("lambda", "GET", "/2015-03-31/functions", "GET /2015-03-31/functions"),
        ] {
            let call = Call { service: service.into(), method: method.into(), path: path.into(), ..Call::default() };
            assert_eq!(name(&call), named);
        }
        let query = Call { service: "ec2".into(), body: "Version=1&Action=RunInstances".into(), ..Call::default() };
        assert_eq!(name(&query), "RunInstances");
    }
}
