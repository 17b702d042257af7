//! Machine types of the source that the standby does not offer: which one stands for each?

use super::super::json::{Json, JsonKind};
use super::super::retarget::Work;
use super::super::syntax::{blocks, place};
use super::used::{ATTRIBUTES, is_machine, machines_used};
use crate::decide::ranges::is_within;
use crate::observe::MachineOffer;
use hcl_edit::structure::{Body, Structure};
use pilotlight_findings::Region;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;

/// Asks for each literal that names a machine type in use which the standby does not offer where it is needed.
///
/// In use is what an attribute such as `instance_type` has as its text. A text elsewhere, in a variable, a local value
/// or a tfvars file, is in use where the primary's state has that type, so that a table of choices asks nothing of
/// those that nobody took; without a state each counts.
pub(crate) fn ask(work: &mut Work<'_>) {
    let mapped = &work.input.stack.standby.map;
    let missing: Vec<(&String, &MachineOffer)> =
        work.input.machines.iter().filter(|(name, offer)| offer.is_missing() && !mapped.contains_key(*name)).collect();
    if missing.is_empty() {
        return;
    }
    let recorded: Option<BTreeSet<String>> =
        work.input.recorded.map(|state| machines_used(state, work.input.primary).into_keys().collect());
    let tree = work.tree;
    let mut questions = Vec::new();
    for (file, found) in literals(work) {
        let Ok(text) = std::str::from_utf8(&tree.files[&file]) else { continue };
        let (edited, removed) = (work.edited_ranges(&file), work.removed_ranges(&file));
        for (range, is_value) in found {
            let name = &text[range.clone()];
            let Some((_, offer)) = missing.iter().find(|(known, _)| *known == name) else { continue };
            let is_gone = edited.iter().chain(&removed).any(|gone| gone.start < range.end && range.start < gone.end);
            if is_gone || !(is_value || recorded.as_ref().is_none_or(|used| used.contains(name))) {
                continue;
            }
            questions.push((file.clone(), range, name, *offer));
        }
    }
    for (file, range, name, offer) in questions {
        let (what, needs) = said(name, offer, work.input.standby);
        let line = offer.nearest.as_ref().map_or("…", |near| near.as_str());
        work.ask(&file, range, what, needs, Some(format!("map = {{ \"{name}\" = \"{line}\" }}")));
    }
}

/// What is so with a type that is missing, and what has to be decided.
pub(crate) fn said(name: &str, offer: &MachineOffer, standby: &Region) -> (String, String) {
    let what = match offer.zones.is_empty() {
        true => format!("{standby} does not offer {name}"),
        false => format!("{} does not offer {name}, {} does", offer.lacks.join(", "), offer.zones.join(", ")),
    };
    let itself = match offer.zones.is_empty() {
        true => String::new(),
        false => format!(", or {name} itself where the other zones will do"),
    };
    let needs = match &offer.nearest {
        Some(near) => format!("{near} is the nearest one that it offers: say which one stands for it{itself}"),
        None => format!("nothing that it offers is as large and of the same kind: say which one stands for it{itself}"),
    };
    (what, needs)
}

/// A file's literals that are machine types, with whether an attribute for them has each as its text.
type Literals = (PathBuf, Vec<(Range<usize>, bool)>);

fn literals(work: &Work<'_>) -> Vec<Literals> {
    let mut all = Vec::new();
    for (file, parsed) in &work.parsed {
        let Ok(text) = std::str::from_utf8(&work.tree.files[file]) else { continue };
        let mut places = Places::default();
        places.visit(&parsed.syntax.body);
        let within = |inner: &Range<usize>, outer: &[Range<usize>]| outer.iter().any(|outer| is_within(inner, outer));
        let found = parsed.syntax.literals.iter().filter(|range| is_machine(&text[(*range).clone()]));
        let found = found.filter(|range| !within(range, &places.unused));
        all.push((file.clone(), found.map(|range| (range.clone(), within(range, &places.values))).collect()));
    }
    for (file, document) in &work.json {
        let mut found = Vec::new();
        json(&document.json, None, &mut found);
        all.push((file.clone(), found));
    }
    all
}

#[derive(Default)]
struct Places {
    /// Values of attributes that name machine types.
    values: Vec<Range<usize>>,
    /// What is said of values, and is none.
    unused: Vec<Range<usize>>,
}

impl Places {
    fn visit(&mut self, body: &Body) {
        self.unused.extend(
            ["validation", "check", "precondition", "postcondition"]
                .iter()
                .flat_map(|kind| blocks(body, kind))
                .map(place),
        );
        for structure in body {
            match structure {
                Structure::Attribute(attribute) if ATTRIBUTES.contains(&attribute.key.as_str()) => {
                    self.values.push(place(&attribute.value));
                }
                Structure::Attribute(attribute) if attribute.key.as_str() == "description" => {
                    self.unused.push(place(&attribute.value));
                }
                Structure::Attribute(_) => {}
                Structure::Block(block) => self.visit(&block.body),
            }
        }
    }
}

fn json(value: &Json, name: Option<&str>, found: &mut Vec<(Range<usize>, bool)>) {
    match &value.kind {
        JsonKind::Text(text) if is_machine(text) => {
            found.push((value.range.clone(), name.is_some_and(|name| ATTRIBUTES.contains(&name))));
        }
        JsonKind::Array(items) => items.iter().for_each(|item| json(item, name, found)),
        JsonKind::Object(members) => {
            let said = |member: &str| matches!(member, "validation" | "check" | "description");
            let members = members.iter().filter(|member| !said(&member.key));
            members.for_each(|member| json(&member.value, Some(&member.key), found));
        }
        _ => {}
    }
}
