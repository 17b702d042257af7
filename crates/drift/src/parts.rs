//! Parts of an object that resources of their own own, in any stack: tags, VPCs of a zone, groups of an interface.
//!
//! The object echoes such a part, and its state may be older than the part: Terraform only writes the echo at the
//! next refresh. So what another resource owns is taken out of both sides before the object is compared. The part
//! is judged where it is owned.

mod table;

use crate::aligned::align;
use crate::compare::{Difference, Silent};
use crate::equal::{is_empty, items, text};
use crate::index::zone_id;
use pilotlight_tfstate::ManagedInstance;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use table::{INSTEAD, KEPT_BY, Owned, PARTS};

/// An object's attributes, copied only where something is taken out.
type Attributes<'m> = Cow<'m, Map<String, Value>>;

/// An object without what other resources own in it.
pub(crate) struct TakenOut<'m> {
    pub(crate) state: Attributes<'m>,
    pub(crate) live: Attributes<'m>,
    /// Differences that were in what was taken out.
    pub(crate) silent: Vec<Silent>,
}

/// A type whose id is that of its secret and its own.
const SECRET_VERSION: &str = "aws_secretsmanager_secret_version";

/// What stands before a group's name in its ARN.
const GROUP_NAME: &str = ":autoScalingGroupName/";

/// The other object's id, as its own state has it.
fn host_id(text: &str) -> &str {
    text.split_once(GROUP_NAME).map_or_else(|| zone_id(text), |(_, name)| name)
}

/// The texts at an attribute, or at a field of each of its blocks (`tag.key`): of a list all of them.
pub(crate) fn texts_at(attributes: &Map<String, Value>, path: &str) -> Vec<String> {
    let texts: Vec<String> = match path.split_once('.') {
        None => match attributes.get(path) {
            Some(Value::Array(items)) => items.iter().map(text).collect(),
            value => value.map(text).into_iter().collect(),
        },
        Some((blocks, field)) => {
            let blocks = items(attributes.get(blocks).unwrap_or(&Value::Null)).iter();
            blocks.filter_map(|block| block.get(field)).map(text).collect()
        }
    };
    texts.into_iter().filter(|text| !text.is_empty()).collect()
}

/// What others own of one attribute: of the attribute itself, or of a field of its blocks.
type OwnedElements = Vec<(Option<&'static str>, Elements)>;

/// Owned parts by the other object's id and attribute.
#[derive(Debug, Default)]
pub(crate) struct OwnedParts(HashMap<String, HashMap<&'static str, OwnedElements>>);

/// What is owned, and by a resource of which type.
#[derive(Debug)]
enum Elements {
    All(&'static str),
    /// All, where it is this value.
    Value {
        owner: &'static str,
        value: String,
    },
    /// Texts, or blocks by a field of theirs.
    Named {
        owner: &'static str,
        field: Option<&'static str>,
        names: HashSet<String>,
    },
}

impl Elements {
    fn owner(&self) -> &'static str {
        match self {
            Self::All(owner) | Self::Value { owner, .. } | Self::Named { owner, .. } => owner,
        }
    }
}

impl OwnedParts {
    /// Notes what a resource owns in another object, if anything.
    pub(crate) fn add(&mut self, managed: &ManagedInstance<'_>) {
        let owner = managed.resource_type();
        for part in PARTS.iter().filter(|part| part.resource_type == owner) {
            let attributes = managed.attributes();
            let says = |name: &str| {
                let said = attributes.get(name).map(text).unwrap_or_default();
                if said.is_empty() { "false".to_owned() } else { said }
            };
            if part.when.is_some_and(|(attribute, value)| says(attribute) != value) {
                continue;
            }
            for host in texts_at(attributes, part.host) {
                let host = self.0.entry(host_id(&host).to_owned()).or_default();
                for attribute in part.attributes {
                    let owners = host.entry(attribute).or_default();
                    let (field, path) = match part.owned {
                        Owned::Whole => {
                            owners.push((part.of, Elements::All(part.resource_type)));
                            continue;
                        }
                        Owned::Value(path) => {
                            let value = texts_at(attributes, path);
                            owners.extend(
                                value
                                    .into_iter()
                                    .map(|value| (part.of, Elements::Value { owner: part.resource_type, value })),
                            );
                            continue;
                        }
                        Owned::Text(path) => (None, path),
                        Owned::Block(path, field) => (Some(field), path),
                    };
                    let ours = owners.iter_mut().find_map(|elements| match elements {
                        (_, Elements::Named { owner, names, .. }) if *owner == part.resource_type => Some(names),
                        _ => None,
                    });
                    match ours {
                        Some(names) => names.extend(texts_at(attributes, path)),
                        None => {
                            let names = texts_at(attributes, path).into_iter().collect();
                            owners.push((part.of, Elements::Named { owner: part.resource_type, field, names }));
                        }
                    }
                }
            }
        }
    }

    /// An object's attributes in the state and live, without what other resources own in it, and in the same form.
    pub(crate) fn taken_out<'m>(
        &self,
        kind: &str,
        id: &str,
        state: &'m Map<String, Value>,
        live: &'m Map<String, Value>,
    ) -> TakenOut<'m> {
        let mut out = TakenOut { state: Cow::Borrowed(state), live: Cow::Borrowed(live), silent: Vec::new() };
        // An instance has the groups of its first interface.
        let interface = live.get("primary_network_interface_id").map(text).unwrap_or_default();
        // A version of a secret is owned through the secret.
        let secret = if kind == SECRET_VERSION { state.get("secret_id").map(text) } else { None }.unwrap_or_default();
        let hosts = [id, &interface, &secret].into_iter().filter_map(|host| self.0.get(host));
        let parts = hosts.flatten().flat_map(|(attribute, owners)| {
            let of_kind = owners.iter().filter(|(of, _)| of.is_none_or(|of| of == kind));
            of_kind.map(move |(_, elements)| (attribute, elements))
        });
        // What owns a part may be known by the id of the object itself: the policy of an endpoint.
        for (attribute, elements) in parts.filter(|(_, elements)| elements.owner() != kind) {
            let owner = match elements {
                // Taken out by another owner already.
                Elements::All(_) | Elements::Value { .. } if !out.live.contains_key(*attribute) => continue,
                Elements::All(owner) => {
                    out.live.to_mut().remove(*attribute);
                    owner
                }
                Elements::Value { owner, value } => {
                    if live.get(*attribute).map(text).as_ref() != Some(value) {
                        continue;
                    }
                    out.live.to_mut().remove(*attribute);
                    owner
                }
                Elements::Named { owner, field, names } => {
                    take(out.state.to_mut(), attribute, *field, names);
                    take(out.live.to_mut(), attribute, *field, names);
                    if *attribute == "tags_all" {
                        take(out.state.to_mut(), "tags", *field, names);
                    }
                    owner
                }
            };
            let (old, new) = (state.get(*attribute), live.get(*attribute));
            if let (Some(old), Some(new)) = (old, new)
                && old != new
            {
                out.silent.push(Silent {
                    difference: Difference::of(attribute, old, new),
                    rule: format!("owned by {owner}"),
                    reason: "another resource owns this part of the object, and is judged by itself".to_owned(),
                });
            }
        }
        for (said, instead) in INSTEAD {
            if live.contains_key(said_of(instead)) && state.get(*said).is_some_and(|value| !is_empty(value)) {
                leave_out(out.live.to_mut(), instead);
            }
        }
        for (attribute, field) in KEPT_BY {
            if live.contains_key(*attribute) {
                let kept = items(state.get(*attribute).unwrap_or(&Value::Null)).iter().filter_map(|old| old.get(field));
                let kept: HashSet<String> = kept.map(text).collect();
                if let Some(Value::Array(blocks)) = out.live.to_mut().get_mut(*attribute) {
                    blocks.retain(|block| block.get(field).is_some_and(|name| kept.contains(&text(name))));
                }
            }
        }
        for attribute in align(kind, &mut out.state, &mut out.live) {
            if let (Some(old), Some(new)) = (out.state.get(attribute), live.get(attribute))
                && out.live.get(attribute) == Some(old)
                && state.get(attribute) != Some(new)
            {
                out.silent.push(Silent {
                    difference: Difference::of(attribute, old, new),
                    rule: "same meaning".to_owned(),
                    reason: "the provider writes it in another form than AWS, or owns only what it states".to_owned(),
                });
            }
        }
        out
    }
}

/// The attribute of a path.
fn said_of(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// Takes an attribute out, or a field out of each of its blocks.
fn leave_out(object: &mut Map<String, Value>, path: &str) {
    match path.split_once('.') {
        None => {
            object.remove(path);
        }
        Some((blocks, field)) => {
            for block in object.get_mut(blocks).and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(block) = block.as_object_mut() {
                    block.remove(field);
                }
            }
        }
    }
}

/// Takes elements out of a list of texts, a list of blocks, or a map.
fn take(object: &mut Map<String, Value>, attribute: &str, field: Option<&str>, names: &HashSet<String>) {
    match object.get_mut(attribute) {
        Some(Value::Array(items)) => items.retain(|item| {
            let name = field.map_or(Some(item), |field| item.get(field));
            name.is_none_or(|name| !names.contains(&text(name)))
        }),
        Some(Value::Object(map)) => map.retain(|name, _| !names.contains(name)),
        _ => {}
    }
}
