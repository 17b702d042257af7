//! Which attributes the source sets, and from what: what parity compares, and what it can explain.

use super::json::{self, Json, JsonKind};
use super::modules::{Instances, address};
use super::sources::{Document, Parsed};
use super::syntax::{Reference, Step, labels, place, references_of_template};
use hcl_edit::structure::{Body, Structure};
use hcl_edit::template::Template;
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Where the value of an attribute comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// The text of the source, and what can be computed from it.
    Text,
    /// Other objects, directly or through locals and modules.
    Objects,
}

/// What the source says in so many words. It is looked at when the first one asks: most who retarget do not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Configured {
    parsed: IndexMap<PathBuf, Arc<Parsed>>,
    json: IndexMap<PathBuf, Arc<Document>>,
    instances: Instances,
    said: OnceLock<Said>,
}

#[derive(Debug, Clone, Default)]
struct Said {
    /// Attributes by the address of their resource, without keys.
    attributes: BTreeMap<String, BTreeMap<String, Origin>>,
    /// Its texts, of every file.
    texts: BTreeSet<String>,
    /// Those that quote others, as a policy in a heredoc does.
    quoting: Vec<String>,
    /// Its whole numbers, as they are written.
    numbers: BTreeSet<String>,
}

impl Configured {
    /// What these files say, of the modules in these folders.
    pub(crate) fn of(
        parsed: IndexMap<PathBuf, Arc<Parsed>>,
        json: IndexMap<PathBuf, Arc<Document>>,
        instances: Instances,
    ) -> Self {
        Self { parsed, json, instances, said: OnceLock::new() }
    }

    /// The attributes that the source sets for a resource; none where it does not have the resource.
    pub(crate) fn attributes(&self, address: &str) -> Option<&BTreeMap<String, Origin>> {
        self.said().attributes.get(address)
    }

    /// Whether a text stands in the source as it is.
    pub(crate) fn wrote(&self, text: &str) -> bool {
        !text.is_empty()
            && (self.said().texts.contains(text) || {
                let quoted = format!("\"{text}\"");
                self.said().quoting.iter().any(|quoting| quoting.contains(&quoted))
            })
    }

    /// Whether a number stands in the source as it is.
    pub(crate) fn wrote_number(&self, number: &str) -> bool {
        self.said().numbers.contains(number)
    }

    fn said(&self) -> &Said {
        self.said.get_or_init(|| {
            let locals = self.locals_from_objects();
            let mut said = Said::default();
            for (file, parsed) in &self.parsed {
                let written = |ranges: &[std::ops::Range<usize>]| -> Vec<String> {
                    ranges.iter().filter_map(|range| parsed.text.get(range.clone())).map(str::to_owned).collect()
                };
                said.texts(written(&parsed.syntax.literals));
                said.numbers.extend(written(&parsed.syntax.numbers));
                let folder = folder_of(file);
                for block in parsed.syntax.blocks("resource") {
                    let [resource_type, name] = labels(block)[..] else { continue };
                    let mut attributes = BTreeMap::new();
                    let source = Source { references: &parsed.syntax.references, folder: &folder, locals: &locals };
                    source.collect(&block.body, &mut attributes);
                    said.add(&self.instances, &folder, (resource_type, name), &attributes);
                }
            }
            for (file, document) in &self.json {
                said.document(&document.text, &document.json);
                let folder = folder_of(file);
                let values = Values { folder: &folder, locals: &locals };
                for (labels, body) in document.json.blocks("resource", 2) {
                    let [resource_type, name] = labels[..] else { continue };
                    said.add(&self.instances, &folder, (&resource_type.key, &name.key), &values.attributes(body));
                }
            }
            said
        })
    }

    /// Locals that come from objects, through as many other locals as it takes.
    fn locals_from_objects(&self) -> Locals {
        let mut found = Locals::new();
        loop {
            let known = found.len();
            for (file, parsed) in &self.parsed {
                let folder = folder_of(file);
                for block in parsed.syntax.blocks("locals") {
                    for structure in block.body.iter() {
                        let source = Source { references: &parsed.syntax.references, folder: &folder, locals: &found };
                        if let Structure::Attribute(attribute) = structure
                            && source.is_from_objects(&attribute.value, false)
                        {
                            found.insert((folder.clone(), attribute.key.as_str().to_owned()));
                        }
                    }
                }
            }
            for (file, document) in &self.json {
                let folder = folder_of(file);
                for (_, body) in document.json.blocks("locals", 0) {
                    for member in body.members() {
                        let values = Values { folder: &folder, locals: &found };
                        if values.is_from_objects(&member.value, false) {
                            found.insert((folder.clone(), member.key.clone()));
                        }
                    }
                }
            }
            if found.len() == known {
                return found;
            }
        }
    }
}

/// Locals, by the folder of their module and their name.
type Locals = BTreeSet<(PathBuf, String)>;

fn folder_of(file: &Path) -> PathBuf {
    file.parent().map(Path::to_owned).unwrap_or_default()
}

impl Said {
    fn texts(&mut self, texts: Vec<String>) {
        self.quoting.extend(texts.iter().filter(|text| text.contains('"')).cloned());
        self.texts.extend(texts);
    }

    /// The texts and numbers of a document of JSON.
    fn document(&mut self, text: &str, value: &Json) {
        match &value.kind {
            JsonKind::Text(_) => {
                let parts = json::literals(text, value.range.clone()).into_iter();
                self.texts(parts.filter_map(|part| text.get(part)).map(json::decoded).collect());
            }
            JsonKind::Other => {
                let number = text.get(value.range.clone()).filter(|number| number.parse::<u64>().is_ok());
                self.numbers.extend(number.map(str::to_owned));
            }
            JsonKind::Object(members) => self.texts(members.iter().map(|member| member.key.clone()).collect()),
            JsonKind::Array(_) => {}
        }
        value.children().into_iter().for_each(|inner| self.document(text, inner));
    }

    fn add(
        &mut self,
        instances: &Instances,
        folder: &Path,
        (resource_type, name): (&str, &str),
        attributes: &BTreeMap<String, Origin>,
    ) {
        for path in instances.get(folder).into_iter().flatten() {
            let known = self.attributes.entry(address(path, resource_type, name)).or_default();
            known.extend(attributes.iter().map(|(name, origin)| (name.clone(), *origin)));
        }
    }
}

/// Values of JSON, and what decides where the references in their texts lead.
struct Values<'a> {
    folder: &'a Path,
    locals: &'a Locals,
}

impl Values<'_> {
    fn attributes(&self, body: &Json) -> BTreeMap<String, Origin> {
        let repeated = body.member("for_each").is_some_and(|value| self.is_from_objects(value, false));
        let mut found = BTreeMap::new();
        let mut add = |name: &str, value: &Json| {
            let origin = if self.is_from_objects(value, repeated) { Origin::Objects } else { Origin::Text };
            let known = found.entry(name.to_owned()).or_insert(origin);
            *known = (*known).max(origin);
        };
        for member in body.members() {
            match member.key.as_str() {
                "dynamic" => member.value.members().into_iter().for_each(|block| add(&block.key, &block.value)),
                name => add(name, &member.value),
            }
        }
        found
    }

    fn is_from_objects(&self, value: &Json, repeated: bool) -> bool {
        let refers = |text: &str| {
            let references = json::is_template(text).then(|| text.parse::<Template>().ok()).flatten();
            references.is_some_and(|template| {
                references_of_template(&template)
                    .iter()
                    .any(|reference| is_object(reference, self.folder, self.locals, repeated))
            })
        };
        value.text().is_some_and(refers)
            || value.children().into_iter().any(|inner| self.is_from_objects(inner, repeated))
    }
}

/// A file's references, in the order of the text, and what decides where they lead.
struct Source<'a> {
    references: &'a [Reference],
    folder: &'a Path,
    locals: &'a Locals,
}

impl Source<'_> {
    fn collect(&self, body: &Body, attributes: &mut BTreeMap<String, Origin>) {
        // `each.value` is what `for_each` is.
        let repeated = body.iter().any(|structure| match structure {
            Structure::Attribute(attribute) => {
                attribute.key.as_str() == "for_each" && self.is_from_objects(&attribute.value, false)
            }
            Structure::Block(_) => false,
        });
        for structure in body.iter() {
            let (name, origin) = match structure {
                Structure::Attribute(attribute) => {
                    (attribute.key.as_str(), self.is_from_objects(&attribute.value, repeated))
                }
                Structure::Block(block) => {
                    let name = match (block.ident.as_str(), &labels(block)[..]) {
                        ("dynamic", [name]) => name,
                        (name, _) => name,
                    };
                    (name, self.is_from_objects(block, repeated))
                }
            };
            let origin = if origin { Origin::Objects } else { Origin::Text };
            let known = attributes.entry(name.to_owned()).or_insert(origin);
            *known = (*known).max(origin);
        }
    }

    /// Whether anything in a node refers to an object.
    fn is_from_objects(&self, node: &impl hcl_edit::Span, repeated: bool) -> bool {
        let range = place(node);
        let from = self.references.partition_point(|reference| reference.span.start < range.start);
        let within = self.references[from..].iter().take_while(|reference| reference.span.start < range.end);
        within.into_iter().any(|reference| is_object(reference, self.folder, self.locals, repeated))
    }
}

fn is_object(reference: &Reference, folder: &Path, locals: &Locals, repeated: bool) -> bool {
    match &reference.path[..] {
        [Step::Name(first), Step::Name(name), ..] => match first.as_str() {
            "local" => locals.contains(&(folder.to_owned(), name.clone())),
            // A module's variable can be anything that its caller has.
            "var" => !folder.as_os_str().is_empty(),
            "each" => repeated,
            "path" | "terraform" | "count" | "self" => false,
            _ => true,
        },
        _ => false,
    }
}
