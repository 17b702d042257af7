mod budget;
mod listed;
mod places;

use super::*;
use crate::replay::{Replay, Reply, region};
use pilotlight_drift::Place;
use serde_json::json;

fn wanted<'a>(resource_type: &'a str, id: &'a str, parent: Option<&'a str>) -> Wanted<'a> {
    Wanted { resource_type, id, parent, recorded: None }
}

async fn read(replay: &Replay, wanted: Vec<Wanted<'_>>) -> LiveSnapshot {
    replay
        .aws()
        .live_reader()
        .read(&LiveQuery { place: Place::own(region()), wanted, everything: false, global: true })
        .await
}

fn subnets(ids: std::ops::Range<usize>, next: &str) -> Reply {
    let items: String = ids
        .map(|id| {
            format!(
                "<item><subnetId>subnet-{id}</subnetId><vpcId>vpc-1</vpcId><cidrBlock>10.0.{id}.0/24</cidrBlock>\
                 <mapPublicIpOnLaunch>false</mapPublicIpOnLaunch></item>"
            )
        })
        .collect();
    Reply::ok(format!(
        "<DescribeSubnetsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><subnetSet>{items}</subnetSet>\
         {next}</DescribeSubnetsResponse>"
    ))
}

#[tokio::test]
async fn a_type_takes_a_call_a_page_whatever_is_wanted() {
    let replay = Replay::new(|asked| {
        if asked.contains("NextToken=more") {
            subnets(100..130, "")
        } else {
            subnets(0..100, "<nextToken>more</nextToken>")
        }
    });
    let ids: Vec<String> = (0..130).map(|id| format!("subnet-{id}")).collect();
    let snapshot = read(&replay, ids.iter().map(|id| wanted("aws_subnet", id, None)).collect()).await;
    assert_eq!((snapshot.objects.len(), snapshot.unread.len()), (130, 0));
    let calls: Vec<_> = snapshot.calls.iter().map(|call| (call.operation.as_str(), call.count)).collect();
    assert_eq!(calls, [("DescribeSubnets", 2)]);
    assert!(replay.asked().iter().all(|asked| asked.contains("MaxResults=1000")), "{:?}", replay.asked());
    assert_eq!(snapshot.objects[129].attributes["cidr_block"], json!("10.0.129.0/24"));
}

#[tokio::test]
async fn one_denied_call_does_not_hide_the_rest() {
    let replay = Replay::new(|asked| {
        if asked.contains("Action=DescribeVpcs") {
            Reply::ec2_error(403, "UnauthorizedOperation", "You are not authorized to perform this operation.")
        } else {
            subnets(0..1, "")
        }
    });
    let snapshot = read(&replay, vec![wanted("aws_vpc", "vpc-1", None), wanted("aws_subnet", "subnet-0", None)]).await;
    assert_eq!(snapshot.objects.iter().map(|object| object.id.as_str()).collect::<Vec<_>>(), ["subnet-0"]);
    assert_eq!(
        snapshot.unread,
        [Unread {
            resource_type: "aws_vpc".into(),
            id: None,
            reason: "DescribeVpcs of ec2 in eu-west-1: access denied: UnauthorizedOperation: \
                     You are not authorized to perform this operation."
                .into(),
        }]
    );
}

#[tokio::test]
async fn a_vpc_that_is_read_by_half_is_unread() {
    let replay = Replay::new(|asked| {
        if asked.contains("Action=DescribeVpcs&") {
            Reply::ok(
                "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId></item><item><vpcId>vpc-2</vpcId></item>\
                 </vpcSet></DescribeVpcsResponse>",
            )
        } else {
            Reply::ec2_error(403, "UnauthorizedOperation", "no")
        }
    });
    let snapshot = read(&replay, vec![wanted("aws_vpc", "vpc-1", None)]).await;
    // Another VPC of the region, which no state knows, is not asked for more and stays.
    assert_eq!(snapshot.objects.iter().map(|object| object.id.as_str()).collect::<Vec<_>>(), ["vpc-2"]);
    assert_eq!(snapshot.unread.iter().map(|unread| unread.id.as_deref()).collect::<Vec<_>>(), [Some("vpc-1")]);
    assert!(snapshot.unread[0].reason.starts_with("DescribeVpcAttribute"), "{:?}", snapshot.unread);
}

#[tokio::test]
async fn a_throttle_that_stays_and_a_dead_endpoint_are_named() {
    let replay = Replay::new(|asked| {
        if asked.contains("Action=DescribeSubnets") {
            Reply::ec2_error(503, "RequestLimitExceeded", "Request limit exceeded.")
        } else {
            Reply::Lost
        }
    });
    let snapshot =
        read(&replay, vec![wanted("aws_subnet", "subnet-1", None), wanted("aws_key_pair", "ops", None)]).await;
    let reasons: Vec<&str> = snapshot.unread.iter().map(|unread| unread.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "DescribeSubnets of ec2 in eu-west-1: throttled: RequestLimitExceeded: Request limit exceeded.",
            "DescribeKeyPairs of ec2 in eu-west-1: no answer: connection reset by peer",
        ]
    );
    // Retries are sent requests, and count as such.
    assert_eq!(snapshot.calls.iter().map(|call| call.count).collect::<Vec<_>>(), [2, 2]);
}

#[tokio::test]
async fn a_zone_that_is_gone_has_no_records() {
    let replay = Replay::new(|asked| {
        if asked.contains("/hostedzone/ZGONE/") {
            return Reply::route53_error(404, "NoSuchHostedZone", "No hosted zone found with ID: ZGONE");
        }
        Reply::ok(
            "<ListResourceRecordSetsResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">\
             <ResourceRecordSets><ResourceRecordSet><Name>app.shop.test.</Name><Type>A</Type><TTL>30</TTL>\
             <ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords>\
             </ResourceRecordSet></ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems>\
             </ListResourceRecordSetsResponse>",
        )
    });
    let records = [("ZGONE", "ZGONE_app.shop.test_A"), ("Z1", "Z1_app.shop.test_A")]
        .map(|(zone, id)| wanted("aws_route53_record", id, Some(zone)));
    let snapshot = read(&replay, records.into()).await;
    assert_eq!(snapshot.unread, []);
    assert_eq!(snapshot.objects.iter().map(|object| object.id.as_str()).collect::<Vec<_>>(), ["Z1_app.shop.test_A"]);
    assert_eq!(snapshot.calls[0].region, "global");
}

#[tokio::test]
async fn an_unknown_type_is_unread() {
    let replay = Replay::new(|_| Reply::Lost);
    let reader = replay.aws().live_reader();
    assert!(reader.reads("aws_instance") && !reader.reads("aws_sqs_queue"));
    let snapshot = read(&replay, vec![wanted("aws_sqs_queue", "https://q", None)]).await;
    assert_eq!(snapshot.unread.len(), 1);
    assert!(replay.asked().is_empty());
}
