//! `lab.json`: what another process needs to reach a running lab.
//!
//! Format, version 2: the fields of [`Handle`] as one JSON object, readable by its owner alone, since
//! the token ends the lab and the databases' addresses hold passwords. Version 1 had no databases. Written when all parts answer; removed when the lab ends.

use crate::postgres::pair::DatabaseUrl;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The version that [`Handle`] is written with.
const VERSION: u32 = 2;

/// How to reach a running lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handle {
    version: u32,
    /// The process that runs the lab.
    pub pid: u32,
    /// The emulated AWS API, `http://127.0.0.1:PORT`.
    pub aws_endpoint: String,
    /// The recursive resolver.
    pub resolver: SocketAddr,
    /// The name servers of every zone's delegation, in its order.
    pub name_servers: Vec<SocketAddr>,
    /// The databases, that of the primary region first; none where the lab was started without.
    pub databases: Vec<DatabaseUrl>,
    /// The control endpoint.
    pub(crate) control: SocketAddr,
    /// What the control endpoint wants to see.
    pub(crate) token: String,
}

/// The handle file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// Reading or writing failed.
    #[error("use lab file {path:?}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It holds something else.
    #[error("read lab file {path:?}; `cargo xtask lab down` removes it")]
    Content {
        /// Which.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
}

impl Handle {
    pub(crate) fn new(
        aws_endpoint: String,
        resolver: SocketAddr,
        name_servers: Vec<SocketAddr>,
        databases: Vec<DatabaseUrl>,
        control: SocketAddr,
        token: String,
    ) -> Self {
        Self {
            version: VERSION,
            pid: std::process::id(),
            aws_endpoint,
            resolver,
            name_servers,
            databases,
            control,
            token,
        }
    }

    pub(crate) fn path(folder: &Path) -> PathBuf {
        folder.join("lab.json")
    }

    /// Writes it in one step, so that nobody reads half of it.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), HandleError> {
        let path = Self::path(folder);
        let failed = |source| HandleError::File { path: path.clone(), source };
        let text =
            serde_json::to_string_pretty(self).map_err(|source| HandleError::Content { path: path.clone(), source })?;
        let new = folder.join("lab.json.new");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&new).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)?;
        std::fs::rename(&new, &path).map_err(failed)
    }

    /// Reads it; `None` when there is none.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, HandleError> {
        let path = Self::path(folder);
        match std::fs::read(&path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map(Some).map_err(|source| HandleError::Content { path, source })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(HandleError::File { path, source }),
        }
    }

    /// Removes it. One that is gone already is fine.
    pub(crate) fn remove(folder: &Path) -> Result<(), HandleError> {
        let path = Self::path(folder);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(HandleError::File { path, source: error })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_read_as_it_was_written_and_only_by_its_owner() {
        let folder = tempfile::tempdir().expect("folder");
        assert_eq!(Handle::read(folder.path()).expect("none"), None);
        let address: SocketAddr = "127.64.0.1:5300".parse().expect("address");
        let handle = Handle::new("http://127.0.0.1:1".into(), address, vec![address], vec![], address, "secret".into());
        handle.write(folder.path()).expect("written");
        assert_eq!(Handle::read(folder.path()).expect("read"), Some(handle));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(Handle::path(folder.path())).expect("file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(Handle::path(folder.path()), "{").expect("damaged");
        assert!(matches!(Handle::read(folder.path()), Err(HandleError::Content { .. })));
        Handle::remove(folder.path()).expect("removed");
        Handle::remove(folder.path()).expect("removed again");
    }
}
