//! Three services that know nothing of each other, in two regions: what the apply of a standby is measured on.
//!
//! Each measurement has a cloud of its own, so that it makes everything anew; the primary's states are copied there.
//! Rebuild reads no live object of the primary, so that nobody misses them.

use super::cloud::{Cloud, Run};
use crate::workspace::{Done, Workspace};
use std::fmt::Write;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The root of each service, with its name in it.
const ROOT: &str = include_str!("roots/service.tf");
const NAME: &str = "SERVICE";

pub(super) const NAMES: [&str; 3] = ["orders", "search", "wiki"];

const PLAN: &str = "plan.hcl";

/// What starts clouds with the services in them.
pub(super) struct Services<'a> {
    workspace: &'a Workspace,
    pilotlight: &'a Path,
    /// The primary's state of each service.
    states: Vec<Vec<u8>>,
}

impl<'a> Services<'a> {
    /// Applies the primary, once for all that is measured.
    pub(super) fn apply_primary(workspace: &'a Workspace, pilotlight: &'a Path) -> Done<Self> {
        let cloud = Cloud::empty(workspace, pilotlight, "services")?;
        let mut states = Vec::new();
        let roots = NAMES.iter().map(|name| write_root(cloud.folder(), name)).collect::<Done<Vec<PathBuf>>>()?;
        // One after the other: two of them must not install plugins into one cache at once.
        for root in &roots {
            cloud.terraform(root, &["init", "-input=false", "-no-color"])?;
        }
        cloud.terraform_at_once(&roots, &["apply", "-input=false", "-auto-approve", "-no-color"])?;
        for root in &roots {
            states.push(std::fs::read(root.join("terraform.tfstate"))?);
        }
        Ok(Self { workspace, pilotlight, states })
    }

    /// A cloud of its own, with nothing made there yet.
    pub(super) fn cloud(&self, name: &str) -> Done<Cloud> {
        let cloud = Cloud::empty(self.workspace, self.pilotlight, name)?;
        for (name, state) in NAMES.iter().zip(&self.states) {
            let root = write_root(cloud.folder(), name)?;
            std::fs::write(root.join("terraform.tfstate"), state)?;
        }
        std::fs::write(cloud.folder().join(PLAN), plan()?)?;
        Ok(cloud)
    }
}

/// `pilotlight rebuild --apply --yes` of these services, all three of them without a name, with this Terraform.
pub(super) fn rebuild(cloud: &Cloud, names: &[&str], terraform: Option<&TimedTerraform>) -> Done<Run> {
    let program = terraform.map(|timed| timed.program.display().to_string());
    let mut arguments = vec!["rebuild", PLAN, "--apply", "--yes", "--format", "json"];
    names.iter().for_each(|name| arguments.extend(["--stack", name]));
    arguments.extend(program.iter().flat_map(|program| ["--terraform", program]));
    cloud.pilotlight(&arguments)
}

/// A Terraform that writes down when each of its runs began and ended.
pub(super) struct TimedTerraform {
    program: PathBuf,
    log: PathBuf,
}

impl TimedTerraform {
    pub(super) fn of(cloud: &Cloud) -> Done<Self> {
        let timed = Self { program: cloud.folder().join("timed-terraform"), log: cloud.folder().join("timed.log") };
        let script = format!(
            "#!/bin/sh\nbegan=$(date +%s.%N)\nterraform \"$@\"\ncode=$?\n\
             echo \"$began $(date +%s.%N) $*\" >>'{}'\nexit $code\n",
            timed.log.display()
        );
        std::fs::write(&timed.program, script)?;
        std::fs::set_permissions(&timed.program, std::fs::Permissions::from_mode(0o755))?;
        Ok(timed)
    }

    /// Seconds from when it was first started in a root until its first apply had ended.
    pub(super) fn until_applied(&self) -> Done<f64> {
        let log = std::fs::read_to_string(&self.log)?;
        let mut runs = Vec::new();
        for line in log.lines() {
            let mut words = line.split(' ');
            let mut time = || words.next().and_then(|word| word.parse::<f64>().ok());
            let (Some(began), Some(ended)) = (time(), time()) else {
                return Err(format!("read the times of Terraform's runs: {line:?}").into());
            };
            runs.push((began, ended, words.collect::<Vec<_>>()));
        }
        let began = runs.iter().find(|(.., words)| words.contains(&"init")).map(|(began, ..)| *began);
        let ended = runs.iter().find(|(.., words)| words.contains(&"apply")).map(|(_, ended, _)| *ended);
        match (began, ended) {
            (Some(began), Some(ended)) => Ok(ended - began),
            _ => Err(format!("find an init and an apply among Terraform's runs:\n{log}").into()),
        }
    }
}

/// The standby root that a rebuild wrote.
pub(super) fn standby_root(cloud: &Cloud, name: &str) -> PathBuf {
    cloud.folder().join(".pilotlight/services/standby").join(name)
}

/// Copies the files of a generated root, without what Terraform put beside them.
pub(super) fn copy_root(from: &Path, to: &Path) -> Done<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if entry.file_type()?.is_file() && !name.to_string_lossy().contains(".tfstate") {
            std::fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

fn write_root(folder: &Path, name: &str) -> Done<PathBuf> {
    let root = folder.join(name);
    std::fs::create_dir_all(&root)?;
    std::fs::write(root.join("main.tf"), ROOT.replace(NAME, name))?;
    Ok(root)
}

fn plan() -> Done<String> {
    let mut text = String::from(
        "plan \"services\" {\n  primary { region = \"eu-west-1\" }\n  standby { region = \"eu-central-1\" }\n}\n",
    );
    for name in NAMES {
        write!(
            text,
            r#"
stack "{name}" {{
  source = "{name}"
  state  = "file:{name}/terraform.tfstate"

  standby {{
    map = {{ "ami-0d31d4f8d69d7977a" = "ami-027198f65e9f969f8" }}
  }}
}}
"#
        )?;
    }
    Ok(text)
}
