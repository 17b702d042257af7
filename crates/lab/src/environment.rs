//! The variables that make a program work in the lab, and the files that they name.

use crate::estate::{PLAN, PRIMARY_REGION, STANDBY_REGION};
use crate::handle::Handle;
use crate::lab::LabError;
use crate::python::Python;
use crate::terraform::Terraform;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The lab's commands, as a program of its own.
const PROGRAM: &str = include_str!("../python/lab.py");

/// Settings for somebody's real AWS, which must not reach a program that works in the lab.
pub(crate) const UNSET: [&str; 10] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ENDPOINT_URL_S3",
    "TF_PLUGIN_CACHE_DIR",
    "TF_DATA_DIR",
    "TF_WORKSPACE",
    "TF_CLI_ARGS",
];

fn file_of(folder: &Path) -> PathBuf {
    folder.join("env.json")
}

/// Makes the lab's environment, and keeps it for who attaches later.
pub(crate) fn make(
    folder: &Path,
    handle: &Handle,
    outer: &BTreeMap<String, String>,
    python: &Python,
    terraform: &Terraform,
) -> Result<Vec<(String, String)>, LabError> {
    let mut all = aws(folder, &handle.aws_endpoint, outer, python, terraform)?;
    let resolver = handle.resolver.to_string();
    all.push(("PILOTLIGHT_RESOLVER".into(), resolver.clone()));
    all.push(("PILOTLIGHT_LAB_DNS".into(), resolver));
    all.push(("PILOTLIGHT_LAB_PLAN".into(), folder.join(PLAN).to_string_lossy().into_owned()));
    all.push(("PILOTLIGHT_LAB".into(), folder.to_string_lossy().into_owned()));
    for (name, region) in [("ORDERS_PRIMARY_URL", PRIMARY_REGION), ("ORDERS_STANDBY_URL", STANDBY_REGION)] {
        all.extend(database(handle, region).map(|url| (name.to_owned(), url)));
    }
    write_lab_program(folder, python)?;
    let file = file_of(folder);
    let json = serde_json::to_vec_pretty(&all).map_err(|error| failed(&file)(std::io::Error::other(error)))?;
    // The databases' addresses hold passwords.
    let mut options = std::fs::OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(options.write(true).create(true).truncate(true), 0o600);
    options.open(&file).and_then(|mut file| file.write_all(&json)).map_err(failed(&file))?;
    Ok(all)
}

fn database(handle: &Handle, region: &str) -> Option<String> {
    handle.databases.iter().find(|database| database.region == region).map(|database| database.url.clone())
}

/// Puts the program `lab` on the `PATH`, so that a step of a plan can act on the lab: `lab resync eu-west-1`.
fn write_lab_program(folder: &Path, python: &Python) -> Result<(), LabError> {
    let path = folder.join("bin/lab");
    let text = PROGRAM.replacen("@PYTHON@", &python.program().to_string_lossy(), 1);
    let text = text.replacen("@HANDLE@", &Handle::path(folder).to_string_lossy(), 1);
    std::fs::write(&path, text).map_err(failed(&path))?;
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).map_err(failed(&path))
}

/// The part of it that leads to the emulator, the provider and the two programs.
pub(crate) fn aws(
    folder: &Path,
    endpoint: &str,
    outer: &BTreeMap<String, String>,
    python: &Python,
    terraform: &Terraform,
) -> Result<Vec<(String, String)>, LabError> {
    // Two programs, not all that Python brings.
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).map_err(failed(&bin))?;
    for (name, program) in [("aws", &python.aws()), ("terraform", &terraform.program)] {
        let link = bin.join(name);
        std::os::unix::fs::symlink(program, &link).map_err(failed(&link))?;
    }
    let configuration = folder.join("terraform.rc");
    std::fs::write(&configuration, terraform.cli_config()).map_err(failed(&configuration))?;
    // In the place of somebody's own: a profile there could name another endpoint or region.
    let aws_configuration = folder.join("aws.config");
    std::fs::write(&aws_configuration, "").map_err(failed(&aws_configuration))?;

    let text = |path: &Path| path.to_string_lossy().into_owned();
    let path = outer.get("PATH").map_or_else(|| text(&bin), |path| format!("{}:{path}", text(&bin)));
    let mut all: Vec<(&str, String)> = vec![
        ("AWS_ENDPOINT_URL", endpoint.to_owned()),
        ("AWS_ACCESS_KEY_ID", "lab".into()),
        ("AWS_SECRET_ACCESS_KEY", "lab".into()),
        ("AWS_REGION", PRIMARY_REGION.into()),
        ("AWS_DEFAULT_REGION", PRIMARY_REGION.into()),
        ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ("AWS_CONFIG_FILE", text(&aws_configuration)),
        ("AWS_SHARED_CREDENTIALS_FILE", text(&aws_configuration)),
        ("TF_CLI_CONFIG_FILE", text(&configuration)),
        ("PATH", path),
    ];
    for name in ["NO_PROXY", "no_proxy"] {
        // Loopback through a proxy would be somebody else's loopback.
        let others = outer.get(name).filter(|others| !others.is_empty()).map(|others| format!("{others},"));
        all.push((name, format!("{}127.0.0.1,127.0.0.0/8,localhost,shop.test", others.unwrap_or_default())));
    }
    Ok(all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> LabError + use<> {
    let path = path.to_owned();
    move |source| LabError::File { path, source }
}

/// Reads what [`make`] kept. Nothing, while the lab is still being started.
pub(crate) fn read(folder: &Path) -> Result<Vec<(String, String)>, LabError> {
    let path = file_of(folder);
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| LabError::File { path, source: std::io::Error::other(error) }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(LabError::File { path, source }),
    }
}
