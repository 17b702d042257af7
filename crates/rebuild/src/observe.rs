//! Everything that goes in: sources, regions, images.

mod backend;
mod capacity;
mod catalog;
mod copies;
pub(crate) mod fetched;
mod images;
pub mod lifecycle;
mod machines;
mod paths;
mod quotas;
mod reader;
mod replication;
mod source;

pub use backend::{S3Backend, s3_backend};
pub use capacity::{
    Accelerator, Amounts, CapacityCatalog, DatabaseEngine, MachineFacts, Offers, QuotaValues, Stock, Told,
};
pub use catalog::{CatalogError, Image, ImageState, RegionCatalog};
pub use copies::{DatabaseId, SnapshotCatalog, SnapshotCopy, SnapshotSource, observe_copies, wants_copies};
pub(crate) use images::standing_for;
pub use images::{ImageMap, image_ids, observe_images};
pub(crate) use machines::words;
pub use machines::{MachineLookup, MachineOffer, Machines, observe_machines};
pub(crate) use paths::{FileKind, is_override, normalize};
pub use quotas::QuotaCheck;
pub use replication::{
    DataCopy, DataObject, ReplicaKind, ReplicaLag, ReplicationFacts, Snapshot, SnapshotKind, UnknownFact, data_objects,
};
pub use source::{SourceError, SourceTree};
