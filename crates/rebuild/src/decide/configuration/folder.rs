//! One module's folder: its blocks, with override files merged into them as Terraform merges them.
//!
//! Source: Terraform's documentation, "Override Files": each argument of a block by itself, those of `lifecycle` too;
//! a nested block of another kind replaces all of its kind.

use super::document::{Body, Document};
use super::value::{Kind, Value};
use crate::observe::SourceError;
use indexmap::IndexMap;
use pilotlight_drift::ignore::{DefaultTags, IgnoreChanges, IgnoreTags, IgnoredPath, ProviderConfiguration};
use pilotlight_findings::Span;
use pilotlight_tfstate::{AttributePath, IndexKey, PathStep};
use std::collections::BTreeSet;

/// A file of a module.
pub(crate) struct File {
    /// Its name in errors and findings.
    pub(crate) shown: String,
    pub(crate) text: String,
    pub(crate) is_json: bool,
    pub(crate) is_override: bool,
}

/// What a module's folder has.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    /// By type and name.
    pub(crate) resources: IndexMap<(String, String), Resource>,
    pub(crate) calls: IndexMap<String, Call>,
    /// By local name and alias.
    pub(crate) providers: IndexMap<ProviderName, ProviderConfiguration>,
    /// From, to, and where.
    pub(crate) moved: Vec<(String, String, Span)>,
}

/// A provider as a module names it: its local name and an alias.
pub(crate) type ProviderName = (String, Option<String>);

#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) span: Span,
    pub(crate) arguments: BTreeSet<String>,
    pub(crate) ignore_changes: IgnoreChanges,
    pub(crate) provider: ProviderName,
}

/// A `module` block.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) span: Span,
    /// None where it is computed.
    pub(crate) source: Option<String>,
    /// The module's own name of a provider, and the caller's.
    pub(crate) providers: IndexMap<ProviderName, ProviderName>,
}

impl Folder {
    /// Reads the files of a folder, in the order of their names.
    pub(crate) fn parse(files: &[File]) -> Result<Self, SourceError> {
        let mut folder = Self::default();
        let (overrides, own): (Vec<&File>, Vec<&File>) = files.iter().partition(|file| file.is_override);
        for file in own.into_iter().chain(overrides) {
            let document = Document::parse(&file.shown, &file.text, file.is_json)?;
            folder.add(&document.body(), file.is_override);
        }
        Ok(folder)
    }

    fn add(&mut self, file: &Body<'_>, is_override: bool) {
        for block in file.blocks("resource", 2) {
            let [resource_type, name] = &block.labels[..] else { continue };
            let changes = ignore_changes(&block.body);
            let provider = block.body.value("provider").and_then(|value| provider_name(&value.path()?));
            let arguments = block.body.names();
            let key = (resource_type.clone(), name.clone());
            match self.resources.get_mut(&key) {
                Some(known) => {
                    known.arguments.extend(arguments);
                    known.ignore_changes = merged(std::mem::take(&mut known.ignore_changes), changes);
                    known.provider = provider.unwrap_or_else(|| known.provider.clone());
                }
                None if is_override => {}
                None => {
                    let by_type = || (resource_type.split('_').next().unwrap_or_default().to_owned(), None);
                    let provider = provider.unwrap_or_else(by_type);
                    let ignore_changes = changes.unwrap_or_default();
                    self.resources.insert(key, Resource { span: block.span, arguments, ignore_changes, provider });
                }
            }
        }
        for block in file.blocks("module", 1) {
            let source = block.body.value("source").and_then(|value| value.text().map(str::to_owned));
            let passed = block.body.value("providers").map(|value| passed(&value));
            let known = self.calls.entry(block.labels.concat()).or_insert_with(|| Call {
                span: block.span,
                source: None,
                providers: IndexMap::new(),
            });
            known.source = source.or_else(|| known.source.take());
            known.providers = passed.unwrap_or_else(|| std::mem::take(&mut known.providers));
        }
        for block in file.blocks("provider", 1) {
            let alias = block.body.value("alias").and_then(|value| value.text().map(str::to_owned));
            let ignored = block.body.blocks("ignore_tags", 0).into_iter().last();
            let ignored = ignored.map(|inner| ignore_tags(&inner.body, inner.span));
            let default =
                block.body.blocks("default_tags", 0).into_iter().last().map(|inner| default_tags(&inner.body));
            let known = self.providers.entry((block.labels.concat(), alias)).or_insert_with(|| ProviderConfiguration {
                span: block.span,
                ignore_tags: IgnoreTags::default(),
                default_tags: DefaultTags::default(),
            });
            known.ignore_tags = ignored.unwrap_or_else(|| std::mem::take(&mut known.ignore_tags));
            known.default_tags = default.unwrap_or_else(|| std::mem::take(&mut known.default_tags));
        }
        for block in file.blocks("moved", 0) {
            let address = |name| Some(block.body.value(name)?.path()?.to_string());
            if let (Some(from), Some(to)) = (address("from"), address("to")) {
                self.moved.push((from, to, block.span));
            }
        }
    }
}

/// What an override makes of `ignore_changes`. Terraform never takes `all` back: it keeps it apart from the list.
/// Source: `internal/configs/module_merge.go`, `Resource.merge`.
fn merged(known: IgnoreChanges, later: Option<IgnoreChanges>) -> IgnoreChanges {
    match (known, later) {
        (all @ IgnoreChanges::All(_), _) => all,
        (known, later) => later.unwrap_or(known),
    }
}

/// What a resource's `lifecycle` says; none where it does not say anything of it.
fn ignore_changes(resource: &Body<'_>) -> Option<IgnoreChanges> {
    let lifecycles = resource.blocks("lifecycle", 0);
    let value = lifecycles.iter().find_map(|block| block.body.value("ignore_changes"))?;
    let is_all = |value: &Value| value.path().is_some_and(|path| path == AttributePath::attribute("all"));
    let Kind::List(items) = &value.kind else {
        return Some(match is_all(&value) {
            true => IgnoreChanges::All(value.span),
            false => IgnoreChanges::Paths { paths: Vec::new(), unknown: vec![value.span] },
        });
    };
    // Terraform 0.11 and 0.12 wrote `all` as a list with a star.
    if let Some(star) = items.iter().find(|item| item.text() == Some("*")) {
        return Some(IgnoreChanges::All(star.span.clone()));
    }
    let mut paths = Vec::new();
    let mut unknown = Vec::new();
    for item in items {
        match item.path() {
            Some(path) => paths.push(IgnoredPath { path, span: item.span.clone() }),
            None => unknown.push(item.span.clone()),
        }
    }
    // To Terraform an empty list says nothing, also in an override.
    (!items.is_empty()).then_some(IgnoreChanges::Paths { paths, unknown })
}

fn ignore_tags(block: &Body<'_>, span: Span) -> IgnoreTags {
    let mut ignored = IgnoreTags { span: Some(span), ..IgnoreTags::default() };
    for (name, texts) in [("keys", &mut ignored.keys), ("key_prefixes", &mut ignored.key_prefixes)] {
        let Some(value) = block.value(name) else { continue };
        match &value.kind {
            Kind::Null => {}
            Kind::List(items) => {
                for item in items {
                    match item.text() {
                        Some(text) => _ = texts.insert(text.to_owned()),
                        None => ignored.unknown.push(item.span.clone()),
                    }
                }
            }
            _ => ignored.unknown.push(value.span),
        }
    }
    ignored
}

fn default_tags(block: &Body<'_>) -> DefaultTags {
    let mut default = DefaultTags::default();
    let Some(value) = block.value("tags") else { return default };
    match &value.kind {
        Kind::Null => {}
        Kind::Map(entries) => {
            for (key, value) in entries {
                match value.text() {
                    Some(text) => _ = default.tags.insert(key.clone(), text.to_owned()),
                    None => default.unknown.push(value.span.clone()),
                }
            }
        }
        _ => default.unknown.push(value.span),
    }
    default
}

/// The `providers` of a module call.
fn passed(value: &Value) -> IndexMap<ProviderName, ProviderName> {
    let Kind::Map(entries) = &value.kind else { return IndexMap::new() };
    let entry = |(inside, outside): &(String, Value)| {
        let inside = match inside.split_once('.') {
            Some((name, alias)) => (name.to_owned(), Some(alias.to_owned())),
            None => (inside.clone(), None),
        };
        Some((inside, provider_name(&outside.path()?)?))
    };
    entries.iter().filter_map(entry).collect()
}

/// `aws`, `aws.west`; OpenTofu's `aws.by_region["x"]` is the alias `by_region`.
fn provider_name(path: &AttributePath) -> Option<ProviderName> {
    match &path.0[..] {
        [PathStep::Attribute(name)] => Some((name.clone(), None)),
        [PathStep::Attribute(name), PathStep::Attribute(alias)]
        | [PathStep::Attribute(name), PathStep::Attribute(alias), PathStep::Index(IndexKey::Str(_))] => {
            Some((name.clone(), Some(alias.clone())))
        }
        _ => None,
    }
}
