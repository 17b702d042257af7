//! What a source refers to and does not declare: Terraform would refuse it whatever AWS says, so it is known for free.
//!
//! Only what the text alone decides is judged. Attributes of resources and types of values take a provider; modules
//! from elsewhere take Terraform; references in JSON's strings are left to it too.

mod module;
mod scopes;

use super::sources::Source;
use super::syntax::{Reference, Step};
use crate::observe::SourceTree;
use module::{Declares, Entry};
use scopes::Scopes;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What a message says after the address of what is nowhere declared, and before the module.
pub(crate) const NOT_DECLARED: &str = " is not declared in ";

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undeclared {
    pub(crate) file: PathBuf,
    pub(crate) range: Range<usize>,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

/// Everything of that kind, in the order of modules, files and places. A file that cannot be parsed was refused before.
pub(crate) fn undeclared(tree: &SourceTree) -> Vec<Undeclared> {
    let mut sources: BTreeMap<&Path, Vec<(PathBuf, Source)>> = BTreeMap::new();
    for folder in &tree.modules {
        let files = tree.configuration_of(folder).into_iter();
        let parsed = files.filter_map(|file| tree.parse(&file).ok().map(|source| (file, source)));
        sources.insert(folder, parsed.collect());
    }
    let declares: BTreeMap<&Path, Declares> =
        sources.iter().map(|(folder, files)| (*folder, Declares::of(files))).collect();
    let mut found = Vec::new();
    for (folder, files) in &sources {
        let own = &declares[folder];
        found.extend(own.twice.iter().cloned());
        found.extend(calls(folder, own, &declares));
        for (file, source) in files {
            let Source::Hcl(parsed) = source else { continue };
            let wrong = parsed.syntax.references.iter().filter_map(|reference| {
                let (message, remedy) = judge(reference, folder, own, &declares)?;
                Some((reference, Undeclared { file: file.clone(), range: reference.span.clone(), message, remedy }))
            });
            let wrong: Vec<(&Reference, Undeclared)> = wrong.collect();
            if wrong.is_empty() {
                continue;
            }
            let scopes = Scopes::of(&parsed.syntax.body);
            let is_read = |name: &str, alias: Option<&str>| is_provider_used(name, alias, files, &declares);
            found.extend(wrong.into_iter().filter_map(|(reference, one)| {
                // A call that is there is judged by its value: `try` has another answer than an output.
                let by_value = reference.name(0) == Some("module")
                    && reference.name(1).is_some_and(|call| own.calls.contains_key(call))
                    && scopes.is_attempted(&one.range);
                let unread = scopes.provider(&one.range).is_some_and(|(name, alias)| !is_read(name, alias));
                let is_resource = !matches!(reference.name(0), Some("var" | "local" | "module"));
                let by_plan = is_resource && scopes.is_trigger(&one.range);
                (!by_value && !by_plan && !unread && !scopes.explain(&parsed.text, &one.range)).then_some(one)
            }));
        }
    }
    found
}

/// Whether anything uses a provider configuration: Terraform reads no other.
fn is_provider_used(
    name: &str,
    alias: Option<&str>,
    files: &[(PathBuf, Source)],
    all: &BTreeMap<&Path, Declares>,
) -> bool {
    let is_named = |source: &Source, alias: &str| match source {
        Source::Hcl(parsed) => {
            let references = &parsed.syntax.references;
            references.iter().any(|one| one.name(0) == Some(name) && one.name(1) == Some(alias))
        }
        Source::Json(document) => document.text.contains(&format!("{name}.{alias}")),
    };
    let is_of_it = |kind: &str| kind.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    match alias {
        Some(alias) => files.iter().any(|(_, source)| is_named(source, alias)),
        None => all.values().any(|one| one.resources.iter().chain(&one.data).any(|(kind, _)| is_of_it(kind))),
    }
}

/// What is wrong with a reference, and what to do.
fn judge(
    reference: &Reference,
    folder: &Path,
    own: &Declares,
    all: &BTreeMap<&Path, Declares>,
) -> Option<(String, String)> {
    let (first, name) = (reference.name(0)?, reference.name(1)?);
    let place = match folder.as_os_str().is_empty() {
        true => "the root module".to_owned(),
        false => format!("the module {}", folder.display()),
    };
    let missing = |what: String, remedy: String| Some((format!("{what} is not declared in {place}"), remedy));
    match first {
        "var" if !own.variables.contains_key(name) => {
            missing(format!("var.{name}"), format!("add variable \"{name}\" {{}} there, or correct the name"))
        }
        "local" if !own.locals.contains(name) => {
            missing(format!("local.{name}"), format!("add {name} to a locals block there, or correct the name"))
        }
        "module" => {
            let Some(call) = own.calls.get(name) else {
                return missing(format!("module.{name}"), format!("add module \"{name}\" there, or correct the name"));
            };
            let called = all.get(call.folder(folder)?.as_path())?;
            let output = reference.path.iter().skip(2).find_map(|step| match step {
                Step::Name(output) => Some(Some(output.as_str())),
                Step::Key(_) | Step::Index(_) | Step::Splat | Step::Computed if call.is_many => None,
                _ => Some(None),
            });
            let output = output.flatten().filter(|output| !called.outputs.contains(*output))?;
            Some((
                format!("module.{name} has no output {output}"),
                format!("add output \"{output}\" to the module, or correct the name"),
            ))
        }
        "data" => {
            let data = reference.name(2)?;
            let entry: Entry = (name.to_owned(), data.to_owned());
            (!own.data.contains(&entry)).then_some(())?;
            missing(format!("data.{name}.{data}"), format!("add data \"{name}\" \"{data}\" there, or correct the name"))
        }
        // A type has its provider's name before it; anything else is a variable of `for` or `dynamic`.
        kind if kind.contains('_') => {
            (!own.resources.contains(&(kind.to_owned(), name.to_owned()))).then_some(())?;
            missing(format!("{kind}.{name}"), format!("add resource \"{kind}\" \"{name}\" there, or correct the name"))
        }
        _ => None,
    }
}

/// Calls of local modules with arguments that the module does not know, or without one that it needs.
fn calls(folder: &Path, own: &Declares, all: &BTreeMap<&Path, Declares>) -> Vec<Undeclared> {
    let mut found = Vec::new();
    for (name, call) in &own.calls {
        let Some(called) = call.folder(folder).and_then(|called| all.get(called.as_path())) else { continue };
        for (argument, (file, range)) in &call.arguments {
            if !called.variables.contains_key(argument) {
                found.push(Undeclared {
                    file: file.clone(),
                    range: range.clone(),
                    message: format!("module.{name} takes no argument {argument}"),
                    remedy: format!("add variable \"{argument}\" to the module, or correct the name"),
                });
            }
        }
        let lacks = called
            .variables
            .iter()
            .filter(|(variable, has_default)| !**has_default && !call.arguments.contains_key(variable.as_str()));
        for (variable, _) in lacks {
            let (file, range) = call.place.clone();
            found.push(Undeclared {
                file,
                range,
                message: format!("module.{name} lacks the argument {variable}, for which its module has no default"),
                remedy: format!("add {variable} = … to the call, or a default to the variable"),
            });
        }
    }
    found
}
