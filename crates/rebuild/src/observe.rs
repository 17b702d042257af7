//! Everything that goes in: sources, regions, images.

mod backend;
mod catalog;
mod copies;
mod images;
pub mod lifecycle;
mod reader;
mod replication;
mod source;

pub use backend::{S3Backend, s3_backend};
pub use catalog::{CatalogError, Image, RegionCatalog};
pub use copies::{DatabaseId, SnapshotCatalog, SnapshotCopy, SnapshotSource, observe_copies, wants_copies};
pub use images::{ImageMap, image_ids, observe_images};
pub use replication::{
    DataCopy, DataObject, ReplicaKind, ReplicaLag, ReplicationFacts, Snapshot, SnapshotKind, UnknownFact, data_objects,
};
pub(crate) use source::{FileKind, is_override, normalize};
pub use source::{SourceError, SourceTree};
