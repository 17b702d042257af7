//! observe: what a compilation has to know of Route 53 and of Auto Scaling.

mod managed;
mod scaling;
mod sizes;

pub use managed::{ManagedObserveError, ObservedManaged, ObservedPair, observe_managed};
pub use scaling::observe_groups;
pub use sizes::observe_sizes;

use crate::{ApiError, Dns, DnsError, HostedZone, NameServers, ObservedGroup, ObservedSize, RecordSet};
use pilotlight_findings::{Code, Explain, Region, Side, Span, codes};
use pilotlight_plan::{DrPlan, Method, TrafficSet, Visibility};
use std::collections::BTreeMap;

/// What Route 53 has for a plan's traffic sets.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// By traffic set.
    pub traffic: BTreeMap<String, ObservedTraffic>,
    /// One list for each scale block of the plan, in its order; see [`observe_groups`].
    pub groups: Vec<Vec<ObservedGroup>>,
    /// One for each scale block of the plan that Terraform carries out, in its order, or why there is none; see
    /// [`observe_sizes`].
    pub sizes: Vec<Result<ObservedSize, String>>,
    /// By database block, of those that AWS promotes; see [`observe_managed`].
    pub managed: BTreeMap<String, ObservedManaged>,
    /// Whether the primary region is not to be asked for anything.
    pub primary_down: bool,
}

/// What Route 53 has for one traffic set.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedTraffic {
    /// The one zone that the set means.
    pub zone: HostedZone,
    /// One for each record of the set, in the plan's order: every set of its name and type.
    pub records: Vec<Vec<RecordSet>>,
}

/// Why it could not be found out.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// No zone has the name.
    #[error("find the {visibility} hosted zone {zone} of traffic set {traffic}: {found}")]
    NoZone {
        /// `public` or `private`
        visibility: &'static str,
        /// The traffic set.
        traffic: String,
        /// The zone's name.
        zone: String,
        /// What there is instead.
        found: String,
        /// The traffic block.
        span: Span,
    },
    /// Several zones have the name: of public ones only the registrar knows which answers, of private ones each its VPCs.
    #[error("choose a hosted zone for traffic set {traffic}: {} {visibility} zones are named {zone}: {}", ids.len(), ids.join(", "))]
    SeveralZones {
        /// `public` or `private`
        visibility: &'static str,
        /// The traffic set.
        traffic: String,
        /// The zone's name.
        zone: String,
        /// Their ids.
        ids: Vec<String>,
        /// The traffic block.
        span: Span,
    },
    /// DNS does not say which name servers a zone has.
    #[error("ask the resolver for the name servers of {zone}: {cause}")]
    Delegation {
        /// The zone's name.
        zone: String,
        /// Why.
        cause: String,
        /// The traffic block.
        span: Span,
    },
    /// A side has no such group.
    #[error("find {address} of stack {stack} in the {side}: {found}")]
    NoGroup {
        /// Its address.
        address: String,
        /// The stack.
        stack: String,
        /// Which side.
        side: Side,
        /// What there is instead.
        found: String,
        /// The scale block.
        span: Span,
    },
    /// What Terraform is to resize is not there, or its root is not.
    #[error("find {address} of stack {stack} in the standby: {reason}")]
    NotSized {
        /// Its address.
        address: String,
        /// The stack.
        stack: String,
        /// What there is instead.
        reason: String,
        /// The scale block.
        span: Span,
    },
    /// Terraform would not give it this size.
    #[error("turn up {address} of stack {stack}: {reason}")]
    NotSettable {
        /// Its address.
        address: String,
        /// The stack.
        stack: String,
        /// Why.
        reason: String,
        /// What to do.
        remedy: String,
        /// The scale block.
        span: Span,
    },
    /// Auto Scaling did not answer.
    #[error("read the Auto Scaling group {name} in {region}")]
    Capacity {
        /// The group.
        name: String,
        /// Its region.
        region: Region,
        /// Its error.
        source: ApiError,
    },
    /// A database that AWS replicates.
    #[error(transparent)]
    Managed(#[from] ManagedObserveError),
    /// Route 53 did not answer.
    #[error("read {what} from Route 53")]
    Dns {
        /// `the hosted zones named shop.test`
        what: String,
        /// Its error.
        source: DnsError,
    },
}

impl Explain for ObserveError {
    fn code(&self) -> Code {
        match self {
            Self::NoZone { .. } | Self::SeveralZones { .. } => codes::F_ZONE,
            Self::NoGroup { .. } => codes::F_NO_GROUP,
            Self::NotSized { .. } => codes::F_NO_SIZE,
            Self::NotSettable { .. } => codes::F_NOT_SETTABLE,
            Self::Managed(error) => error.code(),
            Self::Dns { .. } | Self::Delegation { .. } | Self::Capacity { .. } => codes::F_OBSERVE,
        }
    }

    fn span(&self) -> Option<&Span> {
        match self {
            Self::NoZone { span, .. }
            | Self::SeveralZones { span, .. }
            | Self::Delegation { span, .. }
            | Self::NoGroup { span, .. }
            | Self::NotSized { span, .. }
            | Self::NotSettable { span, .. } => Some(span),
            Self::Managed(error) => error.span(),
            Self::Dns { .. } | Self::Capacity { .. } => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoZone { .. } => {
                "correct zone, zone_id or visibility in the traffic block, or use the credentials of the account that owns the zone".into()
            }
            Self::SeveralZones { .. } => {
                "name the one that is meant with zone_id in the traffic block; of public ones it is the one that the \
                 registrar delegates to"
                    .into()
            }
            Self::Delegation { .. } => "try again, or name another resolver with --resolver".into(),
            Self::NoGroup { side: Side::Standby, .. } => {
                "correct address and stack in the scale block, or bring up the standby: pilotlight rebuild".into()
            }
            Self::NoGroup { .. } => "correct address and stack in the scale block, or apply the stack".into(),
            Self::NotSized { .. } => "correct the address or the stack of the scale block; or write and apply the standby's \
                 roots here, pilotlight rebuild PLAN --apply, or name their folder with --into"
                .into(),
            Self::NotSettable { remedy, .. } => remedy.clone(),
            Self::Managed(error) => return error.remedy(),
            Self::Capacity { source, .. } => scaling::remedy(source),
            Self::Dns { source: DnsError::Denied(_), .. } => {
                "allow route53:ListHostedZonesByName, GetHostedZone and ListResourceRecordSets".into()
            }
            Self::Dns { .. } => "try again; Route 53's API is run from us-east-1".into(),
        })
    }
}

/// Reads the zone and the exact record sets of each traffic set; of one that follows a signal what DNS itself tells, as
/// it is for the hour in which Route 53's API may be down.
/// Groups are read by [`observe_groups`].
///
/// # Errors
/// A zone that is not there, is private only or is there twice, and a Route 53 that gives no answer.
pub async fn observe(plan: &DrPlan, dns: &dyn Dns, servers: &dyn NameServers) -> Result<Observed, ObserveError> {
    let mut traffic = BTreeMap::new();
    for set in &plan.traffic {
        let seen = match &set.method {
            Method::Signal(_) => observe_delegation(set, servers).await?,
            Method::Record | Method::Weighted(_) => observe_traffic(set, dns).await?,
        };
        traffic.insert(set.name.clone(), seen);
    }
    Ok(Observed { traffic, groups: Vec::new(), sizes: Vec::new(), managed: BTreeMap::new(), primary_down: false })
}

/// What the data plane tells of a traffic set that follows a signal: its zone's name servers, from DNS itself.
async fn observe_delegation(set: &TrafficSet, servers: &dyn NameServers) -> Result<ObservedTraffic, ObserveError> {
    let failed = |cause: String| ObserveError::Delegation { zone: set.zone.clone(), cause, span: set.span.clone() };
    let answer = servers.resolve(&set.zone, "NS").await.map_err(failed)?;
    if answer.values.is_empty() {
        return Err(failed("it names none".into()));
    }
    let name_servers = answer.values.iter().map(|server| query_name(server)).collect();
    let zone = HostedZone { id: String::new(), name: set.zone.clone(), private: false, name_servers };
    Ok(ObservedTraffic { zone, records: vec![Vec::new(); set.records.len()] })
}

pub(crate) async fn observe_traffic(set: &TrafficSet, dns: &dyn Dns) -> Result<ObservedTraffic, ObserveError> {
    let zone = the_zone(set, dns).await?;
    let mut records = Vec::with_capacity(set.records.len());
    for record in &set.records {
        let sets =
            dns.record_sets(&zone.id, &query_name(&record.name), &record.record_type).await.map_err(|source| {
                let what = format!("record {} {} of zone {}", record.name, record.record_type, zone.name);
                ObserveError::Dns { what, source }
            })?;
        records.push(sets);
    }
    Ok(ObservedTraffic { zone, records })
}

async fn the_zone(set: &TrafficSet, dns: &dyn Dns) -> Result<HostedZone, ObserveError> {
    let zones = dns
        .zones(&set.zone)
        .await
        .map_err(|source| ObserveError::Dns { what: format!("the hosted zones named {}", set.zone), source })?;
    let (visibility, private) = match set.visibility {
        Visibility::Public => ("public", false),
        Visibility::Private => ("private", true),
    };
    let (mut of_kind, others): (Vec<HostedZone>, Vec<HostedZone>) =
        zones.into_iter().partition(|zone| zone.private == private);
    if let Some(id) = &set.zone_id {
        of_kind.retain(|zone| zone.id == *id);
    }
    match of_kind.len() {
        1 => Ok(of_kind.remove(0)),
        0 => Err(ObserveError::NoZone {
            visibility,
            traffic: set.name.clone(),
            zone: set.zone.clone(),
            found: match (&set.zone_id, others.is_empty(), private) {
                (Some(id), ..) => format!("no {visibility} zone of that name has the id {id}"),
                (None, true, _) => "the account has no zone of that name".into(),
                (None, false, false) => {
                    "only a private zone has that name, and it answers inside its VPCs alone; visibility = \"private\" means it"
                        .into()
                }
                (None, false, true) => "only a public zone has that name".into(),
            },
            span: set.span.clone(),
        }),
        _ => Err(ObserveError::SeveralZones {
            visibility,
            traffic: set.name.clone(),
            zone: set.zone.clone(),
            ids: of_kind.into_iter().map(|zone| zone.id).collect(),
            span: set.span.clone(),
        }),
    }
}

/// One spelling for a name, the one that is asked for: lower case, no trailing dot, and `*` for the `\052` that
/// Route 53 writes in its answers. (It takes either in requests.)
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html>
pub(crate) fn query_name(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase().replace("\\052", "*")
}
