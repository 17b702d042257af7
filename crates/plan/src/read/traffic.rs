//! The `traffic` blocks and the rules for their records.

use super::zone::{Zone, by_zone};
use crate::dns_name;
use crate::error::Problem;
use crate::fields::{Labels, head_range};
use crate::reader::Reader;
use crate::table::BlockRow;
use crate::traffic::{Method, RECORD_TYPES, TrafficRecord, TrafficSet};
use crate::value::Value;
use hcl_edit::structure::Block;
use pilotlight_findings::Side;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

impl Reader<'_> {
    pub(super) fn traffic(&mut self, row: &'static BlockRow, block: &Block, labels: Labels) -> Option<Vec<TrafficSet>> {
        let name = labels.names.into_iter().next()?;
        let place = format!("traffic {name:?}");
        let children = self.children(row, block, &place);
        let mut values = self.attributes(row, block, &place);
        let mut signal = None;
        let (signals, children): (Vec<_>, Vec<_>) = children.into_iter().partition(|(child, _)| child.name == "signal");
        for (child, inner) in signals {
            signal = Some((self.signal(child, inner, &name), head_range(inner)));
        }
        let method = self.method(block, &mut values, &place, signal);
        let home = self.zone(&mut values, method.as_ref(), None);
        let records: Vec<_> = children
            .into_iter()
            .map(|(child, inner)| self.record(child, inner, &name, method.as_ref(), home.as_ref()))
            .collect();
        let home = home?;
        let set = TrafficSet {
            name,
            zone: home.name,
            zone_id: home.id,
            visibility: home.visibility,
            records: Vec::new(),
            method: method?,
            span: self.span(labels.head),
        };
        Some(by_zone(set, records.into_iter().collect::<Option<_>>()?))
    }

    fn record(
        &mut self,
        row: &'static BlockRow,
        block: &Block,
        set: &str,
        method: Option<&Method>,
        home: Option<&Zone>,
    ) -> Option<(Zone, TrafficRecord)> {
        let labels = self.labels(row, block);
        let place = match &labels {
            Some(labels) => format!("record {} of traffic {set:?}", labels.names.join(" ")),
            None => format!("a record of traffic {set:?}"),
        };
        self.children(row, block, &place);
        let mut values = self.attributes(row, block, &place);
        let labels = labels?;
        let zone = self.zone(&mut values, method, home);
        let (Some(written), Some(record_type)) = (labels.names.first(), labels.names.get(1)) else {
            return None;
        };
        let name = match self.record_rules(written, record_type, zone.as_ref().map(|zone| zone.name.as_str())) {
            Ok(name) => Some(name),
            Err((reason, remedy)) => {
                self.fail(
                    labels.head.clone(),
                    Problem::Record { name: written.clone(), record_type: record_type.clone(), reason, remedy },
                );
                None
            }
        };
        let mut sides = Vec::new();
        for side in ["primary", "standby"] {
            let range = values.range(side);
            let value = values.value(side);
            if let Some(value) = &value {
                self.check_answers(side, record_type, value, range);
            }
            sides.push(value);
        }
        let (standby, primary) = (sides.pop().flatten(), sides.pop().flatten());
        if let (Some(a), Some(b)) = (&primary, &standby)
            && is_alias(a) != is_alias(b)
        {
            self.wrong(
                "standby",
                "this",
                "one side is an alias and the other is not",
                "write an alias for both sides, or values for both",
                labels.head.clone(),
            );
        }
        let ttl_range = values.range("ttl");
        let ttl = values.duration("ttl");
        if ttl.is_some() && primary.as_ref().is_some_and(is_alias) {
            let written = self.text.get(ttl_range.clone()).unwrap_or_default().to_owned();
            self.wrong("ttl", &written, "an alias has no TTL of its own", "leave it out", ttl_range);
        }
        let known = |value: &Value| match is_alias(value) {
            true => alias_name(value).map(|name| vec![name]),
            false => value.is_known().then(|| answers(value)),
        };
        if let (Some(a), Some(b)) = (&primary, &standby)
            && known(a).is_some_and(|answers| known(b) == Some(answers))
        {
            self.wrong(
                "standby",
                "these answers",
                "the primary has the same, so that nothing would move",
                "write what the standby answers with",
                labels.head.clone(),
            );
        }
        let record = TrafficRecord {
            name: name?,
            record_type: record_type.clone(),
            primary: primary?,
            standby: standby?,
            ttl,
            span: self.span(labels.head),
        };
        Some((zone?, record))
    }

    /// The record's name in one form, or why it cannot be moved and what to do.
    fn record_rules(&self, written: &str, record_type: &str, zone: Option<&str>) -> Result<String, (String, String)> {
        let name = dns_name::normal(written)
            .map_err(|reason| (reason.to_owned(), "write its fully qualified name, as in app.shop.test".to_owned()))?;
        let apex = zone == Some(name.as_str());
        if !RECORD_TYPES.contains(&record_type) {
            if apex && ["NS", "SOA"].iter().any(|kind| record_type.eq_ignore_ascii_case(kind)) {
                return Err((
                    "the NS and SOA records at the top of a zone are the zone itself".to_owned(),
                    "leave it out; move the A, AAAA or CNAME records that users ask for".to_owned(),
                ));
            }
            let upper = record_type.to_ascii_uppercase();
            let remedy = if RECORD_TYPES.contains(&upper.as_str()) {
                format!("did you mean {upper:?}?")
            } else {
                "leave it out; move the A, AAAA or CNAME records that users ask for".to_owned()
            };
            return Err(("traffic sets move A, AAAA and CNAME records".to_owned(), remedy));
        }
        if let Some(zone) = zone {
            if !dns_name::is_within(&name, zone) {
                let remedy = if name.contains('.') {
                    "correct the name, or give the record its own zone".to_owned()
                } else {
                    format!("did you mean \"{name}.{zone}\"?")
                };
                return Err((format!("it is not inside the zone {zone}"), remedy));
            }
            if apex && record_type == "CNAME" {
                return Err(("a CNAME cannot stand at the top of a zone".to_owned(), "use A or AAAA there".to_owned()));
            }
        }
        Ok(name)
    }

    /// Notes answers that the record's type cannot hold, as far as they are literals.
    fn check_answers(&mut self, side: &str, record_type: &str, value: &Value, range: Range<usize>) {
        if is_alias(value) {
            if let Some(name) = alias_name(value)
                && let Err(reason) = dns_name::normal(&name)
            {
                self.wrong(side, &format!("{name:?}"), reason, "write the target's name, or name an output", range);
            }
            return;
        }
        if !value.is_known() {
            return;
        }
        let answers = answers(value);
        let wrong = |answer: &String| match record_type {
            "A" => answer.parse::<Ipv4Addr>().is_err().then_some("it is no IPv4 address"),
            "AAAA" => answer.parse::<Ipv6Addr>().is_err().then_some("it is no IPv6 address"),
            "CNAME" => dns_name::normal(answer).err(),
            _ => None,
        };
        let problem = if answers.is_empty() {
            Some(("[]".to_owned(), "a record without an answer would take the service down"))
        } else if record_type == "CNAME" && answers.len() > 1 {
            Some((format!("{answers:?}"), "a CNAME has exactly one target"))
        } else if let Some((index, twice)) =
            answers.iter().enumerate().find(|(index, answer)| answers[..*index].contains(answer))
        {
            let _ = index;
            Some((format!("{twice:?}"), "it is in the list already"))
        } else {
            answers.iter().find_map(|answer| wrong(answer).map(|reason| (format!("{answer:?}"), reason)))
        };
        if let Some((shown, reason)) = problem {
            let remedy = match record_type {
                "A" => "write IPv4 addresses, as in [\"192.0.2.10\"], or name an output",
                "AAAA" => "write IPv6 addresses, as in [\"2001:db8::10\"], or name an output",
                _ => "write one host name, as in \"lb.example.com\", or name an output",
            };
            self.wrong(side, &shown, reason, remedy, range);
        }
    }

    /// Notes records that stand in two traffic sets, and CNAMEs beside others of their name. A private zone may have
    /// what the public one of its name has.
    pub(super) fn check_records(&mut self, sets: &[TrafficSet]) {
        let records: Vec<(_, &TrafficRecord)> = sets
            .iter()
            .flat_map(|set| set.records.iter().map(move |record| ((&set.zone, &set.zone_id, set.visibility), record)))
            .collect();
        for (index, (zone, record)) in records.iter().enumerate() {
            let of_name = |(other, before): &&(_, &TrafficRecord)| other == zone && before.name == record.name;
            for (_, before) in records[..index].iter().filter(of_name) {
                let first = format!("line {}", before.span.start.line);
                if before.record_type == record.record_type {
                    self.fail_at(
                        record.span.clone(),
                        Problem::Duplicate {
                            what: format!("the record {} {}", record.name, record.record_type),
                            first,
                        },
                    );
                } else if [&before.record_type, &record.record_type].iter().any(|kind| *kind == "CNAME") {
                    self.fail_at(
                        record.span.clone(),
                        Problem::Record {
                            name: record.name.clone(),
                            record_type: record.record_type.clone(),
                            reason: format!("a CNAME has no other record of its name beside it, and {first} has one"),
                            remedy: "keep the CNAME, or the others".to_owned(),
                        },
                    );
                    break; // Once a record is enough.
                }
            }
        }
    }
}

/// Whether a side is written as an alias: a map.
fn is_alias(value: &Value) -> bool {
    matches!(value, Value::Map(_) | Value::Literal(serde_json::Value::Object(_)))
}

/// The name of an alias, in one form, where it names no output.
fn alias_name(value: &Value) -> Option<String> {
    let name = match value {
        Value::Map(entries) => entries.get("name")?.known()?,
        Value::Literal(map) => map.get("name")?.clone(),
        _ => return None,
    };
    Some(name.as_str()?.trim_end_matches('.').to_ascii_lowercase())
}

/// The answers of a value that names no output, each in one form.
fn answers(value: &Value) -> Vec<String> {
    let mut answers = value.resolve_texts(Side::Primary, &()).unwrap_or_default();
    for answer in &mut answers {
        *answer = answer.trim_end_matches('.').to_ascii_lowercase();
    }
    answers
}
