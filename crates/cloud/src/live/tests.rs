mod budget;
mod listed;
mod places;

use super::*;
use crate::replay::{Replay, Reply, region};
use pilotlight_drift::{Place, Wanted};
use serde_json::json;

/// An object that a state has.
pub(super) fn wanted<'a>(resource_type: &'a str, id: &'a str, parent: Option<&'a str>) -> Wanted<'a> {
    Wanted { resource_type, id, parent, recorded: None }
}

/// Reads these.
pub(super) async fn read(replay: &Replay, wanted: Vec<Wanted<'_>>) -> LiveSnapshot {
    query(replay, wanted, false).await
}

/// Reads these, or everything.
pub(super) async fn query(replay: &Replay, wanted: Vec<Wanted<'_>>, everything: bool) -> LiveSnapshot {
    let place = Place::own(region());
    replay.aws().live_reader().read(&LiveQuery { place, wanted, everything, global: true }).await
}

fn calls(snapshot: &LiveSnapshot) -> Vec<(&str, u64)> {
    snapshot.calls.iter().map(|call| (call.operation.as_str(), call.count)).collect()
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

const ROUTE53: &str = "xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"";

/// A zone with its name servers and `count` records, a page of 300 at a time.
fn zone_replies(asked: &str, count: usize) -> Option<Reply> {
    if asked.contains("/hostedzone?") {
        return Some(Reply::ok(format!(
            "<ListHostedZonesResponse {ROUTE53}><HostedZones><HostedZone><Id>/hostedzone/Z1</Id><Name>shop.test.</Name>\
             <CallerReference>r</CallerReference><Config><PrivateZone>false</PrivateZone></Config></HostedZone>\
             </HostedZones><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesResponse>"
        )));
    }
    if asked.contains("/tags/hostedzone") {
        return Some(Reply::ok(format!(
            "<ListTagsForResourcesResponse {ROUTE53}><ResourceTagSets/></ListTagsForResourcesResponse>"
        )));
    }
    let (_, page) = asked.split_once("/hostedzone/Z1/rrset")?;
    let first: usize = page
        .split_once("name=r")
        .and_then(|(_, rest)| rest.split('.').next())
        .map_or(0, |number| number.parse().expect("number"));
    let last = count.min(first + 300);
    let sets: String = (first..last)
        .map(|number| {
            format!(
                "<ResourceRecordSet><Name>r{number}.shop.test.</Name><Type>A</Type><TTL>30</TTL><ResourceRecords>\
                 <ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>"
            )
        })
        .collect();
    let next = if last < count {
        format!("<NextRecordName>r{last}.shop.test.</NextRecordName><NextRecordType>A</NextRecordType>")
    } else {
        String::new()
    };
    Some(Reply::ok(format!(
        "<ListResourceRecordSetsResponse {ROUTE53}><ResourceRecordSets>{sets}</ResourceRecordSets>\
         <IsTruncated>{}</IsTruncated>{next}<MaxItems>300</MaxItems></ListResourceRecordSetsResponse>",
        last < count
    )))
}

/// What EC2 says to a list call: `items` of `set`.
fn listed(action: &str, set: &str, items: &str) -> Reply {
    Reply::ok(format!("<{action}Response><{set}>{items}</{set}></{action}Response>"))
}

#[tokio::test]
async fn a_thousand_resources_take_thirteen_calls() {
    let replay = Replay::new(|asked| {
        if let Some(reply) = zone_replies(asked, 301) {
            return reply;
        }
        let action = asked.split_once("Action=").map_or("", |(_, rest)| rest.split('&').next().expect("action"));
        let items = |count: usize, item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<String>();
        match action {
            "DescribeInstances" => {
                let instance = |id: usize| {
                    format!(
                        "<item><instanceId>i-{id}</instanceId><instanceType>t3.micro</instanceType>\
                         <rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping><item>\
                         <deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-{id}</volumeId></ebs></item>\
                         </blockDeviceMapping></item>"
                    )
                };
                let instances = items(300, &instance);
                listed(action, "reservationSet", &format!("<item><instancesSet>{instances}</instancesSet></item>"))
            }
            "DescribeVolumes" => {
                let volume = |id: usize| format!("<item><volumeId>vol-{id}</volumeId><size>8</size></item>");
                listed(action, "volumeSet", &items(300, &volume))
            }
            "DescribeInstanceCreditSpecifications" => listed(
                action,
                "instanceCreditSpecificationSet",
                "<item><instanceId>i-7</instanceId><cpuCredits>unlimited</cpuCredits></item>",
            ),
            "DescribeSecurityGroups" => listed(
                action,
                "securityGroupInfo",
                &items(300, &|id| format!("<item><groupId>sg-{id}</groupId></item>")),
            ),
            "DescribeSubnets" => subnets(0..100, ""),
            "DescribeVpcs" => listed(action, "vpcSet", "<item><vpcId>vpc-1</vpcId></item>"),
            "DescribeVpcAttribute" => Reply::ok(
                "<DescribeVpcAttributeResponse><enableDnsSupport><value>true</value></enableDnsSupport>\
                           </DescribeVpcAttributeResponse>",
            ),
            other => panic!("{other}"),
        }
    });
    let many = |prefix: &str, count: usize| (0..count).map(|id| format!("{prefix}{id}")).collect::<Vec<_>>();
    let (instances, groups, nets, records) =
        (many("i-", 300), many("sg-", 300), many("subnet-", 100), many("Z1_r", 299));
    let of = |kind: &'static str, parent: Option<&'static str>| move |id: &'_ String| (kind, id.clone(), parent);
    let all: Vec<(&str, String, Option<&str>)> = (instances.iter().map(of("aws_instance", None)))
        .chain(groups.iter().map(of("aws_security_group", None)))
        .chain(nets.iter().map(of("aws_subnet", None)))
        .chain(records.iter().map(of("aws_route53_record", Some("Z1"))))
        .chain([("aws_vpc", "vpc-1".to_owned(), None), ("aws_route53_zone", "Z1".to_owned(), None)])
        .collect();
    let snapshot = read(&replay, all.iter().map(|(kind, id, parent)| wanted(kind, id, *parent)).collect()).await;
    assert_eq!(
        calls(&snapshot),
        [
            ("DescribeInstanceCreditSpecifications", 1),
            ("DescribeInstances", 1),
            ("DescribeSecurityGroups", 1),
            ("DescribeSubnets", 1),
            ("DescribeVolumes", 1),
            ("DescribeVpcAttribute", 3),
            ("DescribeVpcs", 1),
            ("ListHostedZones", 1),
            ("ListResourceRecordSets", 2),
            ("ListTagsForResources", 1),
        ]
    );
    assert_eq!((snapshot.objects.len(), snapshot.unread.len()), (300 + 300 + 100 + 301 + 2, 0));
    let instance = snapshot.objects.iter().find(|object| object.id == "i-7").expect("instance");
    assert_eq!(instance.attributes["root_block_device"][0]["volume_size"], json!(8));
    assert_eq!(instance.attributes["credit_specification"], json!([{"cpu_credits": "unlimited"}]));
    // Beyond some instances, what takes calls for each is left out, and said so.
    assert!(!instance.attributes.contains_key("user_data"));
    let [left_out] = &snapshot.not_compared[..] else { panic!("{:?}", snapshot.not_compared) };
    assert_eq!((left_out.resource_type.as_str(), left_out.objects), ("aws_instance", 300));
    assert!(left_out.attributes.contains(&"disable_api_termination".to_owned()));
}

#[tokio::test]
async fn few_instances_are_asked_for_what_only_their_own_call_tells() {
    let replay = Replay::new(|asked| {
        let action = asked.split_once("Action=").map_or("", |(_, rest)| rest.split('&').next().expect("action"));
        match action {
            "DescribeInstances" => listed(
                action,
                "reservationSet",
                "<item><instancesSet><item><instanceId>i-1</instanceId><instanceType>m5.large</instanceType></item>\
                 <item><instanceId>i-2</instanceId></item></instancesSet></item>",
            ),
            "DescribeVolumes" => listed(action, "volumeSet", ""),
            _ if asked.contains("Attribute=userData") => Reply::ok(
                "<DescribeInstanceAttributeResponse><userData><value>YWJj</value></userData>\
                           </DescribeInstanceAttributeResponse>",
            ),
            _ if asked.contains("Attribute=disableApiStop") => Reply::ec2_error(403, "UnauthorizedOperation", "no"),
            _ => Reply::ok("<DescribeInstanceAttributeResponse/>"),
        }
    });
    let snapshot = read(&replay, vec![wanted("aws_instance", "i-1", None)]).await;
    // Only half of what there is was read: it would look clean.
    assert_eq!(snapshot.unread.iter().map(|unread| unread.id.as_deref()).collect::<Vec<_>>(), [Some("i-1")]);
    assert_eq!(snapshot.objects.iter().map(|object| object.id.as_str()).collect::<Vec<_>>(), ["i-2"]);
    assert_eq!(
        calls(&snapshot),
        [("DescribeInstanceAttribute", 3), ("DescribeInstances", 1), ("DescribeVolumes", 1)],
        "another instance of the region is not asked for more"
    );
}

#[tokio::test]
async fn records_take_a_call_for_three_hundred() {
    // Ten thousand take 34, by the rate of Route 53 in ten seconds.
    let replay = Replay::new(|asked| zone_replies(asked, 1_000).expect("route 53"));
    let snapshot = read(&replay, vec![wanted("aws_route53_record", "Z1_r0.shop.test_A", Some("Z1"))]).await;
    assert_eq!(calls(&snapshot), [("ListResourceRecordSets", 4)]);
    assert_eq!(snapshot.objects.len(), 1_000);
}

#[tokio::test]
async fn everything_is_listed_where_nothing_is_wanted() {
    let replay = Replay::new(|asked| {
        if let Some(reply) = zone_replies(asked, 2) {
            return reply;
        }
        if !asked.contains("@ec2.") {
            return listed::account(asked);
        }
        match asked.split_once("Action=").map_or("", |(_, rest)| rest.split('&').next().expect("action")) {
            action @ "DescribeVpcs" => listed(
                action,
                "vpcSet",
                "<item><vpcId>vpc-1</vpcId><isDefault>true</isDefault></item><item><vpcId>vpc-2</vpcId></item>",
            ),
            action @ "DescribeInternetGateways" => {
                let gateway = |id: &str, vpc: &str| {
                    format!(
                        "<item><internetGatewayId>{id}</internetGatewayId><attachmentSet><item><vpcId>{vpc}</vpcId>\
                         <state>available</state></item></attachmentSet></item>"
                    )
                };
                let gateways = gateway("igw-1", "vpc-1") + &gateway("igw-2", "vpc-2");
                listed(action, "internetGatewaySet", &gateways)
            }
            action => Reply::ok(format!("<{action}Response><{action}Result/></{action}Response>")),
        }
    });
    let snapshot = query(&replay, vec![], true).await;
    // Other APIs are not played here.
    let played = |unread: &&Unread| [" of ec2 ", " of route53"].iter().any(|api| unread.reason.contains(api));
    assert_eq!(snapshot.unread.iter().filter(played).count(), 0, "{:?}", snapshot.unread);
    let found = |id: &str| {
        let object = snapshot.objects.iter().find(|object| object.id == id);
        object.unwrap_or_else(|| panic!("{id}")).made_by.as_deref()
    };
    assert_eq!((found("vpc-1"), found("vpc-2")), (Some("AWS, in every account"), None));
    assert_eq!((found("igw-1"), found("igw-2")), (Some("AWS, in every account"), None));
    assert_eq!(found("Z1_r1.shop.test_A"), None);
    for operation in [
        "DescribeAddresses",
        "DescribeCustomerGateways",
        "DescribeDhcpOptions",
        "DescribeEgressOnlyInternetGateways",
        "DescribeFlowLogs",
        "DescribeImages",
        "DescribeInstances",
        "DescribeKeyPairs",
        "DescribeLaunchTemplates",
        "DescribeLaunchTemplateVersions",
        "DescribeManagedPrefixLists",
        "DescribeNatGateways",
        "DescribeNetworkAcls",
        "DescribeNetworkInterfaces",
        "DescribePlacementGroups",
        "DescribeRouteTables",
        "DescribeSecurityGroups",
        "DescribeSnapshots",
        "DescribeSubnets",
        "DescribeTransitGatewayRouteTables",
        "DescribeTransitGatewayVpcAttachments",
        "DescribeTransitGateways",
        "DescribeVolumes",
        "DescribeVpcEndpoints",
        "DescribeVpcPeeringConnections",
        "DescribeVpcs",
        "DescribeVpnGateways",
        "DescribeAutoScalingGroups",
        "DescribeLaunchConfigurations",
        "DescribePolicies",
        "DescribeScheduledActions",
        "DescribeTargetGroups",
        "GetAccountAuthorizationDetails",
        "GetAccountPasswordPolicy",
        "ListAccountAliases",
        "ListHealthChecks",
        "ListInstanceProfiles",
        "ListResourceRecordSets",
        "ListRoles",
    ] {
        let count = snapshot.calls.iter().find(|call| call.operation == operation).map(|call| call.count);
        assert_eq!(count, Some(1), "{operation}");
    }
}
