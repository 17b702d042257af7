//! Parts of an object that resources of their own own, in any stack: tags, VPCs of a zone, groups of an interface.
//!
//! The object echoes such a part, and its state may be older than the part: Terraform only writes the echo at the
//! next refresh. So what another resource owns is taken out of both sides before the object is compared. The part
//! is judged where it is owned.

use crate::equal::{is_empty, items, text};
use crate::index::zone_id;
use pilotlight_tfstate::ManagedInstance;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// An object's attributes, copied only where something is taken out.
type Attributes<'m> = Cow<'m, Map<String, Value>>;

/// What a resource type owns in another object.
struct Part {
    /// The owner.
    resource_type: &'static str,
    /// Its attribute with the other object's id; behind a dot, the field of its blocks.
    host: &'static str,
    /// The attributes of the other object that echo the part.
    attributes: &'static [&'static str],
    /// What is owned of them.
    owned: Owned,
    /// The owner's switch that has to be set so.
    when: Option<(&'static str, bool)>,
}

/// How much of an attribute is owned.
#[derive(Clone, Copy)]
enum Owned {
    /// All of it.
    Whole,
    /// The text of a list, or the key of a map, that the owner's attribute names.
    Text(&'static str),
    /// The block whose field has what the owner's attribute says: `(attribute, field)`.
    Block(&'static str, &'static str),
}

const fn part(
    resource_type: &'static str,
    host: &'static str,
    attributes: &'static [&'static str],
    owned: Owned,
) -> Part {
    Part { resource_type, host, attributes, owned, when: None }
}

impl Part {
    const fn when(self, switch: &'static str, set: bool) -> Self {
        Self { when: Some((switch, set)), ..self }
    }
}

const PARTS: &[Part] = &[
    part("aws_ec2_tag", "resource_id", &["tags_all"], Owned::Text("key")),
    part("aws_route53_zone_association", "zone_id", &["vpc"], Owned::Block("vpc_id", "vpc_id")),
    part("aws_vpn_gateway_route_propagation", "route_table_id", &["propagating_vgws"], Owned::Text("vpn_gateway_id")),
    part("aws_vpn_gateway_attachment", "vpn_gateway_id", &["vpc_id"], Owned::Whole),
    part(
        "aws_network_interface_sg_attachment",
        "network_interface_id",
        // Of the interface, and of the instance that it is the first one of.
        &["security_groups", "vpc_security_group_ids"],
        Owned::Text("security_group_id"),
    ),
    part("aws_network_interface_attachment", "network_interface_id", &["attachment"], Owned::Whole),
    part("aws_instance", "network_interface.network_interface_id", &["attachment"], Owned::Whole),
    part("aws_volume_attachment", "instance_id", &["ebs_block_device"], Owned::Block("volume_id", "volume_id")),
    part("aws_eip_association", "allocation_id", &["instance", "network_interface"], Owned::Whole),
    // An instance has a public address by the address that is bound to it, or to its first interface.
    part("aws_eip_association", "instance_id", &["associate_public_ip_address"], Owned::Whole),
    part("aws_eip_association", "network_interface_id", &["associate_public_ip_address"], Owned::Whole),
    part("aws_eip", "instance", &["associate_public_ip_address"], Owned::Whole),
    part("aws_eip", "network_interface", &["associate_public_ip_address"], Owned::Whole),
    part(
        "aws_vpc_ipv6_cidr_block_association",
        "vpc_id",
        &[
            "ipv6_cidr_block",
            "ipv6_association_id",
            "assign_generated_ipv6_cidr_block",
            "ipv6_cidr_block_network_border_group",
            "ipv6_ipam_pool_id",
        ],
        Owned::Whole,
    ),
    part("aws_vpc_dhcp_options_association", "vpc_id", &["dhcp_options_id"], Owned::Whole),
    part("aws_internet_gateway_attachment", "internet_gateway_id", &["vpc_id"], Owned::Whole),
    part("aws_network_acl_rule", "network_acl_id", &["ingress"], Owned::Block("rule_number", "rule_no"))
        .when("egress", false),
    part("aws_network_acl_rule", "network_acl_id", &["egress"], Owned::Block("rule_number", "rule_no"))
        .when("egress", true),
    part("aws_network_acl_association", "network_acl_id", &["subnet_ids"], Owned::Text("subnet_id")),
    part("aws_vpc_endpoint_policy", "vpc_endpoint_id", &["policy"], Owned::Whole),
    part("aws_vpc_endpoint_private_dns", "vpc_endpoint_id", &["private_dns_enabled"], Owned::Whole),
    part("aws_vpc_endpoint_connection_accepter", "vpc_endpoint_id", &["state"], Owned::Whole),
    part("aws_vpc_endpoint_subnet_association", "vpc_endpoint_id", &["subnet_ids"], Owned::Text("subnet_id")),
    part(
        "aws_vpc_endpoint_subnet_association",
        "vpc_endpoint_id",
        &["subnet_configuration"],
        Owned::Block("subnet_id", "subnet_id"),
    ),
    part(
        "aws_vpc_endpoint_route_table_association",
        "vpc_endpoint_id",
        &["route_table_ids"],
        Owned::Text("route_table_id"),
    ),
    part(
        "aws_vpc_endpoint_security_group_association",
        "vpc_endpoint_id",
        &["security_group_ids"],
        Owned::Text("security_group_id"),
    ),
    // It takes the VPC's default group out, which it does not name.
    part("aws_vpc_endpoint_security_group_association", "vpc_endpoint_id", &["security_group_ids"], Owned::Whole)
        .when("replace_default_association", true),
    part("aws_vpc_peering_connection_options", "vpc_peering_connection_id", &["accepter", "requester"], Owned::Whole),
    part(
        "aws_vpc_peering_connection_accepter",
        "vpc_peering_connection_id",
        &["accept_status", "accepter"],
        Owned::Whole,
    ),
    part("aws_ec2_managed_prefix_list_entry", "prefix_list_id", &["entry"], Owned::Block("cidr", "cidr")),
    part("aws_ami_launch_permission", "image_id", &["public"], Owned::Whole),
];

/// Two attributes that say the same thing: where the state has the first, the provider does not keep the second.
/// Behind a dot stands the field of a block.
const INSTEAD: &[(&str, &str)] = &[
    ("user_data_base64", "user_data"),
    ("user_data", "user_data_base64"),
    ("volume_tags", "root_block_device.tags_all"),
    ("volume_tags", "ebs_block_device.tags_all"),
];

/// Blocks of which the provider only keeps those that are in the state already, by the field that names them: an
/// instance has the interfaces that it was launched with, others are attached by resources of their own.
const KEPT_BY: &[(&str, &str)] = &[("network_interface", "device_index")];

/// Owned parts by the other object's id and attribute.
#[derive(Debug, Default)]
pub(crate) struct OwnedParts(HashMap<String, HashMap<&'static str, Elements>>);

#[derive(Debug)]
enum Elements {
    All,
    /// Texts, or blocks by a field of theirs.
    Named(Option<&'static str>, HashSet<String>),
}

impl OwnedParts {
    /// Notes what a resource owns in another object, if anything.
    pub(crate) fn add(&mut self, managed: &ManagedInstance<'_>) {
        let attributes = managed.attributes();
        let get = |name: &str| attributes.get(name).map(text).unwrap_or_default();
        let parts = PARTS.iter().filter(|part| part.resource_type == managed.resource_type());
        for part in parts.filter(|part| part.when.is_none_or(|(switch, set)| (get(switch) == "true") == set)) {
            for host in hosts(attributes, part.host) {
                let host = self.0.entry(zone_id(&host).to_owned()).or_default();
                for attribute in part.attributes {
                    let (field, name) = match part.owned {
                        Owned::Whole => {
                            host.insert(attribute, Elements::All);
                            continue;
                        }
                        Owned::Text(name) => (None, get(name)),
                        Owned::Block(name, field) => (Some(field), get(name)),
                    };
                    let owned = host.entry(attribute).or_insert_with(|| Elements::Named(field, HashSet::new()));
                    if let Elements::Named(_, names) = owned {
                        names.insert(name);
                    }
                }
            }
        }
    }

    /// An object's attributes in the state and live, without what other resources own in it.
    pub(crate) fn taken_out<'m>(
        &self,
        id: &str,
        state: &'m Map<String, Value>,
        live: &'m Map<String, Value>,
    ) -> (Attributes<'m>, Attributes<'m>) {
        let (mut state, mut live) = (Cow::Borrowed(state), Cow::Borrowed(live));
        // An instance has the groups of its first interface.
        let interface = live.get("primary_network_interface_id").map(text).unwrap_or_default();
        let hosts = [id, &interface].into_iter().filter_map(|host| self.0.get(host));
        for (attribute, elements) in hosts.flatten() {
            match elements {
                Elements::All => {
                    live.to_mut().remove(*attribute);
                }
                Elements::Named(field, names) => {
                    take(state.to_mut(), attribute, *field, names);
                    take(live.to_mut(), attribute, *field, names);
                    if *attribute == "tags_all" {
                        take(state.to_mut(), "tags", *field, names);
                    }
                }
            }
        }
        for (said, instead) in INSTEAD {
            if live.contains_key(said_of(instead)) && state.get(*said).is_some_and(|value| !is_empty(value)) {
                leave_out(live.to_mut(), instead);
            }
        }
        for (attribute, field) in KEPT_BY {
            if live.contains_key(*attribute) {
                let kept = items(state.get(*attribute).unwrap_or(&Value::Null)).iter().filter_map(|old| old.get(field));
                let kept: HashSet<String> = kept.map(text).collect();
                if let Some(Value::Array(blocks)) = live.to_mut().get_mut(*attribute) {
                    blocks.retain(|block| block.get(field).is_some_and(|name| kept.contains(&text(name))));
                }
            }
        }
        (state, live)
    }
}

/// The ids of the other objects.
fn hosts(attributes: &Map<String, Value>, path: &str) -> Vec<String> {
    let ids: Vec<String> = match path.split_once('.') {
        None => attributes.get(path).map(text).into_iter().collect(),
        Some((blocks, field)) => {
            let blocks = items(attributes.get(blocks).unwrap_or(&Value::Null)).iter();
            blocks.filter_map(|block| block.get(field)).map(text).collect()
        }
    };
    ids.into_iter().filter(|id| !id.is_empty()).collect()
}

/// The attribute of a path.
fn said_of(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// Takes an attribute out, or a field out of each of its blocks.
fn leave_out(object: &mut Map<String, Value>, path: &str) {
    match path.split_once('.') {
        None => {
            object.remove(path);
        }
        Some((blocks, field)) => {
            for block in object.get_mut(blocks).and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(block) = block.as_object_mut() {
                    block.remove(field);
                }
            }
        }
    }
}

/// Takes elements out of a list of texts, a list of blocks, or a map.
fn take(object: &mut Map<String, Value>, attribute: &str, field: Option<&str>, names: &HashSet<String>) {
    match object.get_mut(attribute) {
        Some(Value::Array(items)) => items.retain(|item| {
            let name = field.map_or(Some(item), |field| item.get(field));
            name.is_none_or(|name| !names.contains(&text(name)))
        }),
        Some(Value::Object(map)) => map.retain(|name, _| !names.contains(name)),
        _ => {}
    }
}
