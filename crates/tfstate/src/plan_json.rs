//! `terraform show -json PLANFILE`.
//!
//! Source: Terraform's documentation, "JSON Output Format", and `internal/command/jsonplan/plan.go`.

use crate::address::{Mode, ResourceAddress};
use crate::reader::reason;
use crate::redact::redact_mask;
use crate::values::{ResourceValues, StateValues, Values};
use indexmap::IndexMap;
use pilotlight_findings::{Code, Explain, Position, Span, codes};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The first number of the format versions that this crate reads: a later second number only adds fields.
const FORMAT: &str = "1";

/// Why the output of `show -json` could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read plan {span}{}: {reason}", if path.is_empty() { String::new() } else { format!(" ({path})") })]
pub struct PlanJsonError {
    /// The file as its reader named it, with line and column.
    pub span: Span,
    /// Path inside the document.
    pub path: String,
    /// What is wrong.
    pub reason: String,
}

impl Explain for PlanJsonError {
    fn code(&self) -> Code {
        codes::S_PLAN_JSON
    }

    fn span(&self) -> Option<&Span> {
        Some(&self.span)
    }

    fn remedy(&self) -> Option<String> {
        Some("write it again with `terraform show -json PLANFILE`".to_owned())
    }
}

/// A plan as `show -json` prints it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PlanJson {
    /// `1.2`, or another one that begins with `1.`
    pub format_version: String,
    /// The program that made the plan.
    #[serde(default)]
    pub terraform_version: String,
    /// What the plan will make, as far as it is known.
    pub planned_values: Values,
    /// What the refresh found changed outside of Terraform.
    #[serde(default)]
    pub resource_drift: Vec<ResourceChange>,
    /// What the apply will do, `no-op` included.
    #[serde(default)]
    pub resource_changes: Vec<ResourceChange>,
    /// What happens to the outputs.
    #[serde(default)]
    pub output_changes: IndexMap<String, OutputChange>,
    /// The state that the plan was made from, after its refresh.
    #[serde(default)]
    pub prior_state: Option<StateValues>,
    /// The configuration, as it was read.
    #[serde(default)]
    pub configuration: Value,
    /// Values of the root module's variables, `{name: {value}}`.
    #[serde(default)]
    pub variables: Value,
    /// Attributes outside of Terraform's changes that the plan hangs on.
    #[serde(default)]
    pub relevant_attributes: Value,
    /// Whether the apply has anything to do; of 1.3 and later.
    #[serde(default)]
    pub applyable: Option<bool>,
    /// Whether an apply of it reaches all that the configuration wants.
    #[serde(default)]
    pub complete: Option<bool>,
    /// Whether planning failed.
    #[serde(default)]
    pub errored: bool,
}

/// What happens to a resource instance.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ResourceChange {
    /// `module.a.aws_instance.b[0]`
    pub address: ResourceAddress,
    /// Its address before a `moved` block.
    #[serde(default)]
    pub previous_address: Option<ResourceAddress>,
    /// The module instance; none for the root.
    #[serde(default)]
    pub module_address: Option<String>,
    /// `managed` or `data`
    pub mode: Mode,
    /// `aws_instance`
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The block's second label.
    pub name: String,
    /// `registry.terraform.io/hashicorp/aws`
    #[serde(default)]
    pub provider_name: String,
    /// The deposed object that it is about.
    #[serde(default)]
    pub deposed: Option<String>,
    /// The change.
    pub change: Change,
    /// `replace_because_cannot_update`, …
    #[serde(default)]
    pub action_reason: Option<String>,
}

/// One thing that Terraform does to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Nothing.
    NoOp,
    /// Make it.
    Create,
    /// Read a data source.
    Read,
    /// Change it in place.
    Update,
    /// Destroy it.
    Delete,
    /// Drop it from the state.
    Forget,
    /// Open an ephemeral resource.
    Open,
}

/// An object before and after.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Change {
    /// In their order: a replacement has `delete` and `create`, in either order.
    pub actions: Vec<Action>,
    /// Before; `null` where there is nothing.
    #[serde(default)]
    pub before: Value,
    /// After, as far as it is known; `null` where there is nothing.
    #[serde(default)]
    pub after: Value,
    /// Mask of what is not known before the apply.
    #[serde(default)]
    pub after_unknown: Value,
    /// Mask of what is sensitive in `before`.
    #[serde(default)]
    pub before_sensitive: Value,
    /// Mask of what is sensitive in `after`.
    #[serde(default)]
    pub after_sensitive: Value,
    /// Paths of the attributes that force a replacement.
    #[serde(default)]
    pub replace_paths: Vec<Vec<Value>>,
    /// Set where an object is taken into the state.
    #[serde(default)]
    pub importing: Option<Value>,
}

impl Change {
    /// Whether nothing happens.
    pub fn is_no_op(&self) -> bool {
        self.actions.iter().all(|action| matches!(action, Action::NoOp | Action::Read | Action::Open))
    }

    /// Whether the object is destroyed and made again.
    pub fn is_replace(&self) -> bool {
        self.actions.contains(&Action::Delete) && self.actions.contains(&Action::Create)
    }

    /// `before`, sensitive values replaced.
    pub fn redacted_before(&self) -> Value {
        redacted(&self.before, &self.before_sensitive)
    }

    /// `after`, sensitive values replaced.
    pub fn redacted_after(&self) -> Value {
        redacted(&self.after, &self.after_sensitive)
    }
}

/// What happens to an output: a [`Change`] of its value.
pub type OutputChange = Change;

fn redacted(value: &Value, mask: &Value) -> Value {
    let mut value = value.clone();
    redact_mask(&mut value, mask);
    value
}

/// How many instances the plan creates, changes, replaces, destroys and forgets: the numbers of Terraform's
/// own summary line, with a replacement counted as such and not as two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ActionCounts {
    /// Made.
    pub create: usize,
    /// Changed in place.
    pub update: usize,
    /// Destroyed and made again.
    pub replace: usize,
    /// Destroyed.
    pub delete: usize,
    /// Dropped from the state.
    pub forget: usize,
    /// Taken into the state.
    pub import: usize,
}

impl ActionCounts {
    /// Whether the plan does nothing to any resource.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl PlanJson {
    /// Reads the output of `terraform show -json PLANFILE`. `file` is the name for errors.
    ///
    /// # Errors
    /// It is not JSON, has another shape, another format version, or is of a state.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, PlanJsonError> {
        parse(file, bytes)
    }

    /// What the plan does to managed resources.
    pub fn counts(&self) -> ActionCounts {
        let mut counts = ActionCounts::default();
        for change in self.resource_changes.iter().filter(|change| change.mode == Mode::Managed) {
            let change = &change.change;
            counts.import += usize::from(change.importing.is_some());
            match change.actions[..] {
                _ if change.is_replace() => counts.replace += 1,
                [Action::Create] => counts.create += 1,
                [Action::Update] => counts.update += 1,
                [Action::Delete] => counts.delete += 1,
                [Action::Forget] => counts.forget += 1,
                // `create` then `forget`: the old object is left alone.
                [Action::Create, Action::Forget] | [Action::Forget, Action::Create] => {
                    counts.create += 1;
                    counts.forget += 1;
                }
                _ => {}
            }
        }
        counts
    }

    /// The managed resources that will be there after the apply, by address.
    pub fn planned(&self) -> impl Iterator<Item = &ResourceValues> {
        self.planned_values.resources().filter(|resource| resource.mode == Mode::Managed)
    }

    /// The planned values of one address.
    pub fn planned_at(&self, address: &ResourceAddress) -> Option<&ResourceValues> {
        self.planned_values.resources().find(|resource| resource.address == *address)
    }
}

/// Reads a document of `show -json`; its format version is checked before its shape.
pub(crate) fn parse<T: DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<T, PlanJsonError> {
    let fail = |line: usize, column: usize, path: String, reason: String| {
        let position = Position { line: line.max(1), column: column.max(1) };
        Err(PlanJsonError { span: Span { file: file.to_owned(), start: position, bytes: (0, 0) }, path, reason })
    };
    if bytes.starts_with(b"PK") {
        return fail(1, 1, String::new(), "it is a saved plan file, not the JSON of one".to_owned());
    }
    #[derive(Deserialize)]
    struct Head {
        format_version: Option<String>,
    }
    match serde_json::from_slice::<Head>(bytes) {
        Err(error) if bytes.iter().all(u8::is_ascii_whitespace) => {
            return fail(error.line(), error.column(), String::new(), "it is empty".to_owned());
        }
        Err(error) => {
            return fail(
                error.line(),
                error.column(),
                String::new(),
                format!("it is not JSON of `show -json`: {}", reason(&error)),
            );
        }
        Ok(Head { format_version: None }) => {
            return fail(
                1,
                1,
                "format_version".to_owned(),
                "it has no format_version, so it is not what `show -json` prints".to_owned(),
            );
        }
        Ok(Head { format_version: Some(version) }) if version.split('.').next() != Some(FORMAT) => {
            let reason = format!("it has format version {version}; this release knows {FORMAT}.x");
            return fail(1, 1, "format_version".to_owned(), reason);
        }
        Ok(_) => {}
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut json).or_else(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        fail(error.inner().line(), error.inner().column(), path, reason(error.inner()))
    })
}
