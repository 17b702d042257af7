//! Drills in memory: every single fault, a share of the seeds and of the races that `cargo xtask bench failover --only
//! engine` makes, and that each promise can be seen broken.

mod faults;
mod lessons;
mod samples;
mod seeds;
