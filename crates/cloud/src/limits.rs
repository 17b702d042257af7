//! Keeps below the published request rates, so that Pilotlight does not throttle the team's own tools.
//!
//! EC2 counts by API, account and region: 100 at once and 20 a second for describes by page, 50 and 10
//! for those without (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>).
//! Route 53 takes 5 requests a second from an account, all APIs together
//! (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html>).
//! Elastic Load Balancing has one bucket for all describes of an account and region: 40 at once and 10 a second
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html>).
//! Auto Scaling has one bucket for all its APIs, and IAM several; neither has published its numbers
//! (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/Welcome.html>). They get less than the
//! ten reads at a time of a `terraform plan` send.
//! EC2 and Elastic Load Balancing get half of theirs here, since others work in the account too. Route 53's limit is
//! a plain count, so burst and rate together make its 5 in any one second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A bucket's size, and how fast it fills.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// Requests at once.
    burst: f64,
    /// Requests a second.
    refill: f64,
}

/// Describes with `MaxResults`.
pub(crate) const EC2_PAGED: Rate = Rate { burst: 50.0, refill: 10.0 };
/// Describes that have no pages.
pub(crate) const EC2_WHOLE: Rate = Rate { burst: 25.0, refill: 5.0 };
/// Single items of a DynamoDB table: tables of locks are often provisioned with the least, 1 read a second, which
/// DynamoDB lets burst.
pub(crate) const STATE_LOCKS: Rate = Rate { burst: 20.0, refill: 5.0 };
/// All of Route 53.
pub(crate) const ROUTE53: Rate = Rate { burst: 1.0, refill: 4.0 };
/// All describes of Elastic Load Balancing.
pub(crate) const ELB: Rate = Rate { burst: 20.0, refill: 5.0 };
/// All of Auto Scaling.
pub(crate) const AUTO_SCALING: Rate = Rate { burst: 10.0, refill: 5.0 };
/// All of IAM.
pub(crate) const IAM: Rate = Rate { burst: 10.0, refill: 5.0 };

/// The service that counts each of its APIs by itself; the others have one count for all.
const BY_OPERATION: &str = "ec2";

/// The buckets of one account.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    buckets: Mutex<HashMap<Key, Bucket>>,
}

/// Which bucket a call takes from.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    service: String,
    region: String,
    /// None where all operations of the service share one.
    operation: Option<String>,
}

impl Key {
    fn new(service: &str, region: &str, operation: &str) -> Self {
        Self {
            service: service.to_owned(),
            region: region.to_owned(),
            operation: (service == BY_OPERATION).then(|| operation.to_owned()),
        }
    }
}

/// Fills by time up to its size. Below zero it holds the places that were given out already, so that
/// whoever waits is served in order.
#[derive(Debug)]
struct Bucket {
    rate: Rate,
    level: f64,
    at: Instant,
}

impl Bucket {
    fn take(&mut self, now: Instant) -> Duration {
        let filled = now.duration_since(self.at).as_secs_f64() * self.rate.refill;
        self.level = (self.level + filled).min(self.rate.burst) - 1.0;
        self.at = now;
        Duration::from_secs_f64((-self.level / self.rate.refill).max(0.0))
    }
}

impl Limits {
    /// Waits until one more request may be sent.
    pub(crate) async fn take(&self, service: &str, region: &str, operation: &str, rate: Rate) {
        let wait = self.reserve(service, region, operation, rate, Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Gives out the next place, and says how far from `now` it is.
    fn reserve(&self, service: &str, region: &str, operation: &str, rate: Rate, now: Instant) -> Duration {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(Key::new(service, region, operation));
        bucket.or_insert(Bucket { rate, level: rate.burst, at: now }).take(now)
    }

    /// Books a request that was sent without waiting, so that the next ones wait for it.
    pub(crate) fn charge(&self, service: &str, region: &str, operation: &str, now: Instant) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(&Key::new(service, region, operation)) {
            bucket.take(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regional::GLOBAL;

    #[test]
    fn route_53_never_sees_six_requests_in_one_second() {
        // Twenty callers at once, then twenty that come one after the other.
        let (limits, start) = (Limits::default(), Instant::now());
        let at_once = (0..20).map(|_| start + limits.reserve("route53", GLOBAL, "ListHostedZones", ROUTE53, start));
        let mut sent: Vec<Instant> = at_once.collect();
        for _ in 0..20 {
            let now = sent[sent.len() - 1];
            sent.push(now + limits.reserve("route53", GLOBAL, "GetChange", ROUTE53, now));
        }
        for first in &sent {
            let window = sent.iter().filter(|at| *at >= first && at.duration_since(*first) < Duration::from_secs(1));
            assert!(window.count() <= 5);
        }
        let took = sent[39].duration_since(start);
        assert!(took < Duration::from_millis(9_800), "40 requests at 4 a second took {took:?}");
    }

    #[test]
    fn ec2_has_a_bucket_an_operation_and_region() {
        let (limits, now) = (Limits::default(), Instant::now());
        for _ in 0..50 {
            for (region, operation) in
                [("eu-west-1", "DescribeVpcs"), ("eu-west-1", "DescribeSubnets"), ("eu-central-1", "DescribeVpcs")]
            {
                assert_eq!(limits.reserve("ec2", region, operation, EC2_PAGED, now), Duration::ZERO);
            }
        }
        assert_eq!(limits.reserve("ec2", "eu-west-1", "DescribeVpcs", EC2_PAGED, now), Duration::from_millis(100));
        let later = now + Duration::from_secs(1);
        assert_eq!(limits.reserve("ec2", "eu-west-1", "DescribeVpcs", EC2_PAGED, later), Duration::ZERO);
    }

    #[test]
    fn other_services_have_one_bucket_a_region_for_all_their_operations() {
        let (limits, now) = (Limits::default(), Instant::now());
        for operation in ["ListRoles", "ListPolicyTags"].into_iter().cycle().take(10) {
            assert_eq!(limits.reserve("iam", GLOBAL, operation, IAM, now), Duration::ZERO);
        }
        assert_eq!(limits.reserve("iam", GLOBAL, "ListUsers", IAM, now), Duration::from_millis(200));
        // Route 53 is global as well, and has a limit of its own.
        assert_eq!(limits.reserve("route53", GLOBAL, "GetChange", ROUTE53, now), Duration::ZERO);
        for _ in 0..20 {
            assert_eq!(limits.reserve("elasticloadbalancing", "eu-west-1", "DescribeTags", ELB, now), Duration::ZERO);
        }
        assert_ne!(limits.reserve("elasticloadbalancing", "eu-west-1", "DescribeRules", ELB, now), Duration::ZERO);
        assert_eq!(limits.reserve("elasticloadbalancing", "eu-west-2", "DescribeRules", ELB, now), Duration::ZERO);
    }

    #[test]
    fn a_retry_delays_the_next_call() {
        let (limits, now) = (Limits::default(), Instant::now());
        limits.reserve("route53", GLOBAL, "GetChange", ROUTE53, now);
        limits.charge("route53", GLOBAL, "GetChange", now);
        assert_eq!(limits.reserve("route53", GLOBAL, "ListHostedZones", ROUTE53, now), Duration::from_millis(500));
    }

    #[tokio::test]
    async fn a_call_waits_for_its_place() {
        let (limits, start) = (Limits::default(), Instant::now());
        limits.take("route53", GLOBAL, "GetChange", ROUTE53).await;
        assert!(start.elapsed() < Duration::from_millis(200));
        limits.take("route53", GLOBAL, "GetChange", ROUTE53).await;
        assert!(start.elapsed() >= Duration::from_millis(240), "{:?}", start.elapsed());
    }
}
