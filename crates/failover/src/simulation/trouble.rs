//! What a call can meet.

use super::State;

/// What is asked of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Route 53's API.
    Route53,
    /// A name server or a resolver.
    Dns,
    /// The bucket that holds signals.
    S3,
    /// Auto Scaling.
    AutoScaling,
    /// Terraform in the standby's root.
    Terraform,
    /// RDS and what CloudWatch has of it.
    Rds,
    /// A database server.
    Postgres,
    /// What a check asks.
    Probe,
    /// A program of the plan.
    Program,
}

impl Service {
    /// `route53`, as the calls of a compiled run name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Route53 => "route53",
            Self::Dns => "dns",
            Self::S3 => "s3",
            Self::AutoScaling => "autoscaling",
            Self::Terraform => "terraform",
            Self::Rds => "rds",
            Self::Postgres => "postgres",
            Self::Probe => "check",
            Self::Program => "command",
        }
    }
}

/// A call, before it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// Of whom.
    pub service: Service,
    /// `ChangeResourceRecordSets`, `fence`
    pub operation: &'static str,
    /// Of what: a zone, a name, a group, a server's URL.
    pub subject: &'a str,
    /// Whether it changes nothing.
    pub reads: bool,
}

impl<'a> Asked<'a> {
    pub(super) fn read(service: Service, operation: &'static str, subject: &'a str) -> Self {
        Self { service, operation, subject, reads: true }
    }

    pub(super) fn write(service: Service, operation: &'static str, subject: &'a str) -> Self {
        Self { service, operation, subject, reads: false }
    }
}

/// What a call meets. Where a service has no such trouble, it has no usable answer instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// It never arrives, and nobody knows.
    LoseRequest,
    /// It takes effect, and nobody knows.
    LoseAnswer,
    /// It takes effect a while later, when who asked has given up or is dead, and nobody knows.
    Late,
    /// It is throttled: nothing changes.
    Throttle,
    /// The service fails, with a status of 500 or more: nothing changes, and nobody knows.
    Broken,
    /// The caller may not.
    Deny,
    /// A read is answered with what was there a moment ago.
    Stale,
}

impl Trouble {
    /// How a client tells of it.
    pub(super) fn cause(self) -> &'static str {
        match self {
            Self::LoseRequest => "the connection timed out",
            Self::Late => "no answer came in time",
            Self::LoseAnswer => "the connection was reset",
            Self::Throttle => "Rate exceeded",
            Self::Broken => "InternalFailure: 503 Service Unavailable",
            Self::Deny => "not authorized",
            Self::Stale => "an old answer",
        }
    }

    /// Whether what was asked for happens all the same.
    pub(super) fn takes_effect(self) -> bool {
        matches!(self, Self::LoseAnswer | Self::Stale)
    }
}

/// Decides what a call meets, by the call and the world as it is then.
pub type TroubleRule = Box<dyn FnMut(&Asked<'_>, &State) -> Option<Trouble> + Send>;
