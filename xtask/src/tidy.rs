//! `cargo xtask tidy`: the absences that hold the parts apart, and the form of the tree.
//!
//! Nothing is built. What `cargo metadata` and the files of the tree say is observed first; each check is
//! then a function from that to violations, so that it can be tested on small inputs.

mod closure;
mod form;
mod manifests;
mod rust_text;
mod sources;

use std::fmt;
use std::path::Path;
use std::process::Command;

/// One rule that is broken at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    /// From the workspace's root.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
    /// What is wrong.
    pub(crate) what: String,
    /// What to do.
    pub(crate) remedy: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.file, self.line, self.what, self.remedy)
    }
}

/// Why the tree is not tidy, or that it could not be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TidyError {
    /// Rules are broken; one line each.
    #[error("find the tree tidy:\n{}", lines(violations))]
    Untidy {
        /// In the order of their files.
        violations: Vec<Violation>,
    },
    /// A program that tells about the tree could not be started.
    #[error("start {program}")]
    Start {
        /// `cargo metadata`, `git ls-files`
        program: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A program that tells about the tree failed.
    #[error("run {program}: {stderr}")]
    Program {
        /// `cargo metadata`, `git ls-files`
        program: &'static str,
        /// Its own words.
        stderr: String,
    },
    /// What cargo answered was not read.
    #[error("read what cargo metadata answers")]
    Metadata(#[from] serde_json::Error),
}

fn lines(violations: &[Violation]) -> String {
    violations.iter().map(|violation| format!("  {violation}")).collect::<Vec<_>>().join("\n")
}

/// A file of the tree.
pub(crate) struct File {
    /// From the workspace's root, with `/`.
    pub(crate) path: String,
    /// Its content; files that are no text are not looked at.
    pub(crate) text: String,
}

impl File {
    /// The folder below `crates/`, `xtask` or `tests`: the package that the file belongs to.
    pub(crate) fn package(&self) -> &str {
        let mut parts = self.path.split('/');
        match (parts.next(), parts.next()) {
            (Some("crates"), Some(package)) => package,
            (Some(top), Some(_)) => top,
            _ => "",
        }
    }

    pub(crate) fn violation(&self, line: usize, what: impl Into<String>, remedy: impl Into<String>) -> Violation {
        Violation { file: self.path.clone(), line, what: what.into(), remedy: remedy.into() }
    }
}

/// Looks at the whole tree.
///
/// # Errors
/// Each broken rule, or that cargo or git did not answer.
pub(crate) fn run(workspace_root: &Path) -> Result<(), TidyError> {
    let metadata = metadata(workspace_root)?;
    let files = files(workspace_root)?;
    let mut violations = Vec::new();
    violations.extend(closure::check(&metadata));
    for file in &files {
        violations.extend(form::check(file));
        if file.path.ends_with("Cargo.toml") {
            violations.extend(manifests::check(file));
        }
        if file.path.ends_with(".rs") {
            violations.extend(sources::check(file));
        }
    }
    violations.sort();
    if violations.is_empty() { Ok(()) } else { Err(TidyError::Untidy { violations }) }
}

fn metadata(root: &Path) -> Result<serde_json::Value, TidyError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version", "1"]).current_dir(root);
    Ok(serde_json::from_slice(&output("cargo metadata", command)?)?)
}

/// The files that git keeps or would keep, so that a new file is looked at before its first commit.
fn files(root: &Path) -> Result<Vec<File>, TidyError> {
    let mut command = Command::new("git");
    command.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let names = output("git ls-files", command)?;
    let names = String::from_utf8_lossy(&names);
    let files = names.split('\0').filter(|path| !path.is_empty()).filter_map(|path| {
        // A file that is not there was removed and not yet committed; one that is no text has no lines.
        let text = std::fs::read_to_string(root.join(path)).ok()?;
        Some(File { path: path.to_owned(), text })
    });
    Ok(files.collect())
}

fn output(program: &'static str, mut command: Command) -> Result<Vec<u8>, TidyError> {
    let output = command.output().map_err(|source| TidyError::Start { program, source })?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(TidyError::Program { program, stderr });
    }
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_is_one_line_with_place_and_remedy() {
        let file = File { path: "crates/plan/src/lib.rs".into(), text: String::new() };
        assert_eq!(file.package(), "plan");
        let violation = file.violation(3, "it prints", "return the text");
        assert_eq!(violation.to_string(), "crates/plan/src/lib.rs:3: it prints; return the text");
    }
}
