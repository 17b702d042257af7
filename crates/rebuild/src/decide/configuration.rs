//! What a stack's HCL says that drift has to know: from the folders of its modules to one value.

mod document;
mod folder;
mod value;

pub(crate) use folder::{File, Folder};

use folder::ProviderName;
use pilotlight_drift::ignore::{Configuration, ConfiguredResource, Moved, ProviderKey, UnreadModule};
use pilotlight_tfstate::{Mode, ModuleStep, ResourceAddress};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The modules of a root, by the names on the way to each; the root's is empty.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) modules: BTreeMap<Vec<String>, PathBuf>,
    pub(crate) folders: BTreeMap<PathBuf, Folder>,
    pub(crate) unread: Vec<UnreadModule>,
}

impl Tree {
    /// Puts it all into one value.
    pub(crate) fn configuration(self) -> Configuration {
        let mut configuration = Configuration::default();
        for (module, folder) in &self.modules {
            let Some(folder) = self.folders.get(folder) else { continue };
            for ((resource_type, name), resource) in &folder.resources {
                let address = ResourceAddress {
                    module: module.iter().map(|name| ModuleStep { name: name.clone(), key: None }).collect(),
                    mode: Mode::Managed,
                    resource_type: resource_type.clone(),
                    name: name.clone(),
                    key: None,
                };
                let configured = ConfiguredResource {
                    span: resource.span.clone(),
                    arguments: resource.arguments.clone(),
                    ignore_changes: resource.ignore_changes.clone(),
                    provider: self.resolve(module, &resource.provider),
                };
                configuration.resources.insert(address, configured);
            }
            for (name, provider) in &folder.providers {
                configuration.providers.insert(key(module, name), provider.clone());
            }
            for (from, to, span) in &folder.moved {
                let (from, to) = (from.clone(), to.clone());
                configuration.moved.push(Moved { module: module.clone(), from, to, span: span.clone() });
            }
        }
        configuration.unread = self.unread;
        configuration
    }

    /// The configuration behind a module's name for a provider: what the call passes, the module's own block, or,
    /// without an alias, what the caller has.
    fn resolve(&self, module: &[String], name: &ProviderName) -> ProviderKey {
        let Some((last, parent)) = module.split_last() else { return key(module, name) };
        let folder = |module: &[String]| self.modules.get(module).and_then(|folder| self.folders.get(folder));
        let passed = folder(parent).and_then(|folder| folder.calls.get(last)?.providers.get(name));
        let is_own = || folder(module).is_some_and(|folder| folder.providers.contains_key(name));
        match passed {
            Some(passed) => self.resolve(parent, passed),
            None if name.1.is_some() || is_own() => key(module, name),
            None => self.resolve(parent, name),
        }
    }
}

fn key(module: &[String], (name, alias): &ProviderName) -> ProviderKey {
    ProviderKey { module: module.to_owned(), name: name.clone(), alias: alias.clone() }
}
