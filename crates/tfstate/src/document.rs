//! The outermost object: what kind of document it is, and its parts.

use crate::error::{StateError, StateProblem};
use crate::reader::{Path, Reader, Source};
use crate::resource::Resource;
use crate::seen::Seen;
use crate::shown::{self, Shown};
use crate::state::{Output, decode_outputs};
use crate::text::Text;
use indexmap::IndexMap;
use serde::Deserialize;
use std::collections::HashMap;
use std::ops::Range;

/// The state version that this crate reads. Source: Terraform, `internal/states/statefile/version4.go`.
const VERSION: u64 = 4;

/// What the document has.
pub(crate) struct Document {
    pub(crate) terraform_version: String,
    pub(crate) serial: u64,
    pub(crate) lineage: String,
    pub(crate) resources: Vec<Resource>,
    pub(crate) outputs: IndexMap<String, Output>,
    pub(crate) is_shown: bool,
}

#[derive(PartialEq)]
enum Kind {
    /// A state of version 4.
    State,
    /// What `show -json` prints of one.
    Shown,
}

impl Document {
    /// Walks the outermost object. Resources are read where they stand if what is before them says of which kind the
    /// document is, as it does in all that Terraform writes; otherwise they are read at the end.
    pub(crate) fn decode(text: &Text, reader: &mut Reader<'_>) -> Result<Self, StateError> {
        let source = reader.source;
        let (_, start) = reader.peek();
        let mut head = Head { source, fields: HashMap::new(), other: None };
        let mut seen = Seen::default();
        let (mut resources, mut values) = (None, None);
        reader.object(&Path::Root, |reader, path, name| {
            match name {
                "resources" if head.says(Kind::State) => {
                    resources = Some(decode_resources(text, reader, path, &mut seen)?);
                }
                "values" if head.says(Kind::Shown) => values = Some(shown::decode(text, reader, path, &mut seen)?),
                _ => head.note(name, reader.present()?),
            }
            Ok(())
        })?;
        let kind = head.kind(start..reader.position(), values.is_some())?;
        let later = |name: &str| head.fields.get(name).map(|json| Reader::within(source, json));
        let (resources, outputs) = match kind {
            Kind::State => {
                let path = Path::Field(&Path::Root, "resources");
                let resources = match (resources, later("resources")) {
                    (Some(resources), _) => resources,
                    (None, Some(mut reader)) => decode_resources(text, &mut reader, &path, &mut seen)?,
                    (None, None) => Vec::new(),
                };
                let path = Path::Field(&Path::Root, "outputs");
                let outputs = later("outputs").map(|mut reader| decode_outputs(&mut reader, &path)).transpose()?;
                (resources, outputs.unwrap_or_default())
            }
            Kind::Shown => {
                let path = Path::Field(&Path::Root, "values");
                let Shown { resources, outputs, .. } = match (values, later("values")) {
                    (Some(values), _) => values,
                    (None, Some(mut reader)) => shown::decode(text, &mut reader, &path, &mut seen)?,
                    (None, None) => Shown::default(),
                };
                (resources, outputs)
            }
        };
        seen.duplicate(source, &resources)?;
        Ok(Self {
            terraform_version: head.read("terraform_version", "a version")?.unwrap_or_default(),
            serial: head.read("serial", "a whole number")?.unwrap_or_default(),
            lineage: head.read("lineage", "a string")?.unwrap_or_default(),
            resources,
            outputs,
            is_shown: kind == Kind::Shown,
        })
    }
}

/// Fields that tell which kind of document it is, or that are read when that is known.
const FIELDS: [&str; 13] = [
    "version",
    "format_version",
    "terraform_version",
    "serial",
    "lineage",
    "outputs",
    "resources",
    "values",
    "planned_values",
    "resource_changes",
    "encrypted_data",
    "backend",
    "sops",
];

/// Fields of `show -json` that come without `values`, where there is no state yet.
const WITHOUT_VALUES: [&str; 3] = ["checks", "check_results", "timestamp"];

/// The outermost fields that are not null, as text.
struct Head<'a> {
    source: Source<'a>,
    fields: HashMap<&'static str, &'a str>,
    /// The first field that neither a state nor `show -json` has.
    other: Option<String>,
}

impl<'a> Head<'a> {
    fn note(&mut self, name: &str, json: Option<&'a str>) {
        let Some(json) = json else { return };
        match FIELDS.iter().find(|field| **field == name) {
            Some(field) => drop(self.fields.insert(field, json)),
            None if WITHOUT_VALUES.contains(&name) => {}
            None => drop(self.other.get_or_insert_with(|| name.to_owned())),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    fn read<T: Deserialize<'a>>(&self, name: &str, what: &str) -> Result<Option<T>, StateError> {
        let read = |json: &&'a str| self.source.read(json, &Path::Field(&Path::Root, name), what);
        self.fields.get(name).map(read).transpose()
    }

    /// Whether the fields so far make it a document of this kind.
    fn says(&self, kind: Kind) -> bool {
        match kind {
            Kind::State => matches!(self.read("version", ""), Ok(Some(VERSION))) && !self.has("format_version"),
            Kind::Shown => {
                let version: Result<Option<String>, _> = self.read("format_version", "");
                version.is_ok_and(|version| version.is_some_and(|version| shown::is_known(&version)))
            }
        }
    }

    /// Tells a state of version 4 from what people take for one.
    fn kind(&self, whole: Range<usize>, has_values: bool) -> Result<Kind, StateError> {
        let fail = |problem| Err(self.source.error_at(whole.clone(), &Path::Root, problem));
        if self.has("sops") {
            return fail(StateProblem::Sops);
        }
        if self.has("encrypted_data") {
            return fail(StateProblem::Encrypted);
        }
        if self.has("planned_values") || self.has("resource_changes") {
            return fail(StateProblem::PlanJson);
        }
        if let Some(version) = self.read::<String>("format_version", "a version")? {
            if !shown::is_known(&version) {
                return fail(StateProblem::ShowVersion(version));
            }
            // Other commands write a format version, too. An empty state must not be made of what they print.
            return match &self.other {
                Some(other) if !has_values && !self.has("values") => {
                    fail(StateProblem::NotState(format!("it has {other:?}, and no \"values\"")))
                }
                _ => Ok(Kind::Shown),
            };
        }
        if self.has("backend") {
            return fail(StateProblem::BackendPointer);
        }
        match self.read::<u64>("version", "a whole number")? {
            Some(VERSION) => Ok(Kind::State),
            Some(version) if version < VERSION => fail(StateProblem::OldVersion(version)),
            Some(version) => fail(StateProblem::NewVersion(version)),
            None => fail(StateProblem::NotState("it has no version".to_owned())),
        }
    }
}

fn decode_resources<'a>(
    text: &Text,
    reader: &mut Reader<'a>,
    path: &Path<'_>,
    seen: &mut Seen<'a>,
) -> Result<Vec<Resource>, StateError> {
    let mut resources = Vec::new();
    reader.array(path, |reader, path| {
        resources.push(Resource::decode(text, reader, path, seen)?);
        Ok(())
    })?;
    resources.shrink_to_fit();
    Ok(resources)
}
