//! All live objects of all regions, found by what the state knows of them.

use crate::decide::PlaceLive;
use crate::dns;
use crate::live::{LiveObject, Place, ReadBy};
use crate::observe::Located;
use crate::shapes::is_global;
use pilotlight_findings::Region;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// The identity of a record: zone, qualified name, type, set identifier.
pub(crate) type RecordKey = (String, String, String, String);

/// An account, by its role, and a region in it: none for a global API.
type Scope<'a> = (Option<&'a str>, Option<&'a Region>);

/// Live objects by who read them, place, type and id; what was not read, likewise.
pub(crate) struct Index<'a> {
    objects: HashMap<(ReadBy, Scope<'a>, &'a str, &'a str), &'a LiveObject>,
    records: HashMap<RecordKey, &'a LiveObject>,
    zones: HashMap<&'a str, &'a str>,
    unread: HashMap<(Scope<'a>, &'a str, Option<&'a str>), &'a str>,
    places: HashSet<&'a Place>,
}

/// States in which an object is on its way out. Source: EC2's API reference, InstanceState and NatGateway.
const GONE: &[&str] = &["shutting-down", "terminated", "deleting", "deleted"];

/// Whether the object is on its way out.
fn is_gone(object: &LiveObject) -> bool {
    ["instance_state", "state"]
        .iter()
        .any(|name| object.attributes.get(*name).and_then(Value::as_str).is_some_and(|state| GONE.contains(&state)))
}

pub(crate) fn text<'v>(attributes: &'v serde_json::Map<String, Value>, name: &str) -> &'v str {
    attributes.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A zone's id without the API's prefix.
pub(crate) fn zone_id(text: &str) -> &str {
    text.strip_prefix("/hostedzone/").unwrap_or(text)
}

impl<'a> Index<'a> {
    pub(crate) fn new(live: &'a [PlaceLive]) -> Self {
        let mut index = Self {
            objects: HashMap::new(),
            records: HashMap::new(),
            zones: HashMap::new(),
            unread: HashMap::new(),
            places: live.iter().map(|live| &live.place).collect(),
        };
        let found = live.iter().flat_map(|live| live.snapshot.objects.iter().map(move |object| (live, object)));
        for (live, object) in found.filter(|(_, object)| !is_gone(object)) {
            let kind = object.resource_type.as_str();
            if kind == "aws_route53_record" && live.read_by == ReadBy::Native {
                index.records.insert(record_key(&object.attributes, ""), object);
            }
            if kind == "aws_route53_zone" {
                let id = match live.read_by {
                    ReadBy::Provider => text(&object.attributes, "id"),
                    _ => &object.id,
                };
                index.zones.insert(zone_id(id), text(&object.attributes, "name"));
            }
            index.objects.insert((live.read_by, scope(kind, &live.place), kind, &object.id), object);
        }
        for live in live {
            for unread in &live.snapshot.unread {
                let key =
                    (scope(&unread.resource_type, &live.place), unread.resource_type.as_str(), unread.id.as_deref());
                index.unread.entry(key).or_insert(&unread.reason);
            }
        }
        index
    }

    pub(crate) fn object(&self, at: &Located<'_>) -> Option<&'a LiveObject> {
        self.objects.get(&(at.reader, scope(at.kind, &at.place), at.kind, at.live_id())).copied()
    }

    pub(crate) fn record(&self, key: &RecordKey) -> Option<&'a LiveObject> {
        self.records.get(key).copied()
    }

    /// Every set of a record's zone, name and type.
    pub(crate) fn sets(&self, (zone, name, kind, _): &RecordKey) -> Vec<&'a serde_json::Map<String, Value>> {
        let same = |key: &RecordKey| key.0 == *zone && key.1 == *name && key.2 == *kind;
        self.records.iter().filter(|(key, _)| same(key)).map(|(_, object)| &object.attributes).collect()
    }

    /// The name of a zone that was read.
    pub(crate) fn zone_name(&self, id: &str) -> Option<&'a str> {
        self.zones.get(id).copied()
    }

    /// Why an object was not read: by its id, its parent's, its type, or because its place was not asked.
    pub(crate) fn unread(&self, at: &Located<'_>) -> Option<&'a str> {
        let scope = scope(at.kind, &at.place);
        let by = |id: Option<&str>| self.unread.get(&(scope, at.kind, id)).copied();
        let id = if at.reader == ReadBy::Provider { at.live_id() } else { at.id };
        by(Some(id)).or_else(|| at.parent.and_then(|parent| by(Some(parent)))).or_else(|| by(None)).or_else(|| {
            let asked = if scope.1.is_some() {
                self.places.contains(&at.place)
            } else {
                self.places.iter().any(|place| place.role == at.place.role)
            };
            (!asked).then_some("its region was not read")
        })
    }
}

/// Where an object is found: without a region for a global API, which any region's answer has.
fn scope<'r>(kind: &str, place: &'r Place) -> Scope<'r> {
    (place.role.as_deref(), (!is_global(kind)).then_some(&place.region))
}

/// The identity of a record in a state or a live object. `zone` is the zone's name, where it is known.
pub(crate) fn record_key(attributes: &serde_json::Map<String, Value>, zone: &str) -> RecordKey {
    // The state's `fqdn` is computed by the provider; its `name` may be relative.
    let name = match text(attributes, "fqdn") {
        "" => dns::qualified(text(attributes, "name"), zone),
        fqdn => dns::name(fqdn),
    };
    (
        zone_id(text(attributes, "zone_id")).to_owned(),
        name,
        text(attributes, "type").to_owned(),
        text(attributes, "set_identifier").to_owned(),
    )
}
