use crate::{Cancel, Root, RunError};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// An output value of a root module.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Output {
    /// Its value, in clear even where it is sensitive.
    pub value: Value,
    /// Whether it must not be shown.
    #[serde(default)]
    pub sensitive: bool,
}

impl Root {
    /// The outputs in the state.
    ///
    /// # Errors
    /// The state cannot be read.
    pub async fn outputs(&self, cancel: &Cancel) -> Result<BTreeMap<String, Output>, RunError> {
        let args = ["output", "-json", "-no-color"].map(str::to_owned);
        let ended = self.collect(&args, &[0], cancel).await?;
        self.parse(&args, &ended.stdout)
    }
}
