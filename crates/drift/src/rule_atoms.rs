//! Rules of a security group, taken apart to atoms: one protocol, one range of ports, one source.

use crate::equal::{items, text};
use crate::network::{cidr, group_id, is_world, protocol};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// Which way the traffic goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    /// The group's attribute that has the rules.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}

/// Where the traffic comes from, or goes to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Peer {
    Range(String),
    PrefixList(String),
    Group(String),
    Itself,
}

/// One rule that cannot be taken apart further.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Atom {
    pub(crate) direction: Direction,
    protocol: String,
    /// Ports, or an ICMP type and code; none where the protocol has all.
    ports: Option<(i64, i64)>,
    peer: Peer,
}

impl Atom {
    /// Whether it lets the whole Internet in.
    pub(crate) fn is_open(&self) -> bool {
        self.direction == Direction::Ingress && matches!(&self.peer, Peer::Range(range) if is_world(range))
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.protocol == "-1" { "all traffic" } else { &self.protocol })?;
        match self.ports {
            Some((-1, _)) => {}
            Some((kind, _)) if self.protocol.starts_with("icmp") => write!(f, " type {kind}")?,
            Some((from, to)) if from == to => write!(f, " {from}")?,
            Some((from, to)) => write!(f, " {from}-{to}")?,
            None => {}
        }
        f.write_str(if self.direction == Direction::Ingress { " from " } else { " to " })?;
        match &self.peer {
            Peer::Range(text) | Peer::PrefixList(text) | Peer::Group(text) => f.write_str(text),
            Peer::Itself => f.write_str("the group itself"),
        }
    }
}

/// Atoms with the description of each.
pub(crate) type Atoms = BTreeMap<Atom, String>;

fn ports(protocol: &str, attributes: &Map<String, Value>) -> Option<(i64, i64)> {
    let port = |name: &str| match attributes.get(name) {
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    match (protocol, port("from_port"), port("to_port")) {
        ("-1", ..) => None,
        // ICMP's type and code, where -1 is every one.
        ("icmp" | "icmpv6", from, to) => Some((from.unwrap_or(-1), to.unwrap_or(-1))),
        ("tcp" | "udp", from, to) => Some((from.unwrap_or(0), to.unwrap_or(65535))),
        (_, None | Some(-1 | 0), None | Some(-1 | 0)) => None,
        (_, from, to) => Some((from.unwrap_or(0), to.unwrap_or(0))),
    }
}

/// The atoms of one block with lists of sources: an inline rule, or an `aws_security_group_rule`.
fn block(direction: Direction, attributes: &Map<String, Value>, own_id: &str) -> Vec<Atom> {
    let protocol = protocol(&text(attributes.get("protocol").unwrap_or(&Value::Null)));
    let ports = ports(&protocol, attributes);
    let list = |name: &str| items(attributes.get(name).unwrap_or(&Value::Null)).iter().map(text).collect::<Vec<_>>();
    let group = |id: &str| if group_id(id) == own_id { Peer::Itself } else { Peer::Group(group_id(id).to_owned()) };
    let mut peers: Vec<Peer> = Vec::new();
    peers.extend(list("cidr_blocks").iter().chain(&list("ipv6_cidr_blocks")).map(|range| Peer::Range(cidr(range))));
    peers.extend(list("prefix_list_ids").into_iter().map(Peer::PrefixList));
    peers.extend(list("security_groups").iter().map(|id| group(id)));
    let source = attributes.get("source_security_group_id").and_then(Value::as_str).filter(|id| !id.is_empty());
    peers.extend(source.map(group));
    let itself = attributes.get("self").is_some_and(|flag| text(flag) == "true");
    peers.extend(itself.then_some(Peer::Itself));
    let atom = |peer| Atom { direction, protocol: protocol.clone(), ports, peer };
    peers.into_iter().map(atom).collect()
}

fn description(attributes: &Map<String, Value>) -> String {
    text(attributes.get("description").unwrap_or(&Value::Null))
}

/// The rules in `ingress` or `egress` of a group.
pub(crate) fn inline(direction: Direction, group: &Map<String, Value>, own_id: &str) -> Atoms {
    items(group.get(direction.attribute()).unwrap_or(&Value::Null))
        .iter()
        .filter_map(Value::as_object)
        .flat_map(|rule| block(direction, rule, own_id).into_iter().map(|atom| (atom, description(rule))))
        .collect()
}

/// The rules of an `aws_security_group_rule`.
pub(crate) fn of_rule(attributes: &Map<String, Value>) -> Atoms {
    let own_id = text(attributes.get("security_group_id").unwrap_or(&Value::Null));
    let ingress = attributes.get("type").is_none_or(|kind| text(kind) != "egress");
    let direction = if ingress { Direction::Ingress } else { Direction::Egress };
    block(direction, attributes, &own_id).into_iter().map(|atom| (atom, description(attributes))).collect()
}

/// The rule of an `aws_vpc_security_group_ingress_rule` or `…_egress_rule`.
pub(crate) fn of_vpc_rule(resource_type: &str, attributes: &Map<String, Value>) -> Atoms {
    let get = |name: &str| text(attributes.get(name).unwrap_or(&Value::Null));
    let ingress = resource_type.contains("ingress");
    let direction = if ingress { Direction::Ingress } else { Direction::Egress };
    let protocol = protocol(&get("ip_protocol"));
    let ports = ports(&protocol, attributes);
    let group = get("referenced_security_group_id");
    let peers = [
        Some(get("cidr_ipv4")).filter(|range| !range.is_empty()).map(|range| Peer::Range(cidr(&range))),
        Some(get("cidr_ipv6")).filter(|range| !range.is_empty()).map(|range| Peer::Range(cidr(&range))),
        Some(get("prefix_list_id")).filter(|id| !id.is_empty()).map(Peer::PrefixList),
        (!group.is_empty()).then(|| {
            let id = group_id(&group);
            if id == group_id(&get("security_group_id")) { Peer::Itself } else { Peer::Group(id.to_owned()) }
        }),
    ];
    let atom = |peer| (Atom { direction, protocol: protocol.clone(), ports, peer }, description(attributes));
    peers.into_iter().flatten().map(atom).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn group(ingress: Value) -> Map<String, Value> {
        [("ingress".to_owned(), json!([ingress]))].into_iter().collect()
    }

    #[test]
    fn only_ingress_from_everywhere_is_open() {
        for (kind, range, open) in [
            ("ingress", "0.0.0.0/0", true),
            ("ingress", "0::0/0", true),
            ("ingress", "0.0.0.0/1", false),
            ("egress", "0.0.0.0/0", false),
        ] {
            let rule = json!({"type": kind, "security_group_id": "sg-1", "protocol": "-1", "cidr_blocks": [range]});
            let atoms = of_rule(rule.as_object().expect("rule"));
            assert_eq!(atoms.keys().map(Atom::is_open).collect::<Vec<_>>(), [open], "{kind} {range}");
        }
    }

    #[test]
    fn ports_are_told_as_people_write_them() {
        let text = |rule: Value| {
            let atoms = inline(Direction::Ingress, &group(rule), "sg-1");
            atoms.keys().map(Atom::to_string).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(
            text(json!({"protocol": "tcp", "from_port": 0, "to_port": 65535, "self": true})),
            "tcp 0-65535 from the group itself"
        );
        assert_eq!(
            text(json!({"protocol": "-1", "from_port": 0, "to_port": 0, "prefix_list_ids": ["pl-1"]})),
            "all traffic from pl-1"
        );
        assert_eq!(
            text(json!({"protocol": "icmp", "from_port": 8, "to_port": -1, "security_groups": ["sg-2"]})),
            "icmp type 8 from sg-2"
        );
        assert_eq!(text(json!({"protocol": "50", "cidr_blocks": ["10.0.0.0/8"]})), "50 from 10.0.0.0/8");
    }
}
