//! Showing a saved plan without the checksums of its providers, which were just computed to make it.
//!
//! Every run of Terraform hashes each provider that the root is locked to. The one for AWS has 700 MB: 3 to 6 seconds,
//! measured on a processor without instructions for SHA-256, of what a person waits for before an apply. To show a plan nothing is asked of a provider but its schema, so the packages that have just made the plan are
//! named as development overrides, which Terraform takes as they are. No plan and no apply is run so.
//!
//! Source: developer.hashicorp.com/terraform/cli/config/config-file, "Development Overrides for Provider Developers".

use crate::Root;
use crate::provider::{PLATFORM, lock_file};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Where Terraform keeps what it installs for a root, where no other folder is named.
const DATA: &str = ".terraform";

/// Tells those apart that show one plan at once.
static SERIAL: AtomicU64 = AtomicU64::new(0);

/// A configuration of the command line for one run, removed with this value.
pub(crate) struct AsInstalled {
    path: PathBuf,
}

impl AsInstalled {
    /// Writes it beside a saved plan; none where not every provider is installed in the root as usual.
    pub(crate) fn beside(root: &Root, plan: &Path) -> Option<Self> {
        let set = |name: &str| root.env.get(name).or_else(|| root.program.env.get(name));
        let data = set("TF_DATA_DIR").map_or(DATA, String::as_str);
        let providers = std::path::absolute(root.dir.join(data)).ok()?.join("providers");
        let text = overrides(&root.dir, &providers)?;
        let name = format!("{}.tfrc", SERIAL.fetch_add(1, Ordering::Relaxed));
        let path = std::path::absolute(root.dir.join(plan)).ok()?.with_extension(name);
        std::fs::write(&path, text).ok()?;
        Some(Self { path })
    }

    /// The root, with this configuration.
    pub(crate) fn of(&self, root: &Root) -> Root {
        let mut root = root.clone();
        root.env.insert("TF_CLI_CONFIG_FILE".to_owned(), self.path.display().to_string());
        root
    }
}

impl Drop for AsInstalled {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, path = %self.path.display(), "remove the configuration of one run");
        }
    }
}

/// The configuration that names every locked provider's package.
fn overrides(root: &Path, providers: &Path) -> Option<String> {
    let locked = lock_file::read(root).ok().filter(|locked| !locked.is_empty())?;
    let mut lines = String::new();
    for (source, locked) in &locked {
        let package = providers.join(source).join(&locked.version).join(PLATFORM);
        let package = package.is_dir().then(|| package.to_str())??;
        // What HCL would take for more than a text is left to the usual way.
        if package.contains(['"', '\\', '$', '%']) {
            return None;
        }
        writeln!(lines, "    \"{source}\" = \"{package}\"").ok()?;
    }
    Some(format!("provider_installation {{\n  dev_overrides {{\n{lines}  }}\n  direct {{}}\n}}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_locked_provider_is_named_or_none() {
        let root = tempfile::tempdir().expect("a folder");
        let providers = root.path().join(".terraform/providers");
        assert_eq!(overrides(root.path(), &providers), None, "no lock file");
        let lock = "provider \"registry.terraform.io/hashicorp/aws\" {\n  version = \"5.100.0\"\n}\n\
                    provider \"registry.terraform.io/hashicorp/random\" {\n  version = \"3.7.2\"\n}\n";
        std::fs::write(root.path().join(lock_file::LOCK_FILE), lock).expect("written");
        let package = |name: &str| providers.join("registry.terraform.io/hashicorp").join(name).join(PLATFORM);
        std::fs::create_dir_all(package("aws/5.100.0")).expect("a folder");
        std::fs::create_dir_all(package("random/3.7.1")).expect("a folder");
        assert_eq!(overrides(root.path(), &providers), None, "another version is installed");
        std::fs::create_dir_all(package("random/3.7.2")).expect("a folder");
        let text = overrides(root.path(), &providers).expect("a configuration");
        let aws = format!("    \"registry.terraform.io/hashicorp/aws\" = \"{}\"\n", package("aws/5.100.0").display());
        assert!(text.contains(&aws), "{text}");
        assert_eq!(text.matches(" = ").count(), 2, "{text}");
    }
}
