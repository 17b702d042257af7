//! Resources that the standby does not make: those that the plan leaves out, and those that are one for
//! all regions. Their blocks go; what refers to them gets the value that the primary's state has.

use super::global::is_global;
use super::literal;
use super::modules::{Instances, address};
use super::retarget::{GlobalResource, Rule, Work};
use super::syntax::{Reference, Step, labels, place, references_in};
use crate::observe::FileKind;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Body, Structure};
use pilotlight_findings::{Severity, Subject, codes};
use pilotlight_tfstate::{AttributePath, IndexKey, PathStep, State, is_sensitive};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Resources that go, by folder, type and name.
type Gone = BTreeMap<(PathBuf, String, String), Rule>;

pub(crate) fn remove(work: &mut Work<'_>, instances: &Instances) {
    let gone = find(work, instances);
    let files: Vec<PathBuf> = work.parsed.keys().cloned().collect();
    for file in files {
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        remove_blocks(work, &file, &folder, &gone);
        remove_dependencies(work, &file, &folder, &gone);
        replace_references(work, &file, &folder, &gone, instances);
    }
}

/// Which resources go, and a word about what the plan names and the source does not have.
fn find(work: &mut Work<'_>, instances: &Instances) -> Gone {
    let mut gone = Gone::new();
    let excluded = &work.input.stack.standby.exclude;
    let mut used = vec![false; excluded.len()];
    let mut globals = Vec::new();
    let mut partly = Vec::new();
    for (folder, resource_type, name, file, range) in declared(work) {
        let addresses: Vec<String> =
            instances.get(&folder).into_iter().flatten().map(|path| address(path, &resource_type, &name)).collect();
        let left_out = |wanted: &String| excluded.iter().position(|address| address == wanted);
        let hits: Vec<usize> = addresses.iter().filter_map(left_out).collect();
        hits.iter().for_each(|hit| used[*hit] = true);
        let rule = match () {
            () if is_global(&resource_type) => Rule::Global,
            () if hits.is_empty() => continue,
            () if hits.len() < addresses.len() => {
                partly.push((file, range, addresses));
                continue;
            }
            () => Rule::Exclude,
        };
        if FileKind::of(&file) == FileKind::Json {
            let what = format!("{resource_type}.{name} stands in a JSON file and is not to be made in the standby");
            work.ask(
                &file,
                range,
                what,
                "blocks of JSON files are not removed: write it as HCL (terraform fmt reads no JSON)",
                None,
            );
            continue;
        }
        globals.extend(addresses.into_iter().map(|address| GlobalResource { address, rule }));
        gone.insert((folder, resource_type, name), rule);
    }
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
        work.note(
            codes::R_OPTION_UNUSED,
            Severity::Warning,
            subject,
            format!("exclude names {address}, which the source does not have"),
        );
    }
    gone
}

/// Every managed resource of the source, with its place.
fn declared(work: &Work<'_>) -> Vec<(PathBuf, String, String, PathBuf, Range<usize>)> {
    let mut declared = Vec::new();
    for (file, bytes) in &work.tree.files {
        let Some(folder) = file.parent().filter(|folder| work.tree.modules.contains(*folder)) else { continue };
        if let Some(parsed) = work.parsed.get(file) {
            for block in parsed.syntax.blocks("resource") {
                if let [resource_type, name] = labels(block)[..] {
                    declared.push((
                        folder.to_owned(),
                        resource_type.to_owned(),
                        name.to_owned(),
                        file.clone(),
                        place(block),
                    ));
                }
            }
        } else if FileKind::of(file) == FileKind::Json {
            let document: Value = serde_json::from_slice(bytes).unwrap_or_default();
            for (resource_type, names) in document["resource"].as_object().into_iter().flatten() {
                for name in names.as_object().into_iter().flat_map(|names| names.keys()) {
                    declared.push((folder.to_owned(), resource_type.clone(), name.clone(), file.clone(), 0..0));
                }
            }
        }
    }
    declared
}

fn remove_blocks(work: &mut Work<'_>, file: &Path, folder: &Path, gone: &Gone) {
    let parsed = &work.parsed[file];
    let mut edits = Vec::new();
    for structure in parsed.syntax.body.iter() {
        let Structure::Block(block) = structure else { continue };
        let (rule, reason) = match (block.ident.as_str(), &labels(block)[..]) {
            ("resource", [resource_type, name]) => match gone.get(&key(folder, resource_type, name)) {
                Some(Rule::Global) => (
                    Rule::Global,
                    format!("one {resource_type} serves every region: the standby refers to the primary's"),
                ),
                Some(rule) => (*rule, "the plan leaves it out of the standby".to_owned()),
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

fn key(folder: &Path, resource_type: &str, name: &str) -> (PathBuf, String, String) {
    (folder.to_owned(), resource_type.to_owned(), name.to_owned())
}

fn gone_reference(reference: &Reference, folder: &Path, gone: &Gone) -> Option<Rule> {
    gone.get(&key(folder, reference.name(0)?, reference.name(1)?)).copied()
}

fn mentions(body: &Body, folder: &Path, gone: &Gone) -> bool {
    body.iter().any(|structure| match structure {
        Structure::Attribute(attribute) => {
            references_in(&attribute.value).iter().any(|reference| gone_reference(reference, folder, gone).is_some())
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

/// `depends_on = [aws_iam_role.x, aws_vpc.y]` keeps what is left.
fn remove_dependencies(work: &mut Work<'_>, file: &Path, folder: &Path, gone: &Gone) {
    fn walk(body: &Body, each: &mut dyn FnMut(&hcl_edit::structure::Attribute)) {
        for structure in body.iter() {
            match structure {
                Structure::Attribute(attribute) => each(attribute),
                Structure::Block(block) => walk(&block.body, each),
            }
        }
    }
    let parsed = &work.parsed[file];
    let mut edits = Vec::new();
    walk(&parsed.syntax.body, &mut |attribute| {
        if !matches!(attribute.key.as_str(), "depends_on" | "replace_triggered_by") {
            return;
        }
        let Expression::Array(items) = &attribute.value else { return };
        let is_gone =
            |item: &&Expression| references_in(item).iter().any(|found| gone_reference(found, folder, gone).is_some());
        let left: Vec<&str> =
            items.iter().filter(|item| !is_gone(item)).map(|item| &parsed.text[place(item)]).collect();
        if left.len() == items.len() {
            return;
        }
        let rule = items
            .iter()
            .find_map(|item| references_in(item).iter().find_map(|found| gone_reference(found, folder, gone)));
        let (range, new) = match left.is_empty() {
            true => (whole_line(&parsed.text, place(attribute)), String::new()),
            false => (place(&attribute.value), format!("[{}]", left.join(", "))),
        };
        edits.push((range, new, rule.unwrap_or(Rule::Exclude)));
    });
    for (range, new, rule) in edits {
        work.edit(file, range, new, rule, "the standby does not have it");
    }
}

fn whole_line(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1);
    start..end
}

fn replace_references(work: &mut Work<'_>, file: &Path, folder: &Path, gone: &Gone, instances: &Instances) {
    let modules = instances.get(folder).cloned().unwrap_or_default();
    let found: Vec<(Reference, Rule)> = work.parsed[file]
        .syntax
        .references
        .iter()
        .filter_map(|reference| Some((reference.clone(), gone_reference(reference, folder, gone)?)))
        .collect();
    // What stands in a block or list that goes needs no value.
    let dropped: Vec<Range<usize>> = work.edited_ranges(file);
    for (reference, rule) in found {
        if dropped.iter().any(|range| range.start <= reference.span.start && reference.span.end <= range.end) {
            continue;
        }
        let text = work.parsed[file].text[reference.span.clone()].to_owned();
        match recorded_value(work.input.recorded, &modules, &reference) {
            Ok(value) => {
                let (range, new) = match (&reference.interpolation, &value) {
                    (Some(range), Value::String(value)) => (range.clone(), literal::quoted(value)),
                    (Some(range), Value::Number(_) | Value::Bool(_)) => (range.clone(), value.to_string()),
                    _ => (reference.span.clone(), literal::expression(&value)),
                };
                work.edit(file, range, new, rule, format!("the value of {text} in the primary's state"));
            }
            Err(why) => {
                let user = format!("{text} is not made in the standby, and its value is not known: {why}");
                let needs = match rule {
                    Rule::Exclude => "take the address out of exclude, or exclude what uses it too",
                    _ => "apply the stack in the primary first, so that its state has the value",
                };
                work.ask(file, reference.span.clone(), user, needs, None);
            }
        }
    }
}

/// The value of a reference in every module instance, where they agree.
fn recorded_value(state: Option<&State>, modules: &[Vec<String>], reference: &Reference) -> Result<Value, String> {
    let state = state.ok_or("there is no state of the primary")?;
    let mut values: Vec<Value> = Vec::new();
    for module in modules {
        for value in values_in(state, module, reference)? {
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }
    match values.len() {
        0 => Err("the primary's state does not have it".to_owned()),
        1 => Ok(values.remove(0)),
        _ => Err("instances of the module have different ones".to_owned()),
    }
}

fn values_in(state: &State, module: &[String], reference: &Reference) -> Result<Vec<Value>, String> {
    let (Some(resource_type), Some(name)) = (reference.name(0), reference.name(1)) else { return Ok(Vec::new()) };
    let (key, rest) = match reference.path.get(2) {
        Some(Step::Key(key)) => (Some(IndexKey::Str(key.clone())), &reference.path[3..]),
        Some(Step::Index(index)) => (i64::try_from(*index).ok().map(IndexKey::Int), &reference.path[3..]),
        Some(Step::Computed) => return Err("its key is computed".to_owned()),
        _ => (None, &reference.path[2..]),
    };
    let Some((Step::Name(attribute), inner)) = rest.split_first() else {
        return Err("all of it is asked for, not one attribute".to_owned());
    };
    let mut values = Vec::new();
    for managed in state.managed().filter(|managed| !managed.is_deposed()) {
        let address = managed.address();
        let same = address.module.iter().map(|step| &step.name).eq(module)
            && address.resource_type == resource_type
            && address.name == name;
        if !same || address.key != key {
            continue;
        }
        let mut path = AttributePath::attribute(attribute);
        let mut value =
            managed.attributes().get(attribute).ok_or_else(|| format!("it has no attribute {attribute}"))?;
        for step in inner {
            let (next, step) = match step {
                Step::Name(name) | Step::Key(name) => (value.get(name), PathStep::Attribute(name.clone())),
                Step::Index(index) => {
                    let at = usize::try_from(*index).unwrap_or(usize::MAX);
                    (value.get(at), PathStep::Index(IndexKey::Int(i64::try_from(*index).unwrap_or(i64::MAX))))
                }
                Step::Computed => return Err("a part of it is computed".to_owned()),
            };
            value = next.ok_or("it has no such part")?;
            path.0.push(step);
        }
        if is_sensitive(&path, managed.sensitive()) {
            return Err("it is sensitive, and secrets are not written into files".to_owned());
        }
        values.push(value.clone());
    }
    Ok(values)
}
