//! Bytes by URL: read, list, and write once.
//!
//! A [`Store`] is a folder of objects behind a URL: a directory (`file:.pilotlight`, or a bare path) or a
//! prefix of an S3 bucket (`s3://bucket/prefix`). The one way to write is [`Store::create`], which never
//! replaces an object: of two writers exactly one succeeds, on disk as on S3. A [`StateUrl`] leads to the
//! Terraform states at a URL, be it a file, a folder, a glob, S3 or HTTP; each is a [`StateObject`] to read.
//!
//! This crate does not know what the bytes mean, nor where credentials come from: the caller hands over
//! an [`S3Access`]. It reads no environment, and no error or `Debug` text of it holds a credential.

mod access;
mod bucket_region;
mod directory;
mod error;
mod location;
mod s3;
mod state_object;
mod state_search;
mod state_url;
mod store;
mod writable;

pub use access::{S3Access, S3Credentials, S3Key, static_credentials};
pub use error::{Cause, StoreError};
pub use state_object::{HttpLogin, S3Object, StateAccess, StateObject};
pub use state_url::StateUrl;
pub use store::Store;
pub use writable::Writable;
