//! Routes of a table: by destination, whether they are inline in the table or an `aws_route` of any stack.

use crate::compare::{Difference, Silent};
use crate::equal::{items, text};
use crate::network::cidr;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Destinations that `aws_route` resources of any stack own, by table.
pub(crate) type RouteOwners = HashMap<String, HashSet<String>>;

/// Where a route can lead to: one of these is set. `instance_id` comes last, since AWS answers with it beside
/// the network interface that was asked for.
const TARGETS: &[&str] = &[
    "gateway_id",
    "nat_gateway_id",
    "network_interface_id",
    "transit_gateway_id",
    "vpc_peering_connection_id",
    "egress_only_gateway_id",
    "carrier_gateway_id",
    "local_gateway_id",
    "core_network_arn",
    "vpc_endpoint_id",
    "instance_id",
];

pub(crate) type Route = Map<String, Value>;

fn get(route: &Route, name: &str) -> String {
    text(route.get(name).unwrap_or(&Value::Null))
}

/// A route's destination: inline routes and `aws_route` name it differently.
pub(crate) fn destination(route: &Route) -> String {
    let names = [
        "cidr_block",
        "destination_cidr_block",
        "ipv6_cidr_block",
        "destination_ipv6_cidr_block",
        "destination_prefix_list_id",
    ];
    names.iter().map(|name| get(route, name)).find(|text| !text.is_empty()).map_or(String::new(), |text| cidr(&text))
}

/// Where a route leads to, for people: `gateway_id igw-1`.
fn target(route: &Route) -> String {
    let target = TARGETS.iter().map(|name| (name, get(route, name))).find(|(_, id)| !id.is_empty());
    target.map_or_else(|| "nowhere".to_owned(), |(name, id)| format!("{name} {id}"))
}

/// Whether every target that the state names is the live one.
fn same_target(state: &Route, live: &Route) -> bool {
    let named: Vec<_> = TARGETS.iter().filter(|name| !get(state, name).is_empty()).collect();
    match named[..] {
        [] => target(live) == target(state),
        _ => named.into_iter().all(|name| get(state, name) == get(live, name) || moot(name, state, live)),
    }
}

/// An instance is where its network interface is: one that is not named by both sides says nothing.
fn moot(name: &str, state: &Route, live: &Route) -> bool {
    let interface = get(state, "network_interface_id");
    name == "instance_id"
        && get(live, name).is_empty()
        && !interface.is_empty()
        && interface == get(live, "network_interface_id")
}

/// Whether somebody made the route: not the local one, not one that a VPN gateway propagates, and not one that
/// belongs to a gateway endpoint.
fn is_made(route: &Route) -> bool {
    let is_local = get(route, "gateway_id") == "local";
    let is_propagated = get(route, "origin") == "EnableVgwRoutePropagation";
    let is_to_endpoint = !get(route, "destination_prefix_list_id").is_empty()
        && ["gateway_id", "vpc_endpoint_id"].iter().any(|name| get(route, name).starts_with("vpce-"));
    !(is_local || is_propagated || is_to_endpoint)
}

fn routes(table: &Map<String, Value>) -> BTreeMap<String, &Route> {
    let routes = items(table.get("route").unwrap_or(&Value::Null)).iter().filter_map(Value::as_object);
    routes.filter(|route| is_made(route)).map(|route| (destination(route), route)).collect()
}

/// How the routes of a table differ.
#[derive(Debug, Default)]
pub(crate) struct TableDifferences {
    pub(crate) differences: Vec<Difference>,
    /// Routes that an `aws_route` owns, and that only one side of the table has.
    pub(crate) silent: Vec<Silent>,
}

/// Compares a table's inline routes with its live ones, as far as no `aws_route` owns them.
pub(crate) fn compare_table(
    state: &Map<String, Value>,
    live: &Map<String, Value>,
    owned: Option<&HashSet<String>>,
) -> TableDifferences {
    let mut found = TableDifferences::default();
    if !live.contains_key("route") {
        return found;
    }
    let is_owned = |destination: &str| owned.is_some_and(|owned| owned.contains(destination));
    let (known, there) = (routes(state), routes(live));
    let line = |destination: &str, route: &Route| Value::from(format!("{destination} to {}", target(route)));
    let mut differs = |destination: &str, old: Value, new: Value| {
        let difference = Difference::of("route", &old, &new);
        if is_owned(destination) {
            found.silent.push(Silent {
                difference,
                rule: "owned by aws_route".to_owned(),
                reason: "an aws_route owns it, and is judged by itself".to_owned(),
            });
        } else {
            found.differences.push(difference);
        }
    };
    for (destination, route) in &known {
        let now = there.get(destination);
        if now.is_none_or(|now| !same_target(route, now)) {
            let now = now.map_or(Value::Null, |now| line(destination, now));
            differs(destination, line(destination, route), now);
        }
    }
    for (destination, route) in there.iter().filter(|(name, _)| !known.contains_key(*name)) {
        differs(destination, Value::Null, line(destination, route));
    }
    found
}

/// All live routes of a table, by destination: those too that nobody made.
pub(crate) type Routes<'a> = HashMap<String, &'a Route>;

/// The live routes of a table.
pub(crate) fn live_routes(table: &Map<String, Value>) -> Routes<'_> {
    let routes = items(table.get("route").unwrap_or(&Value::Null)).iter().filter_map(Value::as_object);
    routes.map(|route| (destination(route), route)).collect()
}

/// What became of an `aws_route`: none where its table has no such destination, else how its target differs.
pub(crate) fn compare_route(state: &Map<String, Value>, there: &Routes<'_>) -> Option<Vec<Difference>> {
    let live = there.get(&destination(state))?;
    if same_target(state, live) {
        return Some(Vec::new());
    }
    let differs = |name: &&&str| get(state, name) != get(live, name) && !moot(name, state, live);
    let value = |route: &Route, name: &str| match get(route, name) {
        id if id.is_empty() => Value::Null,
        id => Value::from(id),
    };
    Some(
        TARGETS
            .iter()
            .filter(differs)
            .map(|name| Difference::of(name, &value(state, name), &value(live, name)))
            .collect(),
    )
}
