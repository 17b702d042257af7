//! The sample estate in a lab: its files, the buckets that hold its states, and Terraform's apply.

use crate::aws::{Aws, AwsError};
use crate::terraform::Terraform;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// Where the sample estate runs on a normal day.
pub const PRIMARY_REGION: &str = "eu-west-1";

/// Where its pilot light is.
pub const STANDBY_REGION: &str = "eu-central-1";

/// The plan of the sample estate, in the lab's folder.
pub(crate) const PLAN: &str = "plans/shop.hcl";

/// The stacks, in the order of their dependencies, and their roots in the lab's folder.
const STACKS: [(&str, &str); 2] = [("network", "infra/shop/network"), ("app", "infra/shop/app")];

/// What the plan and the backends name. Terraform's own state has to live somewhere before Terraform
/// can make anything.
const BUCKETS: [(&str, &str); 3] = [
    ("shop-tfstate", PRIMARY_REGION),
    ("shop-tfstate-eu-central-1", STANDBY_REGION),
    ("shop-dr-eu-central-1", STANDBY_REGION),
];

/// How many of a failed program's last lines are quoted.
const QUOTED_LINES: usize = 25;

/// The estate could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum EstateError {
    /// Its files.
    #[error("copy the sample estate to {path:?}")]
    Copy {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Its buckets.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// A program could not be run.
    #[error("run {program}")]
    Run {
        /// Which.
        program: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A program ended with an error.
    #[error("run `{program}`: it ended with {status}; all it said is in {log:?}, at last:\n{said}")]
    Failed {
        /// With its arguments.
        program: String,
        /// `exit status: 1`
        status: String,
        /// Where it is written.
        log: PathBuf,
        /// Its last lines.
        said: String,
    },
}

/// Copies the estate's files from the repository and makes its buckets.
pub(crate) async fn prepare(
    repository: &Path,
    folder: &Path,
    aws: &Aws,
    endpoint: &str,
    terraform: &Terraform,
) -> Result<(), EstateError> {
    for part in ["infra", "plans"] {
        copy(&repository.join(part), &folder.join(part))?;
    }
    if let Some(text) = terraform.override_file(endpoint) {
        for (_, root) in STACKS {
            let path = folder.join(root).join("lab_override.tf");
            std::fs::write(&path, &text).map_err(|source| EstateError::Copy { path, source })?;
        }
    }
    for (bucket, region) in BUCKETS {
        aws.create_bucket(bucket, region).await?;
    }
    Ok(())
}

/// The roots of the stacks in the primary region, in the order to apply them.
pub(crate) fn roots(folder: &Path) -> impl Iterator<Item = (&'static str, PathBuf)> {
    STACKS.into_iter().map(move |(name, root)| (name, folder.join(root)))
}

/// Copies a folder, without what Terraform and Pilotlight leave behind in a working copy.
fn copy(from: &Path, to: &Path) -> Result<(), EstateError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| EstateError::Copy { path, source }
    };
    std::fs::create_dir_all(to).map_err(failed(to))?;
    for entry in std::fs::read_dir(from).map_err(failed(from))? {
        let entry = entry.map_err(failed(from))?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        if text == ".terraform" || text == ".pilotlight" || text.contains(".tfstate") || text == ".terraform.lock.hcl" {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type().map_err(failed(from))?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target).map_err(failed(&target))?;
        }
    }
    Ok(())
}

/// Runs a program to its end: each line of its output goes to `log` and to `line`.
pub(crate) async fn run(command: Command, log: &Path, line: &(dyn Fn(&str) + Send + Sync)) -> Result<(), EstateError> {
    let mut command = command;
    let shown = shown(&command);
    let failed = |source| EstateError::Run { program: shown.clone(), source };
    // One pipe for both, so that lines stay in their order.
    let (reader, writer) = std::io::pipe().map_err(failed)?;
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(log).map_err(failed)?;
    writeln!(file, "$ {shown}").map_err(failed)?;
    command.stdin(Stdio::null()).stdout(writer.try_clone().map_err(failed)?).stderr(writer).kill_on_drop(true);
    let mut child = command.spawn().map_err(failed)?;
    // The command holds the pipe's other end; as long as it lives, reading has no end.
    drop(command);

    let reader = tokio::net::unix::pipe::Receiver::from_owned_fd(reader.into()).map_err(failed)?;
    let mut lines = BufReader::new(reader).lines();
    let mut last = std::collections::VecDeque::new();
    while let Some(text) = lines.next_line().await.map_err(failed)? {
        writeln!(file, "{text}").map_err(failed)?;
        line(&text);
        last.push_back(text);
        if last.len() > QUOTED_LINES {
            last.pop_front();
        }
    }
    let status = child.wait().await.map_err(failed)?;
    if status.success() {
        return Ok(());
    }
    let said = last.into_iter().collect::<Vec<_>>().join("\n");
    Err(EstateError::Failed { program: shown, status: status.to_string(), log: log.to_owned(), said })
}

fn shown(command: &Command) -> String {
    let command = command.as_std();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn what_a_working_copy_left_behind_is_not_copied() {
        let from = tempfile::tempdir().expect("folder");
        for (path, text) in [("app/main.tf", "a"), ("app/.terraform/x", "b"), ("app/terraform.tfstate.backup", "c")] {
            let path = from.path().join(path);
            std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
            std::fs::write(path, text).expect("file");
        }
        let to = tempfile::tempdir().expect("folder");
        copy(from.path(), &to.path().join("infra")).expect("copied");
        let found: Vec<_> = std::fs::read_dir(to.path().join("infra/app"))
            .expect("folder")
            .map(|entry| entry.expect("entry").file_name())
            .collect();
        assert_eq!(found, ["main.tf"]);
    }

    #[tokio::test]
    async fn a_programs_lines_are_told_and_a_failure_quotes_them() {
        let folder = tempfile::tempdir().expect("folder");
        let log = folder.path().join("log");
        let lines = Mutex::new(Vec::new());
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; exit 3"]);
        let error =
            run(command, &log, &|line| lines.lock().expect("lines").push(line.to_owned())).await.expect_err("it fails");
        assert_eq!(lines.into_inner().expect("lines"), ["one", "two"]);
        assert!(error.to_string().ends_with("one\ntwo"), "{error}");
        assert!(std::fs::read_to_string(&log).expect("log").ends_with("exit 3\none\ntwo\n"));
    }
}
