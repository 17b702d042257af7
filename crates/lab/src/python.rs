//! The lab's own Python environment, made once for a cache folder.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// What is installed, each version pinned.
const REQUIREMENTS: &str = include_str!("../python/requirements.txt");

/// Says that the environment is whole. Written last, so one that was left half-made is made anew.
const MARKER: &str = ".complete";

/// The oldest Python that the pinned packages take.
const OLDEST: (u32, u32) = (3, 10);

/// The Python environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Python {
    folder: PathBuf,
}

/// The Python environment could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PythonError {
    /// No `python3`.
    #[error(
        "find python3 on PATH; install Python {}.{} or newer, with its venv module (Debian: `apt-get install python3-venv`)",
        OLDEST.0, OLDEST.1
    )]
    Missing(#[source] std::io::Error),
    /// A `python3` that is too old.
    #[error("use python3: it is {found}, and the lab needs {}.{} or newer", OLDEST.0, OLDEST.1)]
    TooOld {
        /// `3.8`
        found: String,
    },
    /// A program of the set-up failed.
    #[error("{doing}: {said}\n{remedy}")]
    Failed {
        /// `make a Python environment in "…"`
        doing: String,
        /// The last lines that the program said.
        said: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A file or folder of the environment.
    #[error("write {path:?}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Python {
    /// The environment below `cache`, made if it isn't there or was made for other packages.
    /// Takes half a minute the first time. Two callers at once wait for each other.
    pub(crate) async fn ensure(cache: &Path) -> Result<Self, PythonError> {
        let python = Self { folder: cache.join("python") };
        let write = |path: &Path| {
            let path = path.to_owned();
            move |source| PythonError::Write { path, source }
        };
        let lock = lock(cache).await?;
        let marker = python.folder.join(MARKER);
        let wanted = fingerprint(REQUIREMENTS);
        if std::fs::read_to_string(&marker).is_ok_and(|made| made == wanted) && python.program().exists() {
            return Ok(python);
        }
        if python.folder.exists() {
            std::fs::remove_dir_all(&python.folder).map_err(write(&python.folder))?;
        }
        python.make().await?;
        std::fs::write(&marker, wanted).map_err(write(&marker))?;
        drop(lock);
        Ok(python)
    }

    /// The environment's interpreter.
    pub(crate) fn program(&self) -> PathBuf {
        self.folder.join("bin/python")
    }

    /// The AWS command line in it.
    pub(crate) fn aws(&self) -> PathBuf {
        self.folder.join("bin/aws")
    }

    async fn make(&self) -> Result<(), PythonError> {
        check_version().await?;
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv", "--clear"]).arg(&self.folder);
        run(
            venv,
            format!("make a Python environment in {:?}", self.folder),
            "Python's venv module must be whole (Debian: `apt-get install python3-venv`)",
        )
        .await?;
        let requirements = self.folder.join("requirements.txt");
        std::fs::write(&requirements, REQUIREMENTS)
            .map_err(|source| PythonError::Write { path: requirements.clone(), source })?;
        let mut install = Command::new(self.program());
        install.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
        install.arg("--requirement").arg(requirements);
        let doing = "install the AWS emulator with pip".to_owned();
        run(install, doing, "PyPI must be reachable the first time; pip's own settings and proxies apply").await
    }
}

/// Waits until nobody else installs into `cache`; the lock goes with the file.
pub(crate) async fn lock(cache: &Path) -> Result<File, PythonError> {
    let path = cache.join("install.lock");
    let lock = || {
        std::fs::create_dir_all(cache)?;
        File::create(&path)
    };
    let failed = |source| PythonError::Write { path: path.clone(), source };
    let file = lock().map_err(failed)?;
    // Blocks, so it has a thread of its own.
    let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
    locked.map_err(std::io::Error::other).and_then(|locked| locked).map_err(failed)
}

async fn check_version() -> Result<(), PythonError> {
    let version = Command::new("python3")
        .args(["-c", "import sys; print(sys.version_info[0], sys.version_info[1])"])
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(PythonError::Missing)?;
    let text = String::from_utf8_lossy(&version.stdout);
    let mut numbers = text.split_whitespace().filter_map(|number| number.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) if (major, minor) >= OLDEST => Ok(()),
        _ => Err(PythonError::TooOld { found: text.trim().replace(' ', ".") }),
    }
}

/// Runs a program of the set-up to its end; a failure quotes its last lines.
pub(crate) async fn run(mut command: Command, doing: String, remedy: &'static str) -> Result<(), PythonError> {
    let failed = |said: String| PythonError::Failed { doing: doing.clone(), said, remedy };
    let output =
        command.stdin(Stdio::null()).kill_on_drop(true).output().await.map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let all = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&all);
    let lines: Vec<&str> = text.lines().collect();
    Err(failed(lines[lines.len().saturating_sub(8)..].join("\n")))
}

fn fingerprint(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned() {
        let packages: Vec<&str> = REQUIREMENTS.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(packages.contains(&"moto==5.2.5") && packages.iter().any(|line| line.starts_with("awscli==1.")));
        for package in packages {
            let (name, version) = package.split_once("==").expect(package);
            assert!(!name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit()), "{package}");
        }
    }

    #[tokio::test]
    async fn a_failed_program_is_quoted_with_a_remedy() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; exit 3"]);
        let error = run(command, "try".into(), "do better").await.expect_err("it fails").to_string();
        assert_eq!(error, "try: one\ntwo\ndo better");
    }
}
