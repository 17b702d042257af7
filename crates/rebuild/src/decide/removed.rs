//! Resources that the standby does not make: those that the plan leaves out, and those that are one for
//! all regions. Their blocks go; what refers to them gets the value that the primary's state has.

use super::data::bucket::{self, is_replication};
use super::global::{is_global_block, is_global_in_json};
use super::modules::{Calls, ExcludedModules, Instances, address};
use super::per_call::{PerCall, Place};
use super::ranges::is_within;
use super::recorded::Unknown;
use super::retarget::{GlobalResource, Rule, Work};
use super::syntax::{Reference, Step, attribute, labels, place, references_in};
use super::{dependencies, fetched, json_removed, literal, recorded, self_copies};
use crate::observe::FileKind;
use hcl_edit::structure::{Body, Structure};
use pilotlight_findings::{Severity, Subject, codes};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Resources that go.
#[derive(Debug, Default)]
pub(crate) struct Gone {
    /// By folder, type and name: every reference of the source is looked up, and few are of what goes.
    resources: BTreeMap<PathBuf, BTreeMap<String, BTreeMap<String, Rule>>>,
    calls: Calls,
}

impl Gone {
    /// The rule by which what a reference of a module names goes; none where it stays.
    pub(crate) fn rule(&self, reference: &Reference, folder: &Path) -> Option<Rule> {
        self.rule_of(folder, reference.name(0)?, reference.name(1)?)
    }

    /// The same by the first two steps of an address.
    pub(crate) fn rule_of(&self, folder: &Path, first: &str, name: &str) -> Option<Rule> {
        match first {
            "module" if self.calls.is_empty() => None,
            "module" => self.calls.contains(&(folder.to_owned(), name.to_owned())).then_some(Rule::Exclude),
            resource_type => self.resources.get(folder)?.get(resource_type)?.get(name).copied(),
        }
    }

    fn insert(&mut self, folder: PathBuf, resource_type: &str, name: &str, rule: Rule) {
        let of_folder = self.resources.entry(folder).or_default();
        of_folder.entry(resource_type.to_owned()).or_default().insert(name.to_owned(), rule);
    }
}

pub(crate) fn remove(work: &mut Work<'_>, instances: &Instances, modules: &ExcludedModules) {
    let gone = find(work, instances, modules);
    let files: Vec<PathBuf> = work.parsed.keys().cloned().collect();
    let mut per_call = PerCall::default();
    for file in files {
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        remove_blocks(work, &file, &folder, &gone);
        dependencies::remove(work, &file, &folder, &gone);
        replace_references(work, &file, &folder, &gone, instances, &mut per_call);
    }
    per_call.settle(work, instances);
    let documents: Vec<PathBuf> =
        work.json.keys().filter(|file| FileKind::of(file) == FileKind::Json).cloned().collect();
    for file in documents {
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        let modules = instances.get(&folder).cloned().unwrap_or_default();
        json_removed::remove(work, &file, &folder, &gone, &modules);
    }
}

/// Which resources go, and a word about what the plan names and the source does not have.
fn find(work: &mut Work<'_>, instances: &Instances, modules: &ExcludedModules) -> Gone {
    let mut gone = Gone { calls: modules.calls.clone(), ..Gone::default() };
    let excluded = &work.input.stack.standby.exclude;
    let mut used: Vec<bool> = excluded.iter().map(|address| modules.addresses.contains(address)).collect();
    let left_out = modules.addresses.iter().cloned();
    let mut globals: Vec<_> = left_out.map(|address| GlobalResource { address, rule: Rule::Exclude }).collect();
    let mut partly = Vec::new();
    let pointing_back = bucket::pointing_back(work, instances);
    let declared = declared(work);
    let of_module = |folder: &Path, resource_type: &str, name: &str| -> Vec<String> {
        instances.get(folder).into_iter().flatten().map(|path| address(path, resource_type, name)).collect()
    };
    // A module of which one global resource is made comes with the standby root, and all of its others go.
    let in_use: BTreeSet<PathBuf> = declared
        .iter()
        .filter(|one| one.is_global && fetched::is_fetched(&one.folder))
        .filter(|one| !fetched::is_unused(work, &one.folder, &of_module(&one.folder, &one.resource_type, &one.name)))
        .map(|one| one.folder.clone())
        .collect();
    for Declared { folder, resource_type, name, file, range, is_global } in declared {
        let addresses = of_module(&folder, &resource_type, &name);
        let is_named = addresses.iter().any(|address| excluded.contains(address));
        let is_unused = is_global && fetched::is_fetched(&folder) && !in_use.contains(&folder);
        if addresses.is_empty() || is_unused && !is_named {
            continue;
        }
        let left_out = |wanted: &String| excluded.iter().position(|address| address == wanted);
        let hits: Vec<usize> = addresses.iter().filter_map(left_out).collect();
        hits.iter().for_each(|hit| used[*hit] = true);
        let rule = match () {
            () if is_global => Rule::Global,
            () if is_replication(&resource_type) && pointing_back.contains(&(folder.clone(), name.clone())) => {
                Rule::Data
            }
            () if hits.is_empty() => continue,
            () if hits.len() < addresses.len() => {
                partly.push((file, range, addresses));
                continue;
            }
            () => Rule::Exclude,
        };
        globals.extend(addresses.into_iter().map(|address| GlobalResource { address, rule }));
        gone.insert(folder, &resource_type, &name, rule);
    }
    globals.extend(logging_of_gone(work, instances, &mut gone));
    for (file, range, addresses) in partly {
        let needs = format!("leave out all of {} or none: they are one block", addresses.join(", "));
        let line = format!(
            "exclude = [{}]",
            addresses.iter().map(|address| format!("\"{address}\"")).collect::<Vec<_>>().join(", ")
        );
        work.ask(&file, range, "only some instances of this module's resource are excluded", needs, Some(line));
    }
    globals.sort_by(|a, b| a.address.cmp(&b.address));
    work.result.globals = globals;
    let unused: Vec<String> =
        excluded.iter().zip(used).filter(|(_, used)| !used).map(|(address, _)| address.clone()).collect();
    for address in unused {
        let subject = Subject::File { span: work.input.stack.span.clone() };
        let why = match () {
            () if address.contains('[') => {
                ", and only a whole resource or module can be left out: write it without key"
            }
            () if address.contains('*') => ", and an address has no wildcards: name each resource or its module",
            () => ", which the source does not have",
        };
        let message = format!("exclude names {address}{why}");
        work.note(codes::R_OPTION_UNUSED, Severity::Error, subject, message);
    }
    gone
}

/// The logging of a web ACL does not say whose it is: it goes with one of CloudFront.
fn logging_of_gone(work: &Work<'_>, instances: &Instances, gone: &mut Gone) -> Vec<GlobalResource> {
    const LOGGING: &str = "aws_wafv2_web_acl_logging_configuration";
    let mut found = Vec::new();
    for (file, parsed) in &work.parsed {
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        for block in parsed.syntax.blocks("resource") {
            let ([LOGGING, name], Some(of)) = (&labels(block)[..], attribute(&block.body, "resource_arn")) else {
                continue;
            };
            if references_in(of).iter().any(|reference| gone.rule(reference, &folder) == Some(Rule::Global)) {
                let paths = instances.get(&folder).into_iter().flatten();
                found.extend(
                    paths.map(|path| GlobalResource { address: address(path, LOGGING, name), rule: Rule::Global }),
                );
                gone.insert(folder.clone(), LOGGING, name, Rule::Global);
            }
        }
    }
    found
}

/// A managed resource of the source.
struct Declared {
    folder: PathBuf,
    resource_type: String,
    name: String,
    file: PathBuf,
    range: Range<usize>,
    is_global: bool,
}

/// Every managed resource of the source, with its place.
fn declared(work: &Work<'_>) -> Vec<Declared> {
    let mut declared = Vec::new();
    let new = |file: &Path, resource_type: &str, name: &str, range, is_global| Declared {
        folder: file.parent().map(Path::to_owned).unwrap_or_default(),
        resource_type: resource_type.to_owned(),
        name: name.to_owned(),
        file: file.to_owned(),
        range,
        is_global,
    };
    for (file, parsed) in &work.parsed {
        for block in parsed.syntax.blocks("resource") {
            if let [resource_type, name] = labels(block)[..] {
                let is_global = is_global_block(resource_type, block);
                declared.push(new(file, resource_type, name, place(block), is_global));
            }
        }
    }
    for (file, document) in &work.json {
        for (labels, body) in document.json.blocks("resource", 2) {
            if let [resource_type, name] = labels[..] {
                let is_global = is_global_in_json(&resource_type.key, body, &document.text);
                declared.push(new(file, &resource_type.key, &name.key, name.key_range.clone(), is_global));
            }
        }
    }
    declared
}

/// Why blocks go by a rule.
pub(crate) fn reason_of(rule: Rule) -> &'static str {
    match rule {
        Rule::Global => "one object serves every region: the standby refers to the primary's",
        Rule::Import => "it would adopt an object of the primary",
        _ => "the plan leaves it out of the standby",
    }
}

fn remove_blocks(work: &mut Work<'_>, file: &Path, folder: &Path, gone: &Gone) {
    let parsed = &work.parsed[file];
    let mut edits = Vec::new();
    for structure in parsed.syntax.body.iter() {
        let Structure::Block(block) = structure else { continue };
        let (rule, reason) = match (block.ident.as_str(), &labels(block)[..]) {
            ("module", [name]) if gone.calls.contains(&(folder.to_owned(), (*name).to_owned())) => {
                (Rule::Exclude, "the plan leaves it out of the standby".to_owned())
            }
            ("resource", [resource_type, name]) => match gone.rule_of(folder, resource_type, name) {
                Some(Rule::Global) => (
                    Rule::Global,
                    format!("one {resource_type} serves every region: the standby refers to the primary's"),
                ),
                Some(Rule::Data) => (Rule::Data, "it would replicate the standby's bucket to itself".to_owned()),
                Some(rule) => (rule, "the plan leaves it out of the standby".to_owned()),
                None => continue,
            },
            ("import", _) => (Rule::Import, "it would adopt an object of the primary".to_owned()),
            ("moved" | "removed", _) if mentions(&block.body, folder, gone) => {
                (Rule::Exclude, "it is about a resource that the standby does not have".to_owned())
            }
            _ => continue,
        };
        edits.push((with_comment(&parsed.text, place(block)), rule, reason));
    }
    for (range, rule, reason) in edits {
        work.edit(file, range, "", rule, reason);
    }
}

fn mentions(body: &Body, folder: &Path, gone: &Gone) -> bool {
    body.iter().any(|structure| match structure {
        Structure::Attribute(attribute) => {
            references_in(&attribute.value).iter().any(|reference| gone.rule(reference, folder).is_some())
        }
        Structure::Block(_) => false,
    })
}

/// The block with the comment that stands right above it, its line's end, and one empty line after it.
fn with_comment(text: &str, block: Range<usize>) -> Range<usize> {
    let mut start = text[..block.start].rfind('\n').map_or(0, |at| at + 1);
    while start > 0 {
        let above = text[..start - 1].rfind('\n').map_or(0, |at| at + 1);
        let line = text[above..start].trim_start();
        if !(line.starts_with('#') || line.starts_with("//")) {
            break;
        }
        start = above;
    }
    let line_end = |from: usize| text[from..].find('\n').map_or(text.len(), |at| from + at + 1);
    let mut end = line_end(block.end);
    // A removal leaves the empty line above it and takes the one below.
    if text[end..line_end(end)].trim().is_empty() {
        end = line_end(end);
    }
    start..end
}

fn replace_references(
    work: &mut Work<'_>,
    file: &Path,
    folder: &Path,
    gone: &Gone,
    instances: &Instances,
    per_call: &mut PerCall,
) {
    let modules = instances.get(folder).cloned().unwrap_or_default();
    let found: Vec<(Reference, Rule)> = work.parsed[file]
        .syntax
        .references
        .iter()
        .filter_map(|reference| gone.rule(reference, folder).map(|rule| (reference.clone(), rule)))
        .collect();
    let spans: Vec<Range<usize>> = found.iter().map(|(reference, _)| reference.span.clone()).collect();
    // What stands in a block or list that goes needs no value.
    let dropped: Vec<Range<usize>> = work.edited_ranges(file);
    // What the primary keeps a copy of in the standby region is that copy there.
    let copied = match found.iter().any(|(_, rule)| *rule == Rule::Exclude) {
        true => self_copies::copied(work, folder),
        false => BTreeSet::new(),
    };
    let is_copied = |reference: &Reference| match (reference.name(0), reference.name(1)) {
        (Some(kind), Some(name)) => copied.contains(&(kind.to_owned(), name.to_owned())),
        _ => false,
    };
    for (reference, rule) in found {
        if dropped.iter().any(|range| is_within(&reference.span, range)) {
            continue;
        }
        let text = work.parsed[file].text[reference.span.clone()].to_owned();
        // A brace right behind `${` is set apart, as `terraform fmt` has it.
        let apart = |new: String| match work.parsed[file].text[..reference.span.start].ends_with("${")
            && new.starts_with('{')
        {
            true => format!(" {new}"),
            false => new,
        };
        if let Some(new) = nothing(work, folder, &modules, &reference, &text).map(apart) {
            work.edit(file, reference.span, new, rule, "the primary's state has no instance of it");
            continue;
        }
        let value = match recorded::value(work.input.recorded, &modules, &reference) {
            Err(Unknown::ComputedKey) if !others_within(&spans, &reference.span) => {
                match recorded::by_key(work.input.recorded, &modules, &reference, &text) {
                    Ok(new) => {
                        let new = apart(new);
                        work.edit(
                            file,
                            reference.span,
                            new,
                            rule,
                            format!("the values of {text} in the primary's state"),
                        );
                        continue;
                    }
                    Err(why) => Err(why),
                }
            }
            value => value,
        };
        match value {
            Ok(value) => {
                let is_copy = rule == Rule::Exclude && is_copied(&reference);
                let value = match (&value, reference.path.last()) {
                    (Value::String(text), Some(Step::Name(last))) => {
                        match (work.input.stack.standby.map.get(text), is_copy) {
                            (Some(mapped), _) => Value::String(mapped.clone()),
                            (None, true) if matches!(last.as_str(), "arn" | "id") => {
                                Value::String(work.words.replace(text))
                            }
                            // A stream's ARN has the hour in it at which that copy began to have one.
                            (None, true) if !work.words.find(text).is_empty() => {
                                let line = format!("map = {{ \"{text}\" = \"…\" }}");
                                let what = format!(
                                    "{} is that of the primary's object, and of its copy in {} nobody else knows it",
                                    &work.parsed[file].text[reference.span.clone()],
                                    work.input.standby
                                );
                                let needs = "look it up there, and say what stands for it";
                                work.ask(file, reference.span.clone(), what, needs, Some(line));
                                continue;
                            }
                            (None, _) => value,
                        }
                    }
                    _ => value,
                };
                let (range, new) = match (&reference.interpolation, &value) {
                    (Some(range), Value::String(value)) => (range.clone(), literal::quoted(value)),
                    (Some(range), Value::Number(_) | Value::Bool(_)) => (range.clone(), value.to_string()),
                    _ => (reference.span.clone(), literal::expression(&value)),
                };
                work.edit(file, range, new, rule, format!("the value of {text} in the primary's state"));
            }
            Err(why) => {
                let what = format!("{text} is not made in the standby, and its value is not known: {}", why.reason());
                let needs = why.remedy(rule);
                match why {
                    // Another one for each call of the module, or none for some.
                    Unknown::Differs | Unknown::NotRecorded if !folder.as_os_str().is_empty() => {
                        per_call.want(folder, Place { file: file.to_owned(), reference, rule, what, needs });
                    }
                    _ => work.ask(file, reference.span.clone(), what, needs, None),
                }
            }
        }
    }
}

/// Whether there is another reference to what goes in a reference's key.
fn others_within(spans: &[Range<usize>], outer: &Range<usize>) -> bool {
    spans.iter().any(|span| span != outer && is_within(span, outer))
}

/// What stands for a resource of which the primary has no instance, as with `count = var.create ? 1 : 0`: an empty list
/// or map, so that what asks for an instance finds none, there as here.
fn nothing(
    work: &Work<'_>,
    folder: &Path,
    modules: &[Vec<String>],
    reference: &Reference,
    text: &str,
) -> Option<String> {
    let (resource_type, name) = (reference.name(0)?, reference.name(1)?);
    // An attribute without a key is of one object.
    if matches!(reference.path.get(2), Some(Step::Name(_)))
        || !recorded::is_absent(work.input.recorded, modules, reference)
    {
        return None;
    }
    let rest = text.strip_prefix(resource_type)?.trim_start().strip_prefix('.')?;
    let rest = rest.trim_start().strip_prefix(name)?.trim_start();
    let files = work.parsed.iter().filter(|(file, _)| file.parent() == Some(folder));
    let blocks = files.flat_map(|(_, parsed)| parsed.syntax.blocks("resource"));
    let block = blocks.into_iter().find(|block| labels(block)[..] == [resource_type, name])?;
    let empty = match (attribute(&block.body, "count"), attribute(&block.body, "for_each")) {
        (Some(_), _) => "[]",
        (None, Some(_)) => "{}",
        (None, None) => return None,
    };
    Some(format!("{empty}{rest}"))
}
