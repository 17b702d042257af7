//! Where the workspace's things are, and how a task's error is shown.

use serde_json::Value;
use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a task ends with.
pub(crate) type Done<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The folders of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    /// The repository.
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn find() -> Done<Self> {
        let output = Command::new(cargo())
            .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()?;
        if !output.status.success() {
            return Err(format!("ask cargo for the workspace: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        let folder = |name: &str| metadata[name].as_str().map(PathBuf::from).ok_or(format!("cargo tells no {name}"));
        Ok(Self { root: folder("workspace_root")?, target: folder("target_directory")? })
    }

    /// What is kept between labs.
    pub(crate) fn lab_cache(&self) -> PathBuf {
        self.target.join("lab/cache")
    }

    /// The folder of the lab with this name.
    pub(crate) fn lab(&self, name: &str) -> PathBuf {
        self.target.join("lab").join(name)
    }

    /// Builds the `pilotlight` program, showing cargo's progress, and returns its path.
    pub(crate) fn build_pilotlight(&self) -> Done<PathBuf> {
        self.build(&[], "debug/pilotlight")
    }

    /// As [`Workspace::build_pilotlight`], as it is released.
    pub(crate) fn build_pilotlight_release(&self) -> Done<PathBuf> {
        self.build(&["--release"], "release/pilotlight")
    }

    fn build(&self, options: &[&str], program: &str) -> Done<PathBuf> {
        let mut command = Command::new(cargo());
        command.args(["build", "--package", "pilotlight-cli"]).args(options).current_dir(&self.root);
        if !command.status()?.success() {
            return Err("build pilotlight: cargo says why above".into());
        }
        let program = self.target.join(program);
        if Path::exists(&program) { Ok(program) } else { Err(format!("find {program:?} after its build").into()) }
    }
}

/// The cargo that runs this task.
pub(crate) fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// An error with its causes, one a line.
pub(crate) fn describe(error: &(dyn Error + 'static)) -> String {
    let mut text = format!("error: failed to {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, "\n  because: {error}");
        cause = error.source();
    }
    text
}
