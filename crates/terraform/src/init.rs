use crate::{Cancel, Root, RunError};
use std::collections::BTreeMap;

/// How to initialize.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InitOptions {
    /// `-backend-config=NAME=VALUE` each.
    pub backend: BTreeMap<String, String>,
    /// Leave the backend alone: enough to validate, and needs no access.
    pub without_backend: bool,
    /// Take the backend as it is configured now, without a look at the one that was used before.
    pub reconfigure: bool,
}

impl Root {
    /// Installs providers and modules and sets up the backend. Never asks and never moves a state.
    ///
    /// # Errors
    /// A provider, a module or the backend cannot be had; the error has Terraform's own words.
    pub async fn init(&self, options: &InitOptions, cancel: &Cancel) -> Result<(), RunError> {
        let mut args = vec!["init".to_owned(), "-input=false".to_owned(), "-no-color".to_owned()];
        if options.without_backend {
            args.push("-backend=false".to_owned());
        }
        if options.reconfigure {
            args.push("-reconfigure".to_owned());
        }
        args.extend(options.backend.iter().map(|(name, value)| format!("-backend-config={name}={value}")));
        self.collect(&args, &[0], cancel).await.map(|_| ())
    }
}
