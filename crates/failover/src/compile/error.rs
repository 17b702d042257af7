use pilotlight_findings::{Code, Explain, Side, Span, codes};
use pilotlight_plan::PlanError;

/// Why no run could be compiled. Nothing was changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CompileError {
    /// A safety rule forbids the run: exit 4.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// A value of the plan could not be resolved.
    #[error("resolve the values of {what}")]
    Unresolved {
        /// `check storefront`
        what: String,
        /// Why.
        source: Box<PlanError>,
    },
    /// The observation is of another plan.
    #[error("find traffic set {0} among what was observed")]
    NotObserved(String),
}

impl From<Refusal> for CompileError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// A safety rule that forbids a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The plan moves nothing.
    #[error("compile a run of plan {plan}: it has no traffic set")]
    NoTraffic {
        /// The plan.
        plan: String,
        /// Its head.
        span: Span,
    },
    /// A record set without values would be created.
    #[error("move {record}: the {side} gives it no value")]
    EmptySet {
        /// `app.shop.test A`
        record: String,
        /// Whose values.
        side: Side,
        /// The record block.
        span: Span,
    },
    /// A value that the record type cannot hold.
    #[error("move {record}: the {side}'s value {value:?} is {reason}")]
    BadValue {
        /// `app.shop.test A`
        record: String,
        /// Whose value.
        side: Side,
        /// The value.
        value: String,
        /// `no IPv4 address`
        reason: &'static str,
        /// The record block.
        span: Span,
    },
    /// Both sides give the same values, so which one is active cannot be seen.
    #[error("move {record}: primary and standby both answer {}", values.join(", "))]
    SameValues {
        /// `app.shop.test A`
        record: String,
        /// The values.
        values: Vec<String>,
        /// The record block.
        span: Span,
    },
    /// A record that is not inside the zone, or is the zone itself.
    #[error("move {record}: {reason}")]
    OutOfScope {
        /// `shop.test NS`
        record: String,
        /// Why.
        reason: String,
        /// The record block.
        span: Span,
    },
    /// The zone has no such record.
    #[error("move {record}: zone {zone} has no such record")]
    NoRecord {
        /// `app.shop.test A`
        record: String,
        /// The zone.
        zone: String,
        /// The record block.
        span: Span,
    },
    /// A record that is one of several by a routing policy, or an alias where the plan has values.
    #[error("move {record}: it is no simple record, but {found}")]
    NotSimple {
        /// `app.shop.test A`
        record: String,
        /// `an alias of x`
        found: String,
        /// The record block.
        span: Span,
    },
    /// A record that is not two weighted sets, one a side.
    #[error("shift {record}: it is not two weighted sets, one a side, but {found}")]
    NotWeighted {
        /// `app.shop.test A`
        record: String,
        /// `one set that answers 192.0.2.1`
        found: String,
        /// The record block.
        span: Span,
    },
    /// The record has the values of neither side.
    #[error(
        "move {record}: it answers {}, which is neither the primary's {} nor the standby's {}",
        found.join(", "), primary.join(", "), standby.join(", ")
    )]
    OtherValues {
        /// `app.shop.test A`
        record: String,
        /// What is there.
        found: Vec<String>,
        /// The primary's values.
        primary: Vec<String>,
        /// The standby's values.
        standby: Vec<String>,
        /// The record block.
        span: Span,
    },
    /// A run would keep and show what Terraform marked as sensitive.
    #[error("compile {what}: {output} of the {side} is sensitive, and runs are kept and shown in clear")]
    SensitiveOutput {
        /// `check storefront`, `step promote`, `record app.shop.test A`
        what: String,
        /// `stack.app.output.token`
        output: String,
        /// Whose state says so.
        side: Side,
        /// Where the plan names it.
        span: Span,
    },
    /// A group does not allow what is wanted.
    #[error("have {wanted} instances in {group}: it allows {bound} {allowed}")]
    OutOfBounds {
        /// `aws_autoscaling_group.web of the standby`
        group: String,
        /// How many are wanted.
        wanted: u32,
        /// `at most`, `at least`
        bound: &'static str,
        /// How many.
        allowed: u32,
        /// The scale block.
        span: Span,
    },
    /// A side that cannot be proven to take no more writes.
    #[error("compile a graceful run: RDS has no call that fences database {database}, and the plan has no URLs for it")]
    NoFence {
        /// The database block's name.
        database: String,
        /// The block.
        span: Span,
    },
    /// What has to take over is no replica of what is left.
    #[error("move database {database}: {reason}")]
    NoReplica {
        /// The database block's name.
        database: String,
        /// Why.
        reason: String,
        /// The block.
        span: Span,
    },
    /// More than one batch holds.
    #[error("move traffic set {traffic} in one change: it has {found} {what}, and Route 53 takes {limit}")]
    TooLarge {
        /// The traffic set.
        traffic: String,
        /// How many.
        found: usize,
        /// `values`, `characters of values`
        what: &'static str,
        /// How many Route 53 takes.
        limit: usize,
        /// The traffic block.
        span: Span,
    },
}

impl Explain for CompileError {
    fn code(&self) -> Code {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Unresolved { source, .. } => source.code(),
            Self::NotObserved(_) => codes::F_OBSERVE,
        }
    }

    fn span(&self) -> Option<&Span> {
        match self {
            Self::Refused(refusal) => refusal.span(),
            Self::Unresolved { source, .. } => Explain::span(&**source),
            Self::NotObserved(_) => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Refused(refusal) => refusal.remedy(),
            Self::Unresolved { source, .. } => source.remedy(),
            Self::NotObserved(_) => None,
        }
    }
}

impl Explain for Refusal {
    fn code(&self) -> Code {
        match self {
            Self::NoTraffic { .. } => codes::F_NO_TRAFFIC,
            Self::EmptySet { .. } => codes::F_EMPTY_SET,
            Self::BadValue { .. } => codes::F_BAD_VALUE,
            Self::SameValues { .. } => codes::F_SAME_VALUES,
            Self::OutOfScope { .. } => codes::F_OUT_OF_SCOPE,
            Self::NoRecord { .. } => codes::F_NO_RECORD,
            Self::NotSimple { .. } => codes::F_NOT_SIMPLE,
            Self::NotWeighted { .. } => codes::F_NOT_WEIGHTED,
            Self::OtherValues { .. } => codes::F_OTHER_VALUES,
            Self::SensitiveOutput { .. } => codes::F_SENSITIVE_OUTPUT,
            Self::OutOfBounds { .. } => codes::F_OUT_OF_BOUNDS,
            Self::NoFence { .. } => codes::F_NO_FENCE,
            Self::NoReplica { .. } => codes::F_NO_REPLICA,
            Self::TooLarge { .. } => codes::F_TOO_LARGE,
        }
    }

    fn span(&self) -> Option<&Span> {
        match self {
            Self::NoTraffic { span, .. }
            | Self::EmptySet { span, .. }
            | Self::BadValue { span, .. }
            | Self::SameValues { span, .. }
            | Self::OutOfScope { span, .. }
            | Self::NoRecord { span, .. }
            | Self::NotSimple { span, .. }
            | Self::NotWeighted { span, .. }
            | Self::OtherValues { span, .. }
            | Self::SensitiveOutput { span, .. }
            | Self::OutOfBounds { span, .. }
            | Self::NoFence { span, .. }
            | Self::NoReplica { span, .. }
            | Self::TooLarge { span, .. } => Some(span),
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoTraffic { .. } => "add a traffic block with the records that users reach you by".into(),
            Self::EmptySet { side: Side::Standby, .. } => {
                "bring up the standby first: pilotlight rebuild, then pilotlight validate".into()
            }
            Self::EmptySet { .. } => "apply the primary's stack first, so that its outputs have values".into(),
            Self::BadValue { .. } => "correct the value in the record block, or the output that it names".into(),
            Self::SameValues { .. } => "give each side its own values".into(),
            Self::OutOfScope { .. } => "move A, AAAA and CNAME records inside the traffic set's zone only".into(),
            Self::NoRecord { .. } => {
                "create it with the active side's values first: Terraform owns it until then".into()
            }
            Self::NotSimple { .. } => "make it one simple record, or leave it out of the traffic set".into(),
            Self::NotWeighted { .. } => {
                "make two sets of it in Terraform, each with a set_identifier, one side's values and a weight; or write \
                 method = \"record\""
                    .into()
            }
            Self::OtherValues { .. } => {
                "find out who changed it; set it to one side's values, or correct the plan, and compile again".into()
            }
            Self::SensitiveOutput { .. } => {
                "take it from the environment with env(\"NAME\"), or, where it is no secret, remove `sensitive = true` \
                 from the output and apply"
                    .into()
            }
            Self::OutOfBounds { bound: "at most", .. } => {
                "raise max_size of the group in Terraform and apply it, rebuild the standby, or ask for less".into()
            }
            Self::OutOfBounds { .. } => {
                "lower min_size of the group in the standby (set in its standby block) and rebuild, or keep more".into()
            }
            Self::NoFence { .. } => {
                "add primary_url and standby_url where it is a PostgreSQL, so that it is fenced by SQL; or, where its \
                 applications are stopped or its side is dead: --mode ungraceful, which says that writes may be lost"
                    .into()
            }
            Self::NoReplica { .. } => {
                "make it a replica first, by failback_replica in the database block or by pilotlight rebuild; nothing was \
                 changed"
                    .into()
            }
            Self::TooLarge { .. } => "split the traffic set in two".into(),
        })
    }
}
