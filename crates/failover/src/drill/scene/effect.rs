//! What programs do to a world in memory.

use crate::simulation::State;

/// What a program of the plan does to the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    Leaves(String),
    TakesBack(String),
    Resynchronises { lost: String, kept: String },
}

/// Each effect happens once, however many steps name its program.
pub(super) fn add(effects: &mut Vec<Effect>, effect: Effect) {
    if !effects.contains(&effect) {
        effects.push(effect);
    }
}

impl Effect {
    pub(super) fn happens(&self, state: &mut State) {
        match self {
            Self::Leaves(flag) => {
                state.flags.insert(flag.clone());
            }
            Self::TakesBack(flag) => {
                state.flags.remove(flag);
            }
            Self::Resynchronises { lost, kept } => state.servers.resync(lost, kept),
        }
    }
}
