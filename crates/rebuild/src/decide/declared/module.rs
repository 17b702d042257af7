//! What one module declares.

use super::Undeclared;
use crate::decide::json::Json;
use crate::decide::sources::Source;
use crate::decide::syntax::{Syntax, attribute, blocks, labels, literal, place};
use crate::observe::{is_override, normalize};
use hcl_edit::structure::Structure;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A type and a name.
pub(super) type Entry = (String, String);
type Place = (PathBuf, Range<usize>);

/// Arguments of a call that are Terraform's own.
const META: [&str; 6] = ["source", "version", "count", "for_each", "providers", "depends_on"];

/// What a module declares.
#[derive(Default)]
pub(super) struct Declares {
    /// With whether each has a default.
    pub(super) variables: BTreeMap<String, bool>,
    pub(super) locals: HashSet<String>,
    pub(super) outputs: HashSet<String>,
    pub(super) calls: BTreeMap<String, ModuleBlock>,
    pub(super) resources: HashSet<Entry>,
    pub(super) data: HashSet<Entry>,
    /// What two files declare, and neither overrides the other.
    pub(super) twice: Vec<Undeclared>,
}

/// A `module` block, with what override files add to it.
#[derive(Default)]
pub(super) struct ModuleBlock {
    pub(super) place: Place,
    pub(super) arguments: BTreeMap<String, Place>,
    /// Whether it has instances with keys.
    pub(super) is_many: bool,
    sources: BTreeSet<String>,
}

impl ModuleBlock {
    /// The folder of a local module; none where files name several.
    pub(super) fn folder(&self, caller: &Path) -> Option<PathBuf> {
        let [source] = &self.sources.iter().collect::<Vec<_>>()[..] else { return None };
        let local = source.starts_with("./") || source.starts_with("../");
        local.then(|| normalize(&caller.join(source)))
    }
}

impl Declares {
    pub(super) fn of(files: &[(PathBuf, Source)]) -> Self {
        let mut own = Self::default();
        let mut seen = HashMap::new();
        for (file, source) in files {
            match source {
                Source::Hcl(parsed) => own.hcl(file, &parsed.syntax, &mut seen),
                Source::Json(document) => own.json(file, &document.json),
            }
        }
        own
    }

    fn hcl(&mut self, file: &Path, syntax: &Syntax, seen: &mut HashMap<String, Place>) {
        for block in syntax.body.iter().filter_map(Structure::as_block) {
            let names = labels(block);
            let mut declared = Vec::new();
            match (block.ident.as_str(), &names[..]) {
                ("variable", [name]) => {
                    let has_default = attribute(&block.body, "default").is_some();
                    *self.variables.entry((*name).to_owned()).or_default() |= has_default;
                    declared.push((format!("variable {name}"), place(block)));
                }
                ("output", [name]) => {
                    self.outputs.insert((*name).to_owned());
                    declared.push((format!("output {name}"), place(block)));
                }
                ("locals", []) => {
                    for local in block.body.iter().filter_map(Structure::as_attribute) {
                        self.locals.insert(local.key.as_str().to_owned());
                        declared.push((format!("local.{}", local.key.as_str()), place(&local.key)));
                    }
                }
                ("resource", [kind, name]) => {
                    self.resources.insert(((*kind).to_owned(), (*name).to_owned()));
                    declared.push((format!("{kind}.{name}"), place(block)));
                }
                ("data", [kind, name]) => {
                    self.data.insert(((*kind).to_owned(), (*name).to_owned()));
                    declared.push((format!("data.{kind}.{name}"), place(block)));
                }
                ("check", _) => {
                    let names = blocks(&block.body, "data").map(labels);
                    self.data.extend(names.filter_map(|names| match names[..] {
                        [kind, name] => Some((kind.to_owned(), name.to_owned())),
                        _ => None,
                    }));
                }
                ("module", [name]) => {
                    let call = self.calls.entry((*name).to_owned()).or_default();
                    if call.place.0.as_os_str().is_empty() {
                        call.place = (file.to_owned(), place(block));
                    }
                    for one in block.body.iter().filter_map(Structure::as_attribute) {
                        let key = one.key.as_str();
                        match key {
                            // One that is computed is nowhere known.
                            "source" => drop(call.sources.insert(literal(&one.value).unwrap_or("").to_owned())),
                            "count" | "for_each" => call.is_many = true,
                            _ if META.contains(&key) => {}
                            _ => drop(call.arguments.insert(key.to_owned(), (file.to_owned(), place(&one.key)))),
                        }
                    }
                    declared.push((format!("module.{name}"), place(block)));
                }
                _ => {}
            }
            // OpenTofu takes `main.tofu` in place of `main.tf`.
            if is_override(file) || file.extension().is_none_or(|kind| kind != "tf") {
                continue;
            }
            for (what, range) in declared {
                match seen.get(&what) {
                    Some((first, _)) => self.twice.push(Undeclared {
                        file: file.to_owned(),
                        range,
                        message: format!("{what} is declared twice: {} declares it too", first.display()),
                        remedy: "take one of them out, or give it another name".to_owned(),
                    }),
                    None => drop(seen.insert(what, (file.to_owned(), range))),
                }
            }
        }
    }

    fn json(&mut self, file: &Path, document: &Json) {
        let named = |kind: &str| {
            let blocks = document.blocks(kind, 1).into_iter();
            blocks.filter_map(|(labels, body)| Some((labels.first()?.key.clone(), body))).collect::<Vec<_>>()
        };
        let entries = |within: &Json, kind: &str| {
            let blocks = within.blocks(kind, 2).into_iter();
            let entries = blocks.filter_map(|(labels, _)| match labels[..] {
                [kind, name] => Some((kind.key.clone(), name.key.clone())),
                _ => None,
            });
            entries.collect::<Vec<Entry>>()
        };
        for (name, body) in named("variable") {
            *self.variables.entry(name).or_default() |= body.member("default").is_some();
        }
        self.outputs.extend(named("output").into_iter().map(|(name, _)| name));
        for (_, body) in document.blocks("locals", 0) {
            self.locals.extend(body.members().into_iter().map(|member| member.key.clone()));
        }
        self.resources.extend(entries(document, "resource"));
        self.data.extend(entries(document, "data"));
        for (_, check) in named("check") {
            self.data.extend(entries(check, "data"));
        }
        for (name, body) in named("module") {
            let call = self.calls.entry(name).or_default();
            if call.place.0.as_os_str().is_empty() {
                call.place = (file.to_owned(), body.range.clone());
            }
            for member in body.members() {
                match member.key.as_str() {
                    "source" => drop(call.sources.insert(member.value.text().unwrap_or("").to_owned())),
                    "count" | "for_each" => call.is_many = true,
                    // A comment, as JSON has none.
                    "//" => {}
                    key if META.contains(&key) => {}
                    key => drop(call.arguments.insert(key.to_owned(), (file.to_owned(), member.key_range.clone()))),
                }
            }
        }
    }
}
