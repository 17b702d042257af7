//! Records that a failover moved: where traffic is on the other side, the stack's state is out of date on purpose.

use crate::compare::Difference;
use crate::dns;
use crate::equal::{equal, equal_sets, items, text};
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
    /// The side that has the traffic when the record answers so.
    pub active: Side,
    /// What it answers.
    pub answer: RecordAnswer,
    /// Whether it is one of two weighted sets, which keep their answers: a move shifts their weights.
    pub weighted: bool,
}

/// What a record answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordAnswer {
    /// These values, in any order.
    Values(Vec<String>),
    /// What another name has.
    Alias {
        /// That name.
        name: String,
        /// Its hosted zone.
        zone_id: String,
    },
}

/// What became of a record of a traffic set.
pub(crate) enum Standing<'m> {
    /// It is in none, or nothing is known of both of its sides.
    NotKnown,
    /// Traffic is with the stack's own side, or the stack has no side.
    AtHome,
    /// A failover moved it: so it answers while that side is active.
    Moved(&'m MovedRecord),
    /// It is as neither side would have it.
    Elsewhere,
}

/// A record that is there, and what it is judged by.
pub(crate) struct LiveRecord<'a> {
    /// The side of the stack that has it.
    pub(crate) side: Option<Side>,
    /// Fully qualified.
    pub(crate) name: &'a str,
    /// The zone's name, where it is known. Where it is not, the record's own, fully qualified name tells.
    pub(crate) zone: Option<&'a str>,
    /// As the state has it.
    pub(crate) recorded: &'a Map<String, Value>,
    /// As it is.
    pub(crate) live: &'a Map<String, Value>,
    /// Every set of its name and type that was read, itself included.
    pub(crate) sets: Vec<&'a Map<String, Value>>,
}

impl LiveRecord<'_> {
    pub(crate) fn standing<'m>(&self, known: &'m [MovedRecord]) -> Standing<'m> {
        let of_record: Vec<&MovedRecord> = known.iter().filter(|moved| self.is(moved)).collect();
        let mut sets: Vec<&str> = of_record.iter().map(|moved| moved.traffic.as_str()).collect();
        sets.dedup();
        // A public and a private zone may have one name, and each a traffic set: what is right in either is right.
        let mut standing = Standing::NotKnown;
        for set in sets {
            let of = |side| of_record.iter().find(|one| one.traffic == set && one.active == side).copied();
            match (self.standing_in(of(Side::Primary), of(Side::Standby)), &standing) {
                (moved @ Standing::Moved(_), _) => return moved,
                (Standing::AtHome, _) => standing = Standing::AtHome,
                (Standing::Elsewhere, Standing::NotKnown) => standing = Standing::Elsewhere,
                _ => {}
            }
        }
        standing
    }

    /// The same in one traffic set, by what is known of its sides.
    fn standing_in<'m>(&self, primary: Option<&'m MovedRecord>, standby: Option<&'m MovedRecord>) -> Standing<'m> {
        if [primary, standby].into_iter().flatten().any(|moved| moved.weighted) {
            return match (primary, standby) {
                (Some(primary), Some(standby)) => self.shares(primary, standby),
                _ => Standing::NotKnown,
            };
        }
        let Some(own) = self.side else { return Standing::NotKnown };
        let (home, away) = if own == Side::Primary { (primary, standby) } else { (standby, primary) };
        match (home, away) {
            (_, Some(away)) if away.answer.is_of(self.live) && self.keeps_the_rest_of_its_alias() => {
                Standing::Moved(away)
            }
            (Some(home), _) if home.answer.is_of(self.live) => Standing::AtHome,
            (Some(_), Some(_)) => Standing::Elsewhere,
            _ => Standing::NotKnown,
        }
    }

    fn is(&self, moved: &MovedRecord) -> bool {
        moved.record_type == text(self.live.get("type").unwrap_or(&Value::Null))
            && dns::name(self.name) == dns::name(&moved.name)
            && self.zone.is_none_or(|zone| dns::name(zone) == dns::name(&moved.zone))
    }

    /// A move changes where an alias leads, and nothing else of it.
    fn keeps_the_rest_of_its_alias(&self) -> bool {
        let health = |of: &Map<String, Value>| alias(of).and_then(|alias| alias.get("evaluate_target_health").cloned());
        equal(&health(self.recorded).unwrap_or_default(), &health(self.live).unwrap_or_default())
    }

    /// Of two weighted sets, one a side: with all of the weight at one of them traffic is there.
    fn shares<'m>(&self, primary: &'m MovedRecord, standby: &'m MovedRecord) -> Standing<'m> {
        // A plugin reads object by object, and so tells of one set alone.
        let [one, two] = self.sets[..] else {
            return if self.sets.len() > 2 { Standing::Elsewhere } else { Standing::NotKnown };
        };
        let pair = match (primary.answer.is_of(one), standby.answer.is_of(one)) {
            (true, false) if standby.answer.is_of(two) => Some((one, two)),
            (false, true) if primary.answer.is_of(two) => Some((two, one)),
            _ => None,
        };
        let weights = pair.and_then(|(home, away)| Some((weight(home)?, weight(away)?)));
        match weights {
            Some((0, away)) if away > 0 => Standing::Moved(standby),
            Some((home, 0)) if home > 0 => Standing::AtHome,
            _ => Standing::Elsewhere,
        }
    }
}

impl MovedRecord {
    /// Whether a difference is what a move changes, of a record that it moved: the TTL and everything else it keeps.
    pub(crate) fn explains(&self, difference: &Difference) -> bool {
        if self.weighted { shares_out(difference) } else { answers(difference) }
    }
}

impl RecordAnswer {
    fn is_of(&self, live: &Map<String, Value>) -> bool {
        let record_type = text(live.get("type").unwrap_or(&Value::Null));
        match (self, alias(live)) {
            (Self::Values(values), None) => {
                let values: Vec<Value> = values.iter().map(|value| Value::from(value.as_str())).collect();
                let canonical = |value: &Value| dns::value(&record_type, &text(value));
                !values.is_empty()
                    && equal_sets(items(live.get("records").unwrap_or(&Value::Null)), &values, |a, b| {
                        canonical(a) == canonical(b)
                    })
            }
            (Self::Alias { name, zone_id }, Some(alias)) => {
                let field = |name: &str| alias.get(name).and_then(Value::as_str).unwrap_or_default();
                dns::alias_target(field("name")) == dns::alias_target(name) && field("zone_id") == zone_id
            }
            _ => false,
        }
    }
}

fn alias(record: &Map<String, Value>) -> Option<&Map<String, Value>> {
    record.get("alias")?.as_array()?.first()?.as_object()
}

fn weight(record: &Map<String, Value>) -> Option<i64> {
    record.get("weighted_routing_policy")?.as_array()?.first()?.get("weight")?.as_i64()
}

/// Whether the difference is in what a record answers.
pub(crate) fn answers(difference: &Difference) -> bool {
    matches!(difference.attribute.as_str(), "records" | "alias")
}

/// Whether the difference is in the share of the answers that a set has.
pub(crate) fn shares_out(difference: &Difference) -> bool {
    difference.attribute == "weighted_routing_policy"
}
