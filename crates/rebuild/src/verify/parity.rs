//! The states of both sides, compared with what the region must change taken into account.
//!
//! A difference is explained when it follows from the region, the map or the plan; when the source does not
//! set the attribute, so that AWS chose it; or when its value comes from other objects, whose own values
//! were seen to differ in the same way. What is left is drift between the sides.

use super::outputs::outputs;
use super::walk::{At, get, global_texts, print, shown};
use super::written::{Written, document};
use crate::decide::configured::Origin;
use crate::decide::words::Words;
use crate::decide::{RetargetInput, Retargeted, Rule};
use pilotlight_findings::{Count, Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_tfstate::{IndexKey, Mode, Resource, ResourceAddress, State};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What explains differences.
#[derive(Debug, Clone, Copy)]
pub struct ParityInput<'a> {
    /// How the stack was retargeted.
    pub retarget: RetargetInput<'a>,
    /// What came of it.
    pub retargeted: &'a Retargeted,
}

/// How primary and standby compare.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parity {
    /// Resources that agree, explained differences included.
    pub in_parity: u64,
    /// Resources that differ, or that one side lacks.
    pub differing: u64,
    /// Resources by the rule that explains that they are not there, or differ: `global`, `exclude`, `set`.
    pub explained: BTreeMap<&'static str, u64>,
    /// What differs, and what is explained by a choice of the plan.
    pub findings: Vec<Finding>,
}

impl Parity {
    /// Whether nothing differs without an explanation.
    pub fn holds(&self) -> bool {
        self.differing == 0
    }

    /// Counts for a report's summary line.
    pub fn summary(&self) -> Vec<Count> {
        let count = |name: &str, count| Count { name: name.to_owned(), count };
        let mut summary = vec![count("resources in parity", self.in_parity), count("differ", self.differing)];
        summary.extend(self.explained.iter().map(|(rule, number)| count(&format!("by {rule}"), *number)));
        summary
    }
}

/// One side's object.
struct Object<'a> {
    attributes: &'a Map<String, Value>,
    redacted: Map<String, Value>,
    id: Option<String>,
}

/// Compares the states of both sides.
pub fn parity(primary: &State, standby: &State, input: &ParityInput<'_>) -> Parity {
    let retarget = &input.retarget;
    let words = Words::of(retarget);
    let mut parity = Parity::default();
    let mut theirs = objects(standby);
    let mut pairs = Vec::new();
    for (address, ours) in objects(primary) {
        let config = address.config().to_string();
        let global = input.retargeted.globals.iter().find(|global| global.covers(&config));
        let counterpart = theirs.remove(&counterpart(&address, &words));
        match (global, counterpart) {
            (Some(global), None) => {
                let message = match global.rule {
                    Rule::Global => "one serves both regions: the standby refers to the primary's",
                    Rule::Data => "it would replicate the standby's bucket to itself",
                    _ => "the plan leaves it out of the standby",
                };
                *parity.explained.entry(global.rule.as_str()).or_default() += 1;
                let subject = subject(retarget, Side::Primary, &address, ours.id);
                parity.findings.push(Finding::new(codes::R_PARITY_EXPLAINED, Severity::Info, subject, message));
            }
            (_, Some(counterpart)) => pairs.push((address, ours, counterpart)),
            (None, None) => {
                parity.differing += 1;
                let subject = subject(retarget, Side::Primary, &address, ours.id);
                let finding =
                    Finding::new(codes::R_PARITY_MISSING, Severity::Error, subject, "the standby does not have it");
                parity.findings.push(finding.remedy("rebuild the standby"));
            }
        }
    }
    for (address, object) in theirs {
        parity.differing += 1;
        let subject = subject(retarget, Side::Standby, &address, object.id);
        let finding = Finding::new(codes::R_PARITY_EXTRA, Severity::Error, subject, "the primary does not have it");
        parity.findings.push(finding.remedy("rebuild the standby: Terraform destroys what its source does not have"));
    }
    let mut same = global_texts(&[primary]);
    same.extend(retarget.stack.standby.allow.iter().cloned());
    let known = Known {
        words: &words,
        produced: produced(primary, standby, &pairs, input, &words),
        chosen: chosen(&pairs, input, &words),
        same,
    };
    for (address, ours, theirs) in pairs {
        compare(&mut parity, input, &known, &address, &ours, &theirs);
    }
    parity.findings.extend(outputs(primary, standby, input, &known));
    parity.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    parity
}

fn subject(retarget: &RetargetInput<'_>, side: Side, address: &ResourceAddress, id: Option<String>) -> Subject {
    Subject::Resource { stack: retarget.stack.name.clone(), side: Some(side), address: address.to_string(), id }
}

fn objects(state: &State) -> BTreeMap<ResourceAddress, Object<'_>> {
    let current = state.managed().filter(|managed| !managed.is_deposed());
    let entry = current.map(|managed| {
        let object = Object {
            attributes: managed.attributes(),
            redacted: managed.redacted_attributes(),
            id: managed.id().map(str::to_owned),
        };
        (managed.address(), object)
    });
    entry.collect()
}

/// `aws_subnet.s["eu-west-1a"]` answers to `aws_subnet.s["eu-central-1a"]`.
fn counterpart(address: &ResourceAddress, words: &Words) -> ResourceAddress {
    let follow = |key: &mut Option<IndexKey>| {
        if let Some(IndexKey::Str(text)) = key {
            *text = words.replace(text);
        }
    };
    let mut counterpart = address.clone();
    follow(&mut counterpart.key);
    counterpart.module.iter_mut().for_each(|step| follow(&mut step.key));
    counterpart
}

/// What is known of texts that differ between the sides.
pub(super) struct Known<'a> {
    pub(super) words: &'a Words,
    /// What stands for a text of the primary that no one wrote: ids, addresses, ARNs.
    produced: BTreeMap<String, BTreeSet<String>>,
    /// What stands for a text of the primary because the plan gives another one for the standby.
    pub(super) chosen: BTreeMap<String, BTreeSet<String>>,
    /// Texts that name the primary and are the same on both sides on purpose.
    same: BTreeSet<String>,
}

/// Pairs of texts from attributes that the source does not set, and from what data sources read.
fn produced(
    primary: &State,
    standby: &State,
    pairs: &[(ResourceAddress, Object<'_>, Object<'_>)],
    input: &ParityInput<'_>,
    words: &Words,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::<String, BTreeSet<String>>::new();
    for (address, ours, theirs) in pairs {
        let config = address.config().to_string();
        let configured = input.retargeted.configured.attributes(&config);
        for (name, value) in ours.attributes {
            // `tags_all` repeats what the source has as tags.
            if name == "tags_all" || configured.is_some_and(|configured| configured.contains_key(name)) {
                continue;
            }
            if let Some(other) = theirs.attributes.get(name) {
                pair_up(value, other, words, &mut found);
            }
        }
    }
    let theirs = data(standby);
    for (address, value) in data(primary) {
        if let Some(other) = theirs.get(&counterpart(&address, words)) {
            for (name, value) in value {
                other.get(name).into_iter().for_each(|other| pair_up(value, other, words, &mut found));
            }
        }
    }
    // What the source wrote stands for itself. Else a changed text that AWS repeats elsewhere, as it does a policy or a
    // tag, would explain its own change.
    found.retain(|ours, _| !input.retargeted.configured.wrote(ours) && document(ours).is_none());
    found
}

/// Pairs of what the plan gives another value for the standby: other values may be made of it.
fn chosen(
    pairs: &[(ResourceAddress, Object<'_>, Object<'_>)],
    input: &ParityInput<'_>,
    words: &Words,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for (address, ours, theirs) in pairs {
        let config = address.config().to_string();
        let set = input.retarget.stack.standby.set.iter().find(|set| set.address == config);
        let data = input.retargeted.data.iter().find(|data| data.address == config);
        for (name, value) in ours.attributes {
            let is_chosen = set.is_some_and(|set| set.attributes.contains_key(name) || name == "id")
                || data.is_some_and(|data| data.attributes.contains(name) || name == "id");
            if let Some(other) = theirs.attributes.get(name).filter(|_| is_chosen) {
                pair_up(value, other, words, &mut found);
            }
        }
    }
    found
}

fn data(state: &State) -> BTreeMap<ResourceAddress, &Map<String, Value>> {
    let read = state.resources.iter().filter(|resource| resource.mode == Mode::Data);
    let instances = read.flat_map(|resource: &Resource| {
        resource.instances.iter().map(move |instance| (resource.address(instance), instance.attributes()))
    });
    instances.collect()
}

fn pair_up(ours: &Value, theirs: &Value, words: &Words, found: &mut BTreeMap<String, BTreeSet<String>>) {
    match (ours, theirs) {
        (Value::String(ours), Value::String(theirs)) if !ours.is_empty() && ours != theirs => {
            found.entry(ours.clone()).or_default().insert(theirs.clone());
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            ours.iter().zip(theirs).for_each(|(ours, theirs)| pair_up(ours, theirs, words, found));
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            for (name, ours) in ours {
                theirs.get(&words.replace(name)).into_iter().for_each(|theirs| pair_up(ours, theirs, words, found));
            }
        }
        _ => {}
    }
}

impl Known<'_> {
    /// Whether the standby's value is what the primary's becomes there.
    pub(super) fn agrees(&self, ours: &Value, theirs: &Value) -> bool {
        match (ours, theirs) {
            (Value::String(ours), Value::String(theirs)) => self.text_agrees(ours, theirs),
            (Value::Array(a), Value::Array(_))
                if ours == theirs && self.names_both(a.iter().filter_map(Value::as_str)) =>
            {
                true
            }
            (Value::Object(a), Value::Object(_)) if ours == theirs && self.names_both(a.keys().map(String::as_str)) => {
                true
            }
            (Value::Array(ours), Value::Array(theirs)) => {
                // Sets are arrays in a state: any order will do.
                let mut left: Vec<&Value> = theirs.iter().collect();
                ours.len() == theirs.len()
                    && ours.iter().all(|ours| match left.iter().position(|theirs| self.agrees(ours, theirs)) {
                        Some(at) => {
                            left.remove(at);
                            true
                        }
                        None => false,
                    })
            }
            (Value::Object(ours), Value::Object(theirs)) => {
                ours.len() == theirs.len()
                    && ours.iter().all(|(name, ours)| {
                        theirs.get(&self.words.replace(name)).is_some_and(|theirs| self.agrees(ours, theirs))
                    })
            }
            (ours, theirs) => ours == theirs || is_empty(ours) && is_empty(theirs),
        }
    }

    /// Whether a list or table names both regions side by side: such a one is the same on both sides.
    fn names_both<'b>(&self, words: impl Iterator<Item = &'b str> + Clone) -> bool {
        words.clone().any(|word| {
            let follows = self.words.replace(word);
            follows != word && words.clone().any(|other| other == follows)
        })
    }

    fn text_agrees(&self, ours: &str, theirs: &str) -> bool {
        let follows = self.words.replace(ours);
        if follows == theirs {
            return true;
        }
        // What names the primary there still is no agreement, though it is the same.
        if ours == theirs {
            return self.same.contains(ours);
        }
        if self.produced.get(ours).is_some_and(|known| known.contains(theirs)) {
            return true;
        }
        // A text around an id: a policy, a list in one string. Only what stands for one thing is put in.
        let mut text = ours.to_owned();
        for (from, to) in self.produced.iter().rev() {
            if let (Some(to), 1) = (to.first(), to.len())
                && from.len() >= SHORTEST_INSIDE
                && text.contains(from.as_str())
            {
                text = text.replace(from.as_str(), to);
            }
        }
        text == theirs || self.words.replace(&text) == theirs
    }
}

/// A shorter text ("80", "tcp") stands in too many others to mean the same there.
const SHORTEST_INSIDE: usize = 7;

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn compare(
    parity: &mut Parity,
    input: &ParityInput<'_>,
    known: &Known<'_>,
    address: &ResourceAddress,
    ours: &Object<'_>,
    theirs: &Object<'_>,
) {
    let config = address.config().to_string();
    let configured = input.retargeted.configured.attributes(&config);
    let set = input.retarget.stack.standby.set.iter().find(|set| set.address == config);
    let written = Written { known, source: &input.retargeted.configured };
    let mut evidence = Vec::new();
    let data = input.retargeted.data.iter().find(|data| data.address == config);
    let (mut by_set, mut by_data) = (Vec::new(), Vec::new());
    let names: BTreeSet<&String> = ours.attributes.keys().chain(theirs.attributes.keys()).collect();
    for name in names {
        let (a, b) =
            (ours.attributes.get(name).unwrap_or(&Value::Null), theirs.attributes.get(name).unwrap_or(&Value::Null));
        if known.agrees(a, b) {
            continue;
        }
        if set.is_some_and(|set| set.attributes.contains_key(name)) {
            by_set.push(change(known, ours, theirs, &[At::Field(name.clone())]));
            continue;
        }
        if data.is_some_and(|data| data.attributes.contains(name)) {
            by_data.push(change(known, ours, theirs, &[At::Field(name.clone())]));
            continue;
        }
        match configured.map(|configured| configured.get(name)) {
            // AWS chose it.
            Some(None) => {}
            // It comes from objects that differ, and may have more than that in it.
            Some(Some(Origin::Objects)) if !written.differs(a, b) => {}
            _ => evidence.extend(
                differences(known, a, b, vec![At::Field(name.clone())])
                    .iter()
                    .map(|path| change(known, ours, theirs, path)),
            ),
        }
    }
    let by_data_message = data.map(|data| format!("its data: {} ({})", data.detail, data.from)).unwrap_or_default();
    for (rule, evidence, message) in
        [(Rule::Set, by_set, "the plan sets it for the standby".to_owned()), (Rule::Data, by_data, by_data_message)]
    {
        if evidence.is_empty() {
            continue;
        }
        *parity.explained.entry(rule.as_str()).or_default() += 1;
        let subject = subject(&input.retarget, Side::Standby, &counterpart(address, known.words), theirs.id.clone());
        let mut finding = Finding::new(codes::R_PARITY_EXPLAINED, Severity::Info, subject, message);
        finding.evidence = evidence;
        parity.findings.push(finding);
    }
    if evidence.is_empty() {
        parity.in_parity += 1;
        return;
    }
    let subject = subject(&input.retarget, Side::Standby, &counterpart(address, known.words), theirs.id.clone());
    // Where the source cannot be read (a registry module) AWS's own choices cannot be told apart.
    let (severity, message) = match configured {
        Some(_) => (Severity::Error, "it differs from the primary"),
        None => {
            (Severity::Warning, "it differs from the primary, and its source does not tell which attributes it sets")
        }
    };
    match configured {
        Some(_) => parity.differing += 1,
        None => parity.in_parity += 1,
    }
    let mut finding = Finding::new(codes::R_PARITY, severity, subject, message)
        .remedy("run drift on both sides to see which one was changed, then rebuild the standby");
    finding.evidence = evidence;
    parity.findings.push(finding);
}

/// Paths of what differs, as deep as both sides have the same shape.
fn differences(known: &Known<'_>, ours: &Value, theirs: &Value, path: Vec<At>) -> Vec<Vec<At>> {
    let (Value::Object(a), Value::Object(b)) = (ours, theirs) else { return vec![path] };
    if !a.keys().map(|name| known.words.replace(name)).eq(b.keys().cloned()) {
        return vec![path];
    }
    let mut found = Vec::new();
    for (name, ours) in a {
        // Names are the same on both sides here, but for words: those are shown by the whole.
        let Some(theirs) = b.get(name) else { return vec![path] };
        if !known.agrees(ours, theirs) {
            let below = [path.clone(), vec![At::Field(name.clone())]].concat();
            found.extend(differences(known, ours, theirs, below));
        }
    }
    found
}

/// What the standby should have, by the primary, and what it has.
fn change(known: &Known<'_>, ours: &Object<'_>, theirs: &Object<'_>, path: &[At]) -> Evidence {
    // What one side does not have at all is no secret.
    let value = |object: &Object<'_>| match get(object.attributes, path) {
        Some(_) => shown(&object.redacted, path),
        None => Value::Null,
    };
    let expected = match value(ours) {
        Value::String(text) => Value::String(known.words.replace(&text)),
        other => other,
    };
    Evidence::change(print(path), expected, value(theirs))
}
