//! Which attributes the source sets, and from what: what parity compares, and what it can explain.

use super::modules::{Instances, address};
use super::retarget::Work;
use super::syntax::{Reference, Step, labels, place};
use hcl_edit::structure::{Body, Structure};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Where the value of an attribute comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// The text of the source, and what can be computed from it.
    Text,
    /// Other objects, directly or through locals and modules.
    Objects,
}

/// What the source says in so many words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Configured {
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
    /// The attributes that the source sets for a resource; none where it does not have the resource.
    pub(crate) fn attributes(&self, address: &str) -> Option<&BTreeMap<String, Origin>> {
        self.attributes.get(address)
    }

    /// Whether a text stands in the source as it is.
    pub(crate) fn wrote(&self, text: &str) -> bool {
        !text.is_empty()
            && (self.texts.contains(text) || {
                let quoted = format!("\"{text}\"");
                self.quoting.iter().any(|quoting| quoting.contains(&quoted))
            })
    }

    /// Whether a number stands in the source as it is.
    pub(crate) fn wrote_number(&self, number: &str) -> bool {
        self.numbers.contains(number)
    }

    pub(crate) fn of(work: &Work<'_>, instances: &Instances) -> Self {
        let locals = locals_from_objects(work);
        let mut configured = Self::default();
        for (file, parsed) in &work.parsed {
            let written = |ranges: &[std::ops::Range<usize>]| -> Vec<String> {
                ranges.iter().filter_map(|range| parsed.text.get(range.clone())).map(str::to_owned).collect()
            };
            let texts = written(&parsed.syntax.literals);
            configured.quoting.extend(texts.iter().filter(|text| text.contains('"')).cloned());
            configured.texts.extend(texts);
            configured.numbers.extend(written(&parsed.syntax.numbers));
            let folder = file.parent().map(Path::to_owned).unwrap_or_default();
            for block in parsed.syntax.blocks("resource") {
                let [resource_type, name] = labels(block)[..] else { continue };
                let mut attributes = BTreeMap::new();
                let source = Source { references: &parsed.syntax.references, folder: &folder, locals: &locals };
                source.collect(&block.body, &mut attributes);
                for path in instances.get(&folder).into_iter().flatten() {
                    let known: &mut BTreeMap<String, Origin> =
                        configured.attributes.entry(address(path, resource_type, name)).or_default();
                    known.extend(attributes.clone());
                }
            }
        }
        configured
    }
}

/// A file's references, in the order of the text, and what decides where they lead.
struct Source<'a> {
    references: &'a [Reference],
    folder: &'a Path,
    locals: &'a BTreeSet<(PathBuf, String)>,
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

fn is_object(reference: &Reference, folder: &Path, locals: &BTreeSet<(PathBuf, String)>, repeated: bool) -> bool {
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

/// Locals that come from objects, through as many other locals as it takes.
fn locals_from_objects(work: &Work<'_>) -> BTreeSet<(PathBuf, String)> {
    let mut found = BTreeSet::new();
    loop {
        let known = found.len();
        for (file, parsed) in &work.parsed {
            let folder = file.parent().map(Path::to_owned).unwrap_or_default();
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
        if found.len() == known {
            return found;
        }
    }
}
