//! Values that are not the same in every call of a module: each call of it passes its own.
//!
//! A module's files are one text for all of its calls. Where it refers to a role of its own, of which the primary has
//! another one for each call, the reference becomes a variable, and each call gives it what the primary's state has for
//! that call; for a call with `for_each` or `count`, by its key. Calls within modules pass it through.

use super::literal;
use super::modules::{Instances, calls_of};
use super::recorded::attribute_value;
use super::retarget::{Rule, Work};
use super::syntax::{Reference, Step, attribute, labels, literal as text_of, place};
use hcl_edit::structure::Block;
use pilotlight_tfstate::{IndexKey, ModuleStep};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// References to one resource of a module.
type Wanted = BTreeMap<(PathBuf, String, String), Vec<Place>>;

/// A reference whose value hangs on the call, and what is asked where it cannot be passed.
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    pub(crate) reference: Reference,
    pub(crate) rule: Rule,
    pub(crate) what: String,
    pub(crate) needs: String,
}

/// What was found, until every file was looked at.
#[derive(Default)]
pub(crate) struct PerCall {
    wanted: Wanted,
}

/// One edit that is to be made.
struct Edit {
    file: PathBuf,
    range: Range<usize>,
    text: String,
    reason: String,
}

/// How a resource is made many times.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Many {
    Count,
    ForEach,
    One,
}

impl PerCall {
    pub(crate) fn want(&mut self, folder: &Path, place: Place) {
        if let (Some(kind), Some(name)) = (place.reference.name(0), place.reference.name(1)) {
            let key = (folder.to_owned(), kind.to_owned(), name.to_owned());
            self.wanted.entry(key).or_default().push(place);
        }
    }

    /// Makes the edits, or asks.
    pub(crate) fn settle(self, work: &mut Work<'_>, instances: &Instances) {
        for ((folder, kind, name), places) in self.wanted {
            match edits(work, instances, &folder, (&kind, &name), &places) {
                Some(edits) => {
                    let rule = places.first().map_or(Rule::Global, |place| place.rule);
                    for Edit { file, range, text, reason } in edits {
                        work.edit(&file, range, text, rule, reason);
                    }
                }
                None => {
                    for place in places {
                        work.ask(&place.file, place.reference.span, place.what, place.needs, None);
                    }
                }
            }
        }
    }
}

/// All edits for a resource of a module; none where one of them cannot be made.
fn edits(
    work: &Work<'_>,
    instances: &Instances,
    folder: &Path,
    (kind, name): (&str, &str),
    places: &[Place],
) -> Option<Vec<Edit>> {
    let attributes: BTreeSet<&str> =
        places.iter().map(|place| attribute_name(&place.reference)).collect::<Option<_>>()?;
    let (file, many) =
        work.parsed.iter().filter(|(file, _)| file.parent() == Some(folder)).find_map(|(file, parsed)| {
            let block = parsed.syntax.blocks("resource").find(|block| labels(block)[..] == [kind, name])?;
            let has = |name| attribute(&block.body, name).is_some();
            let many = match () {
                () if has("count") => Many::Count,
                () if has("for_each") => Many::ForEach,
                () => Many::One,
            };
            Some((file, many))
        })?;
    let variable = format!("recorded_{kind}_{name}");
    let nothing = match many {
        Many::Count => Some("[]"),
        Many::ForEach => Some("{}"),
        Many::One => None,
    };
    let passing = Passing { work, instances, modules: modules(work), nothing };
    let mut values = BTreeMap::new();
    for module in passing.instances_of(folder) {
        let value = value_of(work, &module, (kind, name), many, &attributes)?;
        values.insert(module, literal::expression(&value));
    }
    let mut edits = Vec::new();
    for place in places {
        let text = &work.parsed[&place.file].text;
        let range = head(text, &place.reference)?;
        let shown = &text[place.reference.span.clone()];
        let reason = format!("each call passes the value of {shown} in the primary's state");
        edits.push(Edit { file: place.file.clone(), range, text: format!("var.{variable}"), reason });
    }
    let about = format!("{kind}.{name} of the primary, which serves both regions");
    passing.declare(file, folder, &variable, &about, &mut edits)?;
    passing.pass(folder, &variable, &about, &values, &mut edits)?;
    Some(edits)
}

/// The attribute that a reference names, behind the key of an instance.
fn attribute_name(reference: &Reference) -> Option<&str> {
    match (reference.path.get(2)?, reference.path.get(3)) {
        (Step::Name(name), _) | (_, Some(Step::Name(name))) => Some(name),
        _ => None,
    }
}

/// `aws_iam_role.this` of `aws_iam_role.this[0].arn`
fn head(text: &str, reference: &Reference) -> Option<Range<usize>> {
    let whole = &text[reference.span.clone()];
    let rest = whole.strip_prefix(reference.name(0)?)?.trim_start().strip_prefix('.')?;
    let rest = rest.trim_start().strip_prefix(reference.name(1)?)?;
    Some(reference.span.start..reference.span.end - rest.len())
}

/// Every module instance that the primary's state has something in, and those around them.
fn modules(work: &Work<'_>) -> BTreeSet<Vec<ModuleStep>> {
    let mut modules = BTreeSet::from([Vec::new()]);
    let state = work.input.recorded.into_iter().flat_map(pilotlight_tfstate::State::managed);
    for managed in state.filter(|managed| !managed.is_deposed()) {
        let module = managed.address().module;
        for end in 1..=module.len() {
            modules.insert(module[..end].to_vec());
        }
    }
    modules
}

/// What the primary's state has of a resource in one module instance, with these attributes.
fn value_of(
    work: &Work<'_>,
    module: &[ModuleStep],
    (kind, name): (&str, &str),
    many: Many,
    attributes: &BTreeSet<&str>,
) -> Option<Value> {
    let mut found: BTreeMap<Option<IndexKey>, Value> = BTreeMap::new();
    for managed in work.input.recorded?.managed().filter(|managed| !managed.is_deposed()) {
        let address = managed.address();
        if address.module != module || address.resource_type != kind || address.name != name {
            continue;
        }
        let mut object = Map::new();
        for attribute_name in attributes {
            object.insert((*attribute_name).to_owned(), attribute_value(&managed, attribute_name, &[]).ok()?);
        }
        found.insert(address.key, Value::Object(object));
    }
    match many {
        Many::One => found.remove(&None),
        Many::Count => {
            let in_order = (0..).zip(found.keys()).all(|(at, key)| *key == Some(IndexKey::Int(at)));
            in_order.then(|| Value::Array(found.into_values().collect()))
        }
        Many::ForEach => {
            let entry = |(key, value)| match key {
                Some(IndexKey::Str(key)) => Some((key, value)),
                _ => None,
            };
            found.into_iter().map(entry).collect::<Option<Map<String, Value>>>().map(Value::Object)
        }
    }
}

/// Passes values from the root down to a module.
struct Passing<'w, 'a> {
    work: &'w Work<'a>,
    instances: &'w Instances,
    modules: BTreeSet<Vec<ModuleStep>>,
    /// What a call is given of which the primary has made nothing; none where it has to have made one.
    nothing: Option<&'static str>,
}

/// Expressions by module instance.
type Values = BTreeMap<Vec<ModuleStep>, String>;

impl Passing<'_, '_> {
    /// The instances of a folder's module that the primary has.
    fn instances_of(&self, folder: &Path) -> Vec<Vec<ModuleStep>> {
        let paths = self.instances.get(folder).map(Vec::as_slice).unwrap_or_default();
        let is_of =
            |module: &&Vec<ModuleStep>| paths.iter().any(|path| module.iter().map(|step| &step.name).eq(path.iter()));
        self.modules.iter().filter(is_of).cloned().collect()
    }

    /// Gives every call of a module its argument, with the values of its instances.
    fn pass(&self, folder: &Path, variable: &str, about: &str, values: &Values, edits: &mut Vec<Edit>) -> Option<()> {
        let mut calls = 0;
        for caller in &self.work.tree.modules {
            for file in self.work.tree.configuration_of(caller) {
                let Some(parsed) = self.work.parsed.get(&file) else {
                    // A call in JSON cannot be given an argument.
                    let calls = calls_of(self.work, &file);
                    if calls.iter().any(|call| self.work.tree.called(caller, call).as_deref() == Some(folder)) {
                        return None;
                    }
                    continue;
                };
                for block in parsed.syntax.blocks("module") {
                    let Some(name) = self.leads_to(caller, block, folder) else { continue };
                    calls += 1;
                    let reason = format!("the values of {about}, by call");
                    let is_many = ["count", "for_each"].iter().any(|name| attribute(&block.body, name).is_some());
                    // A call that is made no times is never looked into.
                    let nothing = self.nothing.or(is_many.then_some("null"));
                    let value = self.argument((caller, &file, name, nothing), variable, about, values, edits)?;
                    let (range, text) = argument(&parsed.text, block, variable, &value);
                    edits.push(Edit { file: file.clone(), range, text, reason });
                }
            }
        }
        (calls > 0).then_some(())
    }

    fn leads_to<'b>(&self, caller: &Path, block: &'b Block, folder: &Path) -> Option<&'b str> {
        let name = labels(block).first().copied()?;
        let (name_owned, source) = (name.to_owned(), text_of(attribute(&block.body, "source")?)?.to_owned());
        let call = super::syntax::ModuleCall { name: name_owned, source, range: place(block) };
        (self.work.tree.called(caller, &call)?.as_path() == folder).then_some(name)
    }

    /// What one call passes: the same in each instance of its caller, or what the caller is passed itself.
    fn argument(
        &self,
        (caller, file, name, nothing): (&Path, &Path, &str, Option<&str>),
        variable: &str,
        about: &str,
        values: &Values,
        edits: &mut Vec<Edit>,
    ) -> Option<String> {
        let mut tables = Values::new();
        let mut index = "";
        for around in self.instances_of(caller) {
            let within = values.iter().filter_map(|(module, value)| {
                let (last, above) = module.split_last()?;
                (above == around && last.name == name).then_some((last.key.clone(), value.as_str()))
            });
            let within: Vec<(Option<IndexKey>, &str)> = within.collect();
            let (table, by) = if within.is_empty() { (nothing?.to_owned(), "") } else { table(&within)? };
            if !by.is_empty() {
                index = by;
            }
            tables.insert(around, table);
        }
        let different: BTreeSet<&String> = tables.values().collect();
        match different.first() {
            None => nothing.map(str::to_owned),
            Some(only) if different.len() == 1 => Some(format!("{only}{index}")),
            Some(_) => {
                let outer = format!("{variable}_of_{name}");
                self.declare(file, caller, &outer, about, edits)?;
                self.pass(caller, &outer, about, &tables, edits)?;
                Some(format!("var.{outer}{index}"))
            }
        }
    }

    /// Declares a variable at the end of a file; none where the module has one of the name.
    fn declare(&self, file: &Path, folder: &Path, variable: &str, about: &str, edits: &mut Vec<Edit>) -> Option<()> {
        let files = || self.work.tree.configuration_of(folder).into_iter();
        let is_known = files()
            .filter_map(|file| self.work.parsed.get(&file))
            .any(|parsed| parsed.syntax.blocks("variable").any(|block| labels(block).first() == Some(&variable)));
        if is_known || folder.as_os_str().is_empty() {
            return None;
        }
        let text = &self.work.parsed[file].text;
        let start = if text.ends_with('\n') { "\n" } else { "\n\n" };
        let block =
            format!("{start}variable \"{variable}\" {{\n  description = \"{about}\"\n  type        = any\n}}\n");
        let reason = "each call of the module passes its own value".to_owned();
        edits.push(Edit { file: file.to_owned(), range: text.len()..text.len(), text: block, reason });
        Some(())
    }
}

/// The values of a call's instances as one expression, and what picks the one that is meant.
fn table(values: &[(Option<IndexKey>, &str)]) -> Option<(String, &'static str)> {
    match values {
        [(None, value)] => Some(((*value).to_owned(), "")),
        [(Some(IndexKey::Str(_)), _), ..] => {
            let row = |(key, value): &(Option<IndexKey>, &str)| match key {
                Some(IndexKey::Str(key)) => Some(format!("\"{}\" = {value}", literal::quoted(key))),
                _ => None,
            };
            let rows = values.iter().map(row).collect::<Option<Vec<_>>>()?;
            Some((format!("{{ {} }}", rows.join(", ")), "[each.key]"))
        }
        _ => {
            let in_order = (0..).zip(values).all(|(at, (key, _))| *key == Some(IndexKey::Int(at)));
            let rows: Vec<&str> = values.iter().map(|(_, value)| *value).collect();
            in_order.then(|| (format!("[{}]", rows.join(", ")), "[count.index]"))
        }
    }
}

/// Puts an argument at the end of a call, apart from the others so that no column moves.
fn argument(text: &str, block: &Block, name: &str, value: &str) -> (Range<usize>, String) {
    let span = place(block);
    let end = span.end - 1;
    let line = text[..end].rfind('\n').map_or(0, |at| at + 1);
    if line <= span.start {
        return super::overrides::insertion(text, block, &[format!("{name} = {value}")]);
    }
    let indent: String = text[line..end].chars().take_while(|letter| letter.is_whitespace()).collect();
    (line..line, format!("\n{indent}  {name} = {value}\n"))
}
