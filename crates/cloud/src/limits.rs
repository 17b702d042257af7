//! Keeps below the published request rates, so that Pilotlight does not throttle the team's own tools.
//!
//! [`LIMITS`] is the table: half of what is published, since others work in the account too, and little where
//! nothing is published. Each API, account and region has a bucket of its own, or each service where AWS counts
//! its operations together.
//!
//! Route 53 is the tight one: 5 requests a second from an account, all of its operations, all stacks and both
//! sides together. A bucket that never lets six into one second spreads even the first few calls; a window
//! over the times of the last five lets five go at once, which is what a small estate needs, and then four a
//! second.

mod bucket;

use bucket::Bucket;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many requests, how fast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rate {
    /// A bucket of tokens, as AWS itself uses them.
    Bucket {
        /// Requests at once.
        burst: f64,
        /// Requests a second after those.
        refill: f64,
    },
    /// A plain count.
    Window {
        /// At most so many requests,
        requests: usize,
        /// in any span of this length.
        per: Duration,
    },
}

/// Which operations of a service a row is about.
#[derive(Debug)]
enum Operations {
    /// Reads that ask for a page, or for one object by its id.
    Pages,
    /// Reads that get everything at once.
    Whole,
    /// These.
    Named(&'static [&'static str]),
    /// All that no row above is about.
    Others,
}

/// What AWS counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// Each operation by itself.
    ByOperation,
    /// All operations of the service that the row is about.
    Together,
}

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Limit {
    service: &'static str,
    operations: Operations,
    counted: Counted,
    rate: Rate,
    /// What AWS publishes, and where.
    #[cfg_attr(not(test), expect(dead_code, reason = "the reason for the row's rate, for whoever reads the table"))]
    source: &'static str,
}

/// The rates, first match first.
static LIMITS: &[Limit] = &[
    Limit {
        service: "ec2",
        operations: Operations::Pages,
        counted: Counted::ByOperation,
        rate: Rate::Bucket { burst: 50.0, refill: 10.0 },
        source: "non-mutating: 100 and 20 a second, \
                 https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html",
    },
    Limit {
        service: "ec2",
        operations: Operations::Whole,
        counted: Counted::ByOperation,
        rate: Rate::Bucket { burst: 25.0, refill: 5.0 },
        source: "unfiltered and unpaginated: 50 and 10 a second, \
                 https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html",
    },
    Limit {
        service: "ec2",
        operations: Operations::Others,
        counted: Counted::ByOperation,
        rate: Rate::Bucket { burst: 25.0, refill: 2.5 },
        source: "mutating: 50 and 5 a second, \
                 https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html",
    },
    Limit {
        service: "route53",
        operations: Operations::Others,
        counted: Counted::Together,
        // A quarter of a second longer than AWS's second: requests do not arrive as evenly as they leave.
        rate: Rate::Window { requests: 5, per: Duration::from_millis(1_250) },
        source: "5 requests a second an account, \
                 https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html",
    },
    Limit {
        service: "elasticloadbalancing",
        operations: Operations::Others,
        counted: Counted::Together,
        rate: Rate::Bucket { burst: 20.0, refill: 5.0 },
        source: "non-mutating: 40 and 10 a second, \
                 https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html",
    },
    Limit {
        service: "autoscaling",
        operations: Operations::Others,
        counted: Counted::Together,
        rate: UNPUBLISHED.rate,
        source: "one bucket for all its operations, without its numbers, \
                 https://docs.aws.amazon.com/autoscaling/ec2/APIReference/Welcome.html",
    },
    Limit {
        service: "iam",
        operations: Operations::Others,
        counted: Counted::Together,
        rate: UNPUBLISHED.rate,
        source: "buckets without their numbers, \
                 https://aws.amazon.com/blogs/security/how-to-monitor-and-query-iam-resources-at-scale-part-2/",
    },
    Limit {
        service: "dynamodb",
        operations: Operations::Named(&["GetItem"]),
        counted: Counted::ByOperation,
        // Tables of locks are often provisioned with the least, one read a second.
        rate: Rate::Bucket { burst: 20.0, refill: 5.0 },
        source: "what the table is provisioned with, and five minutes of it saved up, \
                 https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html",
    },
    Limit {
        service: "sts",
        operations: Operations::Others,
        counted: Counted::Together,
        rate: Rate::Bucket { burst: 50.0, refill: 50.0 },
        source: "600 a second an account and region, \
                 https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
    },
    Limit {
        service: "sns",
        operations: Operations::Named(&["ListTopics"]),
        counted: Counted::ByOperation,
        rate: Rate::Bucket { burst: 10.0, refill: 5.0 },
        source: "30 a second, https://docs.aws.amazon.com/sns/latest/api/API_ListTopics.html",
    },
    Limit {
        service: "lambda",
        operations: Operations::Others,
        counted: Counted::Together,
        rate: Rate::Bucket { burst: 5.0, refill: 5.0 },
        source: "control plane but GetFunction and GetPolicy: 15 a second across all of it, \
                 https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
    },
];

/// For an API whose rate is not published: DynamoDB's tables, S3's buckets, SQS. Less than the ten reads at a time of a
/// `terraform plan` send.
static UNPUBLISHED: Limit = Limit {
    service: "*",
    operations: Operations::Others,
    counted: Counted::ByOperation,
    rate: Rate::Bucket { burst: 10.0, refill: 5.0 },
    source: "none; a person at the console makes as many",
};

/// The row for an operation; `paged` says whether it asks for a page.
pub(crate) fn limit(service: &str, operation: &str, paged: bool) -> &'static Limit {
    let reads = ["Describe", "Get", "List", "Search"].iter().any(|verb| operation.starts_with(verb));
    let fits = |limit: &&Limit| {
        limit.service == service
            && match limit.operations {
                Operations::Pages => reads && paged,
                Operations::Whole => reads && !paged,
                Operations::Named(names) => names.contains(&operation),
                Operations::Others => true,
            }
    };
    LIMITS.iter().find(fits).unwrap_or(&UNPUBLISHED)
}

/// Where AWS counts a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Counter {
    /// Account id; none for the caller's own.
    account: Option<String>,
    /// Region, or `global`.
    region: String,
    service: String,
    /// None where all of the service's are counted together.
    operation: Option<String>,
}

impl Counter {
    pub(crate) fn new(account: Option<&str>, region: &str, service: &str, operation: &str, limit: &Limit) -> Self {
        Self {
            account: account.map(str::to_owned),
            region: region.to_owned(),
            service: service.to_owned(),
            operation: (limit.counted == Counted::ByOperation).then(|| operation.to_owned()),
        }
    }
}

/// The buckets of one session, of all its accounts.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    state: Mutex<Buckets>,
}

#[derive(Debug, Default)]
struct Buckets {
    /// Id of the caller's own account, once it is known.
    own: Option<String>,
    buckets: HashMap<Counter, Bucket>,
}

impl Buckets {
    fn named(&self, counter: &Counter) -> Counter {
        let account = counter.account.clone().or_else(|| self.own.clone());
        Counter { account, ..counter.clone() }
    }
}

impl Limits {
    /// Waits until `requests` more may be sent.
    pub(crate) async fn take(&self, counter: &Counter, limit: &Limit, requests: u32) {
        let wait = self.reserve(counter, limit, requests, Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Gives out the next places, and says how far from `now` they are.
    fn reserve(&self, counter: &Counter, limit: &Limit, requests: u32, now: Instant) -> Duration {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let counter = state.named(counter);
        state.buckets.entry(counter).or_insert_with(|| Bucket::new(limit.rate, now)).take(requests, now)
    }

    /// Books a request that was sent without waiting, so that the next ones wait for it.
    pub(crate) fn charge(&self, counter: &Counter, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let counter = state.named(counter);
        if let Some(bucket) = state.buckets.get_mut(&counter) {
            bucket.take(1, now);
        }
    }

    /// Tells which account the caller's own credentials are of: a role may lead into the same one, and AWS
    /// counts their requests together.
    pub(crate) fn own_account(&self, id: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.own.is_some() {
            return;
        }
        state.own = Some(id.to_owned());
        let buckets = std::mem::take(&mut state.buckets);
        for (counter, bucket) in buckets {
            let counter = state.named(&counter);
            state.buckets.insert(counter, bucket);
        }
    }
}

#[cfg(test)]
mod tests;
