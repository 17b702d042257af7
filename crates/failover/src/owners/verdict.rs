//! What the next apply does with a record, by the HCL of the stack that owns it.

use super::{NextApply, RecordOwner};
use pilotlight_drift::ignore::{Configuration, ConfiguredResource, IgnoreChanges};
use pilotlight_findings::{Side, Span};
use pilotlight_tfstate::{AttributePath, IndexKey, PathStep, ResourceAddress};

/// The values of a plain record.
pub(super) const RECORDS: &str = "records";
/// Where an alias leads.
pub(super) const ALIAS: &str = "alias";
/// The weight of a weighted set.
pub(super) const WEIGHT: &str = "weighted_routing_policy";

/// A chain of `moved` blocks is as long as a resource was renamed often. More than this is a circle.
const MOST_MOVES: usize = 32;

/// What the HCL says of one record.
pub(super) struct Verdict {
    next_apply: NextApply,
    detail: String,
    place: Option<String>,
    remedy: Option<String>,
}

impl Verdict {
    pub(super) fn unchanged(place: Option<String>) -> Self {
        let detail = "after the run it is as the state has it".to_owned();
        Self { next_apply: NextApply::Unchanged, detail, place, remedy: None }
    }

    pub(super) fn unknown(detail: String) -> Self {
        Self { next_apply: NextApply::Unknown, detail, place: None, remedy: None }
    }

    pub(super) fn put_into(self, mut owner: RecordOwner) -> RecordOwner {
        (owner.next_apply, owner.detail, owner.remedy) = (self.next_apply, self.detail, self.remedy);
        if let (Some(resource), Some(place)) = (&mut owner.resource, self.place) {
            resource.place = Some(place);
        }
        owner
    }

    pub(super) fn is_ignored(&self) -> bool {
        self.next_apply == NextApply::Ignores
    }

    pub(super) fn place(self) -> Option<String> {
        self.place
    }
}

/// What the next apply does with a change of `attribute` of the resource at this address.
pub(super) fn by_configuration(
    address: &ResourceAddress,
    attribute: &str,
    side: Side,
    configuration: &Configuration,
) -> Verdict {
    let Some(resource) = declared(address, configuration) else { return not_declared(address, configuration) };
    let place = Some(resource.span.to_string());
    let changes = &resource.ignore_changes;
    let paths = changed(attribute);
    let covers: Vec<Option<&Span>> = paths.iter().map(|path| changes.covers(path)).collect();
    if let [Some(by), ..] = covers[..]
        && covers.iter().all(Option::is_some)
    {
        let detail = format!("ignore_changes covers {attribute} ({}:{})", by.file, by.start.line);
        return Verdict { next_apply: NextApply::Ignores, detail, place, remedy: None };
    }
    if let IgnoreChanges::Paths { unknown, .. } = changes
        && let Some(computed) = unknown.first()
    {
        let detail = format!("ignore_changes is computed ({}:{})", computed.file, computed.start.line);
        return Verdict { next_apply: NextApply::Unknown, detail, place, remedy: None };
    }
    let remedy = Some(lines(attribute, side, resource));
    let detail = format!("no ignore_changes covers {attribute}");
    Verdict { next_apply: NextApply::Reverts, detail, place, remedy }
}

/// The block of a resource, at the address that `moved` blocks lead to where it has none at its own.
fn declared<'c>(address: &ResourceAddress, configuration: &'c Configuration) -> Option<&'c ConfiguredResource> {
    let mut address = address.clone();
    for _ in 0..MOST_MOVES {
        if let Some(resource) = configuration.resource(&address) {
            return Some(resource);
        }
        address = configuration.moved.iter().find_map(|moved| moved.applied(&address)?.parse().ok())?;
    }
    None
}

/// A resource that the state has and the HCL has not.
fn not_declared(address: &ResourceAddress, configuration: &Configuration) -> Verdict {
    let config = format!("{}.", address.config());
    let unread = configuration.unread.iter().find(|module| config.starts_with(&format!("{}.", module.address)));
    match unread {
        Some(module) => Verdict::unknown(format!("{} was not read: {}", module.address, module.reason)),
        None => Verdict {
            next_apply: NextApply::Reverts,
            detail: "the HCL does not have it any more, so that the next apply deletes the record, where no `removed` \
                     block says to forget it"
                .to_owned(),
            place: None,
            remedy: Some(
                "take the resource back into the HCL, or say with a `removed` block (destroy = false) that Terraform is \
                 to forget it, and apply that before a failover"
                    .to_owned(),
            ),
        },
    }
}

/// What a run changes below an attribute. An alias keeps whether it evaluates its target's health.
fn changed(attribute: &str) -> Vec<AttributePath> {
    let step = |name: &str| PathStep::Attribute(name.to_owned());
    let in_block = |name: &str| AttributePath(vec![step(attribute), PathStep::Index(IndexKey::Int(0)), step(name)]);
    match attribute {
        ALIAS => vec![in_block("name"), in_block("zone_id")],
        WEIGHT => vec![in_block("weight")],
        _ => vec![AttributePath::attribute(attribute)],
    }
}

/// What to write, and where.
fn lines(attribute: &str, side: Side, resource: &ConfiguredResource) -> String {
    let known = match &resource.ignore_changes {
        IgnoreChanges::Paths { paths, .. } => paths.iter().map(|ignored| ignored.path.to_string()).collect(),
        IgnoreChanges::None | IgnoreChanges::All(_) => Vec::new(),
    };
    let mut all: Vec<String> = known;
    all.push(attribute.to_owned());
    let Span { file, start, .. } = &resource.span;
    let block = if file.ends_with(".json") {
        let quoted: Vec<String> = all.iter().map(|path| serde_json::Value::from(path.as_str()).to_string()).collect();
        format!("\"lifecycle\": {{ \"ignore_changes\": [{}] }}", quoted.join(", "))
    } else {
        format!("lifecycle {{ ignore_changes = [{}] }}", all.join(", "))
    };
    match side {
        Side::Primary => format!("write into the resource at {file}:{}:  {block}", start.line),
        Side::Standby => {
            let line = start.line;
            format!(
                "write into the resource, in the source that the standby is made from:  {block}  and make the standby \
                 anew: pilotlight rebuild PLAN --apply (it has the resource at {file}:{line})"
            )
        }
    }
}
