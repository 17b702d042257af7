//! A stack's source: the root module, the local modules that it reaches, and every file beside them.

use super::fetched;
use super::paths::{FileKind, is_hidden, normalize};
use super::reader::{MOST_BYTES, MOST_FILES, Reader};
use crate::decide::sources::Source;
use crate::decide::syntax::{FileAt, ModuleCall};
use pilotlight_findings::{Code, Explain, Span, codes};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A stack's source. Paths are relative to the root module's folder and may begin with `..`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceTree {
    /// The root module's folder as it was given: what findings call it.
    pub root: PathBuf,
    /// Every file that the standby needs too, by path.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
    /// The folders that are modules; the root is the empty path.
    pub modules: BTreeSet<PathBuf>,
    /// Where `terraform init` has put the modules of a registry or a repository, by the folder and name of their call.
    pub(crate) fetched: BTreeMap<(PathBuf, String), PathBuf>,
    /// Files that were parsed already.
    pub(crate) parsed: ParsedFiles,
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
    /// A file of the configuration is a symbolic link that leads nowhere.
    #[error("read {}: it is a symbolic link to {}, which is not there", path.display(), target.display())]
    Link {
        /// Which file.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
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
    /// A local module that is called is not there.
    #[error("find the module that {span} calls: {reason}")]
    Module {
        /// Its call.
        span: Span,
        /// What is not there.
        reason: String,
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
            Self::Syntax { span, .. } | Self::Module { span, .. } => Some(span),
            _ => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Syntax { .. } => "run terraform validate in the stack's source".to_owned(),
            Self::Link { .. } => "bring what it leads to, or remove the link: Terraform refuses it as well".to_owned(),
            Self::Module { .. } => {
                "correct the module's source, or bring its folder: git submodules and symbolic links \
                 are easily missing in a fresh clone"
                    .to_owned()
            }
            Self::TooMuch { .. } => {
                "correct the stack's source in the plan: the folder of a Terraform root module; or \
                 move what is no Terraform out of it"
                    .to_owned()
            }
            _ => "correct the stack's source in the plan: the folder of a Terraform root module".to_owned(),
        })
    }
}

impl SourceTree {
    /// Reads the root module at `root`, what it reaches by `source = "./…"` and `"../…"`, what `terraform init` has
    /// fetched for its other calls, and the files outside of these that they name.
    ///
    /// # Errors
    /// A folder or file cannot be read, is no HCL or JSON, or a module is not there.
    pub fn load(root: &Path) -> Result<Self, SourceError> {
        let mut tree = Self { root: root.to_owned(), ..Self::default() };
        let mut reader = Reader::new(root);
        let manifest = std::fs::read(root.join(fetched::MANIFEST)).unwrap_or_default();
        let mut fetched = fetched::folders(&manifest);
        fetched.retain(|_, folder| root.join(folder).is_dir());
        tree.reach(&fetched, &mut |tree, folder, call| {
            let missing = |call: &Call| !root.join(folder).is_dir() && call.is_some();
            match call {
                Some((file, range)) if missing(call) => {
                    let text = String::from_utf8_lossy(&tree.files[file]).into_owned();
                    let reason = format!("there is no folder {}", normalize(&root.join(folder)).display());
                    Err(SourceError::Module { span: Span::of(tree.display(file), &text, range.clone()), reason })
                }
                Some((file, range)) if calls_itself(root, file, folder) => {
                    let text = String::from_utf8_lossy(&tree.files[file]).into_owned();
                    let reason = format!(
                        "{} is the folder of the call itself, or one above it, by a symbolic link: the module would call itself without end",
                        normalize(&root.join(folder)).display()
                    );
                    Err(SourceError::Module { span: Span::of(tree.display(file), &text, range.clone()), reason })
                }
                _ => reader.folder(folder, &mut tree.files),
            }
        })?;
        if tree.configuration_of(Path::new("")).is_empty() {
            return Err(SourceError::Empty { path: root.to_owned() });
        }
        for path in outside_files(&tree) {
            reader.anything(&path, &mut tree.files)?;
        }
        Ok(tree)
    }

    /// The same of files that are in memory, by their paths from the root.
    ///
    /// # Errors
    /// A file is no HCL or JSON.
    pub fn from_files(
        root: impl Into<PathBuf>,
        files: impl IntoIterator<Item = (PathBuf, Vec<u8>)>,
    ) -> Result<Self, SourceError> {
        let mut tree = Self { root: root.into(), files: files.into_iter().collect(), ..Self::default() };
        let fetched = fetched::folders(&tree.files.remove(Path::new(fetched::MANIFEST)).unwrap_or_default());
        tree.reach(&fetched, &mut |_, _, _| Ok(()))?;
        Ok(tree)
    }

    /// Goes from the root to every module that is here; `arrive` brings the files of each folder. `fetched` are the
    /// folders of modules by their keys.
    fn reach(
        &mut self,
        fetched: &BTreeMap<String, PathBuf>,
        arrive: &mut dyn FnMut(&mut Self, &Path, &Call) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        let mut waiting: VecDeque<(PathBuf, String, Call)> = VecDeque::from([(PathBuf::new(), String::new(), None)]);
        let mut calls = Calls::default();
        while let Some((module, key, call)) = waiting.pop_front() {
            if self.modules.contains(&module) {
                continue;
            }
            arrive(self, &module, &call)?;
            self.modules.insert(module.clone());
            for file in self.configuration_of(&module) {
                let shown = self.display(&file);
                let parsed = Source::parse(&shown, &file, &self.files[&file])?;
                for call in parsed.module_calls() {
                    let below = if key.is_empty() { call.name.clone() } else { format!("{key}.{}", call.name) };
                    let folder = match (call.folder(&module), &parsed) {
                        (Some(folder), _) => folder,
                        // A call in JSON would have to be rewritten there.
                        (None, Source::Json(_)) => continue,
                        (None, Source::Hcl(_)) => match fetched.get(&below) {
                            Some(folder) => {
                                self.fetched.insert((module.clone(), call.name), folder.clone());
                                folder.clone()
                            }
                            None => continue,
                        },
                    };
                    calls.add(&module, &folder, (file.clone(), call.range.clone()));
                    waiting.push_back((folder, below, Some((file.clone(), call.range))));
                }
                self.parsed.0.insert(file, parsed);
            }
        }
        match calls.circle() {
            Some((file, range)) => {
                let text = String::from_utf8_lossy(&self.files[&file]).into_owned();
                let reason = "it leads back to the module that it stands in, which Terraform would call without end";
                Err(SourceError::Module {
                    span: Span::of(self.display(&file), &text, range),
                    reason: reason.to_owned(),
                })
            }
            None => Ok(()),
        }
    }

    /// The files of a module that are configuration: `.tf`, `.tofu` and `.tf.json`, in order.
    pub fn configuration_of(&self, module: &Path) -> Vec<PathBuf> {
        let own = self.files.keys().filter(|path| path.parent() == Some(module));
        own.filter(|path| FileKind::of(path).is_configuration() && !is_hidden(path)).cloned().collect()
    }

    /// Whether Terraform reads a file as the configuration of a module.
    pub(crate) fn is_configuration(&self, file: &Path) -> bool {
        FileKind::of(file).is_configuration()
            && !is_hidden(file)
            && file.parent().is_some_and(|folder| self.modules.contains(folder))
    }

    /// How a file is shown: below the root as it was given.
    pub fn display(&self, file: &Path) -> String {
        normalize(&self.root.join(file)).display().to_string()
    }

    /// The folder of a module that is called from the folder `caller`; none where it is not here.
    pub(crate) fn called(&self, caller: &Path, call: &ModuleCall) -> Option<PathBuf> {
        call.folder(caller).or_else(|| self.fetched.get(&(caller.to_owned(), call.name.clone())).cloned())
    }

    /// A file of the tree, parsed; anew where the tree's files were changed since.
    pub(crate) fn parse(&self, file: &Path) -> Result<Source, SourceError> {
        let bytes = &self.files[file];
        match self.parsed.0.get(file) {
            Some(known) if known.text().as_bytes() == bytes.as_slice() => Ok(known.clone()),
            _ => Source::parse(&self.display(file), file, bytes),
        }
    }
}

/// Which folder calls which, and where.
#[derive(Default)]
struct Calls(BTreeMap<PathBuf, Vec<(PathBuf, CallAt)>>);

/// A file, and where in it a call stands.
type CallAt = (PathBuf, Range<usize>);

impl Calls {
    fn add(&mut self, caller: &Path, called: &Path, at: CallAt) {
        self.0.entry(caller.to_owned()).or_default().push((called.to_owned(), at));
    }

    /// A call that leads back to where it stands.
    fn circle(&self) -> Option<CallAt> {
        let all = self.0.iter().flat_map(|(caller, calls)| calls.iter().map(move |call| (caller, call)));
        all.filter(|(caller, (called, _))| self.reaches(called, caller)).map(|(_, (_, at))| at.clone()).next()
    }

    fn reaches(&self, from: &Path, to: &Path) -> bool {
        let (mut waiting, mut seen) = (vec![from], BTreeSet::new());
        while let Some(folder) = waiting.pop() {
            if folder == to {
                return true;
            }
            if seen.insert(folder) {
                waiting.extend(self.0.get(folder).into_iter().flatten().map(|(called, _)| called.as_path()));
            }
        }
        false
    }
}

/// Where a module is called from, but for the root.
type Call = Option<(PathBuf, Range<usize>)>;

/// Parsed files by path. What was parsed follows from the files, so that it says nothing of a tree's identity.
#[derive(Clone, Default)]
pub(crate) struct ParsedFiles(BTreeMap<PathBuf, Source>);

impl PartialEq for ParsedFiles {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for ParsedFiles {}

impl std::fmt::Debug for ParsedFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Files outside of the modules' folders that the configuration names, as far as they exist is known later.
fn outside_files(tree: &SourceTree) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for (file, source) in &tree.parsed.0 {
        let Source::Hcl(parsed) = source else { continue };
        let sources: Vec<Range<usize>> = source.module_calls().into_iter().map(|call| call.range).collect();
        for path in &parsed.syntax.paths {
            // What does not go up stays below its folder.
            let (FileAt::Module(text) | FileAt::Root(text)) = &path.at else { continue };
            if !text.contains("..") {
                continue;
            }
            let is_source = sources.iter().any(|call| call.start <= path.range.start && path.range.end <= call.end);
            let target = match &path.at {
                FileAt::Module(text) => normalize(&file.parent().unwrap_or(Path::new("")).join(text)),
                FileAt::Root(text) => normalize(Path::new(text)),
                FileAt::Computed => continue,
            };
            let text = &parsed.text[path.range.clone()];
            let is_path = path.is_read || text.starts_with("\"${path.") || text.starts_with("\"../");
            // A module's own arguments may be paths too, its source is none.
            if is_path && !(is_source && !path.is_read && !text.starts_with("\"${path.")) && target.starts_with("..") {
                found.insert(target);
            }
        }
    }
    found
}

/// Whether a file calls a folder that is its own, or holds it, under another name.
fn calls_itself(root: &Path, file: &Path, folder: &Path) -> bool {
    let own = |path: &Path| root.join(path).canonicalize().ok();
    let Some(called) = own(folder) else { return false };
    let mut above = file.parent().into_iter().flat_map(Path::ancestors);
    // Few paths go through a link, and what is written the same is the same module.
    root.join(folder).ancestors().any(Path::is_symlink) && above.any(|path| own(path).as_ref() == Some(&called))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn a_tree_has_its_modules_and_files_and_no_state() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| put(&dir.path().join(path), text);
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
    fn what_terraform_init_has_fetched_is_read_without_what_comes_along() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| put(&dir.path().join(path), text);
        write(
            "main.tf",
            "module \"a\" {\n  source = \"acme/a/aws\"\n}\nmodule \"gone\" {\n  source = \"acme/gone/aws\"\n}\n",
        );
        write(
            ".terraform/modules/modules.json",
            r#"{"Modules": [{"Key": "", "Source": "", "Dir": "."},
                {"Key": "a", "Source": "registry.terraform.io/acme/a/aws", "Version": "1.0.0", "Dir": ".terraform/modules/a"},
                {"Key": "gone", "Source": "registry.terraform.io/acme/gone/aws", "Version": "1.0.0", "Dir": ".terraform/modules/gone"}]}"#,
        );
        write(".terraform/modules/a/main.tf", "module \"inner\" {\n  source = \"./modules/inner\"\n}\n");
        write(".terraform/modules/a/modules/inner/main.tf", "");
        write(".terraform/modules/a/examples/main.tf", "not = = HCL");
        write(".terraform/modules/a/.git/HEAD", "");
        let tree = SourceTree::load(dir.path()).unwrap();
        let files: Vec<_> = tree.files.keys().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(files, [".terraform/modules/a/main.tf", ".terraform/modules/a/modules/inner/main.tf", "main.tf"]);
        let fetched: Vec<_> =
            tree.fetched.iter().map(|((folder, name), at)| (folder.to_str(), &**name, at.to_str())).collect();
        // A folder that was removed since is as one that was never fetched.
        assert_eq!(fetched, [(Some(""), "a", Some(".terraform/modules/a"))]);
        write(".terraform/modules/modules.json", "{");
        assert!(SourceTree::load(dir.path()).unwrap().fetched.is_empty());
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
    fn a_module_that_calls_itself_is_told_at_the_call() {
        let files = |inner: &str| {
            let main = "module \"a\" {\n  source = \"./a\"\n}\nmodule \"b\" {\n  source = \"./b\"\n}\n";
            let a = "module \"b\" {\n  source = \"../b\"\n}\n";
            [("main.tf", main), ("a/main.tf", a), ("b/main.tf", inner)]
                .map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec()))
        };
        let error = SourceTree::from_files("app", files("module \"a\" {\n  source = \"../a\"\n}\n")).unwrap_err();
        assert_eq!(error.span().unwrap().to_string(), "app/a/main.tf:1:1", "{error}");
        assert!(SourceTree::from_files("app", files("")).is_ok());
    }

    #[test]
    fn paths_are_made_normal() {
        for (path, normal) in [("a/../../b", "../b"), ("./a/./b", "a/b"), ("../../x", "../../x"), ("/a/../b", "/b")] {
            assert_eq!(normalize(Path::new(path)), Path::new(normal));
        }
    }
}
