//! Elastic Load Balancing, version 2: what its lists tell, and the attributes and tags that they leave out.

mod actions;
mod arns;
mod conditions;
pub(super) mod listener;
pub(super) mod load_balancer;
mod makers;
mod rule;
mod settings;
mod tags;
mod target;
pub(super) mod target_group;

/// The most load balancers, target groups and rules that the lists give at once.
const PAGE: i32 = 400;

#[cfg(test)]
mod tests;
