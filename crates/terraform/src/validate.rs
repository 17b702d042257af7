use crate::{Cancel, Diagnostic, Root, RunError};
use pilotlight_findings::Finding;
use serde::Deserialize;

/// The answer of `validate`.
#[derive(Debug, Clone, PartialEq)]
pub struct Validation {
    /// Whether the configuration is valid.
    pub valid: bool,
    /// Errors and warnings, with their places.
    pub findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Answer {
    valid: bool,
    #[serde(default)]
    diagnostics: Vec<Diagnostic>,
}

impl Root {
    /// Checks the configuration; needs an `init`, with or without a backend.
    ///
    /// # Errors
    /// The program does not answer. An invalid configuration is an answer.
    pub async fn validate(&self, cancel: &Cancel) -> Result<Validation, RunError> {
        let args = ["validate".to_owned(), "-json".to_owned()];
        // 1 with a JSON answer: the configuration is invalid.
        let ended = self.collect(&args, &[0, 1], cancel).await?;
        let answer: Answer = self.parse(&args, &ended.stdout)?;
        let findings = answer.diagnostics.iter().map(|diagnostic| diagnostic.finding(self)).collect();
        Ok(Validation { valid: answer.valid, findings })
    }

    /// The files, below the root too, that `fmt` would write in another way; relative to the root.
    ///
    /// # Errors
    /// A file is no HCL.
    pub async fn unformatted(&self, cancel: &Cancel) -> Result<Vec<String>, RunError> {
        let args = ["fmt", "-check", "-list=true", "-recursive", "-no-color"].map(str::to_owned);
        // 3: some file would be written in another way.
        let ended = self.collect(&args, &[0, 3], cancel).await?;
        Ok(String::from_utf8_lossy(&ended.stdout).lines().map(str::to_owned).collect())
    }
}
