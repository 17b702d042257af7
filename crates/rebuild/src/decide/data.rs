//! The plan's `data`: what the standby's databases, volumes and buckets have in them. Each has a choice, or is asked
//! for; none is made silently.

mod block;
pub(crate) mod bucket;
pub(crate) mod database;
mod own_source;
mod recorded_values;
mod volume;

use super::fetched;
use super::modules::{Instances, address};
use super::retarget::Work;
use super::syntax::{attribute, labels, place};
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};
use pilotlight_findings::{Finding, Severity, Side, Subject, codes};
use pilotlight_plan::{ALL_DATA, DataChoice, DataFrom, data_choices};
use pilotlight_tfstate::ManagedInstance;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A resource of the standby that holds data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataResource {
    /// Its address without keys.
    pub address: String,
    /// What the plan chose.
    pub from: DataFrom,
    /// What became of it, for a person.
    pub detail: String,
    /// The attributes that were edited for it.
    pub(crate) attributes: BTreeSet<String>,
}

/// A resource of the source that holds data.
#[derive(Clone)]
struct Holder {
    file: PathBuf,
    resource_type: String,
    name: String,
    /// One for each instance of its module.
    addresses: Vec<String>,
    /// Its block, or its name in JSON.
    range: Range<usize>,
    is_json: bool,
}

/// A cache holds data where it keeps snapshots.
const PERSISTENCE: [(&str, &str); 2] = [
    ("aws_elasticache_cluster", "snapshot_retention_limit"),
    ("aws_elasticache_replication_group", "snapshot_retention_limit"),
];

pub(crate) fn decide(work: &mut Work<'_>, instances: &Instances) {
    let mut used = BTreeSet::new();
    let holders = holders(work, instances);
    for holder in &holders {
        used.extend(holder.addresses.iter().cloned());
        let gone = |address: &String| work.result.globals.iter().any(|global| global.covers(address));
        if holder.addresses.is_empty() || holder.addresses.iter().all(gone) {
            continue;
        }
        // What a fetched module can make and the primary does not have is nothing to decide on.
        let is_named = |address: &String| work.input.stack.standby.data.iter().any(|choice| choice.address == *address);
        let folder = holder.file.parent().unwrap_or(Path::new(""));
        if !holder.addresses.iter().any(is_named) && fetched::is_unused(work, folder, &holder.addresses) {
            continue;
        }
        one(work, holder, instances);
    }
    tell_unused(work, &used);
    work.result.data.sort_by(|a, b| a.address.cmp(&b.address));
    for resource in work.result.data.clone() {
        let subject = Subject::Resource {
            stack: work.input.stack.name.clone(),
            side: Some(Side::Standby),
            address: resource.address,
            id: None,
        };
        let message = format!("its data: {} ({})", resource.detail, resource.from);
        work.result.notes.push(Finding::new(codes::R_DATA, Severity::Info, subject, message));
    }
}

/// Whether objects of a type take a choice, whatever their block says.
pub(crate) fn holds_data(resource_type: &str) -> bool {
    data_choices(resource_type).is_some() && !PERSISTENCE.iter().any(|(known, _)| *known == resource_type)
}

fn one(work: &mut Work<'_>, all: &Holder, instances: &Instances) {
    let followers = own_source::followers(work, all, instances);
    let by_name = |address: &String| {
        work.input.stack.standby.data_choice(address).is_some_and(|choice| choice.address != ALL_DATA)
    };
    let mut holder = all.clone();
    holder.addresses.retain(|address| !followers.contains(address) || by_name(address));
    if holder.addresses.is_empty() {
        return;
    }
    let is_shared = all.addresses.len() > 1;
    let holder = &holder;
    let chosen: Vec<Option<&DataChoice>> =
        holder.addresses.iter().map(|address| work.input.stack.standby.data_choice(address)).collect();
    let Some(choices) = chosen.iter().copied().collect::<Option<Vec<_>>>() else {
        ask_for_a_choice(work, holder);
        return;
    };
    let Some(first) = choices.first().copied() else { return };
    let edits = |choice: &DataChoice| matches!(choice.from, DataFrom::Replica | DataFrom::Snapshot);
    if choices.iter().any(|choice| edits(choice)) {
        let asked = match () {
            () if is_shared => Some((
                "it is in a module that is called more than once: one block serves every call",
                "give the module a variable for it, and let each call pass its own; or choose empty or elsewhere",
            )),
            () if holder.is_json => Some((
                "it stands in a JSON file, of which no block is edited",
                "write it as HCL; or choose empty or elsewhere",
            )),
            () => None,
        };
        if let Some((why, needs)) = asked {
            let what = format!("{} is to be made from a {}, and {why}", holder.addresses.join(" and "), first.from);
            work.ask(&holder.file, holder.range.clone(), what, needs, None);
            return;
        }
    }
    if edits(first) {
        let made = match (holder.resource_type.as_str(), first.from) {
            ("aws_db_instance", DataFrom::Replica) => database::replica_of_instance(work, holder, first),
            ("aws_rds_cluster", DataFrom::Replica) => database::replica_of_cluster(work, holder, first),
            ("aws_db_instance" | "aws_rds_cluster", _) => database::from_snapshot(work, holder, first),
            ("aws_ebs_volume", _) => volume::from_snapshot(work, holder, first),
            _ => bucket::replica(work, holder),
        };
        work.result.data.extend(made);
        return;
    }
    for (address, choice) in holder.addresses.iter().zip(choices) {
        let detail = match choice.from {
            DataFrom::Empty => "it is made empty, as the source says",
            _ => "it is made as the source says, and filled by other means",
        };
        let attributes = match holder.is_json {
            true => BTreeSet::new(),
            false => database::alone(work, holder),
        };
        work.result.data.push(DataResource {
            address: address.clone(),
            from: choice.from,
            detail: detail.to_owned(),
            attributes,
        });
    }
}

fn ask_for_a_choice(work: &mut Work<'_>, holder: &Holder) {
    let choices = data_choices(&holder.resource_type).unwrap_or_default();
    let says = |from: &DataFrom| match from {
        DataFrom::Replica => "replica (it follows the primary's)",
        DataFrom::Snapshot => "snapshot (the newest copy in the standby region)",
        DataFrom::Empty => "empty",
        DataFrom::Elsewhere => "elsewhere (filled by other means)",
    };
    let words: Vec<&str> = choices.iter().map(says).collect();
    let first = choices.first().map_or(DataFrom::Empty.as_str(), |from| from.as_str());
    let line: Vec<String> =
        holder.addresses.iter().map(|address| format!("data \"{address}\" {{ from = \"{first}\" }}")).collect();
    let what = format!(
        "{} holds data, and the plan does not say what the standby's has in it",
        holder.addresses.join(" and ")
    );
    let needs = format!("choose {}", words.join(", "));
    work.ask(&holder.file, holder.range.clone(), what, needs, Some(line.join("\n")));
}

fn tell_unused(work: &mut Work<'_>, used: &BTreeSet<String>) {
    let unused: Vec<DataChoice> = work.input.stack.standby.data.clone();
    for choice in unused {
        if choice.address == ALL_DATA || used.contains(&choice.address) {
            continue;
        }
        let known: Vec<&str> = used.iter().map(String::as_str).collect();
        let has = match known.is_empty() {
            true => "it has nothing that holds data".to_owned(),
            false => format!("what holds data there is {}", known.join(", ")),
        };
        let message = format!("data names {}, which the source does not have: {has}", choice.address);
        work.note(codes::R_OPTION_UNUSED, Severity::Error, Subject::File { span: choice.span }, message);
    }
}

/// Every resource of the source that holds data.
fn holders(work: &Work<'_>, instances: &Instances) -> Vec<Holder> {
    let mut holders = Vec::new();
    let mut add = |file: &Path, resource_type: &str, name: &str, range: Range<usize>, is_json: bool| {
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        let paths = instances.get(&folder).map(Vec::as_slice).unwrap_or_default();
        let addresses = paths.iter().map(|path| address(path, resource_type, name)).collect();
        let (file, resource_type, name) = (file.to_owned(), resource_type.to_owned(), name.to_owned());
        holders.push(Holder { file, resource_type, name, addresses, range, is_json });
    };
    let persists = |resource_type: &str, retention: Option<bool>| {
        !PERSISTENCE.iter().any(|(known, _)| *known == resource_type) || retention.unwrap_or(false)
    };
    let retention_of =
        |resource_type: &str| PERSISTENCE.iter().find(|(known, _)| *known == resource_type).map(|(_, name)| *name);
    for (file, parsed) in &work.parsed {
        for block in parsed.syntax.blocks("resource") {
            let [resource_type, name] = labels(block)[..] else { continue };
            let retention = retention_of(resource_type)
                .and_then(|name| attribute(&block.body, name))
                .map(|value| !matches!(value, Expression::Number(number) if number.as_u64() == Some(0)));
            if data_choices(resource_type).is_some() && persists(resource_type, retention) {
                add(file, resource_type, name, place(block), false);
            }
        }
    }
    for (file, document) in &work.json {
        for (labels, body) in document.json.blocks("resource", 2) {
            let [resource_type, name] = labels[..] else { continue };
            let retention = retention_of(&resource_type.key).map(|name| body.member(name).is_some());
            if data_choices(&resource_type.key).is_some() && persists(&resource_type.key, retention) {
                add(file, &resource_type.key, &name.key, name.key_range.clone(), true);
            }
        }
    }
    holders
}

/// The block of a holder, where it stands in HCL.
fn block_of<'w>(work: &'w Work<'_>, holder: &Holder) -> Option<&'w Block> {
    let parsed = work.parsed.get(&holder.file)?;
    parsed.syntax.blocks("resource").find(|block| place(*block) == holder.range)
}

/// The objects that the primary's state has for an address without keys.
fn recorded<'s>(work: &Work<'s>, address: &str) -> Vec<ManagedInstance<'s>> {
    let Some(state) = work.input.recorded else { return Vec::new() };
    let managed = state.managed().filter(|managed| !managed.is_deposed());
    managed.filter(|managed| managed.address().config().to_string() == address).collect()
}

/// Whether a body has the attribute, or a block of the name.
fn has(body: &Body, name: &str) -> bool {
    attribute(body, name).is_some() || super::syntax::blocks(body, name).next().is_some()
}
