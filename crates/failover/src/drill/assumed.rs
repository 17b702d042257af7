//! What Route 53 would have for a plan whose traffic is on the primary, where nobody looked.

use crate::compile::{Answer, CompileError, side_answer};
use crate::{AliasTarget, HostedZone, Observed, ObservedTraffic, RecordSet};
use pilotlight_findings::Side;
use pilotlight_plan::{DrPlan, Method, Outputs, TrafficRecord, TrafficSet, Visibility};
use std::collections::BTreeMap;

/// Name servers of a delegation.
const NAME_SERVERS: u8 = 4;
/// Where the plan expects none.
const TTL: u64 = 60;
/// What a side's set weighs that has all of the traffic.
const ALL: i64 = 100;

/// The observation of a plan as if its zones had been made from it, with all traffic on the primary. Groups and
/// databases of RDS are left out.
///
/// # Errors
/// An output that is not known.
pub fn assumed(plan: &DrPlan, outputs: &dyn Outputs) -> Result<Observed, CompileError> {
    let mut traffic = BTreeMap::new();
    for set in &plan.traffic {
        let zone = zone_of(set);
        let mut records = Vec::with_capacity(set.records.len());
        for record in &set.records {
            let bare = |side: Side| -> Result<RecordSet, CompileError> {
                Ok(of_answer(record, side_answer(record, side, outputs)?))
            };
            records.push(match &set.method {
                Method::Record => vec![bare(Side::Primary)?],
                Method::Signal(_) => Vec::new(),
                Method::Weighted(_) => vec![
                    RecordSet { set_identifier: Some("primary".into()), weight: Some(ALL), ..bare(Side::Primary)? },
                    RecordSet { set_identifier: Some("standby".into()), weight: Some(0), ..bare(Side::Standby)? },
                ],
            });
        }
        traffic.insert(set.name.clone(), ObservedTraffic { zone, records });
    }
    Ok(Observed { traffic, groups: Vec::new(), sizes: Vec::new(), managed: BTreeMap::new(), primary_down: false })
}

fn zone_of(set: &TrafficSet) -> HostedZone {
    let private = set.visibility == Visibility::Private;
    let id = match (&set.method, &set.zone_id) {
        // As it is observed: Route 53's control plane is not asked.
        (Method::Signal(_), _) => String::new(),
        (_, Some(id)) => id.clone(),
        (_, None) => format!("assumed-{}{}", set.zone, if private { "-private" } else { "" }),
    };
    let servers = if private { 0 } else { NAME_SERVERS };
    let name_servers = (1..=servers).map(|number| format!("ns-{number}.{}", set.zone)).collect();
    HostedZone { id, name: set.zone.clone(), private, name_servers }
}

fn of_answer(record: &TrafficRecord, answer: Answer) -> RecordSet {
    let ttl = Some(record.ttl.map_or(TTL, |ttl| ttl.as_secs()));
    let (ttl, values, alias) = match answer {
        Answer::Values(values) => (ttl, values, None),
        Answer::Alias { name, zone_id, evaluate_target_health } => {
            let evaluate_target_health = evaluate_target_health.unwrap_or(false);
            (None, Vec::new(), Some(AliasTarget { hosted_zone_id: zone_id, dns_name: name, evaluate_target_health }))
        }
    };
    RecordSet {
        name: record.name.replace('*', "\\052"),
        record_type: record.record_type.clone(),
        ttl,
        values,
        alias,
        set_identifier: None,
        weight: None,
        failover: None,
        health_check_id: None,
        other_routing: None,
    }
}
