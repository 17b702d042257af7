//! Everything of a place, for what no state knows.

use super::*;
use pilotlight_drift::shapes::is_global;

const ARN: &str = "arn:aws:sns:eu-west-1:111111111111:alerts";
const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/111111111111/jobs";

fn everything(global: bool) -> LiveQuery<'static> {
    LiveQuery { place: Place::own(region()), wanted: Vec::new(), everything: true, global }
}

fn buckets(buckets: &[(&str, Option<&str>)]) -> Reply {
    let buckets: String = buckets
        .iter()
        .map(|(name, region)| {
            let region = region.map(|region| format!("<BucketRegion>{region}</BucketRegion>")).unwrap_or_default();
            format!("<Bucket><Name>{name}</Name>{region}</Bucket>")
        })
        .collect();
    Reply::ok(format!(
        "<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Buckets>{buckets}</Buckets>\
         </ListAllMyBucketsResult>"
    ))
}

/// One object of each listed type, one zone with one record, and nothing else.
pub(super) fn account(asked: &str) -> Reply {
    let zones = "<ListHostedZonesResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><HostedZones>\
                 <HostedZone><Id>/hostedzone/Z1</Id><Name>shop.test.</Name><CallerReference>r</CallerReference>\
                 </HostedZone></HostedZones><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>\
                 </ListHostedZonesResponse>";
    let records = "<ListResourceRecordSetsResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">\
                   <ResourceRecordSets><ResourceRecordSet><Name>app.shop.test.</Name><Type>A</Type><TTL>30</TTL>\
                   <ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords>\
                   </ResourceRecordSet></ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems>\
                   </ListResourceRecordSetsResponse>";
    let checks = "<ListHealthChecksResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><HealthChecks/>\
                  <Marker></Marker><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>\
                  </ListHealthChecksResponse>";
    let (what, host) = asked.rsplit_once('@').expect("host");
    match host.split('.').next().unwrap_or_default() {
        "s3" => buckets(&[("shop-assets", Some("eu-west-1"))]),
        "sqs" => Reply::ok(format!("{{\"QueueUrls\": [\"{QUEUE}\"]}}")),
        "dynamodb" => Reply::ok("{\"TableNames\": [\"orders\"]}"),
        "lambda" => Reply::ok(
            "{\"Functions\": [{\"FunctionName\": \"resize\", \
             \"FunctionArn\": \"arn:aws:lambda:eu-west-1:111111111111:function:resize\"}]}",
        ),
        "sns" => Reply::ok(format!(
            "<ListTopicsResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><ListTopicsResult><Topics>\
             <member><TopicArn>{ARN}</TopicArn></member></Topics></ListTopicsResult></ListTopicsResponse>"
        )),
        "route53" if what.contains("/rrset") => Reply::ok(records),
        "route53" if what.contains("/healthcheck") => Reply::ok(checks),
        "route53" => Reply::ok(zones),
        "ec2" => Reply::ok(format!("<{}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"/>", action(what))),
        "iam" if action(what) == "GetAccountPasswordPolicy" => {
            Reply::route53_error(404, "NoSuchEntity", "The Password Policy with domain name 1 cannot be found.")
        }
        "iam" | "elasticloadbalancing" | "autoscaling" => {
            let action = action(what);
            Reply::ok(format!("<{action}Response><{action}Result/></{action}Response>"))
        }
        _ => Reply::Lost,
    }
}

fn action(asked: &str) -> &str {
    asked.split("Action=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default()
}

/// Type and id of the objects of the types that this reader only lists.
fn listed(snapshot: &LiveSnapshot) -> Vec<(&str, &str)> {
    let types: Vec<&str> = LISTED.iter().flat_map(|family| family.types).copied().collect();
    let objects = snapshot.objects.iter().map(|object| (object.resource_type.as_str(), object.id.as_str()));
    objects.filter(|(name, _)| types.contains(name)).collect()
}

#[tokio::test]
async fn each_listed_type_is_told_with_the_id_of_a_state() {
    let replay = Replay::new(account);
    let reader = replay.aws().live_reader();
    let snapshot = reader.read(&everything(true)).await;
    assert_eq!(
        listed(&snapshot),
        [
            ("aws_s3_bucket", "shop-assets"),
            ("aws_lambda_function", "resize"),
            ("aws_sqs_queue", QUEUE),
            ("aws_dynamodb_table", "orders"),
            ("aws_sns_topic", ARN),
        ]
    );
    let name_of =
        |id: &str| snapshot.objects.iter().find(|object| object.id == id).expect("object").attributes["name"].clone();
    assert_eq!((name_of(QUEUE), name_of(ARN)), (json!("jobs"), json!("alerts")));
    assert!(LISTED.iter().flat_map(|family| family.types).all(|name| !reader.reads(name)));
}

#[tokio::test]
async fn a_zone_that_no_state_knows_is_listed_with_its_records_once() {
    let replay = Replay::new(account);
    let snapshot = replay.aws().live_reader().read(&everything(true)).await;
    let of = |name: &str| snapshot.objects.iter().filter(|object| object.resource_type == name).count();
    assert_eq!((of("aws_route53_zone"), of("aws_route53_record")), (1, 1));
    let route53 = snapshot.calls.iter().filter(|call| call.service == "route53");
    let calls: Vec<_> = route53.map(|call| (call.operation.as_str(), call.count)).collect();
    assert_eq!(calls, [("ListHealthChecks", 1), ("ListHostedZones", 1), ("ListResourceRecordSets", 1)]);
}

#[tokio::test]
async fn records_of_a_zone_that_no_state_knows_are_unread_by_their_zone() {
    let replay = Replay::new(|asked| match asked.contains("/rrset") {
        true => Reply::route53_error(403, "AccessDenied", "no"),
        false => account(asked),
    });
    let snapshot = replay.aws().live_reader().read(&everything(true)).await;
    let unread = snapshot.unread.iter().map(|unread| (unread.resource_type.as_str(), unread.id.as_deref()));
    assert_eq!(unread.collect::<Vec<_>>(), [("aws_route53_record", Some("Z1"))]);
}

#[tokio::test]
async fn what_is_global_is_listed_by_one_place_of_an_account() {
    let replay = Replay::new(account);
    let snapshot = replay.aws().live_reader().read(&everything(false)).await;
    assert!(snapshot.objects.iter().all(|object| !is_global(&object.resource_type)));
    assert!(snapshot.calls.iter().all(|call| call.region != "global"), "{:?}", snapshot.calls);
    assert_eq!(listed(&snapshot).len(), 5);
}

#[tokio::test]
async fn a_bucket_belongs_to_the_place_of_its_region() {
    let named = Replay::new(|asked| match asked.contains("@s3.") {
        true => buckets(&[("here", Some("eu-west-1")), ("there", Some("eu-central-1"))]),
        false => account(asked),
    });
    let snapshot = named.aws().live_reader().read(&everything(true)).await;
    assert_eq!(listed(&snapshot)[0], ("aws_s3_bucket", "here"));
    assert_eq!(listed(&snapshot).iter().filter(|(name, _)| *name == "aws_s3_bucket").count(), 1);
    let list = named.asked().into_iter().find(|asked| asked.contains("@s3.")).expect("asked");
    assert!(list.contains("bucket-region=eu-west-1") && list.contains("@s3.eu-west-1."), "{list}");

    // What does not name the region is asked for it, bucket by bucket.
    let unnamed = Replay::new(|asked| match asked.split_once('@') {
        Some((what, _)) if what.contains("?location") => {
            let region = if asked.contains("@here.") { "EU" } else { "eu-central-1" };
            Reply::ok(format!(
                "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{region}</LocationConstraint>"
            ))
        }
        Some((_, host)) if host.starts_with("s3.") => buckets(&[("here", None), ("there", None)]),
        _ => account(asked),
    });
    let snapshot = unnamed.aws().live_reader().read(&everything(true)).await;
    let found: Vec<_> = listed(&snapshot).into_iter().filter(|(name, _)| *name == "aws_s3_bucket").collect();
    assert_eq!(found, [("aws_s3_bucket", "here")]);
}

#[tokio::test]
async fn a_list_that_is_denied_is_unread_and_the_rest_is_there() {
    let replay = Replay::new(|asked| match asked {
        asked if asked.contains("@dynamodb.") => Reply::json_error(400, "AccessDeniedException", "no"),
        asked if asked.contains("@sns.") => Reply::route53_error(403, "AuthorizationError", "no"),
        asked => account(asked),
    });
    let snapshot = replay.aws().live_reader().read(&everything(true)).await;
    let unread: Vec<_> =
        snapshot.unread.iter().map(|unread| (unread.resource_type.as_str(), unread.reason.as_str())).collect();
    assert_eq!(
        unread,
        [
            ("aws_dynamodb_table", "ListTables of dynamodb in eu-west-1: access denied: AccessDeniedException: no",),
            ("aws_sns_topic", "ListTopics of sns in eu-west-1: access denied: AuthorizationError: no"),
        ]
    );
    assert_eq!(listed(&snapshot).len(), 3);
}

#[tokio::test]
async fn every_services_throttle_is_tried_again() {
    let throttled = |host: &'static str, reply: fn() -> Reply| {
        Replay::new(move |asked| if asked.contains(host) { reply() } else { account(asked) })
    };
    let cases: [(&str, Replay); 6] = [
        ("s3", throttled("@s3.", || Reply::s3_error(503, "SlowDown", "Reduce your request rate."))),
        ("sqs", throttled("@sqs.", || Reply::json_error(403, "RequestThrottled", "no"))),
        ("sns", throttled("@sns.", || Reply::route53_error(429, "Throttled", "no"))),
        ("dynamodb", throttled("@dynamodb.", || Reply::json_error(400, "ThrottlingException", "no"))),
        ("lambda", throttled("@lambda.", || Reply::json_error(429, "TooManyRequestsException", "no"))),
        ("route53", throttled("@route53.", || Reply::route53_error(400, "Throttling", "Rate exceeded"))),
    ];
    for (service, replay) in cases {
        let snapshot = replay.aws().live_reader().read(&everything(true)).await;
        assert!(!snapshot.unread.is_empty(), "{service}");
        assert!(snapshot.unread.iter().all(|unread| unread.reason.contains(": throttled: ")), "{:?}", snapshot.unread);
        // The first try and the one that the replay's configuration allows besides.
        let counts: Vec<u64> =
            snapshot.calls.iter().filter(|call| call.service == service).map(|call| call.count).collect();
        assert!(!counts.is_empty() && counts.iter().all(|count| *count == 2), "{service}: {:?}", snapshot.calls);
    }
}
