//! PostgreSQL's own programs on this machine.

use crate::python::Python;
use crate::terraform::on_path;
use crate::wheels::{self, WheelError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the lab runs: a server, its birth, a copy of it over the wire, and the way back to a new primary.
const NEEDED: [&str; 4] = ["postgres", "initdb", "pg_basebackup", "pg_rewind"];

/// Where Debian and Ubuntu keep the versions beside each other: `VERSION/bin`.
const DISTRIBUTIONS: [&str; 1] = ["/usr/lib/postgresql"];

/// The folder that holds PostgreSQL's programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Programs {
    pub(crate) folder: PathBuf,
}

/// PostgreSQL isn't to be had.
#[derive(Debug, thiserror::Error)]
pub enum ProgramsError {
    /// A part of it.
    #[error(
        "use PostgreSQL in {folder:?}: it lacks {missing}; install the whole server there (Debian: `apt-get install \
         postgresql`), or take it from PATH so that another one is found"
    )]
    Incomplete {
        /// The folder with `postgres`.
        folder: PathBuf,
        /// `pg_rewind, initdb`
        missing: String,
    },
    /// Nothing on the disk, and the wheel can't be had.
    #[error(
        "find PostgreSQL: it is not on this machine, and PyPI's copy could not be installed; install it (Debian: \
         `apt-get install postgresql`)"
    )]
    Wheel(#[from] WheelError),
}

impl Programs {
    /// Searches `PATH`, then the distribution's folders for the newest version. Where there is none, PyPI's copy is
    /// installed into `cache`.
    pub(crate) async fn find(
        environment: &BTreeMap<String, String>,
        cache: &Path,
        python: &Python,
    ) -> Result<Self, ProgramsError> {
        // On PATH stands often a link to one program of many.
        let linked = on_path("postgres", environment).and_then(|program| program.canonicalize().ok());
        let found = linked.and_then(|program| Some(program.parent()?.to_owned()));
        let newest = || DISTRIBUTIONS.iter().find_map(|folder| newest(Path::new(folder)));
        match found.or_else(newest) {
            Some(folder) => Self::at(&folder),
            None => Self::at(&wheels::postgres(cache, python).await?),
        }
    }

    /// Those in `folder`, which must be whole.
    pub(crate) fn at(folder: &Path) -> Result<Self, ProgramsError> {
        let missing: Vec<&str> = NEEDED.into_iter().filter(|name| !folder.join(name).is_file()).collect();
        if missing.is_empty() {
            return Ok(Self { folder: folder.to_owned() });
        }
        Err(ProgramsError::Incomplete { folder: folder.to_owned(), missing: missing.join(", ") })
    }

    /// The path of one of them.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// `VERSION/bin` of the highest version that has a server.
fn newest(folder: &Path) -> Option<PathBuf> {
    let versions = std::fs::read_dir(folder).ok()?.flatten().filter_map(|entry| {
        let bin = entry.path().join("bin");
        // A client alone leaves such a folder too.
        let version: f64 = entry.file_name().to_string_lossy().parse().ok()?;
        bin.join("postgres").is_file().then_some((version, bin))
    });
    versions.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, bin)| bin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install(folder: &Path, programs: &[&str]) {
        std::fs::create_dir_all(folder).expect("folder");
        for program in programs {
            std::fs::write(folder.join(program), "").expect("file");
        }
    }

    #[test]
    fn the_newest_server_is_taken_and_a_part_that_is_missing_is_named() {
        let folder = tempfile::tempdir().expect("folder");
        install(&folder.path().join("9.6/bin"), &NEEDED);
        install(&folder.path().join("15/bin"), &NEEDED);
        install(&folder.path().join("16/bin"), &["psql"]);
        let found = newest(folder.path()).expect("a server");
        assert_eq!(found, folder.path().join("15/bin"));
        assert_eq!(Programs::at(&found).expect("whole").path("initdb"), found.join("initdb"));

        std::fs::remove_file(found.join("pg_rewind")).expect("removed");
        let error = Programs::at(&found).expect_err("a part is missing").to_string();
        assert!(error.contains("lacks pg_rewind;") && error.contains("apt-get install postgresql"), "{error}");
    }
}
