//! Which quotas are short of what is needed.

use crate::decide::{Counted, Needs, QuotaRow, machine_type, quota_rows};
use crate::observe::{Amounts, Stock};
use pilotlight_findings::{Evidence, Finding, Region, Severity, Subject, codes};
use std::collections::BTreeMap;

/// GiB in a TiB.
const GIB: u64 = 1024;

/// What is held against each other.
pub(crate) struct QuotaInput<'a> {
    pub(crate) region: &'a Region,
    /// Whose needs the last ones were.
    pub(crate) subject: &'a Subject,
    /// All needs so far, those of `subject` included.
    pub(crate) needs: &'a Needs,
    /// Those before it.
    pub(crate) before: &'a Needs,
    /// Values of quotas by service and code.
    pub(crate) values: &'a BTreeMap<&'static str, BTreeMap<String, f64>>,
    /// What the region has already.
    pub(crate) used: &'a BTreeMap<Stock, Amounts>,
    /// Virtual CPUs by machine type.
    pub(crate) vcpus: &'a BTreeMap<String, u64>,
}

/// Whether something is needed of what a quota counts.
pub(crate) fn relevant(counted: Counted, needs: &Needs) -> bool {
    match counted {
        Counted::MostIn(parent) => needs.most.contains_key(&parent),
        Counted::Vcpus(families) => {
            let types = needs.amounts.get(&Stock::Instances).into_iter().flat_map(BTreeMap::keys);
            types.filter_map(|name| machine_type(name)).any(|name| families.contains(&name.family))
        }
        Counted::Kind(stock, kind) => needs.of(stock, kind) > 0,
        Counted::Tebibytes(kind) => needs.of(Stock::Volumes, kind) > 0,
        Counted::All(stock) | Counted::EachZone(stock) => needs.amounts.contains_key(&stock),
    }
}

/// A finding for each quota that is exceeded, where the last needs add to it.
pub(crate) fn shortages(input: &QuotaInput<'_>) -> Vec<Finding> {
    let rows = quota_rows().iter().filter(|row| relevant(row.counted, input.needs));
    rows.flat_map(|row| {
        let value = input.values.get(row.service).and_then(|values| values.get(row.code));
        value.map(|value| short_of(row, *value, input)).unwrap_or_default()
    })
    .collect()
}

fn short_of(row: &QuotaRow, value: f64, input: &QuotaInput<'_>) -> Vec<Finding> {
    let zones: Vec<String> = match row.counted {
        Counted::EachZone(stock) => input
            .needs
            .amounts
            .get(&stock)
            .into_iter()
            .flat_map(BTreeMap::keys)
            .filter(|zone| !zone.is_empty())
            .cloned()
            .collect(),
        _ => vec![String::new()],
    };
    let mut findings = Vec::new();
    for zone in zones {
        let (Some(added), Some(before)) =
            (amount(row.counted, &zone, input.needs, input), amount(row.counted, &zone, input.before, input))
        else {
            continue;
        };
        let Some(used) = used(row.counted, &zone, input) else { continue };
        if added > before && used + added > value {
            findings.push(finding(row, &zone, value, used, added, input));
        }
    }
    findings
}

/// How much of what a quota counts these needs are; none where a size is not known.
fn amount(counted: Counted, zone: &str, needs: &Needs, input: &QuotaInput<'_>) -> Option<f64> {
    let empty = Amounts::new();
    let of = |stock: Stock| needs.amounts.get(&stock).unwrap_or(&empty);
    match counted {
        Counted::MostIn(parent) => Some(whole(needs.most.get(&parent).copied().unwrap_or_default())),
        _ => total(counted, zone, of, input),
    }
}

/// How much of it the region has; none where that could not be read.
fn used(counted: Counted, zone: &str, input: &QuotaInput<'_>) -> Option<f64> {
    let Some(stock) = counted.stock() else { return Some(0.0) };
    let amounts = input.used.get(&stock)?;
    total(counted, zone, |_| amounts, input)
}

fn total<'a>(counted: Counted, zone: &str, of: impl Fn(Stock) -> &'a Amounts, input: &QuotaInput<'_>) -> Option<f64> {
    let one = |stock: Stock, kind: &str| of(stock).get(kind).copied().unwrap_or_default();
    Some(match counted {
        Counted::All(stock) => whole(of(stock).values().sum()),
        Counted::Kind(stock, kind) => whole(one(stock, kind)),
        Counted::EachZone(stock) => whole(one(stock, zone)),
        Counted::Tebibytes(kind) => whole(one(Stock::Volumes, kind)) / whole(GIB),
        Counted::Vcpus(families) => {
            let mut sum = 0;
            for (name, number) in of(Stock::Instances) {
                if machine_type(name).is_some_and(|parts| families.contains(&parts.family)) {
                    sum += number * input.vcpus.get(name)?;
                }
            }
            whole(sum)
        }
        Counted::MostIn(_) => return None,
    })
}

/// Counts of objects are far below the 2^53 to which this is exact.
fn whole(number: u64) -> f64 {
    number as f64
}

fn finding(row: &QuotaRow, zone: &str, value: f64, used: f64, added: f64, input: &QuotaInput<'_>) -> Finding {
    let unit = row.counted.unit();
    let amount = |number: f64| format!("{}{unit}", shown(number));
    let place = if zone.is_empty() { String::new() } else { format!(" in {zone}") };
    let wanted = (used + added).ceil();
    let short = shown(used + added - value);
    let message = match row.counted {
        Counted::MostIn(_) => format!(
            "the quota {:?} allows {}, and one would have {}: {short} too many",
            row.name,
            amount(value),
            amount(added)
        ),
        _ => format!(
            "the quota {:?} is short by {short}{unit}{place}: {} allowed, {} in use, {} to be added",
            row.name,
            amount(value),
            amount(used),
            amount(added)
        ),
    };
    // How many interfaces a service makes for itself is an estimate.
    let severity = match row.counted {
        Counted::All(Stock::Interfaces) => Severity::Warning,
        _ => Severity::Error,
    };
    Finding::new(codes::R_QUOTA, severity, input.subject.clone(), message)
        .with(Evidence::fact("quota", format!("{} {}", row.service, row.code)))
        .with(Evidence::fact("value", amount(value)))
        .with(Evidence::fact("in use", amount(used)))
        .with(Evidence::fact("to be added", amount(added)))
        .with(Evidence::fact("short by", format!("{short}{unit}")))
        .remedy(format!(
            "ask for more: aws service-quotas request-service-quota-increase --service-code {} --quota-code {} \
             --desired-value {wanted} --region {}",
            row.service, row.code, input.region
        ))
}

/// A number without a fraction that is none.
fn shown(number: f64) -> String {
    match number.fract() == 0.0 {
        true => format!("{number:.0}"),
        false => format!("{number:.2}"),
    }
}
