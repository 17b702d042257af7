//! Runs of a whole plan in a world in memory: kills, faults, races, rollbacks.

mod check_sides;
mod compiled;
mod estate;
mod faults;
mod groups;
mod in_use;
mod kills;
mod objectives;
mod operator;
mod ownership;
mod reports;
mod scaling;
mod sensitive;
mod ttl;
mod way_back;
mod wildcards;
mod world;
