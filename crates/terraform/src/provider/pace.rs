//! A brake on reads.

use async_trait::async_trait;

/// Waits until the next read of a type may begin: how a caller keeps the reads of a plugin, whose calls it does
/// not make itself, below a limit that it shares with others (Route 53's 5 a second).
#[async_trait]
pub trait Pace: Send + Sync {
    /// Returns when an object of this type may be read.
    async fn wait(&self, resource_type: &str);
}

/// No brake but the provider's own retries.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPace;

#[async_trait]
impl Pace for NoPace {
    async fn wait(&self, _: &str) {}
}
