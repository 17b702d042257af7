//! Which stacks a pull request changes: what git says of their files since a revision.

use super::Looked;
use crate::failure::Failure;
use crate::project::Project;
use pilotlight_rebuild::Rebuild;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The stacks whose source, local modules or generated root have changed between the point where `revision` was left
/// and the working tree, uncommitted and untracked files included. A change of the plan file changes all of them.
pub(super) fn changed_since(revision: &str, project: &Project, var_files: &[PathBuf]) -> Result<Looked, Failure> {
    let git = Git::at(&project.folder)?;
    let changed = git.changed_since(revision)?;
    let touches = |path: &Path| {
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        changed.iter().any(|changed| changed.starts_with(&path))
    };
    let whole_plan = std::iter::once(&project.file).chain(var_files).any(|file| touches(file));
    let rebuild = Rebuild::new(&project.plan, project.into.clone());
    let mut stacks = BTreeSet::new();
    for stack in &project.plan.stacks {
        let mut paths = rebuild.source_paths(&stack.name)?;
        paths.push(rebuild.root_of(&stack.name));
        if whole_plan || paths.iter().any(|path| touches(path)) {
            stacks.insert(stack.name.clone());
        }
    }
    Ok(Looked::Changed { since: revision.to_owned(), stacks })
}

struct Git {
    top: PathBuf,
}

impl Git {
    fn at(folder: &Path) -> Result<Self, Failure> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let remedy = "run it in a clone with its history, or leave --changed-since out";
        let top = git(folder, &["rev-parse", "--show-toplevel"])
            .map_err(|why| Failure::usage(format!("find the git repository of the plan: {why}"), remedy))?;
        let top = PathBuf::from(String::from_utf8_lossy(&top).trim_end());
        let top =
            std::fs::canonicalize(&top).map_err(|error| Failure::io("find the git repository of the plan", error))?;
        Ok(Self { top })
    }

    /// Absolute paths.
    fn changed_since(&self, revision: &str) -> Result<Vec<PathBuf>, Failure> {
        let commit = format!("{revision}^{{commit}}");
        let known = git(&self.top, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]);
        let commit = known.map_err(|_| {
            Failure::usage(
                format!("find the revision {revision:?} in {}", self.top.display()),
                "name a commit, branch or tag that is here; a shallow clone needs it fetched first (on GitHub: fetch-depth: 0)",
            )
        })?;
        let commit = String::from_utf8_lossy(&commit).trim_end().to_owned();
        let failed = |why: String| {
            Failure::usage(
                format!("compare the working tree with {revision:?}: {why}"),
                "fetch the history that both have in common (on GitHub: fetch-depth: 0)",
            )
        };
        let differing = ["diff", "--name-only", "--no-renames", "-z", "--merge-base", &commit];
        let differing = git(&self.top, &differing).map_err(failed)?;
        let untracked = ["ls-files", "--others", "--exclude-standard", "--full-name", "-z"];
        let untracked = git(&self.top, &untracked).map_err(failed)?;
        let names = differing.split(|byte| *byte == 0).chain(untracked.split(|byte| *byte == 0));
        Ok(names
            .filter(|name| !name.is_empty())
            .map(|name| self.top.join(String::from_utf8_lossy(name).as_ref()))
            .collect())
    }
}

/// What git prints, or its own words on why it does not.
fn git(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let mut command = Command::new("git");
    // A hook's environment names its own repository, which need not be the plan's.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    // Refreshing the index would write to it.
    command.env("GIT_OPTIONAL_LOCKS", "0").arg("-C").arg(folder).args(arguments);
    let output = command.output().map_err(|error| format!("git cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(words.lines().next().unwrap_or("git does not say why").trim_start_matches("fatal: ").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(folder: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
        let done = git(folder, &[&identity[..], arguments].concat());
        assert!(done.is_ok(), "{arguments:?}: {done:?}");
    }

    #[test]
    fn committed_uncommitted_untracked_and_deleted_files_are_changed_and_those_of_the_other_branch_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let top = std::fs::canonicalize(folder.path()).expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(top.join(name), text).expect("written");
        run(&top, &["init", "--quiet", "--initial-branch=main"]);
        for name in ["a.tf", "b.tf", "c.tf", "d é.tf", "same.tf"] {
            write(name, "1");
        }
        write(".gitignore", ".terraform\n");
        run(&top, &["add", "."]);
        run(&top, &["commit", "--quiet", "-m", "first"]);
        run(&top, &["checkout", "--quiet", "-b", "change"]);
        write("a.tf", "2");
        run(&top, &["commit", "--quiet", "-am", "second"]);
        run(&top, &["checkout", "--quiet", "main"]);
        write("same.tf", "2");
        run(&top, &["commit", "--quiet", "-am", "of others"]);
        run(&top, &["checkout", "--quiet", "change"]);
        write("b.tf", "2");
        write("new.tf", "1");
        write(".terraform", "ignored");
        std::fs::remove_file(top.join("c.tf")).expect("removed");
        write("d é.tf", "2");
        let git = Git::at(&top).expect("a repository");
        let mut changed = git.changed_since("main").expect("a revision");
        changed.sort();
        let names: Vec<_> = changed.iter().map(|path| path.strip_prefix(&top).expect("below").to_owned()).collect();
        assert_eq!(names, ["a.tf", "b.tf", "c.tf", "d é.tf", "new.tf"].map(PathBuf::from));
        assert!(git.changed_since("nowhere").is_err());
        assert!(git.changed_since("--output=x").is_err());
        assert!(!top.join("x").exists());
    }
}
