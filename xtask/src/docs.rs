//! `cargo xtask docs`: writes the pages that are generated from code.

use std::path::{Path, PathBuf};

/// Why the pages could not be written, or are not what the code says.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocsError {
    /// With `check`: pages that are to be written again.
    #[error("find the generated pages up to date: {} differ; run cargo xtask docs", paths.join(", "))]
    Stale {
        /// From the workspace's root.
        paths: Vec<String>,
    },
    /// A page could not be written.
    #[error("write {path}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Each generated page, from the workspace's root, with the content that it should have.
fn pages() -> [(&'static str, String); 2] {
    [("docs/plan.md", pilotlight_plan::reference_markdown()), ("docs/codes.md", pilotlight_report::codes_markdown())]
}

/// Writes the generated pages; with `check`, only says which of them differ.
///
/// # Errors
/// A page that cannot be written; with `check`, a page that differs or is not there.
pub(crate) fn run(workspace_root: &Path, check: bool) -> Result<(), DocsError> {
    let mut stale = Vec::new();
    for (path, content) in pages() {
        let file = workspace_root.join(path);
        if std::fs::read_to_string(&file).is_ok_and(|written| written == content) {
            continue;
        }
        if check {
            stale.push(path.to_owned());
            continue;
        }
        let written = match file.parent() {
            Some(folder) => std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, content)),
            None => std::fs::write(&file, content),
        };
        written.map_err(|source| DocsError::Write { path: file, source })?;
    }
    if stale.is_empty() { Ok(()) } else { Err(DocsError::Stale { paths: stale }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_differs_is_named_then_written_then_quiet() {
        let root = std::env::temp_dir().join(format!("pilotlight-docs-{}", std::process::id()));
        std::fs::create_dir_all(root.join("docs")).expect("a folder");
        std::fs::write(root.join("docs/plan.md"), "old").expect("a page");
        let error = run(&root, true).expect_err("a page that differs");
        assert!(matches!(&error, DocsError::Stale { paths } if *paths == ["docs/plan.md", "docs/codes.md"]), "{error}");
        assert_eq!(std::fs::read_to_string(root.join("docs/plan.md")).expect("page"), "old");
        run(&root, false).expect("written");
        run(&root, true).expect("up to date");
        std::fs::remove_dir_all(root).expect("removed");
    }
}
