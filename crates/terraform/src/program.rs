//! Finding the program.

use pilotlight_findings::{Code, Explain, codes};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// `version -json` asks nobody and starts no plugin; a cold start from a slow disk stays far below this.
const VERSION_TIMEOUT: Duration = Duration::from_secs(30);

/// Which of the two programs it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// HashiCorp Terraform.
    Terraform,
    /// OpenTofu.
    OpenTofu,
}

/// The program that does the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    /// Which it is.
    pub flavor: Flavor,
    /// `1.11.4`
    pub version: String,
    /// Set for it beside the environment that it inherits, in every root; see [`Program::collecting_less`].
    pub env: BTreeMap<String, String>,
}

/// Why no program was found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// Neither name is in the search path.
    #[error("find terraform or tofu on PATH")]
    NotFound,
    /// The program that was named could not be started.
    #[error("start {} version -json", path.display())]
    Start {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It did not end in time.
    #[error("get an answer from {} version -json within {} seconds", path.display(), VERSION_TIMEOUT.as_secs())]
    Silent {
        /// Which.
        path: PathBuf,
    },
    /// It ended with an error.
    #[error("run {} version -json: {output}", path.display())]
    Failed {
        /// Which.
        path: PathBuf,
        /// What it wrote.
        output: String,
    },
    /// It answered something else.
    #[error("understand the answer of {} version -json", path.display())]
    Answer {
        /// Which.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

impl Explain for FindError {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => codes::T_NOT_FOUND,
            _ => codes::T_VERSION,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NotFound => "install terraform or tofu, or name it with --terraform PATH".to_owned(),
            _ => "name another program with --terraform PATH".to_owned(),
        })
    }
}

/// The answer to `version -json`. OpenTofu keeps the field's name.
#[derive(Deserialize)]
struct Version {
    terraform_version: String,
}

impl Program {
    /// The program that is named, or the first `terraform`, or else `tofu`, in `path_var` (a `PATH`).
    ///
    /// # Errors
    /// None is there, or it does not answer `version -json`.
    pub async fn find(explicit: Option<&Path>, path_var: &OsStr) -> Result<Self, FindError> {
        let path = match explicit {
            // A bare name is looked for, as a shell does.
            Some(name) if name.components().count() == 1 => {
                search(name.as_os_str(), path_var).unwrap_or_else(|| name.to_owned())
            }
            Some(path) => path.to_owned(),
            None => ["terraform", "tofu"]
                .iter()
                .find_map(|name| search(OsStr::new(name), path_var))
                .ok_or(FindError::NotFound)?,
        };
        Self::at(path).await
    }

    /// The program at `path`.
    ///
    /// # Errors
    /// It does not answer `version -json`.
    pub async fn at(path: PathBuf) -> Result<Self, FindError> {
        let run = Command::new(&path)
            .args(["version", "-json"])
            .env("CHECKPOINT_DISABLE", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = match tokio::time::timeout(VERSION_TIMEOUT, run).await {
            Ok(Ok(output)) => output,
            Ok(Err(source)) => return Err(FindError::Start { path, source }),
            Err(_) => return Err(FindError::Silent { path }),
        };
        if !output.status.success() {
            let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(FindError::Failed { path, output });
        }
        let version: Version = match serde_json::from_slice(&output.stdout) {
            Ok(version) => version,
            Err(source) => return Err(FindError::Answer { path, source }),
        };
        let flavor = match path.file_stem().and_then(OsStr::to_str) {
            Some(name) if name.contains("tofu") => Flavor::OpenTofu,
            _ => Flavor::Terraform,
        };
        // It runs in other folders than the one that the path was written for.
        let path = std::path::absolute(&path).unwrap_or(path);
        Ok(Self { path, flavor, version: version.terraform_version, env: BTreeMap::new() })
    }

    /// `terraform` or `tofu`, for texts.
    pub fn name(&self) -> &'static str {
        match self.flavor {
            Flavor::Terraform => "terraform",
            Flavor::OpenTofu => "tofu",
        }
    }
}

/// The first file of this name in `path_var` that may be executed.
fn search(name: &OsStr, path_var: &OsStr) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    let executable =
        |path: &PathBuf| path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0);
    // POSIX, "Other Environment Variables": colons separate, and an empty part is the current folder.
    let folders = path_var.as_bytes().split(|byte| *byte == b':').map(|part| Path::new(OsStr::from_bytes(part)));
    folders.map(|folder| folder.join(name)).find(executable)
}
