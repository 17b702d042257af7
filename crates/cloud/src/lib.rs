//! AWS: the one crate that talks to its APIs.
//!
//! [`Aws`] holds the configuration, by account and region, and hands out what implements the other parts' ports:
//! [`AwsReader`] (`drift::LiveReader`), [`Route53Dns`] (`failover::Dns`), [`AwsCapacity`] (`failover::Capacity`),
//! [`AwsManagedDatabases`] (`failover::ManagedDatabases`), [`AwsSimulator`]
//! (`failover::PolicySimulator`), [`AwsCatalog`] (`rebuild::RegionCatalog`, `CapacityCatalog`, `ImageCopier`),
//! [`AwsSnapshots`] (`rebuild::SnapshotCatalog`), [`AwsReplication`] (`rebuild::ReplicationFacts`) and access to S3 for
//! the store. Each request is counted, each call waits for a place below its API's published rate, and none leaves
//! beyond the number that the session was given.
//!
//! The AWS SDK reads the environment and the shared configuration files as the AWS CLI does,
//! `AWS_ENDPOINT_URL` included; nothing here does. This crate does not know what a plan is, what a state
//! holds, or why a record is moved, and it cannot tell one implementation of the APIs from another.

mod api_error;
mod bucket;
mod budget;
mod calls;
mod catalog;
mod error;
mod limits;
mod live;
mod managed;
mod pages;
mod profile;
mod refusal;
mod regional;
#[cfg(test)]
mod replay;
mod replication;
mod retries;
mod role;
mod route53;
mod s3;
mod scaling;
mod session;
mod session_error;
mod silence;
mod simulator;
mod snapshots;
mod state_lock;

pub use bucket::BucketPlace;
pub use catalog::AwsCatalog;
pub use error::{Call, CallError, CallErrorKind};
pub use live::AwsReader;
pub use managed::AwsManagedDatabases;
pub use profile::MissingProfile;
pub use replication::AwsReplication;
pub use route53::Route53Dns;
pub use scaling::AwsCapacity;
pub use session::Aws;
pub use session_error::SessionError;
pub use simulator::AwsSimulator;
pub use snapshots::AwsSnapshots;
pub use state_lock::LockItem;
