//! Why a plan cannot be put into a world.

use crate::{CompileError, MissingVariable, ObserveError};
use pilotlight_findings::{Code, Explain, Span, codes};

/// Why a plan cannot be put into a world.
#[derive(Debug, thiserror::Error)]
pub enum SceneError {
    /// The way back cannot be compiled from the world as the way there left it.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// It cannot be observed there.
    #[error(transparent)]
    Observe(#[from] Box<ObserveError>),
    /// A variable that a step names.
    #[error(transparent)]
    Variable(#[from] MissingVariable),
    /// The system gives no timer.
    #[error("begin a trial")]
    Timer(#[from] std::io::Error),
}

impl Explain for SceneError {
    fn code(&self) -> Code {
        match self {
            Self::Compile(error) => error.code(),
            Self::Observe(error) => error.code(),
            Self::Variable(error) => error.code(),
            Self::Timer(_) => codes::F_DRILL,
        }
    }

    fn span(&self) -> Option<&Span> {
        match self {
            Self::Compile(error) => error.span(),
            Self::Observe(error) => error.span(),
            Self::Variable(_) | Self::Timer(_) => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Compile(error) => error.remedy(),
            Self::Observe(error) => error.remedy(),
            Self::Variable(error) => error.remedy(),
            Self::Timer(_) => Some("try again".into()),
        }
    }
}
