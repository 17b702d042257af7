use crate::as_installed::AsInstalled;
use crate::process::Ended;
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
        let ended = match plan {
            Some(plan) => self.show_saved(&args, plan, cancel).await?,
            None => self.collect(&args, &[0], cancel).await?,
        };
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
        let ended = self.show_saved(&args, plan, cancel).await?;
        Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
    }

    /// Shows a saved plan with the providers that made it; in the usual way where that fails.
    async fn show_saved(&self, args: &[String], plan: &Path, cancel: &Cancel) -> Result<Ended, RunError> {
        if let Some(installed) = AsInstalled::beside(self, plan) {
            match installed.of(self).collect(args, &[0], cancel).await {
                Err(error @ RunError::Failed { .. }) => {
                    tracing::debug!(%error, "show a saved plan without checksums");
                }
                shown => return shown,
            }
        }
        self.collect(args, &[0], cancel).await
    }

    /// The state as its backend has it, in the state file's own format; none where there is no state yet. It is
    /// that of the workspace that `TF_WORKSPACE` names, or that is selected there.
    ///
    /// # Errors
    /// The backend was not initialized in this directory, or does not answer.
    pub async fn state_pull(&self, cancel: &Cancel) -> Result<Option<Vec<u8>>, RunError> {
        let args = ["state", "pull", "-no-color"].map(str::to_owned);
        let ended = self.collect(&args, &[0], cancel).await.map_err(|error| match error {
            RunError::Failed { command, dir, output, .. } if wants_init(&output) => {
                RunError::NotInitialized { command, dir, program: self.program.name() }
            }
            error => error,
        })?;
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

/// What terraform and tofu say, in several sentences, of a backend or of HCP Terraform before `init`.
fn wants_init(output: &str) -> bool {
    let words: Vec<&str> = output.split_whitespace().collect();
    let output = words.join(" ").to_lowercase();
    output.contains("initialization required")
        || output.contains("please run \"terraform init\"")
        || output.contains("please run \"tofu init\"")
}
