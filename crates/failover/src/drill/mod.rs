//! Drills: a plan's failover and failback in a world in memory, undisturbed, with each fault that can be thought of,
//! and with random mixes of them. What must hold is held against the world, not against what the run says.
//!
//! All of it is deterministic: one seed makes one drill. Times in it are simulated.

mod assumed;
mod chance;
mod course;
mod disturbance;
mod lessons;
mod operator;
mod promises;
mod race;
mod results;
mod scene;
mod seeded;
mod simulate;

pub use assumed::assumed;
pub use chance::Chance;
pub use course::Course;
pub use results::{Came, Delay, LastMeasured, SIMULATION_SCHEMA_VERSION, SimulatedCourse, Simulation, Trial};
pub use scene::{Scene, SceneError};
pub use simulate::{Alone, Options, foreseen_way_back, simulate};
