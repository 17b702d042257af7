//! Terraform's and OpenTofu's state, version 4, and the JSON that `show -json` prints.
//!
//! [`State::parse`] reads a state of any provider in any version without a schema, and loses nothing: the
//! typed fields are a view, and [`State`] serializes to the document as it was written, with what this crate
//! has no name for and with numbers of any length. [`PlanJson`] and [`StateValues`] read `show -json`. Addresses of resources
//! ([`ResourceAddress`]) and providers ([`ProviderAddress`]) print as Terraform prints them.
//!
//! Sensitive values are redacted here: ask for `redacted_attributes` wherever a value may be shown.
//!
//! This crate does not know where a state is kept, how it is fetched or locked, what any resource type
//! means, or what the cloud has. It has no runtime, no network, no clock and no environment.

mod address;
mod address_text;
mod attribute_path;
mod error;
mod fields;
mod flatmap;
mod instance;
mod plan_json;
mod provider;
mod quoted;
mod redact;
mod resource;
mod state;
mod values;

pub use address::{AddressError, IndexKey, Mode, ModuleStep, ResourceAddress};
pub use attribute_path::{AttributePath, AttributePathError, PathStep};
pub use error::{StateError, StateProblem};
pub use instance::Instance;
pub use plan_json::{Action, ActionCounts, Change, OutputChange, PlanJson, PlanJsonError, ResourceChange};
pub use provider::{ProviderAddress, ProviderAddressError, ProviderSource};
pub use redact::{is_sensitive, redact_mask, redact_paths};
pub use resource::{ManagedInstance, Resource};
pub use state::{Output, State};
pub use values::{ModuleValues, OutputValue, ResourceValues, StateValues, Values};
