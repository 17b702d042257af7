//! Bytes by URL: read, list, and write once.
//!
//! A [`Store`] is a folder of objects behind a URL: a directory (`file:.pilotlight`, or a bare path) or a
//! prefix of an S3 bucket (`s3://bucket/prefix`). The one way to write is [`Store::create`], which never
//! replaces an object: of two writers exactly one succeeds, on disk as on S3. [`read_url`] reads a single
//! object by its own URL, such as a Terraform state, and takes `http(s):` as well.
//!
//! This crate does not know what the bytes mean, nor where credentials come from: the caller hands over
//! an [`S3Access`]. It reads no environment, and no error or `Debug` text of it holds a credential.

mod access;
mod bucket_region;
mod directory;
mod error;
mod location;
mod read_url;
mod s3;
mod store;

pub use access::{S3Access, S3Credentials, S3Key, static_credentials};
pub use error::{Cause, StoreError};
pub use read_url::read_url;
pub use store::Store;
