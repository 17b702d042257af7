use crate::address::Mode;
use crate::document::Document;
use crate::error::{StateError, StateProblem};
use crate::foreign::Foreign;
use crate::provider::ProviderAddress;
use crate::reader::{Path, Reader, Source, kind};
use crate::resource::{ManagedInstance, Resource};
use crate::text::Text;
use indexmap::IndexMap;
use pilotlight_findings::{Region, SENSITIVE};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::string::FromUtf8Error;

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

/// A Terraform or OpenTofu state, version 4, or what `show -json` prints of one.
#[derive(Debug, Clone)]
pub struct State {
    /// The name it was read under: a path or URL.
    pub file: String,
    /// The version of the program that wrote it.
    pub terraform_version: String,
    /// Rises with every change; 0 where `show -json` printed it.
    pub serial: u64,
    /// The same for all states that follow from one another; empty where `show -json` printed it.
    pub lineage: String,
    /// Resources in the order of the file.
    pub resources: Vec<Resource>,
    outputs: IndexMap<String, Output>,
    text: Text,
    is_shown: bool,
}

impl State {
    /// Reads a copy of the bytes; see [`State::parse_owned`].
    ///
    /// # Errors
    /// As [`State::parse_owned`].
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, StateError> {
        Self::parse_owned(file, bytes.to_vec())
    }

    /// Reads a state, or what `terraform show -json` prints of one. `file` is the name for errors: the path or URL
    /// as the user knows it. The state keeps the bytes, and nothing of them is copied.
    ///
    /// Attributes stay text until they are asked for, but what could not be read then is refused now.
    ///
    /// # Errors
    /// The text is empty, not JSON, not a state of version 4, encrypted, or contradicts itself.
    pub fn parse_owned(file: &str, bytes: Vec<u8>) -> Result<Self, StateError> {
        let at_start = |problem| {
            let source = Source { file, text: "", before: 0 };
            Err(source.error_at(0..0, &Path::Root, problem))
        };
        if let Some(foreign) = Foreign::tell(&bytes) {
            return at_start(StateProblem::Foreign(foreign));
        }
        let text = match String::from_utf8(bytes) {
            Ok(text) => Text::new(text),
            Err(error) => return Err(not_utf8(file, &error)),
        };
        let mut reader = Reader::new(text.source(file));
        match reader.peek() {
            (None, _) => return at_start(StateProblem::Empty),
            (Some(b'{'), _) => {}
            (Some(_), _) => {
                let document = reader.skim()?;
                reader.end()?;
                let problem = StateProblem::NotState(format!("the document is {}", kind(document)));
                return Err(reader.source.error(document, &Path::Root, problem));
            }
        }
        let document = Document::decode(&text, &mut reader)?;
        reader.end()?;
        let Document { terraform_version, serial, lineage, resources, outputs, is_shown } = document;
        Ok(Self {
            file: file.to_owned(),
            terraform_version,
            serial,
            lineage,
            resources,
            outputs,
            is_shown,
            text: text.clone(),
        })
    }

    /// Whether it is what `show -json` printed: its resources then do not tell their provider's alias.
    pub fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// The bytes that it was read from, to be kept where the state is protected as well: they hold its secrets.
    pub fn bytes(&self) -> &[u8] {
        self.text.whole().as_bytes()
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
        self.text.serialize(serializer)
    }
}

pub(crate) fn decode_outputs(reader: &mut Reader<'_>, path: &Path<'_>) -> Result<IndexMap<String, Output>, StateError> {
    let mut outputs = IndexMap::new();
    if reader.is_null()? {
        return Ok(outputs);
    }
    reader.object(path, |reader, path, name| {
        // An output may be null, and is written all the same.
        let mut output = Output { value: Value::Null, value_type: Value::Null, sensitive: false };
        reader.object(path, |reader, path, field| {
            match field {
                "value" => output.value = reader.value(path)?,
                "type" => output.value_type = reader.value(path)?,
                "sensitive" => output.sensitive = reader.read(path, "a boolean")?.unwrap_or_default(),
                _ => drop(reader.skim()?),
            }
            Ok(())
        })?;
        outputs.insert(name.to_owned(), output);
        Ok(())
    })?;
    Ok(outputs)
}

fn not_utf8(file: &str, error: &FromUtf8Error) -> StateError {
    let (bytes, valid) = (error.as_bytes(), error.utf8_error().valid_up_to());
    let text = std::str::from_utf8(&bytes[..valid]).unwrap_or_default();
    let problem = match error.utf8_error().error_len() {
        Some(_) => StateProblem::Syntax("the bytes are not UTF-8".to_owned()),
        None => StateProblem::CutOff("a character".to_owned()),
    };
    let source = Source { file, text, before: 0 };
    source.error_at(valid..valid, &Path::Root, problem)
}
