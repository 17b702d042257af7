//! Records that a failover moved: where traffic is on the other side, the stack's state is out of date on purpose.

use crate::compare::Difference;
use crate::dns;
use crate::equal::{equal_sets, items, text};
use pilotlight_findings::Side;
use serde_json::{Map, Value};

/// What a record of a traffic set answers while one side is active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedRecord {
    /// The traffic set's name in the plan.
    pub traffic: String,
    /// The zone's name.
    pub zone: String,
    /// Fully qualified.
    pub name: String,
    /// `A`, `AAAA` or `CNAME`
    pub record_type: String,
    /// The side that has the traffic when the record has these values.
    pub active: Side,
    /// The values, in any order.
    pub values: Vec<String>,
}

impl MovedRecord {
    /// Whether a record of a stack of this side is this one, moved to the other side. Where the zone's name is
    /// not known, the record's own, fully qualified name tells.
    pub(crate) fn is(&self, side: Option<Side>, name: &str, zone: Option<&str>, live: &Map<String, Value>) -> bool {
        let record_type = text(live.get("type").unwrap_or(&Value::Null));
        let values: Vec<Value> = self.values.iter().map(|value| Value::from(value.as_str())).collect();
        let canonical = |value: &Value| dns::value(&record_type, &text(value));
        side.is_some_and(|side| side != self.active)
            && record_type == self.record_type
            && dns::name(name) == dns::name(&self.name)
            && zone.is_none_or(|zone| dns::name(zone) == dns::name(&self.zone))
            && !values.is_empty()
            && equal_sets(items(live.get("records").unwrap_or(&Value::Null)), &values, |a, b| {
                canonical(a) == canonical(b)
            })
    }
}

/// Whether the difference is in what a record answers: a move changes that, and keeps the TTL and everything else.
pub(crate) fn answers(difference: &Difference) -> bool {
    matches!(difference.attribute.as_str(), "records" | "alias")
}
