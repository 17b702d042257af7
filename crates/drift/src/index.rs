//! All live objects of all regions, found by what the state knows of them.

use crate::decide::RegionLive;
use crate::dns;
use crate::live::LiveObject;
use crate::shapes::is_global;
use pilotlight_findings::Region;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// The identity of a record: zone, qualified name, type, set identifier.
pub(crate) type RecordKey = (String, String, String, String);

/// Live objects by region, type and id; what was not read, likewise.
pub(crate) struct Index<'a> {
    objects: HashMap<(Option<&'a Region>, &'a str, &'a str), &'a LiveObject>,
    records: HashMap<RecordKey, &'a LiveObject>,
    zones: HashMap<&'a str, &'a str>,
    unread: HashMap<(Option<&'a Region>, &'a str, Option<&'a str>), &'a str>,
    regions: HashSet<&'a Region>,
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
    pub(crate) fn new(live: &'a [RegionLive]) -> Self {
        let mut index = Self {
            objects: HashMap::new(),
            records: HashMap::new(),
            zones: HashMap::new(),
            unread: HashMap::new(),
            regions: live.iter().map(|live| &live.region).collect(),
        };
        let found = live.iter().flat_map(|live| live.snapshot.objects.iter().map(move |object| (&live.region, object)));
        for (region, object) in found.filter(|(_, object)| !is_gone(object)) {
            let kind = object.resource_type.as_str();
            if kind == "aws_route53_record" {
                index.records.insert(record_key(&object.attributes, ""), object);
            }
            if kind == "aws_route53_zone" {
                index.zones.insert(zone_id(&object.id), text(&object.attributes, "name"));
            }
            index.objects.insert((scope(kind, region), kind, &object.id), object);
        }
        for live in live {
            for unread in &live.snapshot.unread {
                let key =
                    (scope(&unread.resource_type, &live.region), unread.resource_type.as_str(), unread.id.as_deref());
                index.unread.entry(key).or_insert(&unread.reason);
            }
        }
        index
    }

    pub(crate) fn object(&self, region: &Region, kind: &str, id: &str) -> Option<&'a LiveObject> {
        self.objects.get(&(scope(kind, region), kind, id)).copied()
    }

    pub(crate) fn record(&self, key: &RecordKey) -> Option<&'a LiveObject> {
        self.records.get(key).copied()
    }

    /// The name of a zone that was read.
    pub(crate) fn zone_name(&self, id: &str) -> Option<&'a str> {
        self.zones.get(id).copied()
    }

    /// Why an object was not read: by its id, its parent's, its type, or because its region was not asked.
    pub(crate) fn unread(&self, region: &Region, kind: &str, id: &str, parent: Option<&str>) -> Option<&'a str> {
        let scope = scope(kind, region);
        let by = |id: Option<&str>| self.unread.get(&(scope, kind, id)).copied();
        by(Some(id)).or_else(|| parent.and_then(|parent| by(Some(parent)))).or_else(|| by(None)).or_else(|| {
            let asked = if scope.is_some() { self.regions.contains(region) } else { !self.regions.is_empty() };
            (!asked).then_some("its region was not read")
        })
    }
}

/// The region that an object is found in: none for a global API, which any region's answer has.
fn scope<'r>(kind: &str, region: &'r Region) -> Option<&'r Region> {
    (!is_global(kind)).then_some(region)
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
