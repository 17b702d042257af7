//! The emulator alone, with Terraform: for measurements, which a lab's own probes of health and apps would disturb.

use crate::addresses::Prefix;
use crate::emulator::Emulator;
use crate::environment::{self, UNSET};
use crate::estate::{PRIMARY_REGION, STANDBY_REGION};
use crate::lab::{LabError, OnProgress, empty, timed};
use crate::python::Python;
use crate::services::ServicesError;
use crate::terraform::Terraform;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A running emulator and the environment that leads to it. It ends when this value is dropped, or when this process
/// dies. Make and drop it inside a tokio runtime.
#[derive(Debug)]
pub struct Bare {
    folder: PathBuf,
    environment: Vec<(String, String)>,
    emulator: Emulator,
    _prefix: Prefix,
}

impl Bare {
    /// Starts it in `folder`, which is emptied first if a lab wrote it; `cache` holds the Python environment, and
    /// `outer` is the caller's environment: `PATH`, `HOME`, `TF_PLUGIN_MIRROR`, proxies.
    ///
    /// # Errors
    /// A part can't be had or doesn't start, or the folder holds something that no lab wrote.
    pub async fn start(
        folder: &Path,
        cache: &Path,
        outer: &BTreeMap<String, String>,
        progress: OnProgress<'_>,
    ) -> Result<Self, LabError> {
        empty(folder)?;
        let python = timed(progress, "Python environment with the AWS emulator", Python::ensure(cache)).await?;
        let search = Terraform::find(outer, cache, &python);
        let terraform = timed(progress, "Terraform and the AWS provider", search).await?;
        let prefix = Prefix::claim().map_err(ServicesError::from)?;
        let regions = [PRIMARY_REGION.to_owned(), STANDBY_REGION.to_owned()];
        let prefix_text = prefix.text();
        let start = Emulator::start(&python, folder, &prefix_text, &regions);
        let emulator = timed(progress, "emulated AWS", start).await.map_err(ServicesError::from)?;
        let environment = environment::aws(folder, &emulator.endpoint, outer, &python, &terraform)?;
        Ok(Self { folder: folder.to_owned(), environment, emulator, _prefix: prefix })
    }

    /// The emulated AWS API, `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.emulator.endpoint
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A program that works with the emulator, in the folder.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        for name in UNSET {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value))).current_dir(&self.folder);
        command
    }
}
