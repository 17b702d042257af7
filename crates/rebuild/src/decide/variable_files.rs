//! Files of variables that Terraform loads only when it is told to.

use super::retarget::Work;
use super::syntax::{attribute, labels};
use crate::observe::FileKind;
use hcl_edit::structure::Structure;
use pilotlight_findings::{Severity, Subject, codes};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How many of a file's variables a message names.
const NAMED: usize = 3;

/// Warns of each file below the root that sets variables of the root, is not loaded by itself, and is the only
/// one to set them: the team plans with `-var-file`, and the standby would be planned without.
pub(crate) fn check(work: &mut Work<'_>) {
    let declared = root_variables(work);
    let assigned = assignments(work);
    let automatic: BTreeSet<&String> =
        assigned.iter().filter(|(file, _)| is_automatic(file)).flat_map(|(_, names)| names).collect();
    let mut warnings = Vec::new();
    for (file, names) in assigned.iter().filter(|(file, _)| !is_automatic(file)) {
        let lost = |required: bool| -> Vec<&str> {
            let lost = names.iter().filter(|name| !automatic.contains(name) && declared.get(*name) == Some(&required));
            lost.map(String::as_str).collect()
        };
        let some = |names: Vec<&str>| match names.len().saturating_sub(NAMED) {
            0 => names.join(", "),
            more => format!("{} and {more} more", names[..NAMED].join(", ")),
        };
        let consequence = match (lost(true), lost(false)) {
            (required, _) if !required.is_empty() => {
                format!("Terraform cannot plan the standby without a value for {}", some(required))
            }
            (_, optional) if !optional.is_empty() => {
                format!("the standby would have the defaults of {}", some(optional))
            }
            _ => continue,
        };
        warnings.push((file.clone(), consequence));
    }
    for (file, consequence) in warnings {
        let subject = Subject::File { span: work.span(&file, 0..0) };
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (stem, end) = name.split_once(".tfvars").unwrap_or((&name, ""));
        let message = format!(
            "Terraform does not load {} by itself, and without it {consequence}: rename it to {stem}.auto.tfvars{end} \
             in the root, or set TF_CLI_ARGS_plan=-var-file={} for the rebuild",
            work.tree.display(&file),
            file.display()
        );
        work.note(codes::R_VARIABLE_FILE, Severity::Warning, subject, message);
    }
}

/// Variables of the root, and whether each needs a value.
fn root_variables(work: &Work<'_>) -> BTreeMap<String, bool> {
    let mut variables = BTreeMap::new();
    for file in work.tree.configuration_of(Path::new("")) {
        if let Some(parsed) = work.parsed.get(&file) {
            for block in parsed.syntax.blocks("variable") {
                if let [name] = labels(block)[..] {
                    variables.insert(name.to_owned(), attribute(&block.body, "default").is_none());
                }
            }
        } else if let Some(document) = work.json.get(&file) {
            for (labels, body) in document.json.blocks("variable", 1) {
                let names = labels.into_iter().map(|label| label.key.clone());
                variables.extend(names.map(|name| (name, body.member("default").is_none())));
            }
        }
    }
    variables
}

/// What each file of variables below the root sets.
fn assignments(work: &Work<'_>) -> BTreeMap<PathBuf, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for file in work.tree.files.keys().filter(|file| !file.starts_with("..")) {
        let names = match FileKind::of(file) {
            FileKind::Vars => work.parsed.get(file).map(|parsed| {
                let attributes = parsed.syntax.body.iter().filter_map(Structure::as_attribute);
                attributes.map(|attribute| attribute.key.as_str().to_owned()).collect()
            }),
            FileKind::VarsJson => work
                .json
                .get(file)
                .map(|document| document.json.members().into_iter().map(|member| member.key.clone()).collect()),
            _ => None,
        };
        found.extend(names.map(|names| (file.clone(), names)));
    }
    found
}

/// Whether Terraform loads it without being told: only from the root.
/// Source: Terraform language, "Input variables", variable definitions files.
pub(crate) fn is_automatic(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".json").unwrap_or(&name);
    file.parent() == Some(Path::new("")) && (name == "terraform.tfvars" || name.ends_with(".auto.tfvars"))
}
