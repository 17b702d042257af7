//! Which module each folder is: a folder that is called twice is two modules.

use super::retarget::Work;
use super::syntax::{ModuleCall, module_calls};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Module addresses, as the names on the way, by folder. The root's is empty.
pub(crate) type Instances = BTreeMap<PathBuf, Vec<Vec<String>>>;

/// Modules nest two or three deep; a folder that calls itself would nest for ever.
const DEEPEST: usize = 16;

pub(crate) fn instances(work: &Work<'_>) -> Instances {
    let mut instances = Instances::new();
    let mut waiting = vec![(PathBuf::new(), Vec::<String>::new())];
    while let Some((folder, path)) = waiting.pop() {
        for file in work.tree.configuration_of(&folder) {
            let calls = module_calls(&work.tree.display(&file), &file, &work.tree.files[&file]).unwrap_or_default();
            for ModuleCall { name, source } in calls {
                let called = ModuleCall { name: name.clone(), source }.folder(&folder);
                if let Some(called) = called.filter(|called| path.len() < DEEPEST && work.tree.modules.contains(called))
                {
                    waiting.push((called, [path.clone(), vec![name]].concat()));
                }
            }
        }
        instances.entry(folder).or_default().push(path);
    }
    instances.values_mut().for_each(|paths| paths.sort());
    instances
}

/// `module.a.module.b.TYPE.NAME`
pub(crate) fn address(module: &[String], resource_type: &str, name: &str) -> String {
    let modules: String = module.iter().map(|step| format!("module.{step}.")).collect();
    format!("{modules}{resource_type}.{name}")
}
