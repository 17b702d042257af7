//! `values` of `terraform show -json`: what a state has, or what a plan will have.
//!
//! Source: Terraform's documentation, "JSON Output Format", values representation.

use crate::address::{IndexKey, ResourceAddress};
use crate::plan_json::{PlanJsonError, parse};
use crate::redact::redact_mask;
use indexmap::IndexMap;
use pilotlight_findings::SENSITIVE;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Outputs, and the resources of every module.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Values {
    /// Outputs of the root module.
    #[serde(default)]
    pub outputs: IndexMap<String, OutputValue>,
    /// The root module.
    #[serde(default)]
    pub root_module: ModuleValues,
}

impl Values {
    /// Every resource of every module: the root's first, then its children in order, each with theirs.
    pub fn resources(&self) -> impl Iterator<Item = &ResourceValues> {
        let mut modules = vec![&self.root_module];
        let mut found = Vec::new();
        while let Some(module) = modules.pop() {
            found.extend(&module.resources);
            modules.extend(module.child_modules.iter().rev());
        }
        found.into_iter()
    }
}

/// An output's value.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct OutputValue {
    /// The value; absent where it is not known before the apply. Show [`OutputValue::redacted`] only.
    #[serde(default)]
    pub value: Value,
    /// Its type, where Terraform says it.
    #[serde(default, rename = "type")]
    pub value_type: Value,
    /// Whether the configuration says that it is sensitive.
    #[serde(default)]
    pub sensitive: bool,
}

impl OutputValue {
    /// Its value, or what stands for a sensitive one.
    pub fn redacted(&self) -> Value {
        if self.sensitive { Value::String(SENSITIVE.to_owned()) } else { self.value.clone() }
    }
}

/// One module instance.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct ModuleValues {
    /// Its address; none for the root.
    #[serde(default)]
    pub address: Option<String>,
    /// Its resources.
    #[serde(default)]
    pub resources: Vec<ResourceValues>,
    /// Modules called from it.
    #[serde(default)]
    pub child_modules: Vec<ModuleValues>,
}

/// One resource instance's values.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ResourceValues {
    /// `module.a.aws_instance.b[0]`
    pub address: ResourceAddress,
    /// `managed` or `data`
    pub mode: crate::Mode,
    /// `aws_instance`
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The block's second label.
    pub name: String,
    /// What `count` or `for_each` gave it.
    #[serde(default)]
    pub index: Option<IndexKey>,
    /// `registry.terraform.io/hashicorp/aws`
    #[serde(default)]
    pub provider_name: String,
    /// Version of the provider's schema.
    #[serde(default)]
    pub schema_version: u64,
    /// Attributes by name. What is not known before the apply is left out. Show
    /// [`ResourceValues::redacted_values`] only.
    #[serde(default)]
    pub values: Map<String, Value>,
    /// Mask of sensitive values.
    #[serde(default)]
    pub sensitive_values: Value,
}

impl ResourceValues {
    /// Attributes by name, sensitive values replaced.
    pub fn redacted_values(&self) -> Map<String, Value> {
        let mut value = Value::Object(self.values.clone());
        redact_mask(&mut value, &self.sensitive_values);
        match value {
            Value::Object(values) => values,
            // The mask was `true`: all of it is sensitive.
            _ => self.values.keys().map(|name| (name.clone(), Value::String(SENSITIVE.to_owned()))).collect(),
        }
    }
}

/// What `show -json` prints of a state.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct StateValues {
    /// `1.0`, or a later one with the same first number.
    pub format_version: String,
    /// The program that wrote the state.
    #[serde(default)]
    pub terraform_version: String,
    /// What the state has; nothing where there is no state yet.
    #[serde(default)]
    pub values: Values,
}

impl StateValues {
    /// Reads the output of `terraform show -json` without a plan file. `file` is the name for errors.
    ///
    /// # Errors
    /// It is not JSON, has another shape, or another format version.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, PlanJsonError> {
        parse(file, bytes)
    }
}
