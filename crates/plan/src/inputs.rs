//! What a plan takes from outside its file.

use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What the program's caller gives to a plan.
#[derive(Clone, Default)]
pub struct Inputs {
    /// The environment, for `env("NAME")`.
    pub env: BTreeMap<String, String>,
    /// The values of `var.x`, from `--var` and `--var-file`.
    pub vars: BTreeMap<String, Json>,
}

/// Names alone: the values may be secrets.
impl std::fmt::Debug for Inputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inputs")
            .field("env", &self.env.keys().collect::<Vec<_>>())
            .field("vars", &self.vars.keys().collect::<Vec<_>>())
            .finish()
    }
}
