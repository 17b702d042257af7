//! What can go wrong with a call to an API of a region, whatever the service: what matters is whether it had an effect.

/// What went wrong with a call to Auto Scaling or RDS. Each text is one line for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The caller may not.
    #[error("access denied: {0}")]
    Denied(String),
    /// It was understood and refused: nothing was changed.
    #[error("refused: {0}")]
    Refused(String),
    /// No usable answer: whether it had an effect is not known.
    #[error("no usable answer: {0}")]
    Unknown(String),
}
