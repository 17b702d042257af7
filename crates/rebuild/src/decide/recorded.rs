//! Values of what the standby does not make, from the primary's state.

use super::retarget::Rule;
use super::syntax::{Reference, Step};
use pilotlight_tfstate::{AttributePath, IndexKey, ManagedInstance, PathStep, State, is_sensitive};
use serde_json::Value;

/// Why a value is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unknown {
    NoState,
    NotRecorded,
    Differs,
    ComputedKey,
    /// The object, or all of its instances, and no attribute.
    Whole,
    KeyedSplat,
    NoAttribute(String),
    Sensitive,
    Module,
}

impl Unknown {
    /// What is so, after a colon.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::NoState => "there is no state of the primary".to_owned(),
            Self::NotRecorded => "the primary's state does not have it".to_owned(),
            Self::Differs => "instances of the module have different ones".to_owned(),
            Self::ComputedKey => "its key is computed".to_owned(),
            Self::Whole => "the whole object is asked for, not one attribute".to_owned(),
            Self::KeyedSplat => "its instances have keys, and a splat is for those that have numbers".to_owned(),
            Self::NoAttribute(name) => format!("it has no {name}"),
            Self::Sensitive => "it is sensitive, and secrets are not written into files".to_owned(),
            Self::Module => "a state does not have the outputs of its modules".to_owned(),
        }
    }

    /// What a person can do about it.
    pub(crate) fn remedy(&self, rule: Rule) -> String {
        let remedy = match self {
            Self::NoState | Self::NoAttribute(_) => {
                "apply the stack in the primary first, so that its state has the value"
            }
            Self::NotRecorded => {
                "apply the stack in the primary first, so that its state has the value; where it is not made at \
                 all (count = 0), let the source not refer to it"
            }
            Self::Differs => "give the module a variable for it, and let each call pass its own",
            Self::ComputedKey => "write the key as a literal: TYPE.NAME[\"KEY\"].ATTRIBUTE",
            Self::Whole | Self::KeyedSplat => {
                "name each attribute that is used in place of the object or of a for over it, as \
                 { \"KEY\" = TYPE.NAME[\"KEY\"].ATTRIBUTE }: single attributes are taken from the primary's state"
            }
            Self::Sensitive => "pass it in by a variable",
            Self::Module => "give what uses it the value by a variable",
        };
        match rule {
            Rule::Exclude => format!("take the address out of exclude, exclude what uses it too, or {remedy}"),
            _ => remedy.to_owned(),
        }
    }
}

/// The value of a reference in every module instance, where they agree.
pub(crate) fn value(state: Option<&State>, modules: &[Vec<String>], reference: &Reference) -> Result<Value, Unknown> {
    if reference.name(0) == Some("module") {
        return Err(Unknown::Module);
    }
    let mut values: Vec<Value> = Vec::new();
    for module in modules {
        let value = value_in(state, module, reference)?;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    match values.len() {
        0 => Err(Unknown::NotRecorded),
        1 => Ok(values.remove(0)),
        _ => Err(Unknown::Differs),
    }
}

fn value_in(state: Option<&State>, module: &[String], reference: &Reference) -> Result<Value, Unknown> {
    let (resource_type, name) = reference.name(0).zip(reference.name(1)).ok_or(Unknown::Whole)?;
    let (key, rest) = match reference.path.get(2) {
        Some(Step::Key(key)) => (Some(IndexKey::Str(key.clone())), &reference.path[3..]),
        Some(Step::Index(index)) => (i64::try_from(*index).ok().map(IndexKey::Int), &reference.path[3..]),
        Some(Step::Computed) => return Err(Unknown::ComputedKey),
        Some(Step::Splat) => (None, &reference.path[3..]),
        _ => (None, &reference.path[2..]),
    };
    let Some((Step::Name(attribute), inner)) = rest.split_first() else { return Err(Unknown::Whole) };
    let mut instances: Vec<(Option<IndexKey>, ManagedInstance<'_>)> = Vec::new();
    // An object may be made in several calls of one module with keys: they have to agree.
    for managed in state.ok_or(Unknown::NoState)?.managed().filter(|managed| !managed.is_deposed()) {
        let address = managed.address();
        let same = address.module.iter().map(|step| &step.name).eq(module)
            && address.resource_type == resource_type
            && address.name == name;
        if same {
            instances.push((address.key, managed));
        }
    }
    if reference.path.get(2) == Some(&Step::Splat) {
        return splat(instances, attribute, inner);
    }
    let mut values: Vec<Value> = Vec::new();
    for (_, managed) in instances.iter().filter(|(of, _)| *of == key) {
        let value = attribute_of(managed, attribute, inner)?;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    match values.len() {
        0 => Err(Unknown::NotRecorded),
        1 => Ok(values.remove(0)),
        _ => Err(Unknown::Differs),
    }
}

/// The attribute of every instance, in the order of their numbers.
fn splat(
    mut instances: Vec<(Option<IndexKey>, ManagedInstance<'_>)>,
    attribute: &str,
    inner: &[Step],
) -> Result<Value, Unknown> {
    if instances.is_empty() {
        return Err(Unknown::NotRecorded);
    }
    if instances.iter().any(|(key, _)| matches!(key, Some(IndexKey::Str(_)))) {
        return Err(Unknown::KeyedSplat);
    }
    instances.sort_by_key(|(key, _)| match key {
        Some(IndexKey::Int(number)) => *number,
        _ => 0,
    });
    // Two of one number are of two instances of the module.
    if instances.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(Unknown::Differs);
    }
    let values: Result<Vec<Value>, Unknown> =
        instances.iter().map(|(_, managed)| attribute_of(managed, attribute, inner)).collect();
    Ok(Value::Array(values?))
}

fn attribute_of(managed: &ManagedInstance<'_>, attribute: &str, inner: &[Step]) -> Result<Value, Unknown> {
    let mut path = AttributePath::attribute(attribute);
    let mut value =
        managed.attributes().get(attribute).ok_or_else(|| Unknown::NoAttribute(format!("attribute {attribute}")))?;
    for step in inner {
        let (next, step) = match step {
            Step::Name(name) | Step::Key(name) => (value.get(name), PathStep::Attribute(name.clone())),
            Step::Index(index) => {
                let at = usize::try_from(*index).unwrap_or(usize::MAX);
                (value.get(at), PathStep::Index(IndexKey::Int(i64::try_from(*index).unwrap_or(i64::MAX))))
            }
            Step::Computed | Step::Splat => return Err(Unknown::ComputedKey),
        };
        value = next.ok_or_else(|| Unknown::NoAttribute("such part".to_owned()))?;
        path.0.push(step);
    }
    if is_sensitive(&path, managed.sensitive()) {
        return Err(Unknown::Sensitive);
    }
    Ok(value.clone())
}
