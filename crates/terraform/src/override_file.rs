//! Override files: what a root's HCL says otherwise for as long as Terraform plans.
//!
//! Terraform merges every file that ends in `_override.tf.json` into the module of its folder: each argument by itself,
//! and a nested block in the place of all of its kind. Ours has one name wherever it lies, so that one that a killed
//! program left is known for what it is. <https://developer.hashicorp.com/terraform/language/files/override>

use crate::{MODULES_MANIFEST, Root, module_folders};
use pilotlight_findings::{Code, Explain, codes};
use pilotlight_tfstate::ResourceAddress;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The file's name.
pub const OVERRIDE_FILE: &str = "pilotlight_scale_override.tf.json";

/// What it says of itself.
const COMMENT: &str = "Written by pilotlight for as long as Terraform plans the scale phase of a run. One that is still here \
                       was left by a run that was killed: remove it.";

/// What the HCL says otherwise of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Its address. Keys do not count: a block is overridden for all of its instances.
    pub address: ResourceAddress,
    /// Its arguments and blocks by name.
    pub arguments: BTreeMap<String, Value>,
}

/// Why an override could not be laid beside the HCL, or taken away.
#[derive(Debug, thiserror::Error)]
pub enum OverrideError {
    /// A file could not be read, written or removed.
    #[error("{what} {}", path.display())]
    File {
        /// `read`, `write`, `remove`
        what: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The list of modules is none.
    #[error("read {} as Terraform's list of modules", path.display())]
    Modules {
        /// Which.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The root was not initialized, or calls no such module.
    #[error("find module {module} in {}: `init` has it not", dir.display())]
    NoModule {
        /// `web.inner`
        module: String,
        /// The root.
        dir: PathBuf,
    },
    /// The module's folder is somebody else's.
    #[error("override {address}: its module is in {}, outside of the root {}", folder.display(), dir.display())]
    Outside {
        /// The resource.
        address: String,
        /// The module's folder.
        folder: PathBuf,
        /// The root.
        dir: PathBuf,
    },
}

impl Explain for OverrideError {
    fn code(&self) -> Code {
        codes::F_OVERRIDE
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::File { path, .. } => format!("see that {} can be written", path.display()),
            Self::Modules { .. } | Self::NoModule { .. } => "run `terraform init` in that folder".to_owned(),
            Self::Outside { .. } => {
                "give the module a variable for the size and scale the standby by a step \"command\"; a file of another \
                 root is not touched"
                    .to_owned()
            }
        })
    }
}

/// Overrides that are in place; dropped, they are taken away.
#[derive(Debug)]
pub struct OverrideFiles(Vec<PathBuf>);

impl OverrideFiles {
    /// Takes them away.
    ///
    /// # Errors
    /// One could not be removed: every plan that is made there would go by it.
    pub fn remove(mut self) -> Result<(), OverrideError> {
        std::mem::take(&mut self.0).iter().try_for_each(|path| remove(path).map(|_| ()))
    }
}

impl Drop for OverrideFiles {
    fn drop(&mut self) {
        for path in &self.0 {
            if let Err(error) = remove(path) {
                tracing::debug!(%error, "remove an override");
            }
        }
    }
}

impl Root {
    /// Lays overrides beside the HCL of the root and of its modules. What an earlier program left is taken away first.
    ///
    /// # Errors
    /// A module was not initialized or lies outside of the root, or a file cannot be written. Nothing is left then.
    pub fn override_with(&self, overrides: &[Override]) -> Result<OverrideFiles, OverrideError> {
        remove_left_overrides(&self.dir)?;
        let modules = modules(&self.dir)?;
        let mut folders: BTreeMap<PathBuf, Map<String, Value>> = BTreeMap::new();
        for one in overrides {
            let blocks = folders.entry(self.folder_of(&one.address, &modules)?).or_default();
            let of_type = blocks.entry(one.address.resource_type.clone()).or_insert_with(|| json!({}));
            let body: Map<String, Value> =
                one.arguments.iter().map(|(name, value)| (name.clone(), literal(value))).collect();
            // The last override of a block counts.
            of_type[&one.address.name] = Value::Object(body);
        }
        let mut files = OverrideFiles(Vec::new());
        for (folder, blocks) in folders {
            let path = folder.join(OVERRIDE_FILE);
            let text = format!("{:#}\n", json!({ "//": COMMENT, "resource": blocks }));
            files.0.push(path.clone());
            std::fs::write(&path, text).map_err(|source| OverrideError::File { what: "write", path, source })?;
        }
        Ok(files)
    }

    fn folder_of(
        &self,
        address: &ResourceAddress,
        modules: &BTreeMap<String, PathBuf>,
    ) -> Result<PathBuf, OverrideError> {
        if address.module.is_empty() {
            return Ok(self.dir.clone());
        }
        let names: Vec<&str> = address.module.iter().map(|step| step.name.as_str()).collect();
        let module = names.join(".");
        let Some(folder) = modules.get(&module) else {
            return Err(OverrideError::NoModule { module, dir: self.dir.clone() });
        };
        let folder = self.dir.join(folder);
        let real = |path: &Path| {
            path.canonicalize().map_err(|source| OverrideError::File { what: "read", path: path.to_owned(), source })
        };
        if !real(&folder)?.starts_with(real(&self.dir)?) {
            let (address, dir) = (address.to_string(), self.dir.clone());
            return Err(OverrideError::Outside { address, folder, dir });
        }
        Ok(folder)
    }
}

/// Overrides that lie in a root or in one of its modules: a program that was killed left them.
///
/// # Errors
/// The list of modules cannot be read.
pub fn left_overrides(dir: &Path) -> Result<Vec<PathBuf>, OverrideError> {
    let folders: BTreeSet<PathBuf> =
        std::iter::once(dir.to_owned()).chain(modules(dir)?.into_values().map(|folder| dir.join(folder))).collect();
    Ok(folders.into_iter().map(|folder| folder.join(OVERRIDE_FILE)).filter(|path| path.is_file()).collect())
}

/// Takes away what a killed program left in a root and its modules.
///
/// # Errors
/// Terraform's list of modules is none, or a file cannot be removed.
pub fn remove_left_overrides(dir: &Path) -> Result<(), OverrideError> {
    left_overrides(dir)?.iter().try_for_each(|path| remove(path).map(|_| ()))
}

/// Whether it was there.
fn remove(path: &Path) -> Result<bool, OverrideError> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(source) => Err(OverrideError::File { what: "remove", path: path.to_owned(), source }),
    }
}

/// The folder of each module call, from the root, by its names joined with dots; none before `init`.
fn modules(dir: &Path) -> Result<BTreeMap<String, PathBuf>, OverrideError> {
    let path = dir.join(MODULES_MANIFEST);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(source) => return Err(OverrideError::File { what: "read", path, source }),
    };
    module_folders(&bytes).map_err(|source| OverrideError::Modules { path, source })
}

/// A value as JSON syntax has a literal: every text is a template there.
/// <https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping>
fn literal(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace("${", "$${").replace("%{", "%%{")),
        Value::Array(items) => items.iter().map(literal).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), literal(value))).collect(),
        other => other.clone(),
    }
}
