//! Terraform's own list of modules, which `init` writes. Source: `internal/modsdir/manifest.go`.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Where it is, below the root.
pub const MODULES_MANIFEST: &str = ".terraform/modules/modules.json";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Manifest {
    modules: Vec<Module>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Module {
    key: String,
    dir: PathBuf,
}

/// The folder of each module call, from the root and as it is written, by its names joined with dots.
///
/// # Errors
/// The bytes are no such list.
pub fn module_folders(manifest: &[u8]) -> Result<BTreeMap<String, PathBuf>, serde_json::Error> {
    let manifest: Manifest = serde_json::from_slice(manifest)?;
    Ok(manifest.modules.into_iter().map(|module| (module.key, module.dir)).collect())
}
