//! Modules of a registry or a repository, where `terraform init` has put them.

use super::paths::normalize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where `terraform init` puts them, below the root.
pub(crate) const FOLDER: &str = ".terraform/modules";

/// Whether a folder or file is of a module that was fetched.
pub(crate) fn is_fetched(path: &Path) -> bool {
    // Most paths are told by their first byte, at a tenth of the time that it takes to compare their steps.
    path.as_os_str().as_encoded_bytes().first() == FOLDER.as_bytes().first() && path.starts_with(FOLDER)
}

/// Where it writes which modules it has fetched, and where to.
pub(super) use pilotlight_terraform::MODULES_MANIFEST as MANIFEST;

/// What comes with a module and is no part of it: roots of its own that try it out, wrappers and pages.
pub(super) const FOLDERS_LEFT_OUT: [&str; 6] = [".github", "docs", "examples", "test", "tests", "wrappers"];

/// The folder of each module, relative to the root, by its names joined with dots.
pub(super) fn parse(bytes: &[u8]) -> Result<BTreeMap<String, PathBuf>, serde_json::Error> {
    let folders = pilotlight_terraform::module_folders(bytes)?;
    Ok(folders.into_iter().map(|(module, folder)| (module, normalize(&folder))).collect())
}

/// The same of those that were fetched; none where it cannot be read, as before `terraform init`.
pub(super) fn folders(bytes: &[u8]) -> BTreeMap<String, PathBuf> {
    let mut folders = parse(bytes).unwrap_or_default();
    folders.retain(|_, folder| is_fetched(folder));
    folders
}
