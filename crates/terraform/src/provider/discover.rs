//! Finds the executable of a provider's plugin on this machine.
//!
//! In this order, and everywhere at the version that the stack's lock file names: what `terraform init` installed
//! for the stack, the plugin cache, mirrors that are named, mirrors that Terraform implies, and folders named after
//! the registry a few levels below the usual system prefixes. Without a lock file it is the version that is
//! installed for the stack, else the newest of any.
//!
//! Source of the layouts: developer.hashicorp.com/terraform/cli/config/config-file, "Filesystem mirrors" and
//! "Implied Local Mirror Directories".

use crate::provider::PluginError;
use crate::provider::cli_config;
use crate::provider::lock_file::{self, Locked};
use crate::provider::package;
use crate::provider::plugin::Environment;
use crate::provider::version::Version;
use pilotlight_tfstate::ProviderSource;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// This machine, in Terraform's words.
pub(crate) const PLATFORM: &str = match (cfg!(target_os = "macos"), cfg!(target_arch = "aarch64")) {
    (true, true) => "darwin_arm64",
    (true, false) => "darwin_amd64",
    (false, true) => "linux_arm64",
    (false, false) => "linux_amd64",
};

/// Where distributions and images put a mirror, and how many levels below that it is looked for: enough for
/// `/usr/share/terraform/plugins/registry.terraform.io`.
const PREFIXES: [&str; 6] = ["/opt", "/usr/local", "/usr/lib", "/usr/share", "/srv", "/var/lib"];
const PREFIX_DEPTH: usize = 3;

/// The registry of Terraform's official providers.
const TERRAFORM_REGISTRY: &str = "registry.terraform.io";
/// OpenTofu's, which has the same releases of `hashicorp/…`.
const OPENTOFU_REGISTRY: &str = "registry.opentofu.org";

/// A plugin that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) provider: ProviderSource,
    pub(crate) version: String,
    /// The executable.
    pub(crate) path: PathBuf,
    /// What the lock file says that it has to be; empty where there is none.
    pub(crate) hashes: Vec<String>,
    /// What a reader of the report should know of the choice.
    pub(crate) note: Option<String>,
}

/// Where one stack's plugins are looked for.
#[derive(Debug)]
pub(crate) struct Search<'a> {
    pub(crate) environment: &'a Environment,
    /// The stack's root module, where it is at hand.
    pub(crate) source: Option<&'a Path>,
    /// Pilotlight's own cache.
    pub(crate) cache: &'a Path,
}

/// The source with the host that Terraform 0.12 and older left away.
pub(crate) fn full_source(provider: &ProviderSource) -> ProviderSource {
    let mut full = provider.clone();
    if full.hostname.is_empty() {
        full.hostname = TERRAFORM_REGISTRY.to_owned();
    }
    if matches!(full.namespace.as_str(), "" | "-") {
        full.namespace = "hashicorp".to_owned();
    }
    full
}

impl Search<'_> {
    /// What the stack's lock file says of a provider.
    pub(crate) fn locked(&self, provider: &ProviderSource) -> Result<Option<Locked>, PluginError> {
        let Some(source) = self.source else { return Ok(None) };
        let mut locks = lock_file::read(source).map_err(|error| PluginError::NotFound {
            provider: provider.to_string(),
            version: None,
            why: error.to_string(),
        })?;
        Ok(locks.remove(&provider.to_string()))
    }

    /// The plugin of a provider; none where it is nowhere on this machine.
    pub(crate) fn find(
        &self,
        provider: &ProviderSource,
        locked: Option<&Locked>,
    ) -> Result<Option<Found>, PluginError> {
        if let Some(found) = self.find_exactly(provider, locked)? {
            return Ok(Some(found));
        }
        if provider.hostname != OPENTOFU_REGISTRY || provider.namespace != "hashicorp" {
            return Ok(None);
        }
        // The same release from the other registry. Its package, and with it the hashes, is another.
        let twin = ProviderSource { hostname: TERRAFORM_REGISTRY.to_owned(), ..provider.clone() };
        let version = locked.map(|locked| Locked { version: locked.version.clone(), hashes: Vec::new() });
        let found = self.find_exactly(&twin, version.as_ref())?;
        Ok(found.map(|found| {
            let note = format!("{twin} {} stands in for {provider}, which is not on this machine", found.version);
            Found { note: Some(note), ..found }
        }))
    }

    fn find_exactly(&self, provider: &ProviderSource, locked: Option<&Locked>) -> Result<Option<Found>, PluginError> {
        let version = locked.map(|locked| locked.version.as_str());
        let hashes = locked.map(|locked| locked.hashes.clone()).unwrap_or_default();
        let open = |package: package::Package| {
            let version = package.version.clone();
            let path = package.open(provider, self.cache)?;
            Ok(Some(Found { provider: provider.clone(), version, path, hashes: hashes.clone(), note: None }))
        };
        // What is installed for the stack is its version, locked or not.
        let installed = self.data_folder().map(|folder| package::below(&folder.join("providers"), provider));
        if let Some(package) = newest(installed.unwrap_or_default(), version) {
            return open(package);
        }
        let folders = self.folders(provider);
        if let Some(version) = version {
            for folder in folders {
                if let Some(package) = newest(package::below(&folder, provider), Some(version)) {
                    return open(package);
                }
            }
            let below = registries(&provider.hostname).into_iter().flat_map(|f| package::below(&f, provider));
            return newest(below.collect(), Some(version)).map_or(Ok(None), open);
        }
        let everywhere = folders.into_iter().chain(registries(&provider.hostname));
        let Some(package) = newest(everywhere.flat_map(|f| package::below(&f, provider)).collect(), None) else {
            return Ok(None);
        };
        let note = format!(
            "no lock file says which version of {provider} is the stack's: {}, the newest on this machine, read it",
            package.version
        );
        Ok(open(package)?.map(|found| Found { note: Some(note), ..found }))
    }

    fn named(&self, name: &str) -> Option<PathBuf> {
        self.environment.get(OsStr::new(name)).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// Terraform's folder for a root module's data.
    fn data_folder(&self) -> Option<PathBuf> {
        let folder = self.named("TF_DATA_DIR").unwrap_or_else(|| PathBuf::from(".terraform"));
        Some(self.source?.join(folder))
    }

    /// Caches and mirrors, in order.
    fn folders(&self, provider: &ProviderSource) -> Vec<PathBuf> {
        let home = self.named("HOME");
        let mut folders: Vec<PathBuf> =
            ["TF_PLUGIN_CACHE_DIR", "TF_PLUGIN_MIRROR"].iter().filter_map(|name| self.named(name)).collect();
        folders.extend(cli_config::folders(self.environment));
        folders.extend(self.source.map(|source| source.join("terraform.d/plugins")));
        folders.extend(home.iter().map(|home| home.join(".terraform.d/plugins")));
        let data_home = self.named("XDG_DATA_HOME").or_else(|| Some(home?.join(".local/share")));
        let data_dirs = self.named("XDG_DATA_DIRS").unwrap_or_else(|| PathBuf::from("/usr/local/share:/usr/share"));
        let data_dirs = data_dirs.to_string_lossy();
        let data = data_home.into_iter().chain(data_dirs.split(':').map(PathBuf::from));
        folders.extend(data.map(|folder| folder.join("terraform/plugins")));
        folders.push(installed(self.cache, provider).join(".terraform/providers"));
        folders
    }
}

/// Where Pilotlight has Terraform install a provider.
pub(crate) fn installed(cache: &Path, provider: &ProviderSource) -> PathBuf {
    cache.join("installed").join(&provider.hostname).join(&provider.namespace).join(&provider.name)
}

/// The package of this version, or the newest.
fn newest(packages: Vec<package::Package>, version: Option<&str>) -> Option<package::Package> {
    packages
        .into_iter()
        .filter(|package| version.is_none_or(|version| package.version == version))
        .max_by_key(|package| Version::parse(&package.version))
}

/// Folders that have one named after the registry's host, below the system prefixes.
fn registries(host: &str) -> Vec<PathBuf> {
    fn look(folder: &Path, host: &str, depth: usize, found: &mut Vec<PathBuf>) {
        if folder.join(host).is_dir() {
            found.push(folder.to_owned());
            return;
        }
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        if depth == 0 {
            return;
        }
        // Links are not followed: they lead out of the prefix, or around in it.
        let folders = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let mut folders: Vec<PathBuf> = folders.map(|entry| entry.path()).collect();
        folders.sort();
        folders.iter().for_each(|folder| look(folder, host, depth - 1, found));
    }
    let mut found = Vec::new();
    PREFIXES.iter().for_each(|prefix| look(Path::new(prefix), host, PREFIX_DEPTH, &mut found));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const AWS: &str = "example.com/hashicorp/aws";

    fn provider(text: &str) -> ProviderSource {
        let parts: Vec<&str> = text.split('/').collect();
        ProviderSource { hostname: parts[0].into(), namespace: parts[1].into(), name: parts[2].into() }
    }

    fn plugin(mirror: &Path, source: &str, version: &str) -> PathBuf {
        let folder = mirror.join(source).join(version).join(PLATFORM);
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join(format!("terraform-provider-{}_v{version}_x5", provider(source).name));
        std::fs::write(&file, "#!/bin/sh\n").expect("written");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("set");
        file
    }

    fn locked(version: &str) -> Locked {
        Locked { version: version.to_owned(), hashes: vec!["h1:x".to_owned()] }
    }

    #[test]
    fn the_stacks_own_comes_first_and_the_lock_decides_the_version() {
        let dir = tempfile::tempdir().expect("a folder");
        let (stack, mirror, cache) = (dir.path().join("stack"), dir.path().join("mirror"), dir.path().join("cache"));
        let own = plugin(&stack.join(".terraform/providers"), AWS, "5.1.0");
        let old = plugin(&mirror, AWS, "5.0.0");
        plugin(&mirror, AWS, "5.1.0");
        let new = plugin(&mirror, AWS, "5.10.0");
        let environment = Environment::from([("TF_PLUGIN_MIRROR".into(), mirror.into())]);
        let search = Search { environment: &environment, source: Some(&stack), cache: &cache };
        let find = |search: &Search<'_>, version: Option<&str>| {
            let lock = version.map(locked);
            search.find(&provider(AWS), lock.as_ref()).expect("no error")
        };
        let found = find(&search, Some("5.1.0")).expect("the stack's own");
        assert_eq!(
            (found.path, found.hashes.as_slice(), found.note),
            (own.clone(), ["h1:x".to_owned()].as_slice(), None)
        );
        assert_eq!(find(&search, Some("5.0.0")).expect("the mirror's").path, old);
        assert_eq!(find(&search, None).expect("what is installed").path, own);
        assert_eq!(find(&search, Some("4.0.0")), None);

        let elsewhere = Search { environment: &environment, source: None, cache: &cache };
        let found = find(&elsewhere, None).expect("the newest");
        assert_eq!((found.path, found.version.as_str()), (new, "5.10.0"));
        let note = found.note.expect("a note");
        assert!(note.contains("example.com/hashicorp/aws") && note.contains("5.10.0"), "{note}");
    }

    #[test]
    fn terraforms_copy_stands_in_for_opentofus_with_a_note() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = plugin(dir.path(), "registry.terraform.io/hashicorp/pretend", "1.0.0");
        plugin(dir.path(), "registry.terraform.io/acme/pretend", "1.0.0");
        let environment = Environment::from([("TF_PLUGIN_CACHE_DIR".into(), dir.path().into())]);
        let search = Search { environment: &environment, source: None, cache: dir.path() };
        let lock = locked("1.0.0");
        let tofu = provider("registry.opentofu.org/hashicorp/pretend");
        let found = search.find(&tofu, Some(&lock)).expect("no error").expect("the twin");
        assert_eq!((found.path, found.hashes.len()), (file, 0));
        assert!(found.note.expect("a note").contains("stands in for registry.opentofu.org/hashicorp/pretend"));
        let other = provider("registry.opentofu.org/acme/pretend");
        assert_eq!(search.find(&other, Some(&lock)).expect("no error"), None, "nobody says that these are the same");
    }

    #[test]
    fn names_of_terraform_0_12_are_official_ones() {
        let bare = ProviderSource { hostname: String::new(), namespace: String::new(), name: "aws".into() };
        assert_eq!(full_source(&bare).to_string(), "registry.terraform.io/hashicorp/aws");
        let unknown = provider("registry.terraform.io/-/aws");
        assert_eq!(full_source(&unknown).to_string(), "registry.terraform.io/hashicorp/aws");
    }

    #[test]
    fn the_lock_file_of_a_stack_is_read() {
        let dir = tempfile::tempdir().expect("a folder");
        let environment = Environment::new();
        let search = Search { environment: &environment, source: Some(dir.path()), cache: dir.path() };
        assert_eq!(search.locked(&provider(AWS)).expect("no file"), None);
        let text = lock_file::write(AWS, &locked("5.1.0"));
        std::fs::write(dir.path().join(lock_file::LOCK_FILE), text).expect("written");
        assert_eq!(search.locked(&provider(AWS)).expect("a file"), Some(locked("5.1.0")));
        std::fs::write(dir.path().join(lock_file::LOCK_FILE), "{{").expect("written");
        assert!(search.locked(&provider(AWS)).is_err(), "a version is not guessed");
    }
}
