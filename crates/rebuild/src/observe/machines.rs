//! Which of the machine types in use the standby offers, where, and what is nearest to the others.

use super::{Accelerator, CapacityCatalog, CatalogError, DatabaseEngine, MachineFacts, Offers, Told};
use crate::decide::{Used, class_type, machine_type, nearest};
use pilotlight_findings::Region;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the standby has for a machine type of the primary.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineOffer {
    /// What it is, where a region told.
    #[serde(default)]
    pub facts: Option<MachineFacts>,
    /// The standby's zones that offer it.
    pub zones: Vec<String>,
    /// The standby's zones in use that do not.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// The nearest one that the zones in use do offer, where this one is not.
    #[serde(default)]
    pub nearest: Option<String>,
}

impl MachineOffer {
    /// Whether it is not offered where it is needed.
    pub fn is_missing(&self) -> bool {
        self.zones.is_empty() || !self.lacks.is_empty()
    }
}

/// Machine types with what the standby has for them.
pub type Machines = BTreeMap<String, MachineOffer>;

/// What a look-up of machine types came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MachineLookup {
    /// What is known of each; one of which nothing is known is left out.
    pub machines: Machines,
    /// What could not be read.
    pub unread: Vec<CatalogError>,
    /// What the standby's endpoint does not tell.
    pub untold: Vec<String>,
}

/// Looks up machine types in the standby. `zones` are its zones that subnets are in; `known` are facts of an earlier
/// look-up, for the hour when the primary does not answer.
pub async fn observe_machines(
    catalog: &dyn CapacityCatalog,
    primary: &Region,
    standby: &Region,
    used: &Used,
    zones: &BTreeSet<String>,
    known: &Machines,
) -> MachineLookup {
    let mut look = Look { catalog, primary, standby, known, zones, lookup: MachineLookup::default(), all: None };
    look.machines(used.keys().filter(|name| machine_type(name).is_some()).cloned().collect()).await;
    for (class, of_class) in used.iter().filter(|(name, _)| class_type(name).is_some()) {
        for engine in &of_class.engines {
            look.class(class, engine).await;
        }
    }
    look.lookup
}

struct Look<'a> {
    catalog: &'a dyn CapacityCatalog,
    primary: &'a Region,
    standby: &'a Region,
    known: &'a Machines,
    zones: &'a BTreeSet<String>,
    lookup: MachineLookup,
    /// Facts of all that the standby has, once they were needed.
    all: Option<Vec<MachineFacts>>,
}

impl Look<'_> {
    async fn machines(&mut self, names: Vec<String>) {
        if names.is_empty() {
            return;
        }
        let offers = match self.catalog.machines_offered(self.standby, Some(&names)).await {
            Ok(offers) => offers,
            Err(error) => return self.lookup.unread.push(error),
        };
        let facts = self.facts(&names).await;
        let mut missing = Vec::new();
        for name in names {
            let zones = offers.get(&name).cloned().unwrap_or_default();
            // Where no zone has it, naming each would say no more.
            let lacks = match zones.is_empty() {
                true => Vec::new(),
                false => self.zones.iter().filter(|zone| !zones.contains(zone)).cloned().collect(),
            };
            let offer = MachineOffer { facts: facts.get(&name).cloned(), zones, lacks, nearest: None };
            if offer.is_missing() {
                missing.push(name.clone());
            }
            self.lookup.machines.insert(name, offer);
        }
        if missing.is_empty() {
            return;
        }
        let all = match self.catalog.machines_offered(self.standby, None).await {
            Ok(all) => all,
            Err(error) => return self.lookup.unread.push(error),
        };
        for name in missing {
            let near = match facts.get(&name) {
                Some(wanted) => self.nearest(wanted, &all, |name| name).await,
                None => None,
            };
            if let Some(offer) = self.lookup.machines.get_mut(&name) {
                offer.nearest = near;
            }
        }
    }

    async fn class(&mut self, class: &str, engine: &DatabaseEngine) {
        let offers = match self.catalog.database_classes(self.standby, engine, Some(class)).await {
            Ok(Told::Answer(offers)) => offers,
            Ok(Told::NotHere(words)) => return self.untold(format!("database classes: {words}")),
            Err(error) => return self.lookup.unread.push(error),
        };
        let mut offer =
            MachineOffer { zones: offers.get(class).cloned().unwrap_or_default(), ..MachineOffer::default() };
        let machine = class_type(class).unwrap_or(class).to_owned();
        if offer.zones.is_empty() {
            let all = match self.catalog.database_classes(self.standby, engine, None).await {
                Ok(Told::Answer(all)) if !all.is_empty() => all,
                // Every engine has some class: of one without any, nothing is known.
                Ok(_) => {
                    let version = engine.version.as_deref().unwrap_or_default();
                    return self.untold(format!("database classes of {} {version}", engine.name).trim_end().to_owned());
                }
                Err(error) => return self.lookup.unread.push(error),
            };
            offer.facts = self.facts(std::slice::from_ref(&machine)).await.remove(&machine);
            if let Some(wanted) = offer.facts.clone() {
                let near = self.nearest(&wanted, &all, |name| class_type(name).unwrap_or(name)).await;
                offer.nearest = near;
            }
        }
        // A class of several engines is missing where one of them does not have it.
        let entry = self.lookup.machines.entry(class.to_owned()).or_insert_with(|| offer.clone());
        if offer.zones.is_empty() {
            *entry = offer;
        }
    }

    fn untold(&mut self, what: String) {
        if !self.lookup.untold.contains(&what) {
            self.lookup.untold.push(what);
        }
    }

    /// Facts of these types: of the standby, else those that are known, else of the primary.
    async fn facts(&mut self, names: &[String]) -> BTreeMap<String, MachineFacts> {
        let mut facts = BTreeMap::new();
        match self.catalog.machine_facts(self.standby, Some(names)).await {
            Ok(found) => facts.extend(found.into_iter().map(|one| (one.name.clone(), one))),
            Err(error) => self.lookup.unread.push(error),
        }
        let known = self.known.iter().filter_map(|(name, offer)| Some((name.clone(), offer.facts.clone()?)));
        for (name, one) in known.filter(|(name, _)| names.contains(name)) {
            facts.entry(name).or_insert(one);
        }
        let left: Vec<String> = names.iter().filter(|name| !facts.contains_key(*name)).cloned().collect();
        if !left.is_empty() {
            match self.catalog.machine_facts(self.primary, Some(&left)).await {
                Ok(found) => facts.extend(found.into_iter().map(|one| (one.name.clone(), one))),
                Err(error) => self.lookup.unread.push(error),
            }
        }
        facts
    }

    /// The nearest among these offers: in all zones in use where there is one, else in any.
    async fn nearest(
        &mut self,
        wanted: &MachineFacts,
        offers: &Offers,
        machine: impl Fn(&str) -> &str,
    ) -> Option<String> {
        if self.all.is_none() {
            match self.catalog.machine_facts(self.standby, None).await {
                Ok(all) => self.all = Some(all),
                Err(error) => self.lookup.unread.push(error),
            }
        }
        let all = self.all.as_ref()?;
        let among = |everywhere: bool| -> Option<String> {
            let in_zones = |zones: &Vec<String>| !everywhere || self.zones.iter().all(|zone| zones.contains(zone));
            let offered: BTreeMap<&str, &String> =
                offers.iter().filter(|(_, zones)| in_zones(zones)).map(|(name, _)| (machine(name), name)).collect();
            let facts: Vec<MachineFacts> =
                all.iter().filter(|one| offered.contains_key(one.name.as_str())).cloned().collect();
            nearest(wanted, &facts).and_then(|found| offered.get(found.name.as_str())).map(|name| (*name).clone())
        };
        among(true).or_else(|| among(false))
    }
}

/// What a machine type is, in a few words: `2 vCPUs, 8 GiB, x86_64`.
pub(crate) fn words(facts: &MachineFacts) -> String {
    let memory = match facts.memory_mib % 1024 {
        0 => format!("{} GiB", facts.memory_mib / 1024),
        _ => format!("{:.1} GiB", facts.memory_mib as f64 / 1024.0),
    };
    let chips =
        facts.accelerators.iter().map(|Accelerator { kind, maker, count, .. }| format!(", {count} {maker} {kind}"));
    let disks = if facts.disk_gb > 0 { format!(", {} GB of disks", facts.disk_gb) } else { String::new() };
    format!("{} vCPUs, {memory}, {}{disks}{}", facts.vcpus, facts.architectures.join(" or "), chips.collect::<String>())
}
