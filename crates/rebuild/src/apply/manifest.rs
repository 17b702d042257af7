//! Which files of a standby root are Pilotlight's, and what they held when it wrote them.
//!
//! Persisted format, version 2: `.pilotlight-root.json`, `{"version": 2, "stack": …, "files": {path: sha256}}`, the
//! digest in lower-case hexadecimal. Version 1 had a list of the paths alone, and is read.

use super::write::WriteError;
pub(crate) use pilotlight_journal::digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// The file's name.
pub(crate) const MANIFEST: &str = ".pilotlight-root.json";

/// The version that is written.
const VERSION: u32 = 2;

/// The generated files of a root, each with the digest of what was written where that is known.
pub(crate) type Generated = BTreeMap<PathBuf, Option<String>>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: u32,
    stack: String,
    files: BTreeMap<PathBuf, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    #[serde(rename = "version")]
    _version: u32,
    stack: String,
    files: Vec<PathBuf>,
}

/// What every version has.
#[derive(Deserialize)]
struct Head {
    version: u32,
}

/// The manifest as it is written.
pub(crate) fn write<'f>(
    root: &Path,
    stack: &str,
    files: impl Iterator<Item = (&'f PathBuf, &'f Vec<u8>)>,
) -> Result<Vec<u8>, WriteError> {
    let files = files.map(|(path, content)| (path.clone(), digest(content))).collect();
    let manifest = Manifest { version: VERSION, stack: stack.to_owned(), files };
    let mut text = serde_json::to_vec_pretty(&manifest)
        .map_err(|source| WriteError::Manifest { path: root.join(MANIFEST), source })?;
    text.push(b'\n');
    Ok(text)
}

/// The files that a former rebuild wrote into `root`; none where there is no manifest.
///
/// # Errors
/// It cannot be read, is of another stack, or of a version that is not known.
pub(crate) fn read(root: &Path, stack: &str) -> Result<Option<Generated>, WriteError> {
    let path = root.join(MANIFEST);
    let foreign = |reason: String| WriteError::Foreign { path: root.to_owned(), reason };
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(WriteError::File { what: "read", path, source }),
    };
    let unreadable = |source| WriteError::Manifest { path: path.clone(), source };
    let head: Head = serde_json::from_slice(&text).map_err(unreadable)?;
    let (of, files): (String, Generated) = match head.version {
        1 => {
            let first: First = serde_json::from_slice(&text).map_err(unreadable)?;
            (first.stack, first.files.into_iter().map(|path| (path, None)).collect())
        }
        VERSION => {
            let manifest: Manifest = serde_json::from_slice(&text).map_err(unreadable)?;
            (manifest.stack, manifest.files.into_iter().map(|(path, digest)| (path, Some(digest))).collect())
        }
        version => {
            return Err(foreign(format!(
                "its {MANIFEST} has version {version}, and this program writes version {VERSION}"
            )));
        }
    };
    if of != stack {
        return Err(foreign(format!("it is the standby root of stack {of}")));
    }
    // A manifest that was tampered with must not lead out of the root.
    let inside = |path: &PathBuf| path.components().all(|part| matches!(part, Component::Normal(_)));
    Ok(Some(files.into_iter().filter(|(path, _)| inside(path)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_read() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(read(root.path(), "app").unwrap(), None);
        let put = |text: &[u8]| std::fs::write(root.path().join(MANIFEST), text).unwrap();
        put(br#"{"version": 1, "stack": "app", "files": ["main.tf", "../out.tf"]}"#);
        assert_eq!(read(root.path(), "app").unwrap(), Some(Generated::from([("main.tf".into(), None)])));
        let files = BTreeMap::from([(PathBuf::from("main.tf"), b"abc".to_vec())]);
        put(&write(root.path(), "app", files.iter()).unwrap());
        // As sha256sum has it of `abc`.
        let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
        assert_eq!(read(root.path(), "app").unwrap(), Some(Generated::from([("main.tf".into(), Some(sum))])));
        assert!(matches!(read(root.path(), "web"), Err(WriteError::Foreign { .. })));
        put(br#"{"version": 3, "stack": "app", "paths": []}"#);
        assert!(matches!(read(root.path(), "app"), Err(WriteError::Foreign { .. })));
        put(b"{");
        assert!(matches!(read(root.path(), "app"), Err(WriteError::Manifest { .. })));
    }
}
