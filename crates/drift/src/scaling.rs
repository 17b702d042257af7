//! Capacities that Application Auto Scaling sets while things run: tasks of a service, throughput of a table.
//!
//! Between the bounds of its target such a number is operation, not configuration. Outside of them nobody but a
//! person can have set it: that is drift.

use crate::compare::{Difference, Silent};
use crate::equal::{is_empty, items, text};
use crate::live::Place;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// The type that registers what is scaled.
const TARGET: &str = "aws_appautoscaling_target";

/// The type that changes a target's bounds at times.
const SCHEDULE: &str = "aws_appautoscaling_scheduled_action";

/// What is scaled: where, the API's name of the object, and which number of it.
type Key = (Place, String, String);

/// The bounds that a scheduled action sets, the lower and the upper: either may be left as it is.
type Sets = (Option<i64>, Option<i64>);

/// Bounds that states set, by what they bound.
#[derive(Debug, Default)]
pub(crate) struct Scaled {
    targets: HashMap<Key, Vec<RangeInclusive<i64>>>,
    schedules: HashMap<Key, Vec<Sets>>,
}

/// A number that can be scaled.
struct Capacity {
    resource_type: &'static str,
    attribute: &'static str,
    dimension: &'static str,
    /// How the API names the object. Source: the API's reference, `RegisterScalableTarget`, `ResourceId`.
    named: fn(&Map<String, Value>) -> String,
}

const CAPACITIES: &[Capacity] = &[
    capacity("aws_ecs_service", "desired_count", "ecs:service:DesiredCount", service),
    capacity("aws_dynamodb_table", "read_capacity", "dynamodb:table:ReadCapacityUnits", table),
    capacity("aws_dynamodb_table", "write_capacity", "dynamodb:table:WriteCapacityUnits", table),
    capacity(
        "aws_lambda_provisioned_concurrency_config",
        "provisioned_concurrent_executions",
        "lambda:function:ProvisionedConcurrency",
        |config| format!("function:{}:{}", last(config, "function_name", ':'), at(config, "qualifier")),
    ),
    capacity(
        "aws_elasticache_replication_group",
        "num_node_groups",
        "elasticache:replication-group:NodeGroups",
        replication_group,
    ),
    capacity(
        "aws_elasticache_replication_group",
        "replicas_per_node_group",
        "elasticache:replication-group:Replicas",
        replication_group,
    ),
    capacity("aws_spot_fleet_request", "target_capacity", "ec2:spot-fleet-request:TargetCapacity", |fleet| {
        format!("spot-fleet-request/{}", at(fleet, "id"))
    }),
];

/// Numbers of a table's secondary indexes.
const OF_INDEXES: &[(&str, &str)] =
    &[("read_capacity", "dynamodb:index:ReadCapacityUnits"), ("write_capacity", "dynamodb:index:WriteCapacityUnits")];

/// A table's secondary indexes.
const INDEXES: &str = "global_secondary_index";

const fn capacity(
    resource_type: &'static str,
    attribute: &'static str,
    dimension: &'static str,
    named: fn(&Map<String, Value>) -> String,
) -> Capacity {
    Capacity { resource_type, attribute, dimension, named }
}

fn at(attributes: &Map<String, Value>, name: &str) -> String {
    attributes.get(name).map(text).unwrap_or_default()
}

/// The name at the end of an ARN, or the name itself.
fn last(attributes: &Map<String, Value>, name: &str, separator: char) -> String {
    at(attributes, name).rsplit(separator).next().unwrap_or_default().to_owned()
}

fn service(service: &Map<String, Value>) -> String {
    let cluster = last(service, "cluster", '/');
    let cluster = if cluster.is_empty() { "default".to_owned() } else { cluster };
    format!("service/{cluster}/{}", at(service, "name"))
}

fn table(table: &Map<String, Value>) -> String {
    format!("table/{}", at(table, "name"))
}

fn replication_group(group: &Map<String, Value>) -> String {
    format!("replication-group/{}", at(group, "replication_group_id"))
}

/// A whole number, or a text of one.
fn number(value: Option<&Value>) -> Option<i64> {
    value.filter(|value| !is_empty(value)).and_then(|value| text(value).parse().ok())
}

impl Scaled {
    /// Notes what a resource of a state scales, if anything.
    pub(crate) fn add(&mut self, resource_type: &str, place: &Place, attributes: &Map<String, Value>) {
        let key = || (place.clone(), at(attributes, "resource_id"), at(attributes, "scalable_dimension"));
        match resource_type {
            TARGET => {
                let bounds = (number(attributes.get("min_capacity")), number(attributes.get("max_capacity")));
                if let (Some(min), Some(max)) = bounds {
                    self.targets.entry(key()).or_default().push(min..=max);
                }
            }
            SCHEDULE => {
                let actions = items(attributes.get("scalable_target_action").unwrap_or(&Value::Null));
                let sets = |action: &Value, name: &str| number(action.get(name));
                let sets = actions.iter().map(|action| (sets(action, "min_capacity"), sets(action, "max_capacity")));
                self.schedules.entry(key()).or_default().extend(sets);
            }
            _ => {}
        }
    }

    /// Gives the live object the state's numbers where scaling may have set its own, and says which these were.
    pub(crate) fn take_out(
        &self,
        resource_type: &str,
        place: &Place,
        state: &Map<String, Value>,
        live: &mut Cow<'_, Map<String, Value>>,
    ) -> Vec<Silent> {
        if self.targets.is_empty() && self.schedules.is_empty() {
            return Vec::new();
        }
        let mut silent = Vec::new();
        for capacity in CAPACITIES.iter().filter(|capacity| capacity.resource_type == resource_type) {
            let Capacity { attribute, dimension, named, .. } = capacity;
            let is = number(live.get(*attribute));
            if is.is_some_and(|is| self.may_set(place, &named(state), dimension, is)) {
                put(attribute, state, live, TARGET, &mut silent);
            }
        }
        match resource_type {
            "aws_dynamodb_table" => self.indexes(place, state, live, &mut silent),
            TARGET => {
                for (attribute, of_pair) in [("min_capacity", 0), ("max_capacity", 1)] {
                    let (resource, dimension) = (at(state, "resource_id"), at(state, "scalable_dimension"));
                    let sets = self.schedules.get(&(place.clone(), resource, dimension)).map_or(&[][..], Vec::as_slice);
                    let sets = |is| sets.iter().any(|(min, max)| if of_pair == 0 { *min } else { *max } == Some(is));
                    if number(live.get(attribute)).is_some_and(sets) {
                        put(attribute, state, live, SCHEDULE, &mut silent);
                    }
                }
            }
            _ => {}
        }
        silent
    }

    /// Whether a number is between the lowest and the highest bound that any target or schedule sets.
    fn may_set(&self, place: &Place, resource: &str, dimension: &str, is: i64) -> bool {
        let key = (place.clone(), resource.to_owned(), dimension.to_owned());
        let Some(targets) = self.targets.get(&key) else { return false };
        let schedules = self.schedules.get(&key).into_iter().flatten();
        let (lows, highs): (Vec<_>, Vec<_>) = schedules.copied().unzip();
        let low = targets.iter().map(|bounds| *bounds.start()).chain(lows.into_iter().flatten()).min();
        let high = targets.iter().map(|bounds| *bounds.end()).chain(highs.into_iter().flatten()).max();
        low.is_some_and(|low| low <= is) && high.is_some_and(|high| is <= high)
    }

    /// The indexes of a table, each scaled by itself.
    fn indexes(
        &self,
        place: &Place,
        state: &Map<String, Value>,
        live: &mut Cow<'_, Map<String, Value>>,
        silent: &mut Vec<Silent>,
    ) {
        let Some(was) = live.get(INDEXES).cloned() else { return };
        let mut is = was.clone();
        for index in is.as_array_mut().into_iter().flatten() {
            let name = index.get("name").map(text).unwrap_or_default();
            let known = items(state.get(INDEXES).unwrap_or(&Value::Null));
            let Some(known) = known.iter().find(|known| known.get("name").map(text).as_ref() == Some(&name)) else {
                continue;
            };
            for (attribute, dimension) in OF_INDEXES {
                let resource = format!("{}/index/{name}", table(state));
                let scaled =
                    number(index.get(attribute)).is_some_and(|is| self.may_set(place, &resource, dimension, is));
                if let (true, Some(old)) = (scaled, known.get(attribute)) {
                    index[*attribute] = old.clone();
                }
            }
        }
        if is != was {
            silent.push(by(TARGET, Difference::of(INDEXES, state.get(INDEXES).unwrap_or(&Value::Null), &was)));
            live.to_mut().insert(INDEXES.to_owned(), is);
        }
    }
}

/// Puts the state's number in place of the live one.
fn put(
    attribute: &str,
    state: &Map<String, Value>,
    live: &mut Cow<'_, Map<String, Value>>,
    owner: &'static str,
    silent: &mut Vec<Silent>,
) {
    if let (Some(old), Some(new)) = (state.get(attribute), live.get(attribute))
        && old != new
    {
        silent.push(by(owner, Difference::of(attribute, old, new)));
        live.to_mut().insert(attribute.to_owned(), old.clone());
    }
}

fn by(owner: &str, difference: Difference) -> Silent {
    let reason = "it is set while things run, and lies between the bounds that the states give".to_owned();
    Silent { difference, rule: format!("scaled by {owner}"), reason }
}
