//! Which attributes the source sets, and from what: what parity compares, and what it can explain.

use super::modules::{Instances, address};
use super::retarget::Work;
use super::syntax::{Reference, Step, labels, references_in};
use hcl_edit::expr::Expression;
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

/// Attributes by the address of their resource, without keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Configured(BTreeMap<String, BTreeMap<String, Origin>>);

impl Configured {
    /// The attributes that the source sets for a resource; none where it does not have the resource.
    pub(crate) fn attributes(&self, address: &str) -> Option<&BTreeMap<String, Origin>> {
        self.0.get(address)
    }

    pub(crate) fn of(work: &Work<'_>, instances: &Instances) -> Self {
        let locals = locals_from_objects(work);
        let mut configured = BTreeMap::new();
        for (file, parsed) in &work.parsed {
            let folder = file.parent().map(Path::to_owned).unwrap_or_default();
            for block in parsed.syntax.blocks("resource") {
                let [resource_type, name] = labels(block)[..] else { continue };
                let mut attributes = BTreeMap::new();
                collect(&block.body, &folder, &locals, &mut attributes);
                for path in instances.get(&folder).into_iter().flatten() {
                    let known: &mut BTreeMap<String, Origin> =
                        configured.entry(address(path, resource_type, name)).or_default();
                    known.extend(attributes.clone());
                }
            }
        }
        Self(configured)
    }
}

fn collect(
    body: &Body,
    folder: &Path,
    locals: &BTreeSet<(PathBuf, String)>,
    attributes: &mut BTreeMap<String, Origin>,
) {
    // `each.value` is what `for_each` is.
    let repeated = body.iter().any(|structure| match structure {
        Structure::Attribute(attribute) => {
            attribute.key.as_str() == "for_each" && from_objects(&attribute.value, folder, locals, false)
        }
        Structure::Block(_) => false,
    });
    for structure in body.iter() {
        let (name, origin) = match structure {
            Structure::Attribute(attribute) => {
                (attribute.key.as_str(), from_objects(&attribute.value, folder, locals, repeated))
            }
            Structure::Block(block) => {
                let name = match (block.ident.as_str(), &labels(block)[..]) {
                    ("dynamic", [name]) => name,
                    (name, _) => name,
                };
                (name, block_from_objects(&block.body, folder, locals, repeated))
            }
        };
        let origin = if origin { Origin::Objects } else { Origin::Text };
        let known = attributes.entry(name.to_owned()).or_insert(origin);
        *known = (*known).max(origin);
    }
}

fn block_from_objects(body: &Body, folder: &Path, locals: &BTreeSet<(PathBuf, String)>, repeated: bool) -> bool {
    body.iter().any(|structure| match structure {
        Structure::Attribute(attribute) => from_objects(&attribute.value, folder, locals, repeated),
        Structure::Block(block) => block_from_objects(&block.body, folder, locals, repeated),
    })
}

fn from_objects(expression: &Expression, folder: &Path, locals: &BTreeSet<(PathBuf, String)>, repeated: bool) -> bool {
    references_in(expression).iter().any(|reference| is_object(reference, folder, locals, repeated))
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
                    if let Structure::Attribute(attribute) = structure
                        && from_objects(&attribute.value, &folder, &found, false)
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
