//! What AWS has and no given state knows.

use crate::away::Away;
use crate::decide::PlaceLive;
use crate::hosted::{Hosted, Hosts};
use crate::index::{Index, RecordKey, record_key, zone_id};
use crate::live::LiveObject;
use crate::observe::{Locator, Routing, StackState};
use crate::parts::texts_at;
use crate::shapes::{Natural, is_global, natural};
use pilotlight_findings::{Evidence, Finding, Severity, Silenced, Subject, codes};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Types that are parts of another object: the object itself shows them, or they tie two objects together.
const PARTS: &[&str] = &[
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
    "aws_network_acl_rule",
    "aws_main_route_table_association",
    "aws_ec2_tag",
    "aws_route",
    "aws_security_group_rule",
    "aws_autoscaling_group_tag",
    "aws_iam_role_policy",
    "aws_iam_policy_attachment",
    "aws_iam_group_membership",
    "aws_iam_user_group_membership",
    "aws_iam_role_policies_exclusive",
    "aws_iam_role_policy_attachments_exclusive",
    "aws_ec2_managed_prefix_list_entry",
    "aws_vpc_peering_connection_options",
    "aws_vpc_peering_connection_accepter",
];

/// Types that are named like parts, and show in no other object.
const WHOLE: &[&str] =
    &["aws_ec2_transit_gateway_vpc_attachment", "aws_route_table_association", "aws_vpc_ipv4_cidr_block_association"];

fn is_part(resource_type: &str) -> bool {
    PARTS.contains(&resource_type)
        || (resource_type.ends_with("_association") || resource_type.ends_with("_attachment"))
            && !WHOLE.contains(&resource_type)
}

/// A zone: what a service makes has records that it makes as well.
const ZONE: &str = "aws_route53_zone";

/// Objects that come with another one, whose state names them: resource, attribute, and the type of what it names.
const WITH_OTHERS: &[(&str, &str, &str)] = &[
    ("aws_instance", "root_block_device.volume_id", "aws_ebs_volume"),
    ("aws_instance", "ebs_block_device.volume_id", "aws_ebs_volume"),
    ("aws_instance", "primary_network_interface_id", "aws_network_interface"),
    ("aws_nat_gateway", "network_interface_id", "aws_network_interface"),
    ("aws_vpc_endpoint", "network_interface_ids", "aws_network_interface"),
    ("aws_main_route_table_association", "original_route_table_id", "aws_route_table"),
    ("aws_vpc", "default_route_table_id", "aws_route_table"),
    ("aws_vpc", "default_security_group_id", "aws_security_group"),
    ("aws_vpc", "default_network_acl_id", "aws_network_acl"),
    ("aws_ami", "root_snapshot_id", "aws_ebs_snapshot"),
    ("aws_ami_copy", "root_snapshot_id", "aws_ebs_snapshot"),
    ("aws_ami_copy", "ebs_block_device.snapshot_id", "aws_ebs_snapshot"),
    ("aws_ami_from_instance", "root_snapshot_id", "aws_ebs_snapshot"),
    ("aws_ami_from_instance", "ebs_block_device.snapshot_id", "aws_ebs_snapshot"),
    ("aws_ec2_transit_gateway", "association_default_route_table_id", "aws_ec2_transit_gateway_route_table"),
    ("aws_efs_mount_target", "network_interface_id", "aws_network_interface"),
    ("aws_fsx_lustre_file_system", "network_interface_ids", "aws_network_interface"),
    ("aws_fsx_ontap_file_system", "network_interface_ids", "aws_network_interface"),
    ("aws_fsx_openzfs_file_system", "network_interface_ids", "aws_network_interface"),
    ("aws_fsx_windows_file_system", "network_interface_ids", "aws_network_interface"),
    ("aws_directory_service_directory", "security_group_id", "aws_security_group"),
    ("aws_eks_cluster", "vpc_config.cluster_security_group_id", "aws_security_group"),
    ("aws_workspaces_directory", "workspace_security_group_id", "aws_security_group"),
    ("aws_service_discovery_private_dns_namespace", "hosted_zone", ZONE),
    ("aws_service_discovery_public_dns_namespace", "hosted_zone", ZONE),
    // The accepter's end of a connection.
    ("aws_vpc_peering_connection_accepter", "vpc_peering_connection_id", PEERING),
];

/// Objects that stand in a block of another one's state, by name: resource, attribute, their own type, and what stands
/// between the other one's id and their name in their id.
const IN_BLOCKS: &[(&str, &str, &str, &str)] = &[
    ("aws_iam_role", "inline_policy.name", "aws_iam_role_policy", ":"),
    ("aws_autoscaling_group", "initial_lifecycle_hook.name", "aws_autoscaling_lifecycle_hook", "/"),
];

/// The same connection, with the same id, in the regions and accounts of both its ends: one state of it is enough.
const PEERING: &str = "aws_vpc_peering_connection";

/// Role, region where it has one, type and id.
type Key = (Option<String>, Option<String>, String, String);

fn key(role: Option<&String>, region: &str, kind: &str, id: &str) -> Key {
    if kind == PEERING {
        return (None, None, kind.to_owned(), id.to_owned());
    }
    (role.cloned(), (!is_global(kind)).then(|| region.to_owned()), kind.to_owned(), id.to_owned())
}

/// The objects that nobody's state has, and those that nobody's has to.
pub(crate) fn find(
    stacks: &[StackState<'_>],
    live: &[PlaceLive],
    index: &Index<'_>,
    away: &mut Away<'_>,
) -> (Vec<Finding>, Vec<Silenced>) {
    let (mut findings, mut silenced) = (Vec::new(), Vec::new());
    if !live.iter().any(|live| live.everything) {
        return (findings, silenced);
    }
    let (known, hosts) = (known(stacks, index), Hosts::of(stacks));
    let serviced = zones_of_services(stacks, live);
    let mut seen = HashSet::new();
    for live in live.iter().filter(|live| live.everything) {
        for object in &live.snapshot.objects {
            let groups = match hosts.judge(live.place.role.as_deref(), object) {
                Hosted::Known => continue,
                Hosted::Not if is_part(&object.resource_type) => continue,
                Hosted::Groups(groups) => groups,
                Hosted::Not | Hosted::ByHand => Vec::new(),
            };
            let key =
                key(live.place.role.as_ref(), live.place.region.as_str(), &object.resource_type, &live_id(object));
            // A user's groups are known one by one, whatever resource has some of them.
            let is_known = groups.is_empty() && known.contains(&key);
            if is_known || !seen.insert(key) || away.hides_object(&object.resource_type, &object.id) {
                continue;
            }
            let subject = Subject::CloudObject {
                resource_type: object.resource_type.clone(),
                id: object.id.clone(),
                region: (!is_global(&object.resource_type)).then(|| live.place.region.clone()),
            };
            let zone = object.attributes.get("zone_id").and_then(Value::as_str).unwrap_or_default();
            match object.made_by.as_deref().or_else(|| serviced.get(zone).copied()) {
                None => findings.push(finding(subject, object, &groups)),
                Some(maker) => silenced.push(Silenced {
                    subject,
                    attribute: String::new(),
                    old: Value::Null,
                    new: Value::from(object.id.as_str()),
                    rule: "made by itself".to_owned(),
                    reason: format!("made by {maker}: nobody's state has to have it"),
                }),
            }
        }
    }
    (findings, silenced)
}

/// Zones that a service made, and the service: it keeps the records in them.
fn zones_of_services<'a>(stacks: &'a [StackState<'_>], live: &'a [PlaceLive]) -> HashMap<&'a str, &'a str> {
    let zones = live.iter().flat_map(|live| &live.snapshot.objects).filter(|object| object.resource_type == ZONE);
    let mut made: HashMap<&str, &str> =
        zones.filter_map(|zone| Some((zone.id.as_str(), zone.made_by.as_deref()?))).collect();
    for managed in stacks.iter().flat_map(|stack| stack.state.managed()) {
        let own_type = managed.resource_type();
        for (_, attribute, _) in WITH_OTHERS.iter().filter(|(kind, _, of)| *kind == own_type && *of == ZONE) {
            if let Some(id) = managed.instance.text(attribute) {
                made.entry(zone_id(id)).or_insert("AWS Cloud Map");
            }
        }
    }
    made
}

/// Every object that any of the states has, judged or not, under the cloud's own type and id.
fn known(stacks: &[StackState<'_>], index: &Index<'_>) -> HashSet<Key> {
    let routing = Routing::native();
    let mut known = HashSet::new();
    for stack in stacks {
        let locator = Locator::new(stack, &routing);
        for managed in stack.state.managed() {
            let Some(at) = locator.locate(&managed) else { continue };
            let mut add = |kind: &str, id: &str| {
                known.insert(key(at.place.role.as_ref(), at.place.region.as_str(), kind, id));
            };
            match at.natural {
                Natural::Record => {
                    let zone = at.parent.and_then(|zone| index.zone_name(zone)).unwrap_or_default();
                    add(at.kind, &record_id(&record_key(managed.attributes(), zone)));
                }
                _ => add(at.kind, at.live_id()),
            }
            let own_type = managed.resource_type();
            for (_, attribute, kind) in WITH_OTHERS.iter().filter(|(resource_type, ..)| *resource_type == own_type) {
                texts_at(managed.attributes(), attribute).iter().for_each(|id| add(kind, zone_id(id)));
            }
            for (_, attribute, kind, between) in IN_BLOCKS.iter().filter(|(host, ..)| *host == own_type) {
                let names = texts_at(managed.attributes(), attribute);
                names.iter().for_each(|name| add(kind, &format!("{}{between}{name}", at.id)));
            }
        }
    }
    known
}

/// The id that an object is known by: a record is not known by Terraform's, which has its name as it was written.
fn live_id(object: &LiveObject) -> Cow<'_, str> {
    match natural(&object.resource_type) {
        Natural::Record => Cow::Owned(record_id(&record_key(&object.attributes, ""))),
        _ => Cow::Borrowed(&object.id),
    }
}

fn record_id((zone, name, record_type, set): &RecordKey) -> String {
    [zone.as_str(), name, record_type, set].join(" ")
}

fn finding(subject: Subject, object: &LiveObject, groups: &[String]) -> Finding {
    let name = object.attributes.get("tags_all").and_then(|tags| tags.get("Name")).and_then(Value::as_str);
    let name = name.or_else(|| object.attributes.get("name").and_then(Value::as_str)).filter(|name| *name != object.id);
    let message = match name {
        Some(name) => format!("no given state has {} ({name})", object.id),
        None if !groups.is_empty() => format!("no given state has {} in {}", object.id, groups.join(", ")),
        None => format!("no given state has {}", object.id),
    };
    let finding = Finding::new(codes::D_UNMANAGED, Severity::Error, subject, message)
        .remedy("import it, delete it, give the state that has it as well, or put it into .driftignore");
    match object.attributes.get("tags_all") {
        Some(Value::Object(tags)) if !tags.is_empty() => {
            let tags: Vec<String> =
                tags.iter().map(|(key, value)| format!("{key}={}", crate::equal::text(value))).collect();
            finding.with(Evidence::fact("tags", tags.join(", ")))
        }
        _ => finding,
    }
}
