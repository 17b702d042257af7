use crate::address::Mode;
use crate::error::{StateError, StateProblem};
use crate::fields::{Fields, Source, kind, reason};
use crate::provider::ProviderAddress;
use crate::resource::{ManagedInstance, Resource};
use indexmap::IndexMap;
use pilotlight_findings::{Region, SENSITIVE};
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};

/// The state version that this crate reads. Source: Terraform, `internal/states/statefile/version4.go`.
const VERSION: u64 = 4;

/// An output of the root module.
#[derive(Debug, Clone)]
pub struct Output {
    /// Its value. Show [`Output::redacted`] only.
    pub value: Value,
    /// Its type as Terraform writes types, `"string"` or `["list", "string"]`.
    pub value_type: Value,
    /// Whether the configuration says that it is sensitive.
    pub sensitive: bool,
}

impl Output {
    /// Its value, or what stands for a sensitive one.
    pub fn redacted(&self) -> Value {
        if self.sensitive { Value::String(SENSITIVE.to_owned()) } else { self.value.clone() }
    }
}

/// A Terraform or OpenTofu state, version 4.
#[derive(Debug, Clone)]
pub struct State {
    /// The name it was read under: a path or URL.
    pub file: String,
    /// The version of the program that wrote it.
    pub terraform_version: String,
    /// Rises with every change.
    pub serial: u64,
    /// The same for all states that follow from one another.
    pub lineage: String,
    /// Resources in the order of the file.
    pub resources: Vec<Resource>,
    outputs: IndexMap<String, Output>,
    document: Box<RawValue>,
}

impl State {
    /// Reads a state. `file` is the name for errors: the path or URL as the user knows it.
    ///
    /// # Errors
    /// The text is empty, not JSON, not a state of version 4, encrypted, or contradicts itself.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, StateError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let valid = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
                let problem = StateProblem::Syntax("the bytes are not UTF-8".to_owned());
                return Err(Source { file, text: valid }.error_at(valid.len()..valid.len(), "", problem));
            }
        };
        let source = Source { file, text };
        if text.trim().is_empty() {
            return Err(source.error_at(0..0, "", StateProblem::Empty));
        }
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| {
            let offset = offset_of(text, error.line(), error.column());
            source.error_at(offset..offset, "", StateProblem::Syntax(reason(&error)))
        })?;
        Self::decode(source, raw)
    }

    fn decode<'a>(source: Source<'a>, raw: &'a RawValue) -> Result<Self, StateError> {
        if !raw.get().starts_with('{') {
            let problem = StateProblem::NotState(format!("the document is {}", kind(raw)));
            return Err(source.error(raw.get(), "", problem));
        }
        let mut fields = Fields::read(source, raw, String::new())?;
        check_kind(&mut fields)?;
        let mut resources = Vec::new();
        let mut seen: HashMap<String, String> = HashMap::new();
        for (raw, path) in fields.take_array("resources")? {
            let resource = Resource::decode(source, raw, path)?;
            for instance in &resource.instances {
                let address = resource.address(instance).to_string();
                let object = match &instance.deposed {
                    Some(key) => format!("{address} (deposed object {key})"),
                    None => address,
                };
                if let Some(first) = seen.insert(object.clone(), instance.path.clone()) {
                    let problem = StateProblem::Duplicate { address: object, first };
                    return Err(source.error(raw.get(), &instance.path, problem));
                }
            }
            resources.push(resource);
        }
        Ok(Self {
            file: source.file.to_owned(),
            terraform_version: fields.take("terraform_version", "a version")?.unwrap_or_default(),
            serial: fields.take("serial", "a whole number")?.unwrap_or(0),
            lineage: fields.take("lineage", "a string")?.unwrap_or_default(),
            outputs: decode_outputs(source, &mut fields)?,
            resources,
            document: raw.to_owned(),
        })
    }

    /// Outputs of the root module by name, in the order of the file.
    pub fn outputs(&self) -> &IndexMap<String, Output> {
        &self.outputs
    }

    /// The managed objects, deposed ones included, in the order of the file. Data sources are not among them.
    pub fn managed(&self) -> impl Iterator<Item = ManagedInstance<'_>> {
        self.resources
            .iter()
            .filter(|resource| resource.mode == Mode::Managed)
            .flat_map(|resource| resource.instances.iter().map(move |instance| ManagedInstance { resource, instance }))
    }

    /// The region of each provider configuration, as its resources tell it. One whose resources lie in
    /// several regions, or tell none, is not here.
    pub fn provider_regions(&self) -> BTreeMap<ProviderAddress, Region> {
        let mut regions: BTreeMap<&ProviderAddress, Option<Region>> = BTreeMap::new();
        for managed in self.managed() {
            let Some(region) = managed.region() else { continue };
            regions
                .entry(managed.provider())
                .and_modify(|known| {
                    if known.as_ref() != Some(&region) {
                        *known = None;
                    }
                })
                .or_insert(Some(region));
        }
        regions.into_iter().filter_map(|(provider, region)| Some((provider.clone(), region?))).collect()
    }
}

/// The document as it was written.
impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document.serialize(serializer)
    }
}

/// Tells a state of version 4 from what people take for one.
fn check_kind(fields: &mut Fields<'_>) -> Result<(), StateError> {
    if fields.has("encrypted_data") {
        return Err(fields.error(StateProblem::Encrypted));
    }
    if fields.has("planned_values") || fields.has("resource_changes") {
        return Err(fields.error(StateProblem::PlanJson));
    }
    if fields.has("format_version") {
        return Err(fields.error(StateProblem::ShowJson));
    }
    if fields.has("backend") {
        return Err(fields.error(StateProblem::BackendPointer));
    }
    match fields.take::<u64>("version", "a whole number")? {
        Some(VERSION) => Ok(()),
        Some(version) if version < VERSION => Err(fields.error(StateProblem::OldVersion(version))),
        Some(version) => Err(fields.error(StateProblem::NewVersion(version))),
        None => Err(fields.error(StateProblem::NotState("it has no version".to_owned()))),
    }
}

fn decode_outputs<'a>(source: Source<'a>, fields: &mut Fields<'a>) -> Result<IndexMap<String, Output>, StateError> {
    let mut outputs = IndexMap::new();
    let Some(raw) = fields.take_raw("outputs") else { return Ok(outputs) };
    for (name, raw, path) in Fields::read(source, raw, "outputs".to_owned())?.entries() {
        let mut fields = Fields::read(source, raw, path)?;
        let output = Output {
            // An output may be null, and is written all the same.
            value: fields.take("value", "a value")?.unwrap_or(Value::Null),
            value_type: fields.take("type", "a type")?.unwrap_or(Value::Null),
            sensitive: fields.take("sensitive", "a boolean")?.unwrap_or(false),
        };
        outputs.insert(name, output);
    }
    Ok(outputs)
}

/// The byte at a line and column as serde_json counts them: from 1, the column in bytes.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (start + column.saturating_sub(1)).min(text.len())
}
