//! Types of which only the list is read, for objects that no state knows: their attributes take calls object by
//! object, and are compared by whoever reads them that way. Their ids are those that the AWS provider's states have
//! (checked with 5.100).

mod bucket;
mod function;
mod queue;
mod table;
mod topic;

use super::{Answer, Family, Reading, Scope};

/// Read where everything is asked for, and never for a type that is wanted.
pub(super) static LISTED: &[Family] = &[
    Family { types: bucket::TYPES, read: |scope| Box::pin(bucket::read(scope)) },
    Family { types: function::TYPES, read: |scope| Box::pin(function::read(scope)) },
    Family { types: queue::TYPES, read: |scope| Box::pin(queue::read(scope)) },
    Family { types: table::TYPES, read: |scope| Box::pin(table::read(scope)) },
    Family { types: topic::TYPES, read: |scope| Box::pin(topic::read(scope)) },
];
