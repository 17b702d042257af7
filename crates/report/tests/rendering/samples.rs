//! Values as the product makes them, for the sample estate.

pub(crate) mod drills;
pub(crate) mod every_shape;
pub(crate) mod reports;
pub(crate) mod runs;
