//! Which hosted zone the records of a traffic set are in: the set's own, or one that a record names.

use crate::content::Fields;
use crate::dns_name;
use crate::reader::Reader;
use crate::traffic::{Method, TrafficRecord, TrafficSet, Visibility};

/// A hosted zone, as a plan names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Zone {
    pub(super) name: String,
    pub(super) id: Option<String>,
    pub(super) visibility: Visibility,
}

impl Reader<'_> {
    /// The zone that a block's attributes name, where they do not those of `home`. An id is of one zone alone, so a
    /// block that names another zone or visibility has not its home's.
    pub(super) fn zone(&mut self, values: &mut Fields, method: Option<&Method>, home: Option<&Zone>) -> Option<Zone> {
        let visibility_at = values.range("visibility");
        let visibility = match values.text("visibility").as_deref() {
            Some("private") => Some(Visibility::Private),
            Some(_) => Some(Visibility::Public),
            None => None,
        };
        if let (Some(Method::Signal(_)), Some(Visibility::Private)) = (method, visibility) {
            let reason = "nobody could ask a private zone whether the signal has turned it";
            self.wrong("visibility", "\"private\"", reason, "use another method for it", visibility_at);
        }
        let id_range = values.range("zone_id");
        let id = values.text("zone_id");
        if let Some(id) = &id
            && (id.is_empty() || !id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()))
        {
            let remedy = "write it as Route 53 does, without /hostedzone/, as in Z0123456789ABCDEFGHIJ";
            self.wrong("zone_id", &format!("{id:?}"), "it is no hosted zone's id", remedy, id_range);
        }
        let zone_range = values.range("zone");
        let written = values.text("zone");
        let name = match written.as_deref().map(dns_name::normal) {
            Some(Ok(zone)) => Some(zone),
            Some(Err(reason)) => {
                let shown = format!("{:?}", written.unwrap_or_default());
                self.wrong("zone", &shown, reason, "write the zone's name, as in shop.test", zone_range);
                None
            }
            None => home.map(|home| home.name.clone()),
        }?;
        let visibility = visibility.or(home.map(|home| home.visibility)).unwrap_or(Visibility::Public);
        let same = home.filter(|home| home.name == name && home.visibility == visibility);
        Some(Zone { id: id.or_else(|| same.and_then(|home| home.id.clone())), name, visibility })
    }
}

/// One traffic set for each zone that the records are in, in the order of the file: a change of Route 53 is atomic in
/// one zone alone. The first has the block's name, the others the zone's after it.
pub(super) fn by_zone(set: TrafficSet, records: Vec<(Zone, TrafficRecord)>) -> Vec<TrafficSet> {
    let mut sets: Vec<TrafficSet> = Vec::new();
    for (zone, record) in records {
        let there = sets
            .iter_mut()
            .find(|other| (&other.zone, &other.zone_id, other.visibility) == (&zone.name, &zone.id, zone.visibility));
        match there {
            Some(there) => there.records.push(record),
            None => {
                let name = name(&set.name, &zone, &sets);
                sets.push(TrafficSet {
                    name,
                    zone: zone.name,
                    zone_id: zone.id,
                    visibility: zone.visibility,
                    records: vec![record],
                    ..set.clone()
                });
            }
        }
    }
    sets
}

fn name(block: &str, zone: &Zone, before: &[TrafficSet]) -> String {
    let taken = |name: &str| before.iter().any(|set| set.name == name);
    let kind = match zone.visibility {
        Visibility::Public => "public",
        Visibility::Private => "private",
    };
    let of_zone = format!("{block}/{}", zone.name);
    let of_kind = format!("{of_zone}/{kind}");
    let of_id = || format!("{of_kind}/{}", zone.id.as_deref().unwrap_or("any"));
    [block.to_owned(), of_zone, of_kind.clone()].into_iter().find(|name| !taken(name)).unwrap_or_else(of_id)
}
