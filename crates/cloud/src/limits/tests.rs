use super::*;
use crate::regional::GLOBAL;

fn counter(
    account: Option<&str>,
    region: &str,
    service: &str,
    operation: &str,
    paged: bool,
) -> (Counter, &'static Limit) {
    let limit = limit(service, operation, paged);
    (Counter::new(account, region, service, operation, limit), limit)
}

fn route53(account: Option<&str>, operation: &str) -> (Counter, &'static Limit) {
    counter(account, GLOBAL, "route53", operation, true)
}

/// Waits for one place.
fn wait(limits: &Limits, (counter, limit): &(Counter, &'static Limit), now: Instant) -> Duration {
    limits.reserve(counter, limit, 1, now)
}

fn most_in_one_second(sent: &[Instant]) -> usize {
    let within = |first: &Instant| {
        sent.iter().filter(|at| *at >= first && at.duration_since(*first) <= Duration::from_secs(1)).count()
    };
    sent.iter().map(within).max().unwrap_or_default()
}

#[test]
fn route_53_never_sees_six_requests_in_one_second() {
    // Twenty callers at once; then twenty that come one after the other, of which every third takes two.
    let (limits, start) = (Limits::default(), Instant::now());
    let list = route53(None, "ListHostedZones");
    let mut sent: Vec<Instant> = (0..20).map(|_| start + wait(&limits, &list, start)).collect();
    for number in 0..20 {
        let (change, limit) = route53(None, "GetChange");
        let now = sent[sent.len() - 1] + Duration::from_millis(number * 37 % 300);
        let requests = if number % 3 == 0 { 2 } else { 1 };
        let at = now + limits.reserve(&change, limit, requests, now);
        sent.extend(std::iter::repeat_n(at, requests as usize));
    }
    assert!(most_in_one_second(&sent) <= 5);
    // Late by up to a fifth of a second, as the network has it, it is still no more.
    let late = sent.iter().enumerate().map(|(number, at)| *at + Duration::from_millis(number as u64 * 73 % 200));
    assert!(most_in_one_second(&late.collect::<Vec<_>>()) <= 5);
}

#[test]
fn few_calls_to_route_53_do_not_wait_and_many_take_four_a_second() {
    let (limits, start) = (Limits::default(), Instant::now());
    let list = route53(None, "ListResourceRecordSets");
    let waits: Vec<Duration> = (0..40).map(|_| wait(&limits, &list, start)).collect();
    assert_eq!(waits[4], Duration::ZERO);
    assert_eq!(waits[5], Duration::from_millis(1_250));
    assert_eq!(waits[39], Duration::from_millis(8_750));
}

#[test]
fn places_for_more_than_a_window_are_the_last_ones() {
    let (limits, start) = (Limits::default(), Instant::now());
    let (list, limit) = route53(None, "ListHostedZones");
    assert_eq!(limits.reserve(&list, limit, 12, start), Duration::from_millis(2_500));
    assert_eq!(limits.reserve(&list, limit, 3, start), Duration::from_millis(2_500));
    assert_eq!(limits.reserve(&list, limit, 1, start), Duration::from_millis(3_750));
}

#[test]
fn ec2_has_a_bucket_an_operation_region_and_account() {
    let (limits, now) = (Limits::default(), Instant::now());
    let vpcs = |account, region| counter(account, region, "ec2", "DescribeVpcs", true);
    let subnets = counter(None, "eu-west-1", "ec2", "DescribeSubnets", true);
    for _ in 0..50 {
        for of in [&vpcs(None, "eu-west-1"), &subnets, &vpcs(None, "eu-central-1"), &vpcs(Some("2"), "eu-west-1")] {
            assert_eq!(wait(&limits, of, now), Duration::ZERO);
        }
    }
    assert_eq!(wait(&limits, &vpcs(None, "eu-west-1"), now), Duration::from_millis(100));
    let later = now + Duration::from_secs(1);
    assert_eq!(wait(&limits, &vpcs(None, "eu-west-1"), later), Duration::ZERO);
}

#[test]
fn some_services_have_one_bucket_a_region_for_all_their_operations() {
    let (limits, now) = (Limits::default(), Instant::now());
    let iam = |operation| counter(None, GLOBAL, "iam", operation, true);
    for operation in ["ListRoles", "ListPolicyTags"].into_iter().cycle().take(10) {
        assert_eq!(wait(&limits, &iam(operation), now), Duration::ZERO);
    }
    assert_eq!(wait(&limits, &iam("ListUsers"), now), Duration::from_millis(200));
    // Route 53 is global as well, and has a limit of its own.
    assert_eq!(wait(&limits, &route53(None, "GetChange"), now), Duration::ZERO);
    let elb = |region, operation| counter(None, region, "elasticloadbalancing", operation, true);
    for _ in 0..20 {
        assert_eq!(wait(&limits, &elb("eu-west-1", "DescribeTags"), now), Duration::ZERO);
    }
    assert_eq!(wait(&limits, &elb("eu-west-1", "DescribeRules"), now), Duration::from_millis(200));
    assert_eq!(wait(&limits, &elb("eu-west-2", "DescribeRules"), now), Duration::ZERO);
}

#[test]
fn a_role_into_the_callers_own_account_shares_its_buckets() {
    let (limits, now) = (Limits::default(), Instant::now());
    for _ in 0..5 {
        assert_eq!(wait(&limits, &route53(None, "ListHostedZones"), now), Duration::ZERO);
    }
    limits.own_account("111111111111");
    let full = Duration::from_millis(1_250);
    assert_eq!(wait(&limits, &route53(Some("111111111111"), "ListHostedZones"), now), full);
    assert_eq!(wait(&limits, &route53(None, "ListHostedZones"), now), full);
    assert_eq!(wait(&limits, &route53(Some("222222222222"), "ListHostedZones"), now), Duration::ZERO);
}

#[test]
fn the_table_has_a_row_for_each_kind_of_call() {
    let rate = |service, operation, paged| limit(service, operation, paged).rate;
    let bucket = |burst, refill| Rate::Bucket { burst, refill };
    assert_eq!(rate("ec2", "DescribeVpcs", true), bucket(50.0, 10.0));
    assert_eq!(rate("ec2", "DescribeAddresses", false), bucket(25.0, 5.0));
    assert_eq!(rate("ec2", "StopInstances", true), bucket(25.0, 2.5));
    assert_eq!(rate("dynamodb", "GetItem", true), bucket(20.0, 5.0));
    assert_eq!(rate("sts", "AssumeRole", false), bucket(50.0, 50.0));
    assert_eq!(rate("sns", "GetTopicAttributes", true), UNPUBLISHED.rate);
    assert_eq!(rate("s3", "ListBuckets", true), UNPUBLISHED.rate);
    for limit in LIMITS {
        assert!(limit.source.contains("amazon.com/"), "{limit:?}");
    }
}

#[test]
fn a_retry_delays_the_next_call() {
    let (limits, now) = (Limits::default(), Instant::now());
    let list = route53(None, "ListHostedZones");
    wait(&limits, &list, now);
    for _ in 0..4 {
        limits.charge(&route53(None, "GetChange").0, now);
    }
    assert_eq!(wait(&limits, &list, now), Duration::from_millis(1_250));

    let vpcs = counter(None, "eu-west-1", "ec2", "DescribeVpcs", true);
    (0..49).for_each(|_| assert_eq!(wait(&limits, &vpcs, now), Duration::ZERO));
    limits.charge(&vpcs.0, now);
    assert_eq!(wait(&limits, &vpcs, now), Duration::from_millis(100));
}

#[tokio::test]
async fn a_call_waits_for_its_place() {
    let (limits, start) = (Limits::default(), Instant::now());
    let (list, limit) = route53(None, "GetChange");
    limits.take(&list, limit, 5).await;
    assert!(start.elapsed() < Duration::from_millis(200));
    limits.take(&list, limit, 1).await;
    assert!(start.elapsed() >= Duration::from_millis(1_240), "{:?}", start.elapsed());
}
