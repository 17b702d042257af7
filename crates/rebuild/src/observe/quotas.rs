//! Reads what is needed to hold needs against quotas: their values, and what is taken of them.

use super::{Amounts, CapacityCatalog, CatalogError, Machines, QuotaValues, Stock, Told};
use crate::decide::{Needs, QuotaRow, machine_type, quota_rows};
use crate::verify::{QuotaInput, relevant, shortages};
use futures::future::join_all;
use pilotlight_findings::{Code, Finding, Region, Severity, Subject, codes};
use std::collections::{BTreeMap, BTreeSet};

/// Holds the needs of one stack after another against a region's quotas. What one needs counts for those after it, so
/// what the region has is read once, before anything is made.
pub struct QuotaCheck<'a> {
    catalog: &'a dyn CapacityCatalog,
    region: &'a Region,
    plan: String,
    /// Needs so far.
    needs: Needs,
    values: BTreeMap<&'static str, BTreeMap<String, f64>>,
    used: BTreeMap<Stock, Amounts>,
    /// Virtual CPUs by machine type.
    vcpus: BTreeMap<String, u64>,
    /// Services and stocks that were asked for, with or without an answer, each with what is to be said of it once
    /// it matters.
    services: BTreeMap<&'static str, Vec<Finding>>,
    stocks: BTreeMap<Stock, Vec<Finding>>,
    /// What was said.
    said: Vec<Finding>,
    /// What is said where something could not be read.
    unread: Code,
}

impl<'a> QuotaCheck<'a> {
    /// For a region; `machines` are the types whose facts are known. `unread` is the code for what could not be read:
    /// before an apply a warning that Terraform will tell, for a verdict something that it lacks.
    pub fn new(
        catalog: &'a dyn CapacityCatalog,
        region: &'a Region,
        plan: &str,
        machines: &Machines,
        unread: Code,
    ) -> Self {
        let facts = machines.values().filter_map(|offer| offer.facts.as_ref());
        Self {
            catalog,
            region,
            plan: plan.to_owned(),
            needs: Needs::default(),
            values: BTreeMap::new(),
            used: BTreeMap::new(),
            vcpus: facts.map(|facts| (facts.name.clone(), u64::from(facts.vcpus))).collect(),
            services: BTreeMap::new(),
            stocks: BTreeMap::new(),
            said: Vec::new(),
            unread,
        }
    }

    /// Reads what it takes to hold these needs against the quotas, and says nothing yet: what is known of the needs
    /// before they are certain lets the region answer while something else is waited for.
    pub async fn anticipate(&mut self, needs: &Needs) {
        self.read(needs).await;
    }

    /// Adds needs, and says which quotas are short of them; `subject` is whose they are. A quota that was short before
    /// and of which no more is needed is not told again.
    pub async fn check(&mut self, subject: &Subject, needs: &Needs) -> Vec<Finding> {
        let before = self.needs.clone();
        self.needs.add(needs);
        self.read(needs).await;
        let mut findings = self.of_reading(needs);
        findings.extend(self.sizes().await);
        findings.retain(|finding| {
            let new = !self.said.contains(finding);
            if new {
                self.said.push(finding.clone());
            }
            new
        });
        let input = QuotaInput {
            region: self.region,
            subject,
            needs: &self.needs,
            before: &before,
            values: &self.values,
            used: &self.used,
            vcpus: &self.vcpus,
        };
        findings.extend(shortages(&input));
        findings
    }

    /// How many quotas limit what is needed, and of how many of them both value and use are known.
    pub fn held(&self) -> (usize, usize) {
        let (mut all, mut known) = (0, 0);
        for row in rows_of(&self.needs) {
            let used = row.counted.stock().is_none_or(|stock| self.used.contains_key(&stock));
            all += 1;
            known += usize::from(used && self.value(row.service, row.code).is_some());
        }
        (all, known)
    }

    async fn read(&mut self, needs: &Needs) {
        let rows: Vec<_> = rows_of(needs).collect();
        let services: BTreeSet<&'static str> = rows.iter().map(|row| row.service).collect();
        let new: Vec<_> = services.into_iter().filter(|service| !self.services.contains_key(service)).collect();
        let (catalog, region) = (self.catalog, self.region);
        let told = join_all(new.iter().map(|service| catalog.quotas(region, service))).await;
        for (service, told) in new.into_iter().zip(told) {
            let said = match told {
                Ok(Told::Answer(QuotaValues { values, only_defaults })) => {
                    self.values.insert(service, values);
                    only_defaults
                        .map(|words| format!("of {service}, {region} tells the default quotas alone: {words}"))
                        .map(|message| self.note(message))
                }
                Ok(Told::NotHere(words)) => {
                    Some(self.note(format!("quotas of {service} are not known in {region}: {words}")))
                }
                Err(error) => Some(self.not_read(&error)),
            };
            self.services.insert(service, said.into_iter().collect());
        }
        // Of what nothing is known of its quota, how much is taken matters to nobody.
        let known = rows.iter().filter(|row| self.value(row.service, row.code).is_some());
        let stocks: BTreeSet<Stock> = known.filter_map(|row| row.counted.stock()).collect();
        let new: Vec<Stock> = stocks.into_iter().filter(|stock| !self.stocks.contains_key(stock)).collect();
        let used = join_all(new.iter().map(|stock| catalog.in_use(region, *stock))).await;
        for (stock, used) in new.into_iter().zip(used) {
            let said = match used {
                Ok(amounts) => {
                    self.used.insert(stock, amounts);
                    Vec::new()
                }
                Err(error) => vec![self.not_read(&error)],
            };
            self.stocks.insert(stock, said);
        }
    }

    /// What is to be said of what was read for these needs.
    fn of_reading(&self, needs: &Needs) -> Vec<Finding> {
        let mut findings = Vec::new();
        for row in rows_of(needs) {
            let of_stock = row.counted.stock().and_then(|stock| self.stocks.get(&stock));
            let known = self.services.get(row.service).into_iter().chain(of_stock);
            findings.extend(known.flatten().cloned());
            if self.values.contains_key(row.service) && self.value(row.service, row.code).is_none() {
                let quota = format!("{} ({}, {})", row.name, row.service, row.code);
                findings.push(self.note(format!("the quota {quota} is not known in {}", self.region)));
            }
        }
        findings
    }

    fn value(&self, service: &str, code: &str) -> Option<f64> {
        self.values.get(service).and_then(|values| values.get(code)).copied()
    }

    /// Learns the virtual CPUs of the machine types that are needed or running.
    async fn sizes(&mut self) -> Option<Finding> {
        let running = self.used.get(&Stock::Instances)?;
        let needed = self.needs.amounts.get(&Stock::Instances);
        let types = needed.into_iter().chain([running]).flat_map(BTreeMap::keys);
        let unknown: BTreeSet<String> = types.filter(|name| !self.vcpus.contains_key(*name)).cloned().collect();
        let unknown: Vec<String> = unknown.into_iter().filter(|name| machine_type(name).is_some()).collect();
        if unknown.is_empty() {
            return None;
        }
        match self.catalog.machine_facts(self.region, Some(&unknown)).await {
            Ok(facts) => {
                self.vcpus.extend(facts.into_iter().map(|one| (one.name, u64::from(one.vcpus))));
                None
            }
            Err(error) => Some(self.not_read(&error)),
        }
    }

    fn subject(&self) -> Subject {
        Subject::Plan { name: self.plan.clone() }
    }

    fn not_read(&self, error: &CatalogError) -> Finding {
        let message = format!("quotas are not held against all that is needed: failed to {error}");
        Finding::new(self.unread, Severity::Warning, self.subject(), message).remedy(format!(
            "let this identity read it; the actions are servicequotas:ListServiceQuotas, \
             servicequotas:ListAWSDefaultServiceQuotas and the Describe calls of what is counted in {}",
            self.region
        ))
    }

    fn note(&self, message: String) -> Finding {
        Finding::new(codes::R_CAPACITY_UNKNOWN, Severity::Info, self.subject(), message)
    }
}

/// The quotas that these needs count against.
fn rows_of(needs: &Needs) -> impl Iterator<Item = &'static QuotaRow> {
    quota_rows().iter().filter(|row| relevant(row.counted, needs))
}
