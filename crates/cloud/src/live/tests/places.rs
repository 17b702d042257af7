//! Reading in the account that a role leads to.

use super::*;
use pilotlight_findings::{Explain, Region};

const ROLE: &str = "arn:aws:iam::222222222222:role/drift";

fn place(region: &str) -> Place {
    Place { role: Some(ROLE.into()), region: Region::new(region).expect("region") }
}

fn query<'a>(place: Place, wanted: Vec<Wanted<'a>>) -> LiveQuery<'a> {
    LiveQuery { place, wanted, everything: false, global: true }
}

/// Keys that hold for an hour, or for so many seconds.
fn keys(seconds: u64) -> Reply {
    let expires = std::time::SystemTime::now() + std::time::Duration::from_secs(seconds);
    let expires =
        aws_smithy_types::DateTime::from(expires).fmt(aws_smithy_types::date_time::Format::DateTime).expect("time");
    Reply::ok(format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
         <AccessKeyId>ROLEKEY</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
         <Expiration>{expires}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    ))
}

fn identity(account: &str) -> Reply {
    Reply::ok(format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    ))
}

/// STS, and two subnets in every region of every account.
fn world(seconds: u64) -> Replay {
    Replay::new(move |asked| {
        if asked.contains("Action=AssumeRole") {
            keys(seconds)
        } else if asked.contains("Action=GetCallerIdentity") {
            identity("111111111111")
        } else {
            subnets(0..2, "")
        }
    })
}

fn sent(replay: &Replay, what: &str) -> Vec<String> {
    replay.asked().into_iter().filter(|asked| asked.contains(what)).collect()
}

#[tokio::test]
async fn a_role_is_assumed_once_and_signs_what_is_read() {
    let replay = world(3_600);
    let reader = replay.aws().live_reader();
    let wanted = vec![wanted("aws_subnet", "subnet-0", None)];
    for _ in 0..2 {
        let snapshot = reader.read(&query(place("eu-west-1"), wanted.clone())).await;
        assert_eq!((snapshot.objects.len(), snapshot.unread), (2, vec![]));
    }
    let assumed = sent(&replay, "Action=AssumeRole");
    assert_eq!(assumed.len(), 1);
    assert!(assumed[0].contains("RoleSessionName=pilotlight"), "{assumed:?}");
    assert!(assumed[0].ends_with("@sts.eu-west-1.amazonaws.com key"), "{assumed:?}");
    let read = sent(&replay, "Action=DescribeSubnets");
    assert!(read.len() == 2 && read.iter().all(|asked| asked.ends_with(" ROLEKEY")), "{read:?}");
}

#[tokio::test]
async fn the_counts_tell_the_accounts_apart() {
    let replay = world(3_600);
    let aws = replay.aws();
    let wanted = vec![wanted("aws_subnet", "subnet-0", None)];
    let own = Place::own(region());
    aws.live_reader().read(&query(own, wanted.clone())).await;
    let snapshot = aws.live_reader().read(&query(place("eu-west-1"), wanted)).await;
    let counts: Vec<_> = snapshot.calls.iter().map(|call| (call.operation.as_str(), call.region.as_str())).collect();
    assert_eq!(
        counts,
        [
            ("DescribeSubnets", "eu-west-1 (222222222222)"),
            ("AssumeRole", "eu-west-1"),
            ("GetCallerIdentity", "eu-west-1"),
        ]
    );
    assert_eq!(aws.calls().iter().map(|call| call.count).sum::<u64>(), 4);
}

#[tokio::test]
async fn keys_that_run_out_are_renewed() {
    let replay = world(240);
    let reader = replay.aws().live_reader();
    for _ in 0..2 {
        reader.read(&query(place("eu-west-1"), vec![wanted("aws_subnet", "subnet-0", None)])).await;
    }
    assert!(sent(&replay, "Action=AssumeRole").len() >= 2);
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_leaves_its_place_unread_type_by_type() {
    let replay = Replay::new(|asked| {
        if asked.contains("Action=AssumeRole") {
            let words = "User: arn:aws:iam::111111111111:user/ci is not authorized to perform: sts:AssumeRole";
            Reply::route53_error(403, "AccessDenied", words)
        } else {
            identity("111111111111")
        }
    });
    let aws = replay.aws();
    let asked = vec![
        wanted("aws_subnet", "subnet-0", None),
        wanted("aws_subnet", "subnet-1", None),
        wanted("aws_vpc", "vpc-1", None),
    ];
    let snapshot = aws.live_reader().read(&query(place("eu-west-1"), asked)).await;
    let reason = format!(
        "the role {ROLE} was not assumed: AssumeRole of sts in eu-west-1: access denied: AccessDenied: \
         User: arn:aws:iam::111111111111:user/ci is not authorized to perform: sts:AssumeRole"
    );
    let unread = |name: &str| Unread { resource_type: name.into(), id: None, reason: reason.clone() };
    assert_eq!(snapshot.unread, [unread("aws_subnet"), unread("aws_vpc")]);
    assert!(snapshot.objects.is_empty() && sent(&replay, "Action=Describe").is_empty());

    let error = aws.check_place(&place("eu-west-1")).await.expect_err("denied");
    assert_eq!((error.code().as_str(), error.to_string()), ("PL-C103", format!("assume the role {ROLE}")));
    assert!(error.remedy().is_some_and(|remedy| remedy.contains("trust policy")), "{:?}", error.remedy());
}

#[tokio::test]
async fn a_role_into_the_callers_own_account_shares_route_53s_rate() {
    let zones = "<ListHostedZonesResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><HostedZones/>\
                 <IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesResponse>";
    let replay = Replay::new(move |asked| {
        if asked.contains("Action=AssumeRole") {
            keys(3_600)
        } else if asked.contains("Action=GetCallerIdentity") {
            identity("222222222222")
        } else {
            Reply::ok(zones)
        }
    });
    let aws = replay.aws();
    let started = std::time::Instant::now();
    // What a provider's plugin is about to send to the same account, with the caller's own credentials.
    aws.pace(&Place::own(region()), "route53", 5).await;
    assert!(started.elapsed().as_millis() < 500);
    let zone = vec![wanted("aws_route53_zone", "Z1", None)];
    let snapshot = aws.live_reader().read(&query(place("eu-west-1"), zone)).await;
    assert_eq!(snapshot.unread, []);
    assert!(started.elapsed().as_millis() >= 1_200, "{:?}", started.elapsed());
}
