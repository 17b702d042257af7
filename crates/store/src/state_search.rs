//! From a folder, a prefix or a glob to the states in it.

use crate::s3::{Bucket, Purpose};
use crate::state_object::{ObjectPlace, StateObject};
use crate::state_url::{S3Place, StatePlace, StateUrl, workspace_of};
use crate::{StateAccess, StoreError};
use futures::TryStreamExt as _;
use globset::{GlobBuilder, GlobMatcher};
use object_store::ObjectStore as _;
use object_store::path::Path as Key;
use std::path::{Path, PathBuf};

/// How a state's name ends. `terraform.tfstate.backup` is none.
const STATE_SUFFIX: &str = ".tfstate";
/// Folders that hold copies and pointers, never a team's state.
const FOLDERS_LEFT_OUT: [&str; 2] = [".terraform", ".git"];

impl StateUrl {
    /// The states that are there, sorted by name. A URL that names one object leads to it whether it exists
    /// or not; a folder, a prefix or a glob leads to what it holds.
    ///
    /// # Errors
    /// A folder, a prefix or a glob holds no state, or cannot be read as a whole.
    pub async fn find(&self, access: &StateAccess) -> Result<Vec<StateObject>, StoreError> {
        match &self.place {
            StatePlace::Http(url) => {
                Ok(vec![StateObject { url: self.shown.clone(), place: ObjectPlace::Http(url.clone()) }])
            }
            StatePlace::S3(place) => self.find_on_s3(place, access).await,
            StatePlace::Local { path, written } => {
                let (path, written, shown) = (path.clone(), written.clone(), self.shown.clone());
                let workspace = self.workspace.clone();
                let searched = tokio::task::spawn_blocking(move || {
                    LocalSearch { shown: &shown, workspace: workspace.as_deref() }.run(&path, &written)
                });
                match searched.await {
                    Ok(found) => found,
                    Err(error) => Err(StoreError::Unreachable { url: self.shown.clone(), source: Box::new(error) }),
                }
            }
        }
    }

    async fn find_on_s3(&self, place: &S3Place, access: &StateAccess) -> Result<Vec<StateObject>, StoreError> {
        let object = |key: String| {
            let place = S3Place { key, ..place.clone() };
            StateObject { url: place.url(), place: ObjectPlace::S3(place) }
        };
        let is_glob = place.key.contains(['*', '[', '{']);
        if !is_glob && !place.key.is_empty() && !place.key.ends_with('/') {
            return Ok(vec![object(place.key.clone())]);
        }
        let (folder, matcher) = match is_glob {
            true => {
                let folder = literal_folder(&place.key);
                // A glob that ends in a folder means the states below it.
                let pattern = match place.key.ends_with('/') {
                    true => format!("{}**/*{STATE_SUFFIX}", place.key),
                    false => place.key.clone(),
                };
                (folder, Some(glob(&self.shown, &pattern)?))
            }
            false => (place.key.trim_end_matches('/'), None),
        };
        let prefix = Key::parse(folder)
            .map_err(|error| StoreError::BadUrl { url: self.shown.clone(), reason: error.to_string() })?;
        let s3 = place.access(access.s3.as_ref())?;
        let bucket = Bucket::open(&self.shown, &place.bucket, &s3, Purpose::State)?;
        let store = bucket.objects().await?;
        let prefix = (!folder.is_empty()).then_some(prefix);
        let listed: Result<Vec<_>, _> = store.list(prefix.as_ref()).try_collect().await;
        let listed = listed.map_err(|error| StoreError::of(self.shown.clone(), error))?;
        let mut keys: Vec<String> = listed.into_iter().map(|found| found.location.to_string()).collect();
        keys.retain(|key| matcher.as_ref().map_or(key.ends_with(STATE_SUFFIX), |matcher| matcher.is_match(key)));
        keys.sort_unstable();
        if keys.is_empty() {
            let looked_for = match is_glob {
                true => format!("no key of bucket {} fits {}", place.bucket, place.key),
                false => format!("no key that ends in {STATE_SUFFIX} is below it"),
            };
            return Err(StoreError::NoMatch { url: self.shown.clone(), looked_for });
        }
        Ok(keys.into_iter().map(object).collect())
    }
}

/// The search of one file, folder or glob on disk.
struct LocalSearch<'a> {
    shown: &'a str,
    workspace: Option<&'a str>,
}

impl LocalSearch<'_> {
    fn run(&self, path: &Path, written: &str) -> Result<Vec<StateObject>, StoreError> {
        // What exists under its own name is no glob, whatever letters the name has.
        match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                let mut files = Vec::new();
                // `app/terraform.tfstate`, not `./app/terraform.tfstate`.
                let shown = if written == "." { "" } else { written.trim_end_matches("/.") };
                walk(path, Path::new(shown), &mut files)?;
                files.retain(|(file, _)| file.to_string_lossy().ends_with(STATE_SUFFIX));
                self.finish(files, path, || format!("no file that ends in {STATE_SUFFIX} is below it"))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && is_glob(written) => {
                let matcher = glob(self.shown, &path.to_string_lossy())?;
                let folder = literal_folder(written);
                let root = literal_folder(&path.to_string_lossy()).to_owned();
                let root = if root.is_empty() { PathBuf::from(".") } else { PathBuf::from(root) };
                let mut files = Vec::new();
                match std::fs::metadata(&root) {
                    Ok(found) if found.is_dir() => walk(&root, Path::new(folder), &mut files)?,
                    Ok(_) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    Err(error) => return Err(StoreError::of_io(self.shown.to_owned(), error)),
                }
                let plain = |file: &Path| file.strip_prefix(".").unwrap_or(file).to_owned();
                files.retain(|(file, _)| matcher.is_match(plain(file)) && file.extension() != Some("backup".as_ref()));
                self.finish(files, &root, || "no file fits it".to_owned())
            }
            Ok(_) if self.workspace.is_some() => Err(StoreError::NoWorkspaces { url: self.shown.to_owned() }),
            // That it is not there, its reader tells.
            _ => Ok(vec![StateObject { url: written.to_owned(), place: ObjectPlace::File(path.to_owned()) }]),
        }
    }

    /// The files of the workspace that is asked for, sorted; `root` is where workspaces are looked for below.
    fn finish(
        &self,
        mut files: Vec<(PathBuf, PathBuf)>,
        root: &Path,
        looked_for: impl Fn() -> String,
    ) -> Result<Vec<StateObject>, StoreError> {
        let mut looked_for = looked_for();
        if let Some(workspace) = self.workspace {
            files.retain(|(file, _)| workspace_of(file.strip_prefix(root).unwrap_or(file)) == workspace);
            looked_for.push_str(&format!(" in workspace {workspace}"));
        }
        if files.is_empty() {
            return Err(StoreError::NoMatch { url: self.shown.to_owned(), looked_for });
        }
        files.sort_unstable();
        let object = |(file, shown): (PathBuf, PathBuf)| StateObject {
            url: shown.display().to_string(),
            place: ObjectPlace::File(file),
        };
        Ok(files.into_iter().map(object).collect())
    }
}

/// Every file below `folder`, each with the name that the user would call it by.
fn walk(folder: &Path, shown: &Path, files: &mut Vec<(PathBuf, PathBuf)>) -> Result<(), StoreError> {
    let failed = |error| {
        let name = if shown.as_os_str().is_empty() { Path::new(".") } else { shown };
        StoreError::of_io(name.display().to_string(), error)
    };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, name) = (entry.path(), shown.join(entry.file_name()));
        // A linked folder may lead in a circle; a linked file is a file.
        if entry.file_type().map_err(failed)?.is_dir() {
            if !FOLDERS_LEFT_OUT.iter().any(|left_out| entry.file_name() == *left_out) {
                walk(&path, &name, files)?;
            }
        } else if path.is_file() {
            files.push((path, name));
        }
    }
    Ok(())
}

/// Whether a path on disk is to be read as a glob where nothing has it for its name.
fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

/// The folder above the first part of a glob that is not plain: `states` of `states/**/*.tfstate`.
fn literal_folder(pattern: &str) -> &str {
    let first = pattern.find(['*', '?', '[', '{']).unwrap_or(pattern.len());
    match pattern[..first].rfind('/') {
        Some(0) => "/",
        Some(slash) => &pattern[..slash],
        None => "",
    }
}

/// `*` stays within one folder, `**` goes through any number of them.
fn glob(shown: &str, pattern: &str) -> Result<GlobMatcher, StoreError> {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let built = GlobBuilder::new(pattern).literal_separator(true).build();
    let bad = |error: globset::Error| StoreError::BadUrl {
        url: shown.to_owned(),
        reason: format!("it is no glob: {}", error.kind()),
    };
    Ok(built.map_err(bad)?.compile_matcher())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_begins_below_its_literal_folder() {
        for (pattern, folder) in [
            ("states/**/*.tfstate", "states"),
            ("/srv/*/a.tfstate", "/srv"),
            ("/*", "/"),
            ("*.tfstate", ""),
            ("a/b{1,2}/c", "a"),
        ] {
            assert_eq!(literal_folder(pattern), folder, "{pattern}");
        }
    }
}
