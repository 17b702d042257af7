//! Pure functions from what was observed to what is to be done.

pub(crate) mod align;
pub(crate) mod backend;
pub(crate) mod configuration;
pub(crate) mod configured;
pub(crate) mod dependencies;
mod diff;
pub(crate) mod global;
pub(crate) mod kept;
pub(crate) mod layout;
pub(crate) mod literal;
pub(crate) mod modules;
pub(crate) mod overrides;
pub(crate) mod read_files;
pub(crate) mod recorded;
pub(crate) mod removed;
mod retarget;
pub(crate) mod splice;
pub(crate) mod syntax;
pub(crate) mod text;
pub(crate) mod variable_files;
pub(crate) mod words;

pub use diff::unified_diff;
pub use global::is_global;
pub use retarget::{Edit, GlobalResource, OpenQuestion, RetargetInput, Retargeted, Rule, StateLocation, retarget};
pub use words::{zone_map, zone_map_by_letter};
