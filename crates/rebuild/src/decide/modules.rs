//! Which module each folder is: a folder that is called twice is two modules.

use super::retarget::Work;
use super::syntax::{ModuleCall, json_module_calls, labels, module_calls, place};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Module addresses, as the names on the way, by folder. The root's is empty.
pub(crate) type Instances = BTreeMap<PathBuf, Vec<Vec<String>>>;

/// Modules nest two or three deep; a folder that calls itself would nest for ever.
const DEEPEST: usize = 16;

/// Calls of modules that go, by folder and name.
pub(crate) type Calls = BTreeSet<(PathBuf, String)>;

/// The modules that the tree reaches, but for these calls.
pub(crate) fn instances(work: &Work<'_>, without: &Calls) -> Instances {
    let mut instances = Instances::new();
    let mut waiting = vec![(PathBuf::new(), Vec::<String>::new())];
    while let Some((folder, path)) = waiting.pop() {
        for file in work.tree.configuration_of(&folder) {
            for call in calls_of(work, &file) {
                if without.contains(&(folder.clone(), call.name.clone())) {
                    continue;
                }
                let called = work.tree.called(&folder, &call);
                if let Some(called) = called.filter(|called| path.len() < DEEPEST && work.tree.modules.contains(called))
                {
                    waiting.push((called, [path.clone(), vec![call.name]].concat()));
                }
            }
        }
        instances.entry(folder).or_default().push(path);
    }
    instances.values_mut().for_each(|paths| paths.sort());
    instances
}

/// The calls in a file of configuration.
pub(crate) fn calls_of(work: &Work<'_>, file: &Path) -> Vec<ModuleCall> {
    match (work.parsed.get(file), work.json.get(file)) {
        (Some(parsed), _) => module_calls(&parsed.syntax),
        (None, Some(document)) => json_module_calls(&document.json),
        (None, None) => Vec::new(),
    }
}

/// What the plan's `exclude` says of modules.
#[derive(Debug, Default)]
pub(crate) struct ExcludedModules {
    pub(crate) calls: Calls,
    /// Addresses of the plan that are modules of the source.
    pub(crate) addresses: BTreeSet<String>,
}

/// The calls that `exclude` names as `module.a` or `module.a.module.b`.
pub(crate) fn excluded(work: &mut Work<'_>, instances: &Instances) -> ExcludedModules {
    let wanted = &work.input.stack.standby.exclude;
    let mut excluded = ExcludedModules::default();
    let mut questions = Vec::new();
    for (file, folder, name, range) in calls(work) {
        let paths = instances.get(&folder).map(Vec::as_slice).unwrap_or_default();
        let addresses: Vec<String> = paths.iter().map(|path| format!("{}module.{name}", prefix(path))).collect();
        let hits: Vec<&String> = addresses.iter().filter(|address| wanted.contains(*address)).collect();
        excluded.addresses.extend(hits.iter().map(|address| (*address).clone()));
        match hits.len() {
            0 => {}
            _ if range.is_none() => {
                let what = format!("module {name} is called in a JSON file and is not to be made in the standby");
                questions.push((file, 0..0, what, "blocks of JSON files are not removed: write it as HCL".to_owned()));
            }
            hits if hits < addresses.len() => {
                let needs = format!("exclude all of {} or none: they are one block", addresses.join(", "));
                let what = "only some instances of this module call are excluded".to_owned();
                questions.push((file, range.unwrap_or_default(), what, needs));
            }
            _ => {
                excluded.calls.insert((folder, name));
            }
        }
    }
    for (file, range, what, needs) in questions {
        work.ask(&file, range, what, needs, None);
    }
    excluded
}

/// Every module call of the source; without a place in JSON.
fn calls(work: &Work<'_>) -> Vec<(PathBuf, PathBuf, String, Option<Range<usize>>)> {
    let mut found = Vec::new();
    for folder in &work.tree.modules {
        for file in work.tree.configuration_of(folder) {
            if let Some(parsed) = work.parsed.get(&file) {
                for block in parsed.syntax.blocks("module") {
                    if let [name] = labels(block)[..] {
                        found.push((file.clone(), folder.clone(), name.to_owned(), Some(place(block))));
                    }
                }
            } else {
                let calls = calls_of(work, &file).into_iter();
                found.extend(calls.map(|call| (file.clone(), folder.clone(), call.name, None)));
            }
        }
    }
    found
}

pub(crate) fn prefix(module: &[String]) -> String {
    module.iter().map(|step| format!("module.{step}.")).collect()
}

/// `module.a.module.b.TYPE.NAME`
pub(crate) fn address(module: &[String], resource_type: &str, name: &str) -> String {
    format!("{}{resource_type}.{name}", prefix(module))
}
