//! The last resort: Terraform installs the plugin into Pilotlight's cache.

use crate::provider::PluginError;
use crate::provider::discover::installed;
use crate::provider::error::one_line;
use crate::provider::lock_file::{self, LOCK_FILE, Locked};
use crate::{Cancel, Program, Root};
use pilotlight_findings::Severity;
use pilotlight_tfstate::ProviderSource;
use std::path::Path;
use std::time::Duration;

/// A download of some hundred megabytes over a slow line.
const INSTALL_TIMEOUT: Duration = Duration::from_secs(600);

/// Runs `terraform init` in a generated root that needs this provider in its locked version and nothing else.
/// The hashes of the stack's lock file are checked by Terraform.
pub(crate) async fn install(
    program: &Program,
    cache: &Path,
    provider: &ProviderSource,
    locked: &Locked,
) -> Result<(), PluginError> {
    let dir = installed(cache, provider);
    let failed = |why: String| PluginError::NotFound {
        provider: provider.to_string(),
        version: Some(locked.version.clone()),
        why: format!("it is nowhere on this machine, and installing it failed: {}", one_line(&why)),
    };
    let write = |name: &str, text: String| {
        std::fs::create_dir_all(&dir)?;
        std::fs::write(dir.join(name), text)
    };
    let requirement = format!(
        "terraform {{\n  required_providers {{\n    wanted = {{\n      source  = \"{provider}\"\n      version = \"{}\"\n    }}\n  }}\n}}\n",
        locked.version
    );
    write("main.tf", requirement).map_err(|error| failed(error.to_string()))?;
    write(LOCK_FILE, lock_file::write(&provider.to_string(), locked)).map_err(|error| failed(error.to_string()))?;
    let mut root = Root::new(program.clone(), "", &dir);
    // The caller's own choice of a data folder is for the caller's roots.
    root.env.insert("TF_DATA_DIR".to_owned(), ".terraform".to_owned());
    let mut args: Vec<String> = ["init", "-input=false", "-no-color", "-backend=false"].map(str::to_owned).to_vec();
    if !locked.hashes.is_empty() {
        args.push("-lockfile=readonly".to_owned());
    }
    let cancel = Cancel::never();
    match tokio::time::timeout(INSTALL_TIMEOUT, root.collect(&args, &[0], &cancel)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => {
            let told = error.findings().iter().find(|finding| finding.severity >= Severity::Error);
            Err(failed(told.map_or_else(|| error.to_string(), |finding| finding.message.clone())))
        }
        Err(_) => Err(failed(format!("it took longer than {} minutes", INSTALL_TIMEOUT.as_secs() / 60))),
    }
}
