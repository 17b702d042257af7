//! EC2 Auto Scaling: groups with all that is attached to them, and what scales them.

pub(super) mod group;
mod hook;
pub(super) mod launch_configuration;
mod metrics;
mod mixed_instances;
pub(super) mod policy;
pub(super) mod schedule;

/// The most that the lists give at once.
const PAGE: i32 = 100;

#[cfg(test)]
mod tests;
