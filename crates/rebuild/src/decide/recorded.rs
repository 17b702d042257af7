//! Values of what the standby does not make, from the primary's state.

use super::literal;
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

/// What stands for a reference whose key is computed: the values by their keys, and the key behind them, as
/// `{ a = "…", b = "…" }[each.key]`. `text` is the reference as it is written.
pub(crate) fn by_key(
    state: Option<&State>,
    modules: &[Vec<String>],
    reference: &Reference,
    text: &str,
) -> Result<String, Unknown> {
    let [Step::Name(_), Step::Name(_), Step::Computed, Step::Name(attribute), inner @ ..] = &reference.path[..] else {
        return Err(Unknown::ComputedKey);
    };
    let key = bracketed(text).ok_or(Unknown::ComputedKey)?;
    let mut found: Vec<Vec<(IndexKey, Value)>> = Vec::new();
    for module in modules {
        let mut values: Vec<(IndexKey, Value)> = Vec::new();
        for (key, managed) in instances(state.ok_or(Unknown::NoState)?, module, reference) {
            let value = attribute_value(&managed, attribute, inner)?;
            let key = key.ok_or(Unknown::ComputedKey)?;
            match values.iter().find(|(known, _)| *known == key) {
                Some((_, known)) if *known != value => return Err(Unknown::Differs),
                Some(_) => {}
                None => values.push((key, value)),
            }
        }
        if !found.contains(&values) {
            found.push(values);
        }
    }
    let [values] = &mut found[..] else { return Err(Unknown::Differs) };
    values.sort_by(|(one, _), (other, _)| one.cmp(other));
    let whole = match values.first() {
        None => return Err(Unknown::NotRecorded),
        Some((IndexKey::Str(_), _)) => {
            let entry = |(key, value): &(IndexKey, Value)| match key {
                IndexKey::Str(key) => Some((key.clone(), value.clone())),
                IndexKey::Int(_) => None,
            };
            Value::Object(values.iter().filter_map(entry).collect())
        }
        Some((IndexKey::Int(_), _)) => {
            let in_order = (0..).zip(values.iter()).all(|(at, (key, _))| *key == IndexKey::Int(at));
            let values = values.iter().map(|(_, value)| value.clone()).collect();
            in_order.then_some(Value::Array(values)).ok_or(Unknown::ComputedKey)?
        }
    };
    Ok(format!("{}[{key}]", literal::expression(&whole)))
}

/// Whether a state has objects, and no instance of what a reference names.
pub(crate) fn is_absent(state: Option<&State>, modules: &[Vec<String>], reference: &Reference) -> bool {
    state.is_some_and(|state| {
        state.managed().next().is_some() && modules.iter().all(|module| instances(state, module, reference).is_empty())
    })
}

/// What stands in the first brackets of a text.
fn bracketed(text: &str) -> Option<&str> {
    let start = text.find('[')? + 1;
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            b'[' => depth += 1,
            b']' if depth == 0 => return Some(text[start..at].trim()),
            b']' => depth -= 1,
            // A text may hold brackets of its own.
            b'"' => return None,
            _ => {}
        }
    }
    None
}

/// The instances of what a reference names, in a module.
fn instances<'a>(
    state: &'a State,
    module: &[String],
    reference: &Reference,
) -> Vec<(Option<IndexKey>, ManagedInstance<'a>)> {
    let mut instances = Vec::new();
    for managed in state.managed().filter(|managed| !managed.is_deposed()) {
        let address = managed.address();
        let same = address.module.iter().map(|step| &step.name).eq(module)
            && Some(address.resource_type.as_str()) == reference.name(0)
            && Some(address.name.as_str()) == reference.name(1);
        if same {
            instances.push((address.key, managed));
        }
    }
    instances
}

fn value_in(state: Option<&State>, module: &[String], reference: &Reference) -> Result<Value, Unknown> {
    let (key, rest) = match reference.path.get(2) {
        Some(Step::Key(key)) => (Some(IndexKey::Str(key.clone())), &reference.path[3..]),
        Some(Step::Index(index)) => (i64::try_from(*index).ok().map(IndexKey::Int), &reference.path[3..]),
        Some(Step::Computed) => return Err(Unknown::ComputedKey),
        Some(Step::Splat) => (None, &reference.path[3..]),
        _ => (None, &reference.path[2..]),
    };
    let Some((Step::Name(attribute), inner)) = rest.split_first() else { return Err(Unknown::Whole) };
    // An object may be made in several calls of one module with keys: they have to agree.
    let instances = instances(state.ok_or(Unknown::NoState)?, module, reference);
    if reference.path.get(2) == Some(&Step::Splat) {
        return splat(instances, attribute, inner);
    }
    let mut values: Vec<Value> = Vec::new();
    for (_, managed) in instances.iter().filter(|(of, _)| *of == key) {
        let value = attribute_value(managed, attribute, inner)?;
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
        instances.iter().map(|(_, managed)| attribute_value(managed, attribute, inner)).collect();
    Ok(Value::Array(values?))
}

/// An attribute of an object, or what is in it, but for secrets.
pub(crate) fn attribute_value(
    managed: &ManagedInstance<'_>,
    attribute: &str,
    inner: &[Step],
) -> Result<Value, Unknown> {
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
