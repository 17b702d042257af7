//! Reads live objects through the providers' own plugins, over the gRPC protocol that Terraform speaks with them.
//!
//! [`ProviderReader`] is a [`pilotlight_drift::LiveReader`] for every type that a stack's provider knows. It finds
//! the plugin that the stack is locked to, starts one process for each provider and place, configures it with the
//! place's region and role, and reads every object that it is asked for: the recorded state is upgraded to the
//! present schema and read anew, several at once. Schemas are cached.
//!
//! A plugin runs in a process group of its own, with the environment that the caller gives. It is asked to end when
//! the last object is read, and killed when the future is dropped. When Pilotlight itself is killed, a small shell
//! that waits for that kills it.
//!
//! This module reads no environment of its own and knows no AWS API. What a stack's provider block says beside the
//! region (profiles, endpoints) is not known here: the caller's environment has to lead to the same account.

mod cli_config;
mod client;
mod configure;
mod cty;
mod discover;
mod error;
mod group;
mod handshake;
mod install;
pub(crate) mod lock_file;
mod msgpack;
mod object;
mod pace;
mod package;
mod plugin;
mod reader;
mod schema;
mod schemas;
mod stderr;
mod version;
mod wire;

pub(crate) use discover::PLATFORM;
pub use error::PluginError;
pub use pace::{NoPace, Pace};
pub use plugin::Environment;
pub use reader::{IN_FLIGHT, ProviderReader, ProviderSettings};
