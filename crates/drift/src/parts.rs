//! Parts of an object that resources of their own own, in any stack: tags, VPCs of a zone, groups of an interface.
//!
//! The object echoes such a part, and its state may be older than the part: Terraform only writes the echo at the
//! next refresh. So what another resource owns is taken out of both sides before the object is compared. The part
//! is judged where it is owned.

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
    /// Its attribute with the other object's id.
    host: &'static str,
    /// The attributes of the other object that echo the part.
    attributes: &'static [&'static str],
    /// The owner's attribute that names the element; none where the whole attribute is an echo.
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
];

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
            let Some(host) = managed.instance.text(part.host) else { continue };
            let host = self.0.entry(zone_id(host).to_owned()).or_default();
            for attribute in part.attributes {
                let element = part.element.map(|name| managed.instance.text(name));
                let empty = || Elements::Named(part.resource_type, HashSet::new());
                match (element, host.entry(attribute).or_insert_with(empty)) {
                    (None, owned) => *owned = Elements::All(part.resource_type),
                    (Some(Some(element)), Elements::Named(_, names)) => {
                        names.insert(element.to_owned());
                    }
                    (Some(_), _) => {}
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
        out
    }
}

/// Takes elements out of a list of texts, a list of blocks that name a VPC, or a map.
fn take(object: &mut Map<String, Value>, attribute: &str, names: &HashSet<String>) {
    match object.get_mut(attribute) {
        Some(Value::Array(items)) => {
            items.retain(|item| !names.contains(&text(item.get("vpc_id").unwrap_or(item))));
        }
        Some(Value::Object(map)) => map.retain(|name, _| !names.contains(name)),
        _ => {}
    }
}
