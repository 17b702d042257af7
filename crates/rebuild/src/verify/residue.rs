//! What the standby would create, searched for the primary.

use super::walk::{global_texts, keys, print, shown, texts};
use crate::decide::data::database::is_source_of_replica;
use crate::decide::encoded::encoded;
use crate::decide::global::{is_global_object, regional_id, regional_ids};
use crate::decide::words::Words;
use crate::decide::{RetargetInput, Rule};
use pilotlight_findings::{Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_tfstate::{Mode, PlanJson, ResourceAddress, State};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What makes a value residue, and what is allowed.
#[derive(Debug, Clone, Copy)]
pub struct ResidueInput<'a> {
    /// How the stack was retargeted: the region, its zones, the map and the allowed values.
    pub retarget: RetargetInput<'a>,
    /// States of the primary, this stack's and those that it may refer to: their objects' ids and addresses.
    pub primary_states: &'a [&'a State],
}

/// Every planned value that names the primary region, a zone, an object or an address of it. Values that the
/// plan allows are findings too, of [`Severity::Info`].
pub fn residue(planned: &PlanJson, input: &ResidueInput<'_>) -> Vec<Finding> {
    let search = Search::of(input);
    let managed = planned.planned().filter(|resource| resource.mode == Mode::Managed);
    managed
        .flat_map(|resource| search.findings(&resource.address, None, &resource.values, &resource.redacted_values()))
        .collect()
}

/// The same of what the standby has, by its state: what was changed there since, or was there before a rule knew it.
pub fn state_residue(standby: &State, input: &ResidueInput<'_>) -> Vec<Finding> {
    let search = Search::of(input);
    let made_here = standby.managed().filter(|managed| !managed.is_deposed() && !is_global_object(managed));
    made_here
        .flat_map(|managed| {
            let id = managed.id().map(str::to_owned);
            search.findings(&managed.address(), id, managed.attributes(), &managed.redacted_attributes())
        })
        .filter(|finding| !finding.evidence.iter().any(leads_to_the_primary))
        .collect()
}

/// Attributes of a replica that name what it is fed from: while it is one, that is the primary.
const FED_FROM: &[&str] = &["replicate_source_db", "replication_source_identifier", "source_region"];

fn leads_to_the_primary(evidence: &Evidence) -> bool {
    matches!(evidence, Evidence::Fact { name, .. } if FED_FROM.contains(&name.as_str()))
}

/// What is searched for, and where it may be.
struct Search<'a> {
    retarget: RetargetInput<'a>,
    words: Words,
    all_words: Words,
    objects: BTreeMap<String, String>,
    global: BTreeSet<String>,
}

impl<'a> Search<'a> {
    fn of(input: &ResidueInput<'a>) -> Self {
        Self {
            retarget: input.retarget,
            words: Words::of(&input.retarget),
            all_words: Words::without_allowed(&input.retarget),
            objects: primary_objects(input.primary_states),
            global: global_texts(input.primary_states),
        }
    }

    fn findings(
        &self,
        address: &ResourceAddress,
        id: Option<String>,
        values: &Map<String, Value>,
        redacted: &Map<String, Value>,
    ) -> Vec<Finding> {
        let region = self.retarget.primary.as_str();
        let mut findings = Vec::new();
        let texts = texts(values).into_iter().map(|(path, text)| (path, text, ""));
        for (path, text, as_what) in texts.chain(keys(values).into_iter().map(|(path, key)| (path, key, " as a key"))) {
            if self.global.contains(text) {
                continue;
            }
            // `tags_all` repeats `tags`.
            let attribute = print(&path);
            if attribute
                .strip_prefix("tags_all")
                .is_some_and(|tag| values.get("tags").is_some_and(|tags| repeats(tags, tag, text, !as_what.is_empty())))
            {
                continue;
            }
            let first = |words: &Words| {
                let plain = first_residue(text, words, &self.objects, region);
                plain.map(|found| (found, as_what)).or_else(|| {
                    let decoded = encoded(text, 0..text.len()).into_iter().filter_map(|one| one.text);
                    let first = |text: String| first_residue(&text, words, &self.objects, region);
                    decoded.filter_map(first).next().map(|found| (found, ", in base64"))
                })
            };
            let left = first(&self.words);
            // A replica depends on the primary by its nature, until it is promoted.
            let choice = self.retarget.stack.standby.data_choice(&address.config().to_string());
            let is_source = is_source_of_replica(choice, &attribute);
            let is_allowed = left.is_none() || is_source;
            let Some(((what, word), how)) = left.or_else(|| first(&self.all_words)) else { continue };
            let subject = Subject::Resource {
                stack: self.retarget.stack.name.clone(),
                side: Some(Side::Standby),
                address: address.to_string(),
                id: id.clone(),
            };
            let value = shown(redacted, &path);
            let (code, severity) = if is_allowed {
                (codes::R_RESIDUE_ALLOWED, Severity::Info)
            } else {
                (codes::R_RESIDUE, Severity::Error)
            };
            let mut finding = Finding::new(
                code,
                severity,
                subject,
                format!("{attribute} {what}{how}{}", if is_source { ", as the source of a replica does" } else { "" }),
            )
            .with(Evidence::Fact {
                name: attribute,
                value: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            });
            if !is_allowed {
                finding = finding.remedy(format!("let the source tell it by the region, map \"{word}\", or allow the value in the stack's standby block"));
            }
            findings.push(finding);
        }
        findings
    }
}

fn repeats(tags: &Value, tag: &str, text: &str, is_key: bool) -> bool {
    let name = tag.trim_start_matches(['.', '[', '"']).trim_end_matches(['"', ']']);
    tags.get(name).is_some_and(|value| is_key || value.as_str() == Some(text))
}

/// What a text has of the primary, and the word for it.
fn first_residue(
    text: &str,
    words: &Words,
    objects: &BTreeMap<String, String>,
    region: &str,
) -> Option<(String, String)> {
    // A word that stands for itself is the same on both sides.
    let hit = words.find(text).into_iter().find(|hit| !hit.stays(text));
    if let Some(hit) = hit {
        let word = text[hit.range.clone()].to_owned();
        let what = match hit.rule {
            Rule::Region if word == region => "names the primary region".to_owned(),
            Rule::Region => format!("names {word}, an endpoint of the primary region"),
            Rule::Zone => format!("names {word}, a zone of the primary"),
            Rule::Spelling => format!("names {word}, the primary region in another spelling"),
            Rule::ServiceId => format!("names {word}, which AWS has for the primary region"),
            _ => format!("names {word}, which the map replaces"),
        };
        return Some((what, word));
    }
    let text = words.blank_allowed(text);
    let ids = regional_ids(&text).into_iter().map(|(range, _)| &text[range]);
    let addresses = text.split(|letter: char| !(letter.is_ascii_hexdigit() || letter == '.' || letter == ':'));
    ids.chain(addresses).find_map(|word| {
        objects.get(word).map(|owner| (format!("names {word}, which is {owner} of the primary"), word.to_owned()))
    })
}

/// Ids and public addresses of the primary's regional objects, with whose they are.
fn primary_objects(states: &[&State]) -> BTreeMap<String, String> {
    let mut objects = BTreeMap::new();
    for managed in states.iter().flat_map(|state| state.managed()).filter(|managed| !is_global_object(managed)) {
        let owner = managed.address().to_string();
        let attributes = managed.attributes();
        for name in [
            "id",
            "public_ip",
            "association_id",
            "allocation_id",
            "network_interface_id",
            "primary_network_interface_id",
        ] {
            let Some(text) = attributes.get(name).and_then(Value::as_str) else { continue };
            if regional_id(text).is_some() || text.parse::<IpAddr>().is_ok() {
                objects.insert(text.to_owned(), owner.clone());
            }
        }
    }
    objects
}
