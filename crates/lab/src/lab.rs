//! The lab as its users hold it: the `xtask` commands, the demo and the tests.

mod changes;
mod status;

pub use status::{App, Status};

use crate::aws::{Aws, AwsError};
use crate::control::{self, ControlError};
use crate::dns::query::{self, Answered, QueryError};
use crate::environment::{self, UNSET};
use crate::estate::{self, EstateError, PLAN};
use crate::handle::{Handle, HandleError};
use crate::host::{Hosted, host_detached, host_here};
use crate::postgres::programs::{Programs, ProgramsError};
use crate::python::{Python, PythonError};
use crate::services::ServicesError;
use crate::terraform::{Terraform, TerraformError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Says that a folder is a lab's, so that a new lab may empty it.
const MARKER: &str = ".pilotlight-lab";

/// What is started together.
const PARTS: &str = "emulated AWS, DNS, databases and apps";

/// How long a lab that was asked to end may take.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

/// How often something that is awaited is looked at.
const POLL: Duration = Duration::from_millis(50);

/// How to start a lab.
#[derive(Debug, Clone)]
pub struct Options {
    /// The lab's own folder. A lab that was there and has ended is removed first.
    pub folder: PathBuf,
    /// Where the Python environment is kept between labs.
    pub cache: PathBuf,
    /// The repository, for `infra/` and `plans/`.
    pub repository: PathBuf,
    /// The caller's environment: `PATH`, `HOME`, `TF_PLUGIN_MIRROR`, proxies.
    pub environment: BTreeMap<String, String>,
    /// Who runs it.
    pub host: Host,
}

/// Who runs the lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// This process, on a thread of its own: the lab ends with it, however it ends.
    ThisProcess,
    /// A process that stays when this one ends, made as `PROGRAM lab serve --dir … --cache … --postgres …`.
    Detached {
        /// The `xtask` program.
        program: PathBuf,
    },
}

/// What happens during a long wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// A step begins.
    Started(&'a str),
    /// A line of the program that the step runs.
    Line(&'a str),
    /// The step is done.
    Finished(&'a str, Duration),
}

/// Told of progress, from any thread.
pub type OnProgress<'a> = &'a (dyn Fn(Progress<'_>) + Send + Sync);

/// A lab could not be started, used or ended.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// There is one in this folder already.
    #[error("start a lab in {folder:?}: one is up already, process {pid}; `cargo xtask lab down` ends it")]
    AlreadyUp {
        /// Where.
        folder: PathBuf,
        /// The process that runs it.
        pid: u32,
    },
    /// The folder holds something else.
    #[error("start a lab in {0:?}: the folder holds something that no lab wrote; name another, or empty it")]
    Foreign(PathBuf),
    /// A file or folder of the lab.
    #[error("use {path:?}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The detached process ended or was silent.
    #[error("start the lab's process: {said}; its log is {log:?}")]
    Detached {
        /// What happened instead.
        said: String,
        /// Its log.
        log: PathBuf,
    },
    /// It was asked to end and did not.
    #[error("end the lab of process {pid}: it still answers after {STOP_TIMEOUT:?}")]
    StillUp {
        /// The process.
        pid: u32,
    },
    /// The Python environment.
    #[error(transparent)]
    Python(#[from] PythonError),
    /// Terraform and the provider.
    #[error(transparent)]
    Terraform(#[from] TerraformError),
    /// PostgreSQL's programs.
    #[error(transparent)]
    Postgres(#[from] ProgramsError),
    /// The parts.
    #[error(transparent)]
    Services(#[from] ServicesError),
    /// The estate.
    #[error(transparent)]
    Estate(#[from] EstateError),
    /// The emulator.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// `lab.json`.
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// The control endpoint.
    #[error(transparent)]
    Control(#[from] ControlError),
}

/// A running lab.
#[derive(Debug)]
pub struct Lab {
    folder: PathBuf,
    handle: Handle,
    environment: Vec<(String, String)>,
    hosted: Option<Hosted>,
}

impl Lab {
    /// Starts a lab with the estate's files and buckets, and nothing applied yet.
    ///
    /// # Errors
    /// A lab is up in that folder, or a part doesn't start.
    pub async fn start(options: &Options, progress: OnProgress<'_>) -> Result<Self, LabError> {
        if let Some(lab) = Self::attach(&options.folder).await? {
            return Err(LabError::AlreadyUp { folder: options.folder.clone(), pid: lab.handle.pid });
        }
        empty(&options.folder)?;

        let python =
            timed(progress, "Python environment with the AWS emulator", Python::ensure(&options.cache)).await?;
        let search = Terraform::find(&options.environment, &options.cache, &python);
        let terraform = timed(progress, "Terraform and the AWS provider", search).await?;

        let search = Programs::find(&options.environment, &options.cache, &python);
        let postgres = timed(progress, "PostgreSQL", search).await?;

        progress(Progress::Started(PARTS));
        let began = Instant::now();
        let (handle, hosted) = match &options.host {
            Host::ThisProcess => {
                let (handle, hosted) = host_here(&options.folder, &options.cache, &postgres.folder).await?;
                (handle, Some(hosted))
            }
            Host::Detached { program } => (host_detached(program, options, &postgres.folder).await?, None),
        };
        progress(Progress::Finished(PARTS, began.elapsed()));

        let environment = environment::make(&options.folder, &handle, &options.environment, &python, &terraform)?;
        let lab = Self { folder: options.folder.clone(), handle, environment, hosted };
        let aws = Aws::new(&lab.handle.aws_endpoint)?;
        estate::prepare(&options.repository, &lab.folder, &aws, &lab.handle.aws_endpoint, &terraform).await?;
        Ok(lab)
    }

    /// The lab that is up in `folder`, if there is one. A process that died leaves none.
    ///
    /// # Errors
    /// Its files can't be read.
    pub async fn attach(folder: &Path) -> Result<Option<Self>, LabError> {
        let Some(handle) = Handle::read(folder)? else { return Ok(None) };
        if control::call(&handle, "GET", "/status").await.is_err() {
            return Ok(None);
        }
        let environment = environment::read(folder)?;
        Ok(Some(Self { folder: folder.to_owned(), handle, environment, hosted: None }))
    }

    /// How to reach its parts.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The lab's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The plan of the sample estate.
    pub fn plan(&self) -> PathBuf {
        self.folder.join(PLAN)
    }

    /// The Terraform root of a stack in the primary region.
    pub fn root(&self, stack: &str) -> PathBuf {
        self.folder.join("infra/shop").join(stack)
    }

    /// The variables that make a program work in the lab.
    pub fn env(&self) -> &[(String, String)] {
        &self.environment
    }

    /// The variables that must not be set in the lab.
    pub fn unset() -> &'static [&'static str] {
        &UNSET
    }

    /// A program that works in the lab, in the lab's folder.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> std::process::Command {
        let mut command = std::process::Command::new(program);
        for name in UNSET {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value))).current_dir(&self.folder);
        command
    }

    /// Applies the estate in the primary region with Terraform itself: `network`, then `app`.
    ///
    /// # Errors
    /// Terraform's, with its last lines.
    pub async fn apply_primary(&self, progress: OnProgress<'_>) -> Result<(), LabError> {
        for (stack, root) in estate::roots(&self.folder) {
            let title = format!("terraform apply {stack} in {}", estate::PRIMARY_REGION);
            let log = self.folder.join(format!("terraform-{stack}.log"));
            timed(progress, &title, async {
                for arguments in [
                    &["init", "-input=false", "-no-color"][..],
                    &["apply", "-input=false", "-auto-approve", "-no-color"],
                ] {
                    let mut command = self.command("terraform");
                    command.args(arguments).current_dir(&root);
                    estate::run(command.into(), &log, &|line| progress(Progress::Line(line))).await?;
                }
                Ok::<(), EstateError>(())
            })
            .await?;
        }
        Ok(())
    }

    /// Makes the standby with the released program, as a person would: `pilotlight rebuild PLAN --apply --yes`.
    ///
    /// # Errors
    /// The program's, with its last lines.
    pub async fn rebuild_standby(&self, pilotlight: &Path, progress: OnProgress<'_>) -> Result<(), LabError> {
        let title = format!("pilotlight rebuild in {}", estate::STANDBY_REGION);
        let log = self.folder.join("rebuild.log");
        let mut command = self.command(pilotlight);
        command.arg("rebuild").arg(self.plan()).args(["--apply", "--yes"]);
        let line = |line: &str| progress(Progress::Line(line));
        Ok(timed(progress, &title, estate::run(command.into(), &log, &line)).await?)
    }

    /// What the lab is doing.
    ///
    /// # Errors
    /// The lab doesn't answer.
    pub async fn status(&self) -> Result<Status, LabError> {
        let body = control::call(&self.handle, "GET", "/status").await?;
        serde_json::from_str(&body)
            .map_err(|error| LabError::File { path: Handle::path(&self.folder), source: std::io::Error::other(error) })
    }

    /// What the lab's resolver answers.
    ///
    /// # Errors
    /// No answer came.
    pub async fn resolve(&self, name: &str, record_type: &str) -> Result<Answered, QueryError> {
        query::ask(self.handle.resolver, name, record_type).await
    }

    /// Ends the lab and waits until it has. Its folder stays, for its logs.
    ///
    /// # Errors
    /// It doesn't end.
    pub async fn stop(mut self) -> Result<(), LabError> {
        if let Some(hosted) = self.hosted.take() {
            // Dropping it waits for the thread, which must not hold up an async caller.
            let _ = tokio::task::spawn_blocking(move || drop(hosted)).await;
            return Ok(());
        }
        control::call(&self.handle, "POST", "/shutdown").await?;
        let deadline = Instant::now() + STOP_TIMEOUT;
        while Instant::now() < deadline {
            if Handle::read(&self.folder)?.is_none_or(|handle| handle != self.handle) {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
        Err(LabError::StillUp { pid: self.handle.pid })
    }
}

pub(crate) async fn timed<T, E>(
    progress: OnProgress<'_>,
    title: &str,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    progress(Progress::Started(title));
    let began = Instant::now();
    let done = work.await?;
    progress(Progress::Finished(title, began.elapsed()));
    Ok(done)
}

/// Empties a lab's folder, or makes it. A folder that no lab wrote is left alone.
pub(crate) fn empty(folder: &Path) -> Result<(), LabError> {
    let failed = |source| LabError::File { path: folder.to_owned(), source };
    let marker = folder.join(MARKER);
    match std::fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
        Ok(true) if !marker.exists() => return Err(LabError::Foreign(folder.to_owned())),
        Ok(_) => std::fs::remove_dir_all(folder).map_err(failed)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    std::fs::create_dir_all(folder).map_err(failed)?;
    std::fs::write(marker, "").map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_labs_folder_is_emptied() {
        let folder = tempfile::tempdir().expect("folder");
        let lab = folder.path().join("lab");
        empty(&lab).expect("made");
        std::fs::write(lab.join("old"), "").expect("file");
        empty(&lab).expect("emptied");
        assert!(!lab.join("old").exists() && lab.join(MARKER).exists());

        let other = folder.path().join("other");
        std::fs::create_dir(&other).expect("folder");
        std::fs::write(other.join("thesis.txt"), "years of work").expect("file");
        assert!(matches!(empty(&other), Err(LabError::Foreign(_))));
        assert!(other.join("thesis.txt").exists());
    }

    #[tokio::test]
    async fn a_lab_whose_process_died_is_none() {
        let folder = tempfile::tempdir().expect("folder");
        assert!(Lab::attach(folder.path()).await.expect("none").is_none());
        // Nobody listens on the discard port of a loopback address that no lab takes.
        let nowhere: std::net::SocketAddr = "127.0.0.1:9".parse().expect("address");
        let handle = Handle::new("http://127.0.0.1:9".into(), nowhere, vec![], vec![], nowhere, "t".into());
        handle.write(folder.path()).expect("written");
        assert!(Lab::attach(folder.path()).await.expect("none").is_none());
    }
}
