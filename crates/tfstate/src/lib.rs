//! Terraform's and OpenTofu's state, version 4, and the JSON that `show -json` prints.
//!
//! [`State::parse`] reads a state of any provider in any version without a schema, and loses nothing: the
//! typed fields are a view, and [`State`] serializes to the document as it was written, with what this crate
//! has no name for and with numbers of any length. It walks the text once and keeps it; attributes are read from it
//! when they are asked for, so that a state of 100 MB takes little more than its own size and the time of a skim.
//! What `show -json` prints of a state is read as that state; [`PlanJson`] reads a plan, and [`StateValues`] a state
//! as a plan has it. Addresses of resources ([`ResourceAddress`]) and providers ([`ProviderAddress`]) print as
//! Terraform prints them.
//!
//! Sensitive values are redacted here: ask for `redacted_attributes` wherever a value may be shown.
//!
//! This crate does not know where a state is kept, how it is fetched or locked, what any resource type
//! means, or what the cloud has. It has no runtime, no network, no clock and no environment.

mod address;
mod address_text;
mod attribute_path;
mod document;
mod error;
mod exact;
mod flatmap;
mod foreign;
mod instance;
mod plain;
mod plan_json;
mod provider;
mod quoted;
mod reader;
mod redact;
mod resource;
mod seen;
mod shown;
mod state;
mod text;
mod values;

pub use address::{AddressError, IndexKey, Mode, ModuleStep, ResourceAddress};
pub use attribute_path::{AttributePath, AttributePathError, PathStep};
pub use error::{StateError, StateProblem};
pub use foreign::Foreign;
pub use instance::Instance;
pub use plan_json::{Action, ActionCounts, Change, OutputChange, PlanJson, PlanJsonError, ResourceChange};
pub use provider::{ProviderAddress, ProviderAddressError, ProviderSource};
pub use redact::{is_sensitive, redact_mask, redact_paths};
pub use resource::{ManagedInstance, Resource};
pub use state::{Output, State};
pub use values::{ModuleValues, OutputValue, ResourceValues, StateValues, Values};
