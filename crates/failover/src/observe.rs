//! observe: what a compilation has to know of Route 53 and of Auto Scaling.

mod scaling;

pub use scaling::observe_groups;

use crate::{CapacityError, Dns, DnsError, HostedZone, ObservedGroup, RecordSet};
use pilotlight_findings::{Code, Explain, Region, Side, Span, codes};
use pilotlight_plan::{DrPlan, TrafficSet};
use std::collections::BTreeMap;

/// What Route 53 has for a plan's traffic sets.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// By traffic set.
    pub traffic: BTreeMap<String, ObservedTraffic>,
    /// One list for each scale block of the plan, in its order; see [`observe_groups`].
    pub groups: Vec<Vec<ObservedGroup>>,
}

/// What Route 53 has for one traffic set.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedTraffic {
    /// The one public zone of the set's name.
    pub zone: HostedZone,
    /// One for each record of the set, in the plan's order: every set of its name and type.
    pub records: Vec<Vec<RecordSet>>,
}

/// Why it could not be found out.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// No zone has the name.
    #[error("find the public hosted zone {zone} of traffic set {traffic}: {found}")]
    NoZone {
        /// The traffic set.
        traffic: String,
        /// The zone's name.
        zone: String,
        /// What there is instead.
        found: String,
        /// The traffic block.
        span: Span,
    },
    /// Several public zones have the name, and only the registrar knows which of them answers.
    #[error("choose a hosted zone for traffic set {traffic}: {} public zones are named {zone}: {}", ids.len(), ids.join(", "))]
    SeveralZones {
        /// The traffic set.
        traffic: String,
        /// The zone's name.
        zone: String,
        /// Their ids.
        ids: Vec<String>,
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
    /// Auto Scaling did not answer.
    #[error("read the Auto Scaling group {name} in {region}")]
    Capacity {
        /// The group.
        name: String,
        /// Its region.
        region: Region,
        /// Its error.
        source: CapacityError,
    },
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
            Self::Dns { .. } | Self::Capacity { .. } => codes::F_OBSERVE,
        }
    }

    fn span(&self) -> Option<&Span> {
        match self {
            Self::NoZone { span, .. } | Self::SeveralZones { span, .. } | Self::NoGroup { span, .. } => Some(span),
            Self::Dns { .. } | Self::Capacity { .. } => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoZone { .. } => {
                "correct zone in the traffic block, or use the credentials of the account that owns the zone".into()
            }
            Self::SeveralZones { .. } => {
                "delete the zone that the registrar does not delegate to: aws route53 list-hosted-zones".into()
            }
            Self::NoGroup { side: Side::Standby, .. } => {
                "correct address and stack in the scale block, or bring up the standby: pilotlight rebuild".into()
            }
            Self::NoGroup { .. } => "correct address and stack in the scale block, or apply the stack".into(),
            Self::Capacity { source, .. } => scaling::remedy(source),
            Self::Dns { source: DnsError::Denied(_), .. } => {
                "allow route53:ListHostedZonesByName, GetHostedZone and ListResourceRecordSets".into()
            }
            Self::Dns { .. } => "try again; Route 53's API is run from us-east-1".into(),
        })
    }
}

/// Reads the zone and the exact record sets of each traffic set. Groups are read by [`observe_groups`].
///
/// # Errors
/// A zone that is not there, is private only or is there twice, and a Route 53 that gives no answer.
pub async fn observe(plan: &DrPlan, dns: &dyn Dns) -> Result<Observed, ObserveError> {
    let mut traffic = BTreeMap::new();
    for set in &plan.traffic {
        traffic.insert(set.name.clone(), observe_traffic(set, dns).await?);
    }
    Ok(Observed { traffic, groups: Vec::new() })
}

async fn observe_traffic(set: &TrafficSet, dns: &dyn Dns) -> Result<ObservedTraffic, ObserveError> {
    let zone = public_zone(set, dns).await?;
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

async fn public_zone(set: &TrafficSet, dns: &dyn Dns) -> Result<HostedZone, ObserveError> {
    let zones = dns
        .zones(&set.zone)
        .await
        .map_err(|source| ObserveError::Dns { what: format!("the hosted zones named {}", set.zone), source })?;
    let private = zones.iter().filter(|zone| zone.private).count();
    let mut public: Vec<HostedZone> = zones.into_iter().filter(|zone| !zone.private).collect();
    match public.len() {
        1 => Ok(public.remove(0)),
        0 => Err(ObserveError::NoZone {
            traffic: set.name.clone(),
            zone: set.zone.clone(),
            found: match private {
                0 => "the account has no zone of that name".into(),
                _ => "only a private zone has that name, and it answers inside its VPCs alone".into(),
            },
            span: set.span.clone(),
        }),
        _ => Err(ObserveError::SeveralZones {
            traffic: set.name.clone(),
            zone: set.zone.clone(),
            ids: public.into_iter().map(|zone| zone.id).collect(),
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
