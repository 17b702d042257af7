//! Runs of a whole plan in a world in memory: kills, faults, races, rollbacks.

mod aliases;
mod check_sides;
mod compiled;
mod database_readiness;
mod databases;
mod estate;
mod expected;
mod faults;
mod in_use;
mod kills;
mod managed;
mod objectives;
mod observing;
mod operator;
mod ownership;
mod primary_down;
mod recovery;
mod reports;
mod requests;
mod scaling;
mod sensitive;
mod signal;
mod ttl;
mod way_back;
mod weighted;
mod wildcards;
