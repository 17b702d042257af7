use crate::{Cancel, Root, RunError};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::Path;

impl Root {
    /// A saved plan, or with none the state, as Terraform's JSON: the text, for who reads that format.
    ///
    /// # Errors
    /// The plan is of another version of Terraform, or the state cannot be read.
    pub async fn show(&self, plan: Option<&Path>, cancel: &Cancel) -> Result<String, RunError> {
        let mut args = vec!["show".to_owned(), "-json".to_owned(), "-no-color".to_owned()];
        args.extend(plan.map(|path| path.display().to_string()));
        let ended = self.collect(&args, &[0], cancel).await?;
        // Parsed once here so that a wrapper's noise is told with the command that made it.
        self.parse::<Value>(&args, &ended.stdout)?;
        Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
    }

    /// A saved plan as Terraform prints it for a person, without colours.
    ///
    /// # Errors
    /// The plan is of another version of Terraform.
    pub async fn show_text(&self, plan: &Path, cancel: &Cancel) -> Result<String, RunError> {
        let args = ["show".to_owned(), "-no-color".to_owned(), plan.display().to_string()];
        let ended = self.collect(&args, &[0], cancel).await?;
        Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
    }

    /// The state as its backend has it, in the state file's own format; none where there is no state yet.
    ///
    /// # Errors
    /// The backend does not answer.
    pub async fn state_pull(&self, cancel: &Cancel) -> Result<Option<Vec<u8>>, RunError> {
        let args = ["state".to_owned(), "pull".to_owned()];
        let ended = self.collect(&args, &[0], cancel).await?;
        Ok(Some(ended.stdout).filter(|bytes| !bytes.trim_ascii().is_empty()))
    }

    pub(crate) fn parse<T: DeserializeOwned>(&self, args: &[String], bytes: &[u8]) -> Result<T, RunError> {
        serde_json::from_slice(bytes).map_err(|source| RunError::Output {
            command: self.command_text(args),
            dir: self.dir.clone(),
            source,
        })
    }
}
