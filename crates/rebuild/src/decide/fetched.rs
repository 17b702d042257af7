//! Modules of a registry or a repository. `terraform init` has put them below the root, where they are read as the
//! local ones are. Most of them are right in every region, and their calls stay; one that is not comes with the standby
//! root, and its call leads there. Of one that is not here nothing is known.

use super::data::holds_data;
use super::dependencies::whole_lines;
use super::global::is_global_object;
use super::layout::{module_way, place as placed};
use super::modules::{Instances, calls_of, prefix};
use super::retarget::{Rule, Work};
use super::syntax::{ModuleCall, attribute, place};
use crate::observe::FileKind;
use crate::observe::fetched::FOLDER;
pub(crate) use crate::observe::fetched::is_fetched;
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How many modules that are not here, or resources of one, a message names.
const NAMED: usize = 3;

/// What brings them.
const REMEDY: &str = "run terraform init in the stack's source, and rebuild";

/// Whether the primary has made none of what a block of a fetched module can make. Such modules can do much more than
/// one call asks for: what is made by none of the calls here is as it is in the primary, not there.
pub(crate) fn is_unused(work: &Work<'_>, folder: &Path, addresses: &[String]) -> bool {
    let Some(state) = work.input.recorded.filter(|_| is_fetched(folder)) else { return false };
    let mut managed = state.managed().filter(|managed| !managed.is_deposed()).peekable();
    managed.peek().is_some() && !managed.any(|managed| addresses.contains(&managed.address().config().to_string()))
}

/// Leads the calls of fetched modules that were edited to the standby's copy, and leaves the others out.
pub(crate) fn settle(work: &mut Work<'_>) {
    if work.tree.fetched.is_empty() {
        return;
    }
    let calls = calls(work);
    let is_edited = |folder: &PathBuf| {
        let files = work.tree.files.range(folder.clone()..).map(|(file, _)| file);
        let mut files = files.take_while(|file| file.starts_with(folder));
        files.any(|file| !work.edited_ranges(file).is_empty())
    };
    let mut taken: BTreeSet<PathBuf> =
        work.tree.modules.iter().filter(|folder| is_fetched(folder) && is_edited(folder)).cloned().collect();
    // Who calls what is taken has to be taken too: its own source is where the call is led.
    loop {
        let callers = calls.iter().filter(|call| taken.contains(&call.called) && is_fetched(&call.caller));
        let callers: Vec<PathBuf> = callers.map(|call| call.caller.clone()).collect();
        let before = taken.len();
        taken.extend(callers);
        if taken.len() == before {
            break;
        }
    }
    let packages: BTreeSet<PathBuf> = taken.iter().map(|folder| package(folder)).collect();
    let mut edits = Vec::new();
    for call in &calls {
        let is_led = !call.is_local && taken.contains(&call.called);
        let Some(parsed) = work.parsed.get(&call.file).filter(|_| is_led) else { continue };
        let mut blocks = parsed.syntax.blocks("module");
        let Some(block) = blocks.find(|block| place(*block) == call.range) else { continue };
        let Some(source) = attribute(&block.body, "source") else { continue };
        let way = module_way(&placed(&call.caller), &placed(&call.called));
        let reason = format!("module {} is not the same in the standby, which has a copy of its own", call.name);
        edits.push((call.file.clone(), place(source), format!("\"{way}\""), reason));
        if let Some(version) = block.body.get_attribute("version") {
            let lines = whole_lines(&parsed.text, place(version));
            edits.push((call.file.clone(), lines, String::new(), "a module of a folder has no version".to_owned()));
        }
    }
    for (file, range, text, reason) in edits {
        work.edit(&file, range, text, Rule::ModuleSource, reason);
    }
    let files = work.tree.files.keys().filter(|file| is_fetched(file) && !packages.contains(&package(file)));
    work.not_taken = files.cloned().collect();
}

/// Says which modules are not here, and asks where the primary's state has something in one that takes a decision.
pub(crate) fn tell(work: &mut Work<'_>, instances: &Instances) {
    let mut unknown = Vec::new();
    for (file, folder, call) in absent(work) {
        let paths = instances.get(&folder).map(Vec::as_slice).unwrap_or_default();
        let within: Vec<String> = paths.iter().map(|path| format!("{}module.{}.", prefix(path), call.name)).collect();
        let state = work.input.recorded.into_iter().flat_map(pilotlight_tfstate::State::managed);
        let of_module = state.filter(|managed| !managed.is_deposed()).filter_map(|managed| {
            let address = managed.address().config().to_string();
            let is_within = within.iter().any(|within| address.starts_with(within.as_str()));
            let matters = is_global_object(&managed) || holds_data(managed.resource_type());
            (is_within && matters).then_some(address)
        });
        let of_module: BTreeSet<String> = of_module.collect();
        if of_module.is_empty() {
            if !is_of_another_provider(&call.source) {
                unknown.push((file, call));
            }
            continue;
        }
        let what = format!(
            "module {} has {}, which one of both regions alone may make, or which hold data, and {} is not in {FOLDER}",
            call.name,
            some(&of_module.into_iter().collect::<Vec<_>>()),
            call.source
        );
        work.ask(&file, call.range, what, REMEDY, None);
    }
    let Some((file, first)) = unknown.first() else { return };
    let subject = Subject::File { span: work.span(file, first.range.clone()) };
    let calls: Vec<String> = unknown.iter().map(|(_, call)| format!("{} ({})", call.name, call.source)).collect();
    let (modules, they) =
        if calls.len() == 1 { ("module", "it comes as it is") } else { ("modules", "they come as they are") };
    let message = format!(
        "what is in {modules} {} is not known, since {FOLDER} does not have it: {they}, with all that is named there of {}",
        some(&calls),
        work.input.primary
    );
    let mut finding = Finding::new(codes::R_MODULE_NOT_HERE, Severity::Warning, subject, message).remedy(REMEDY);
    for call in calls {
        finding = finding.with(Evidence::fact("module", call));
    }
    work.result.notes.push(finding);
}

/// Whether a source is a registry's and names what it is for, and that is not AWS: `cloudposse/label/null`.
fn is_of_another_provider(source: &str) -> bool {
    let package = source.split("//").next().unwrap_or_default();
    let parts: Vec<&str> = package.split('/').collect();
    // Terraform takes these hosts for repositories, not for a registry.
    let is_repository = ["github.com", "bitbucket.org", ".", ".."].contains(&parts[0]);
    let is_address = !package.contains([':', '?']) && matches!(parts.len(), 3 | 4);
    is_address && !is_repository && parts.last().is_some_and(|provider| *provider != "aws")
}

/// The first of these, and how many more there are.
fn some(names: &[String]) -> String {
    let named = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// A call of a module that is here.
struct Found {
    file: PathBuf,
    caller: PathBuf,
    name: String,
    called: PathBuf,
    range: std::ops::Range<usize>,
    is_local: bool,
}

fn calls(work: &Work<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for caller in &work.tree.modules {
        for file in work.tree.configuration_of(caller) {
            for call in calls_of(work, &file) {
                let Some(called) = work.tree.called(caller, &call) else { continue };
                let is_local = call.folder(caller).is_some();
                let (file, caller) = (file.clone(), caller.clone());
                found.push(Found { file, caller, name: call.name, called, range: call.range, is_local });
            }
        }
    }
    found
}

/// Calls of modules that are not here, with the file and folder that they stand in.
fn absent(work: &Work<'_>) -> Vec<(PathBuf, PathBuf, ModuleCall)> {
    let mut absent = Vec::new();
    let files = work.parsed.keys().chain(work.json.keys()).filter(|file| FileKind::of(file).is_configuration());
    for file in files {
        let folder = file.parent().unwrap_or(Path::new(""));
        let calls = calls_of(work, file).into_iter().filter(|call| work.tree.called(folder, call).is_none());
        absent.extend(calls.map(|call| (file.clone(), folder.to_owned(), call)));
    }
    absent
}

/// The folder that was fetched as a whole: what calls go up to with `../..` within it comes along.
fn package(path: &Path) -> PathBuf {
    path.components().take(Path::new(FOLDER).components().count() + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registrys_address_ends_with_its_provider() {
        for (source, is_of_another) in [
            ("cloudposse/label/null", true),
            ("app.terraform.io/acme/names/random//modules/short", true),
            ("terraform-aws-modules/vpc/aws", false),
            ("terraform-aws-modules/security-group/aws//modules/http-80", false),
            ("git::https://git.example.test/acme/names.git?ref=v1", false),
            ("github.com/acme/names", false),
            ("github.com/acme/names/null", false),
            ("../names/of/all", false),
        ] {
            assert_eq!(is_of_another_provider(source), is_of_another, "{source}");
        }
    }
}
