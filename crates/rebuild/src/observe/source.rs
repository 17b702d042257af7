//! A stack's source: the root module, the local modules that it reaches, and every file beside them.

use crate::decide::syntax;
use pilotlight_findings::{Code, Explain, Span, codes};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Component, Path, PathBuf};

/// A root module is hand-written text. More than this is a folder that was named by mistake.
pub(super) const MOST_FILES: usize = 5_000;
/// The same, in bytes over all files.
pub(super) const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// What Terraform and this program write beside a configuration.
const FOLDERS_LEFT_OUT: [&str; 3] = [".terraform", ".git", ".pilotlight"];

/// A stack's source. Paths are relative to the root module's folder and may begin with `..`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceTree {
    /// The root module's folder as it was given: what findings call it.
    pub root: PathBuf,
    /// Every file that the standby needs too, by path.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
    /// The folders that are modules; the root is the empty path.
    pub modules: BTreeSet<PathBuf>,
}

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A folder or file could not be read.
    #[error("read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no Terraform in the root.
    #[error("find a .tf file in {}", path.display())]
    Empty {
        /// Which folder.
        path: PathBuf,
    },
    /// It is too much to be a module.
    #[error("read {} as a Terraform module: it holds more than {MOST_FILES} files or {} MiB", path.display(), MOST_BYTES / 1024 / 1024)]
    TooMuch {
        /// Which folder.
        path: PathBuf,
    },
    /// A file is no valid HCL.
    #[error("parse {span}: {message}")]
    Syntax {
        /// Where.
        span: Span,
        /// What was expected.
        message: String,
    },
}

impl Explain for SourceError {
    fn code(&self) -> Code {
        match self {
            Self::Syntax { .. } => codes::R_SOURCE_SYNTAX,
            _ => codes::R_SOURCE,
        }
    }

    fn span(&self) -> Option<&Span> {
        match self {
            Self::Syntax { span, .. } => Some(span),
            _ => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Syntax { .. } => "run terraform validate in the stack's source".to_owned(),
            _ => "correct the stack's source in the plan: the folder of a Terraform root module".to_owned(),
        })
    }
}

impl SourceTree {
    /// Reads the root module at `root` and what it reaches by `source = "./…"` and `"../…"`.
    ///
    /// # Errors
    /// A folder or file cannot be read, or is no HCL.
    pub fn load(root: &Path) -> Result<Self, SourceError> {
        let mut tree = Self { root: root.to_owned(), ..Self::default() };
        let mut waiting = VecDeque::from([PathBuf::new()]);
        let mut bytes = 0;
        while let Some(module) = waiting.pop_front() {
            if !tree.modules.insert(module.clone()) {
                continue;
            }
            tree.read_folder(&module, &mut bytes)?;
            for file in tree.configuration_of(&module) {
                let called = syntax::module_calls(&tree.display(&file), &file, &tree.files[&file])?;
                waiting.extend(called.into_iter().filter_map(|call| call.folder(&module)));
            }
        }
        if tree.configuration_of(Path::new("")).is_empty() {
            return Err(SourceError::Empty { path: root.to_owned() });
        }
        Ok(tree)
    }

    /// The files of a module that are configuration: `.tf`, `.tofu` and `.tf.json`, in order.
    pub fn configuration_of(&self, module: &Path) -> Vec<PathBuf> {
        let own = self.files.keys().filter(|path| path.parent() == Some(module));
        own.filter(|path| FileKind::of(path).is_configuration()).cloned().collect()
    }

    /// How a file is shown: below the root as it was given.
    pub fn display(&self, file: &Path) -> String {
        normalize(&self.root.join(file)).display().to_string()
    }

    fn read_folder(&mut self, folder: &Path, bytes: &mut u64) -> Result<(), SourceError> {
        let at = if folder.as_os_str().is_empty() { self.root.clone() } else { self.root.join(folder) };
        let read = |path: &Path| {
            let path = path.to_owned();
            move |source| SourceError::Read { path, source }
        };
        let mut entries: Vec<_> =
            std::fs::read_dir(&at).map_err(read(&at))?.collect::<Result<_, _>>().map_err(read(&at))?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let path = folder.join(&*name);
            let kind = entry.file_type().map_err(read(&entry.path()))?;
            if kind.is_dir() {
                if !FOLDERS_LEFT_OUT.contains(&&*name) {
                    self.read_folder(&path, bytes)?;
                }
            } else if !is_left_out(&name) && entry.path().is_file() && !self.files.contains_key(&path) {
                let content = std::fs::read(entry.path()).map_err(read(&entry.path()))?;
                *bytes += content.len() as u64;
                self.files.insert(path, content);
                if *bytes > MOST_BYTES || self.files.len() > MOST_FILES {
                    return Err(SourceError::TooMuch { path: self.root.clone() });
                }
            }
        }
        Ok(())
    }
}

/// States, plans and crash logs: what a run leaves behind, never what it is made from.
fn is_left_out(name: &str) -> bool {
    name.contains(".tfstate") || name.ends_with(".tfplan") || name.starts_with("crash.") && name.ends_with(".log")
}

/// What a file is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// `.tf`, `.tofu`
    Hcl,
    /// `.tf.json`, `.tofu.json`
    Json,
    /// `.tfvars`
    Vars,
    /// `.tfvars.json`
    VarsJson,
    /// Anything else.
    Other,
}

impl FileKind {
    pub(crate) fn of(path: &Path) -> Self {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        match () {
            () if name.ends_with(".tf") || name.ends_with(".tofu") => Self::Hcl,
            () if name.ends_with(".tf.json") || name.ends_with(".tofu.json") => Self::Json,
            () if name.ends_with(".tfvars") => Self::Vars,
            () if name.ends_with(".tfvars.json") => Self::VarsJson,
            () => Self::Other,
        }
    }

    pub(crate) fn is_configuration(self) -> bool {
        matches!(self, Self::Hcl | Self::Json)
    }
}

/// The path without `.` and with each `..` that has something to take back taken back.
pub(crate) fn normalize(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(normal.components().next_back(), Some(Component::Normal(_))) => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_has_its_modules_and_files_and_no_state() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "live/app/main.tf",
            "module \"web\" {\n  source = \"../../modules/web\"\n}\nmodule \"far\" {\n  source = \"hashicorp/consul/aws\"\n}\n",
        );
        write("live/app/files/boot.sh", "echo\n");
        write("live/app/terraform.tfstate", "{}");
        write("live/app/terraform.tfstate.backup", "{}");
        write("live/app/.terraform/providers/big", "x");
        write("live/app/.terraform.lock.hcl", "# lock\n");
        write("modules/web/main.tf", "module \"inner\" {\n  source = \"./inner\"\n}\n");
        write("modules/web/inner/main.tf", "");
        write("modules/other/main.tf", "");
        let tree = SourceTree::load(&dir.path().join("live/app")).unwrap();
        let files: Vec<_> = tree.files.keys().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(
            files,
            [
                "../../modules/web/inner/main.tf",
                "../../modules/web/main.tf",
                ".terraform.lock.hcl",
                "files/boot.sh",
                "main.tf"
            ]
        );
        let modules: Vec<_> = tree.modules.iter().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(modules, ["", "../../modules/web", "../../modules/web/inner"]);
    }

    #[test]
    fn a_bad_source_names_the_place() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(SourceTree::load(dir.path()), Err(SourceError::Empty { .. })));
        std::fs::write(dir.path().join("main.tf"), "a = 1\nb = = 2\n").unwrap();
        let error = SourceTree::load(dir.path()).unwrap_err();
        assert_eq!(error.span().unwrap().start.line, 2, "{error}");
        assert!(matches!(SourceTree::load(&dir.path().join("none")), Err(SourceError::Read { .. })));
    }

    #[test]
    fn paths_are_made_normal() {
        for (path, normal) in [("a/../../b", "../b"), ("./a/./b", "a/b"), ("../../x", "../../x"), ("/a/../b", "/b")] {
            assert_eq!(normalize(Path::new(path)), Path::new(normal));
        }
    }
}
