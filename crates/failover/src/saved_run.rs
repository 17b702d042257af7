//! A compiled run as a file: `failover PLAN --save run.json`, then `failover --run run.json`.
//!
//! Persisted format, version 1: a JSON object `{"version": 1, "digest": …, "run": …}`, indented for people.
//! `digest` is the SHA-256 of the run's canonical JSON. A file whose run does not have that digest was
//! altered and is refused: only what was shown is applied.

use crate::{RUN_VERSION, Run};
use pilotlight_findings::{Code, Explain, codes};
use pilotlight_journal::{canonical_json, digest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Version of the file that [`save`] writes.
pub const SAVED_RUN_VERSION: u32 = 1;

/// Why a saved run, or the run in a journal, cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum SavedRunError {
    /// It is no JSON, or not that of a run.
    #[error("read it as a saved run")]
    Syntax(#[from] serde_json::Error),
    /// A newer program wrote it.
    #[error("read a run of version {found}: this program knows version {known}")]
    Version {
        /// The version inside.
        found: u64,
        /// The version that is known.
        known: u32,
    },
    /// It is not what was compiled.
    #[error("trust it: its run has the digest {found}, not {wanted}")]
    Altered {
        /// The digest of what is there.
        found: String,
        /// The digest of what was compiled.
        wanted: String,
    },
}

impl Explain for SavedRunError {
    fn code(&self) -> Code {
        match self {
            Self::Syntax(_) | Self::Version { .. } => codes::F_SAVED_RUN,
            Self::Altered { .. } => codes::F_ALTERED_RUN,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Syntax(_) | Self::Altered { .. } => "compile it again with --save".into(),
            Self::Version { .. } => "use the program that wrote it, or compile it again with --save".into(),
        })
    }
}

#[derive(Serialize)]
struct Saving<'a> {
    version: u32,
    digest: String,
    run: &'a Run,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    #[serde(rename = "version")]
    _version: u32,
    digest: String,
    run: Value,
}

#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

/// The file's text. What checks and programs take from environment variables is not in it, only the variables'
/// names. The values of records are, wherever they came from, `env()` included: DNS gives them to everybody who
/// asks.
///
/// # Errors
/// None for a run that was compiled.
pub fn save(run: &Run) -> Result<String, serde_json::Error> {
    let saving = Saving { version: SAVED_RUN_VERSION, digest: run.digest()?, run };
    let mut text = serde_json::to_string_pretty(&saving)?;
    text.push('\n');
    Ok(text)
}

/// Reads a saved run.
///
/// # Errors
/// The text is no saved run, is one of another version, or was altered since it was written.
pub fn load(text: &str) -> Result<Run, SavedRunError> {
    check_version(serde_json::from_str::<Versioned>(text)?, SAVED_RUN_VERSION)?;
    let saved: Saved = serde_json::from_str(text)?;
    parse_run(&saved.run, &saved.digest)
}

/// Reads a run, and holds it against the digest that was written beside it.
pub(crate) fn parse_run(run: &Value, wanted: &str) -> Result<Run, SavedRunError> {
    let found = digest(canonical_json(run)?);
    if found != wanted {
        return Err(SavedRunError::Altered { found, wanted: wanted.to_owned() });
    }
    check_version(Versioned::deserialize(run)?, RUN_VERSION)?;
    Ok(Run::deserialize(run)?)
}

fn check_version(Versioned { version }: Versioned, known: u32) -> Result<(), SavedRunError> {
    if version == u64::from(known) { Ok(()) } else { Err(SavedRunError::Version { found: version, known }) }
}
