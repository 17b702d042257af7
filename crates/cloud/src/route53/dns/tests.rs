use super::*;
use crate::replay::{Replay, Reply, region};
use std::sync::atomic::{AtomicUsize, Ordering};

const DONE: &str = "<ChangeResourceRecordSetsResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeInfo>\
                    <Id>/change/C1</Id><Status>PENDING</Status><SubmittedAt>2026-11-21T10:00:00Z</SubmittedAt></ChangeInfo>\
                    </ChangeResourceRecordSetsResponse>";

fn record(value: &str) -> RecordSet {
    RecordSet {
        name: "app.shop.test".into(),
        record_type: "A".into(),
        ttl: Some(30),
        values: vec![value.into()],
        alias: None,
        set_identifier: None,
        weight: None,
        failover: None,
        health_check_id: None,
        other_routing: None,
    }
}

fn batch() -> ChangeBatch {
    ChangeBatch {
        zone_id: "Z1".into(),
        comment: "run 1, step switch".into(),
        delete: vec![record("192.0.2.1")],
        create: vec![record("198.51.100.1")],
    }
}

async fn change(replay: &Replay) -> Result<String, DnsError> {
    replay.aws().dns(&region()).await.change(&batch()).await
}

#[tokio::test]
async fn one_batch_deletes_exactly_and_creates() {
    let replay = Replay::new(|_| Reply::ok(DONE));
    assert_eq!(change(&replay).await.expect("change"), "C1");
    let asked = replay.asked();
    assert_eq!(asked.len(), 1);
    let change = |action: &str, value: &str| {
        format!(
            "<Change><Action>{action}</Action><ResourceRecordSet><Name>app.shop.test.</Name><Type>A</Type><TTL>30</TTL>\
             <ResourceRecords><ResourceRecord><Value>{value}</Value></ResourceRecord></ResourceRecords>\
             </ResourceRecordSet></Change>"
        )
    };
    let changes = format!("<Changes>{}{}</Changes>", change("DELETE", "192.0.2.1"), change("CREATE", "198.51.100.1"));
    assert!(
        asked[0].starts_with("POST /2013-04-01/hostedzone/Z1/rrset") && asked[0].contains(&changes),
        "{}",
        asked[0]
    );
}

#[tokio::test]
async fn a_refusal_tells_every_message() {
    let listed = || {
        Reply::Answer(
            400,
            "<?xml version=\"1.0\"?>\n<InvalidChangeBatch xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Messages>\
             <Message>the values provided don&apos;t match &lt;the current ones&gt;</Message><Message>and more</Message>\
             </Messages><RequestId>r</RequestId></InvalidChangeBatch>"
                .into(),
        )
    };
    let wrapped = || Reply::route53_error(400, "InvalidChangeBatch", "[it was not found]");
    let replies: [(fn() -> Reply, _); 2] =
        [(listed, "the values provided don't match <the current ones>; and more"), (wrapped, "[it was not found]")];
    for (reply, words) in replies {
        let replay = Replay::new(move |_| reply());
        let error = change(&replay).await.expect_err("refused");
        let DnsError::Refused(text) = error else { panic!("{error:?}") };
        assert_eq!(text, words);
        assert_eq!(replay.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_never_sent_again() {
    for reply in [|| Reply::Lost, || Reply::Answer(500, String::new()), || Reply::Answer(503, String::new())] {
        let replay = Replay::new(move |_| reply());
        let error = change(&replay).await.expect_err("unknown");
        assert!(matches!(error, DnsError::Unknown(_)), "{error:?}");
        assert_eq!(replay.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_change_that_was_not_looked_at_is_sent_again() {
    let tries = AtomicUsize::new(0);
    let replay = Replay::new(move |_| match tries.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::route53_error(400, "PriorRequestNotComplete", "still in work"),
        _ => Reply::ok(DONE),
    });
    assert_eq!(change(&replay).await.expect("change"), "C1");
    assert_eq!(replay.asked().len(), 2);
}

#[tokio::test]
async fn who_may_not_and_what_is_not_there() {
    let denied = Replay::new(|_| Reply::route53_error(403, "AccessDenied", "not authorized"));
    assert!(matches!(change(&denied).await, Err(DnsError::Denied(text)) if text.contains("not authorized")));
    let no_zone = Replay::new(|_| Reply::route53_error(404, "NoSuchHostedZone", "No hosted zone found"));
    assert!(matches!(change(&no_zone).await, Err(DnsError::NotFound(zone)) if zone == "Z1"));
}

#[tokio::test]
async fn a_set_with_other_routing_is_never_sent() {
    let replay = Replay::new(|_| Reply::ok(DONE));
    let mut batch = batch();
    batch.delete[0].other_routing = Some("latency".into());
    let error = replay.aws().dns(&region()).await.change(&batch).await.expect_err("refused");
    assert!(matches!(error, DnsError::Refused(text) if text.contains("latency")));
    assert!(replay.asked().is_empty());
}

#[tokio::test]
async fn sets_of_one_name_and_type_alone() {
    let set = |name: &str, kind: &str, id: &str| {
        format!(
            "<ResourceRecordSet><Name>{name}</Name><Type>{kind}</Type><SetIdentifier>{id}</SetIdentifier>\
             <Weight>1</Weight><TTL>30</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.1</Value>\
             </ResourceRecord></ResourceRecords></ResourceRecordSet>"
        )
    };
    let page = |sets: String, next: &str| {
        let truncated = !next.is_empty();
        Reply::ok(format!(
            "<ListResourceRecordSetsResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ResourceRecordSets>\
             {sets}</ResourceRecordSets><IsTruncated>{truncated}</IsTruncated>{next}<MaxItems>300</MaxItems>\
             </ListResourceRecordSetsResponse>"
        ))
    };
    let replay = Replay::new(move |asked| {
        if asked.contains("identifier=green") {
            page(set(r"\052.shop.test.", "A", "green") + &set(r"\052.shop.test.", "AAAA", "blue"), "")
        } else {
            let next = r"<NextRecordName>\052.shop.test.</NextRecordName><NextRecordType>A</NextRecordType>
                         <NextRecordIdentifier>green</NextRecordIdentifier>";
            page(set(r"\052.shop.test.", "A", "blue"), next)
        }
    });
    let dns = replay.aws().dns(&region()).await;
    let sets = dns.record_sets("Z1", "*.Shop.test", "A").await.expect("sets");
    let told: Vec<_> = sets.iter().map(|set| (set.name.as_str(), set.set_identifier.as_deref())).collect();
    assert_eq!(told, [(r"\052.shop.test", Some("blue")), (r"\052.shop.test", Some("green"))]);
    assert_eq!(replay.asked().len(), 2);
    assert!(replay.asked()[0].contains("name=%2A.shop.test.&type=A"), "{}", replay.asked()[0]);
}

#[tokio::test]
async fn zones_of_the_name_with_their_delegation() {
    let replay = Replay::new(|asked| {
        let zone = |id: &str, name: &str, private: bool| {
            format!(
                "<HostedZone><Id>/hostedzone/{id}</Id><Name>{name}</Name><CallerReference>c</CallerReference><Config>\
                 <PrivateZone>{private}</PrivateZone></Config></HostedZone>"
            )
        };
        if asked.contains("hostedzonesbyname") {
            let zones =
                zone("Z1", "shop.test.", false) + &zone("Z2", "shop.test.", true) + &zone("Z3", "z.test.", false);
            Reply::ok(format!(
                "<ListHostedZonesByNameResponse><HostedZones>{zones}</HostedZones><IsTruncated>true</IsTruncated>\
                 <NextDNSName>zz.test.</NextDNSName><MaxItems>100</MaxItems></ListHostedZonesByNameResponse>"
            ))
        } else if asked.contains("/hostedzone/Z1") {
            Reply::ok(format!(
                "<GetHostedZoneResponse>{}<DelegationSet><NameServers><NameServer>ns-1.awsdns-01.com</NameServer>\
                 <NameServer>ns-2.awsdns-02.net.</NameServer></NameServers></DelegationSet></GetHostedZoneResponse>",
                zone("Z1", "shop.test.", false)
            ))
        } else {
            Reply::ok(format!("<GetHostedZoneResponse>{}</GetHostedZoneResponse>", zone("Z2", "shop.test.", true)))
        }
    });
    let zones = replay.aws().dns(&region()).await.zones("shop.test").await.expect("zones");
    assert_eq!(
        zones,
        [
            HostedZone {
                id: "Z1".into(),
                name: "shop.test".into(),
                private: false,
                name_servers: vec!["ns-1.awsdns-01.com".into(), "ns-2.awsdns-02.net".into()],
            },
            HostedZone { id: "Z2".into(), name: "shop.test".into(), private: true, name_servers: Vec::new() },
        ]
    );
    assert_eq!(replay.asked().len(), 3, "{:?}", replay.asked());
}

#[tokio::test]
async fn a_health_check_is_read_with_route_53s_defaults_and_one_that_is_gone_is_none() {
    let replay = Replay::new(|_| {
        Reply::ok(
            "<GetHealthCheckResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><HealthCheck><Id>hc-1</Id>\
             <CallerReference>r</CallerReference><HealthCheckConfig><Type>HTTPS</Type><ResourcePath>/signal/on</ResourcePath>\
             <FullyQualifiedDomainName>dr.s3.eu-central-1.amazonaws.com</FullyQualifiedDomainName>\
             <RequestInterval>10</RequestInterval><Inverted>true</Inverted></HealthCheckConfig>\
             <HealthCheckVersion>1</HealthCheckVersion></HealthCheck></GetHealthCheckResponse>",
        )
    });
    let found = replay.aws().dns(&region()).await.health_check("hc-1").await.expect("an answer").expect("a check");
    assert_eq!((found.interval, found.threshold, found.inverted, found.disabled), (10, 3, true, false));
    assert_eq!(found.host.as_deref(), Some("dr.s3.eu-central-1.amazonaws.com"));
    assert_eq!((found.kind.as_str(), found.path.as_deref()), ("HTTPS", Some("/signal/on")));
    assert_eq!(found.delay(), std::time::Duration::from_secs(30));
    assert!(replay.asked()[0].starts_with("GET /2013-04-01/healthcheck/hc-1"), "{}", replay.asked()[0]);

    let gone = Replay::new(|_| Reply::route53_error(404, "NoSuchHealthCheck", "no health check hc-2"));
    assert_eq!(gone.aws().dns(&region()).await.health_check("hc-2").await.expect("an answer"), None);
    let denied = Replay::new(|_| Reply::route53_error(403, "AccessDenied", "not authorized"));
    let error = denied.aws().dns(&region()).await.health_check("hc-1").await.expect_err("denied");
    assert!(matches!(error, DnsError::Denied(_)), "{error:?}");
}
