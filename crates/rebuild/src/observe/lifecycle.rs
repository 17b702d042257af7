//! Reads what a stack's HCL tells drift to leave alone: its `.tf` files, those of its local modules, and those of
//! the modules that `terraform init` has fetched.

use super::fetched::{self, MANIFEST};
use super::paths::{FileKind, is_override, normalize};
use super::reader::{MOST_BYTES, MOST_FILES};
use super::source::SourceError;
use crate::decide::configuration::{File, Folder, Tree};
use pilotlight_drift::ignore::{Configuration, UnreadModule};
use pilotlight_findings::Span;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

/// Terraform takes one at the beginning of a file for nothing.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Modules nest two or three deep; a folder that calls itself would nest for ever.
const DEEPEST: usize = 16;

/// An estate has tens of module calls. More than this is a folder that calls itself more than once.
const MOST_MODULES: usize = 5_000;

/// Reads the HCL of the root module in the folder `source`, and of every module below it. A module that is not on
/// this machine is in the answer.
///
/// # Errors
/// The folder cannot be read, has no configuration, or a file of it or of a module is no valid HCL or JSON.
pub fn read(source: &Path) -> Result<Configuration, SourceError> {
    let mut reading = Reading { root: source, manifest: manifest(source), bytes: 0, files: 0 };
    let mut tree = Tree::default();
    let mut waiting = VecDeque::from([(Vec::new(), PathBuf::new())]);
    while let Some((module, path)) = waiting.pop_front() {
        if !tree.folders.contains_key(&path) {
            tree.folders.insert(path.clone(), reading.folder(&path)?);
        }
        for (name, call) in &tree.folders[&path].calls {
            let below = [module.clone(), vec![name.clone()]].concat();
            let is_room = below.len() <= DEEPEST && tree.modules.len() + waiting.len() < MOST_MODULES;
            let found = if is_room {
                reading.called(&path, &below, call.source.as_deref())
            } else {
                Err("it is nested too deep: a module calls itself".to_owned())
            };
            match found {
                Ok(folder) => waiting.push_back((below, folder)),
                Err(reason) => tree.unread.push(unread(&below, call.source.as_deref(), &call.span, reason)),
            }
        }
        tree.modules.insert(module, path);
    }
    Ok(tree.configuration())
}

fn unread(module: &[String], source: Option<&str>, span: &Span, reason: String) -> UnreadModule {
    let address: Vec<String> = module.iter().map(|name| format!("module.{name}")).collect();
    UnreadModule {
        address: address.join("."),
        source: source.unwrap_or_default().to_owned(),
        span: span.clone(),
        reason,
    }
}

/// What was read so far, and from where.
struct Reading<'a> {
    root: &'a Path,
    manifest: Result<BTreeMap<String, PathBuf>, String>,
    bytes: u64,
    files: usize,
}

impl Reading<'_> {
    /// The folder of a module that is called from the folder `caller`, relative to the root.
    fn called(&self, caller: &Path, module: &[String], source: Option<&str>) -> Result<PathBuf, String> {
        let local = source.filter(|source| source.starts_with("./") || source.starts_with("../"));
        let folder = match (local, &self.manifest) {
            (Some(local), _) => normalize(&caller.join(local)),
            (None, Err(reason)) => return Err(reason.clone()),
            (None, Ok(fetched)) => match (fetched.get(&module.join(".")), source) {
                (Some(folder), _) => folder.clone(),
                (None, Some(source)) => return Err(format!("terraform init has not fetched {source} here")),
                (None, None) => return Err("its source is computed, and terraform init has not run here".to_owned()),
            },
        };
        if self.root.join(&folder).is_dir() {
            return Ok(folder);
        }
        Err(format!("there is no folder {}", self.shown(&folder)))
    }

    /// Reads the files of a folder that are configuration to Terraform.
    fn folder(&mut self, path: &Path) -> Result<Folder, SourceError> {
        let folder = if path.as_os_str().is_empty() { self.root.to_owned() } else { self.root.join(path) };
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| SourceError::Read { path, source }
        };
        let entries = std::fs::read_dir(&folder).map_err(failed(&folder))?;
        let mut names = BTreeSet::new();
        for entry in entries {
            let entry = entry.map_err(failed(&folder))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if FileKind::of(Path::new(&name)).is_configuration() && !is_hidden(&name) && entry.path().is_file() {
                names.insert(name);
            }
        }
        let mut files = Vec::new();
        for name in names.iter().filter(|name| !is_superseded(name, &names)) {
            let bytes = std::fs::read(folder.join(name)).map_err(failed(&folder.join(name)))?;
            self.bytes += bytes.len() as u64;
            self.files += 1;
            if self.bytes > MOST_BYTES || self.files > MOST_FILES {
                return Err(SourceError::TooMuch { path: self.root.to_owned() });
            }
            let shown = self.shown(&path.join(name));
            let text = String::from_utf8(bytes).map_err(|error| {
                let valid = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(&error.as_bytes()[..valid]);
                let span = Span::of(&shown, &text, valid..valid);
                SourceError::Syntax { span, message: "the file is not UTF-8".to_owned() }
            })?;
            let text = match text.strip_prefix(BYTE_ORDER_MARK) {
                Some(rest) => rest.to_owned(),
                None => text,
            };
            let is_json = FileKind::of(Path::new(name)) == FileKind::Json;
            files.push(File { shown, text, is_json, is_override: is_override(Path::new(name)) });
        }
        if files.is_empty() && path.as_os_str().is_empty() {
            return Err(SourceError::Empty { path: self.root.to_owned() });
        }
        Folder::parse(&files)
    }

    fn shown(&self, path: &Path) -> String {
        normalize(&self.root.join(path)).display().to_string()
    }
}

/// Where `terraform init` has put each module, relative to the root, by its names joined with dots.
fn manifest(root: &Path) -> Result<BTreeMap<String, PathBuf>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{MANIFEST} could not be read: {error}");
    match std::fs::read(root.join(MANIFEST)) {
        Ok(bytes) => fetched::parse(&bytes).map_err(|error| failed(&error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(failed(&error)),
    }
}

/// Files that Terraform passes over: editors' own. Source: `internal/configs/parser_config_dir.go`, `IsIgnoredFile`.
fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || name.starts_with('#') && name.ends_with('#')
}

/// OpenTofu reads `x.tofu` in the place of `x.tf`.
fn is_superseded(name: &str, names: &BTreeSet<String>) -> bool {
    let stem = |ending| name.strip_suffix(ending).map(|stem| (stem, ending));
    let tofu = match stem(".tf").or_else(|| stem(".tf.json")) {
        Some((stem, ".tf")) => format!("{stem}.tofu"),
        Some((stem, _)) => format!("{stem}.tofu.json"),
        None => return false,
    };
    names.contains(&tofu)
}
