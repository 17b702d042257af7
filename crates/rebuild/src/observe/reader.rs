//! Reads the files of a source from the disk.

use super::fetched;
use super::paths::{FileKind, is_hidden};
use super::source::SourceError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A root module is hand-written text. More than this is a folder that was named by mistake.
pub(super) const MOST_FILES: usize = 5_000;
/// The same, in bytes over all files.
pub(super) const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// What Terraform and this program write beside a configuration.
const FOLDERS_LEFT_OUT: [&str; 3] = [".terraform", ".git", ".pilotlight"];

/// Reads folders from the disk, within the limits of what a module can be.
pub(super) struct Reader<'a> {
    root: &'a Path,
    bytes: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(root: &'a Path) -> Self {
        Self { root, bytes: 0 }
    }

    fn at(&self, path: &Path) -> PathBuf {
        if path.as_os_str().is_empty() { self.root.to_owned() } else { self.root.join(path) }
    }

    /// Every file below a folder. A symbolic link is what it leads to, but for one that leads above itself.
    pub(super) fn folder(&mut self, folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> Result<(), SourceError> {
        let at = self.at(folder);
        let own = at.canonicalize().map_err(failed(&at))?;
        self.folder_below(folder, &mut vec![own], files)
    }

    fn folder_below(
        &mut self,
        folder: &Path,
        above: &mut Vec<PathBuf>,
        files: &mut BTreeMap<PathBuf, Vec<u8>>,
    ) -> Result<(), SourceError> {
        let at = self.at(folder);
        let mut entries: Vec<_> =
            std::fs::read_dir(&at).map_err(failed(&at))?.collect::<Result<_, _>>().map_err(failed(&at))?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let path = folder.join(&*name);
            // Of a link: what it leads to. One that leads nowhere is no file, and the module is not whole where
            // Terraform would read it.
            let Ok(kind) = std::fs::metadata(entry.path()) else {
                let is_of_module = above.len() == 1 && FileKind::of(&path).is_configuration() && !is_hidden(&path);
                match std::fs::read_link(entry.path()) {
                    Ok(target) if is_of_module => return Err(SourceError::Link { path: entry.path(), target }),
                    _ => continue,
                }
            };
            if kind.is_dir() {
                let own = entry.path().canonicalize().map_err(failed(&entry.path()))?;
                let is_left_out = FOLDERS_LEFT_OUT.contains(&&*name)
                    || fetched::is_fetched(folder) && fetched::FOLDERS_LEFT_OUT.contains(&&*name);
                if !is_left_out && !above.contains(&own) {
                    above.push(own);
                    self.folder_below(&path, above, files)?;
                    above.pop();
                }
            } else if !is_left_out(&name) && kind.is_file() {
                self.file(path, kind.len(), files)?;
            }
        }
        Ok(())
    }

    /// A file, or all of a folder, or nothing where there is none.
    pub(super) fn anything(&mut self, path: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> Result<(), SourceError> {
        match std::fs::metadata(self.at(path)) {
            Ok(kind) if kind.is_file() => self.file(path.to_owned(), kind.len(), files),
            Ok(kind) if kind.is_dir() && !self.is_above_root(path) => self.folder(path, files),
            _ => Ok(()),
        }
    }

    /// Whether the root is within a folder: `"${path.module}/../.."` names a repository, not a folder of files.
    fn is_above_root(&self, path: &Path) -> bool {
        match (self.root.canonicalize(), self.at(path).canonicalize()) {
            (Ok(root), Ok(folder)) => root.starts_with(folder),
            _ => true,
        }
    }

    fn file(&mut self, path: PathBuf, size: u64, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> Result<(), SourceError> {
        if files.contains_key(&path) {
            return Ok(());
        }
        self.bytes += size;
        if self.bytes > MOST_BYTES || files.len() >= MOST_FILES {
            return Err(SourceError::TooMuch { path: self.root.to_owned() });
        }
        let at = self.at(&path);
        let content = std::fs::read(&at).map_err(failed(&at))?;
        files.insert(path, content);
        Ok(())
    }
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> SourceError {
    let path = path.to_owned();
    move |source| SourceError::Read { path, source }
}

/// States, plans and crash logs: what a run leaves behind, never what it is made from.
fn is_left_out(name: &str) -> bool {
    name.contains(".tfstate") || name.ends_with(".tfplan") || name.starts_with("crash.") && name.ends_with(".log")
}
