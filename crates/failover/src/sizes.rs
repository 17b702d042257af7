//! The port to Terraform, as far as a run changes sizes by it, and what is seen of a size before.

use crate::ResourceSize;
use async_trait::async_trait;
use pilotlight_findings::Region;
use pilotlight_plan::Resize;
use pilotlight_tfstate::ResourceChange;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// What Terraform is asked to plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizeRequest<'a> {
    /// The stack, for messages.
    pub stack: &'a str,
    /// Its generated root: absolute, or from the plan's folder.
    pub root: &'a str,
    /// The region of that root.
    pub region: &'a Region,
    /// The one resource that it may change.
    pub address: &'a str,
    /// What its HCL says otherwise, for this plan alone.
    pub overrides: &'a [ResourceSize],
}

/// What Terraform would do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SizePlan {
    /// Every change that it would make, what it would leave alone included.
    pub changes: Vec<ResourceChange>,
    /// The outputs that hang on the resource, by name: what each would be; none where that is not known before the apply.
    pub outputs: BTreeMap<String, Option<Value>>,
}

/// Why Terraform gave no plan, or did not apply one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// Another program holds the lock of the state. Nothing was changed.
    #[error("{by}")]
    Locked {
        /// `ana@laptop holds the lock for apply since …`
        by: String,
        /// What to do where that program is gone.
        remedy: String,
    },
    /// It was refused, and to ask again is of no use. Nothing was changed.
    #[error("{0}")]
    Refused(String),
    /// It failed by itself: how far it came is not known, and nothing is under way any more.
    #[error("{0}")]
    Unknown(String),
    /// It was ended in its midst: what it had asked for may still be carried out.
    #[error("{0}")]
    Cut(String),
}

/// Is told what Terraform is doing.
pub type OnSize<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// What a run needs of Terraform.
#[async_trait]
pub trait Sizes: Send + Sync {
    /// Has Terraform plan, with the overrides in place for as long as that takes. The plan is kept for [`Sizes::apply`].
    async fn plan(&self, request: &SizeRequest<'_>, limit: Duration, told: OnSize<'_>) -> Result<SizePlan, SizeError>;

    /// Applies what was planned last for this root, and nothing else.
    async fn apply(&self, request: &SizeRequest<'_>, limit: Duration, told: OnSize<'_>) -> Result<(), SizeError>;

    /// Forgets what was planned, as it is not to be applied; and what an executor that was killed left beside it.
    async fn discard(&self, request: &SizeRequest<'_>);
}

/// A resource of the standby that is to be turned up or down, as it is before.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedSize {
    /// Its address in the standby.
    pub address: String,
    /// The generated root of its stack: absolute, or from the plan's folder.
    pub root: String,
    /// What it has now of what the block sets, by attribute.
    pub now: BTreeMap<String, Value>,
}

/// The generated roots of the standby and what their states have.
pub trait StandbyRoots: Send + Sync {
    /// The resource of a scale block.
    ///
    /// # Errors
    /// It cannot be turned up from here: why, as a sentence's end.
    fn sized(&self, resize: &Resize) -> Result<ObservedSize, NotSized>;
}

/// Why a resource cannot be turned up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSized {
    /// There is no such resource, or its root is not on this machine.
    NotHere(String),
    /// Terraform would not give it this size, or could not turn it down again.
    NotSettable {
        /// Why, as a sentence's end.
        reason: String,
        /// What to do.
        remedy: String,
    },
}
