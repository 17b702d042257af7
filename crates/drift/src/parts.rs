//! Parts of an object that resources of their own own, in any stack: tags, VPCs of a zone, groups of an interface.
//!
//! The object echoes such a part, and its state may be older than the part: Terraform only writes the echo at the
//! next refresh. So what another resource owns is taken out of both sides before the object is compared. The part
//! is judged where it is owned.

use crate::aligned::align;
use crate::compare::{Difference, Silent};
use crate::equal::text;
use crate::index::zone_id;
use pilotlight_tfstate::ManagedInstance;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// An object's attributes, copied only where something is taken out.
type Attributes<'m> = Cow<'m, Map<String, Value>>;

/// An object without what other resources own in it.
pub(crate) struct TakenOut<'m> {
    pub(crate) state: Attributes<'m>,
    pub(crate) live: Attributes<'m>,
    /// Differences that were in what was taken out.
    pub(crate) silent: Vec<Silent>,
}

/// What a resource type owns in another object.
struct Part {
    /// The owner.
    resource_type: &'static str,
    /// Its attribute with the other object's id, or with a list of ids.
    host: &'static str,
    /// The attributes of the other object that echo the part.
    attributes: &'static [&'static str],
    /// The owner's attribute that names the element, or has a list of names; `tag[0].key` is one of its first block.
    /// None where the whole attribute is an echo.
    element: Option<&'static str>,
}

const PARTS: &[Part] = &[
    Part { resource_type: "aws_ec2_tag", host: "resource_id", attributes: &["tags_all"], element: Some("key") },
    Part {
        resource_type: "aws_route53_zone_association",
        host: "zone_id",
        attributes: &["vpc"],
        element: Some("vpc_id"),
    },
    Part {
        resource_type: "aws_vpn_gateway_route_propagation",
        host: "route_table_id",
        attributes: &["propagating_vgws"],
        element: Some("vpn_gateway_id"),
    },
    Part {
        resource_type: "aws_network_interface_sg_attachment",
        host: "network_interface_id",
        // Of the interface, and of the instance that it is the first one of.
        attributes: &["security_groups", "vpc_security_group_ids"],
        element: Some("security_group_id"),
    },
    Part {
        resource_type: "aws_eip_association",
        host: "allocation_id",
        attributes: &["instance", "network_interface"],
        element: None,
    },
    Part {
        resource_type: "aws_vpc_ipv6_cidr_block_association",
        host: "vpc_id",
        attributes: &["ipv6_cidr_block", "ipv6_association_id"],
        element: None,
    },
    Part {
        resource_type: "aws_internet_gateway_attachment",
        host: "internet_gateway_id",
        attributes: &["vpc_id"],
        element: None,
    },
    part("aws_iam_role_policy_attachment", "role", &["managed_policy_arns"], "policy_arn"),
    part("aws_iam_role_policy_attachments_exclusive", "role_name", &["managed_policy_arns"], "policy_arns"),
    part("aws_iam_policy_attachment", "roles", &["managed_policy_arns"], "policy_arn"),
    part("aws_iam_role_policy", "role", &["inline_policy"], "name"),
    part("aws_iam_role_policies_exclusive", "role_name", &["inline_policy"], "policy_names"),
    part(
        "aws_autoscaling_attachment",
        "autoscaling_group_name",
        &["target_group_arns", "traffic_source"],
        "lb_target_group_arn",
    ),
    part(
        "aws_autoscaling_attachment",
        "autoscaling_group_name",
        &["target_group_arns", "traffic_source"],
        "alb_target_group_arn",
    ),
    part("aws_autoscaling_attachment", "autoscaling_group_name", &["load_balancers", "traffic_source"], "elb"),
    part(
        "aws_autoscaling_traffic_source_attachment",
        "autoscaling_group_name",
        &["target_group_arns", "load_balancers", "traffic_source"],
        "traffic_source[0].identifier",
    ),
    part("aws_autoscaling_group_tag", "autoscaling_group_name", &["tag"], "tag[0].key"),
    // How many instances there are is then decided while the group runs: that is operation, not configuration.
    Part {
        resource_type: "aws_autoscaling_policy",
        host: "autoscaling_group_name",
        attributes: &["desired_capacity"],
        element: None,
    },
    Part {
        resource_type: "aws_autoscaling_schedule",
        host: "autoscaling_group_name",
        attributes: &["desired_capacity", "min_size", "max_size"],
        element: None,
    },
    Part {
        resource_type: "aws_ecs_capacity_provider",
        host: "auto_scaling_group_provider[0].auto_scaling_group_arn",
        attributes: &["desired_capacity"],
        element: None,
    },
];

/// A part that is an element of the other object's attributes.
const fn part(
    resource_type: &'static str,
    host: &'static str,
    attributes: &'static [&'static str],
    element: &'static str,
) -> Part {
    Part { resource_type, host, attributes, element: Some(element) }
}

/// What stands before a group's name in its ARN.
const GROUP_NAME: &str = ":autoScalingGroupName/";

/// The other object's id, as its own state has it.
fn host_id(text: &str) -> &str {
    text.split_once(GROUP_NAME).map_or_else(|| zone_id(text), |(_, name)| name)
}

/// The texts at an attribute, or at a field of its first block (`tag[0].key`): of a list all of them.
fn texts_at(attributes: &Map<String, Value>, path: &str) -> Vec<String> {
    let mut names = path.split("[0].");
    let first = names.next().and_then(|name| attributes.get(name));
    let texts = match names.try_fold(first, |value, name| Some(value?.get(0)?.get(name))).flatten() {
        Some(Value::Array(items)) => items.iter().map(text).collect(),
        Some(value) => vec![text(value)],
        None => Vec::new(),
    };
    texts.into_iter().filter(|text| !text.is_empty()).collect()
}

/// Owned parts by the other object's id and attribute.
#[derive(Debug, Default)]
pub(crate) struct OwnedParts(HashMap<String, HashMap<&'static str, Elements>>);

/// What is owned, and by a resource of which type.
#[derive(Debug)]
enum Elements {
    All(&'static str),
    Named(&'static str, HashSet<String>),
}

impl OwnedParts {
    /// Notes what a resource owns in another object, if anything.
    pub(crate) fn add(&mut self, managed: &ManagedInstance<'_>) {
        for part in PARTS.iter().filter(|part| part.resource_type == managed.resource_type()) {
            let attributes = managed.attributes();
            for host in texts_at(attributes, part.host) {
                let host = self.0.entry(host_id(&host).to_owned()).or_default();
                for attribute in part.attributes {
                    let owned =
                        host.entry(attribute).or_insert_with(|| Elements::Named(part.resource_type, HashSet::new()));
                    match (part.element, owned) {
                        (None, owned) => *owned = Elements::All(part.resource_type),
                        (Some(element), Elements::Named(_, names)) => names.extend(texts_at(attributes, element)),
                        (Some(_), Elements::All(_)) => {}
                    }
                }
            }
        }
    }

    /// An object's attributes in the state and live, without what other resources own in it, and in the same form.
    pub(crate) fn taken_out<'m>(
        &self,
        kind: &str,
        id: &str,
        state: &'m Map<String, Value>,
        live: &'m Map<String, Value>,
    ) -> TakenOut<'m> {
        let mut out = TakenOut { state: Cow::Borrowed(state), live: Cow::Borrowed(live), silent: Vec::new() };
        // An instance has the groups of its first interface.
        let interface = live.get("primary_network_interface_id").map(text).unwrap_or_default();
        let hosts = [id, &interface].into_iter().filter_map(|host| self.0.get(host));
        for (attribute, elements) in hosts.flatten() {
            let owner = match elements {
                Elements::All(owner) => {
                    out.live.to_mut().remove(*attribute);
                    owner
                }
                Elements::Named(owner, names) => {
                    take(out.state.to_mut(), attribute, names);
                    take(out.live.to_mut(), attribute, names);
                    if *attribute == "tags_all" {
                        take(out.state.to_mut(), "tags", names);
                    }
                    owner
                }
            };
            let (old, new) = (state.get(*attribute), live.get(*attribute));
            if let (Some(old), Some(new)) = (old, new)
                && old != new
            {
                out.silent.push(Silent {
                    difference: Difference::of(attribute, old, new),
                    rule: format!("owned by {owner}"),
                    reason: "another resource owns this part of the object, and is judged by itself".to_owned(),
                });
            }
        }
        for attribute in align(kind, &mut out.state, &mut out.live) {
            if let (Some(old), Some(new)) = (out.state.get(attribute), live.get(attribute))
                && out.live.get(attribute) == Some(old)
                && state.get(attribute) != Some(new)
            {
                out.silent.push(Silent {
                    difference: Difference::of(attribute, old, new),
                    rule: "same meaning".to_owned(),
                    reason: "the provider writes it in another form than AWS, or owns only what it states".to_owned(),
                });
            }
        }
        out
    }
}

/// The fields by which blocks are named, of the attributes above.
const NAMES: &[&str] = &["vpc_id", "name", "identifier", "key"];

/// Takes elements out of a list of texts, a list of blocks that have names, or a map.
fn take(object: &mut Map<String, Value>, attribute: &str, names: &HashSet<String>) {
    match object.get_mut(attribute) {
        Some(Value::Array(items)) => {
            let name = |item: &Value| text(NAMES.iter().find_map(|name| item.get(name)).unwrap_or(item));
            items.retain(|item| !names.contains(&name(item)));
        }
        Some(Value::Object(map)) => map.retain(|name, _| !names.contains(name)),
        _ => {}
    }
}
