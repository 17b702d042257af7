//! The object that a health check reads, in the world in memory.

use crate::world::{ChangeFault, World};
use async_trait::async_trait;
use pilotlight_failover::*;
use std::time::Duration;

#[async_trait]
impl Signals for World {
    async fn is_raised(&self, url: &str) -> Result<bool, SignalError> {
        self.ask(Duration::from_millis(30)).await;
        assert_eq!(url, "s3://shop-dr/signal/standby-serves");
        self.with(|state| match state.failing_reads {
            0 => Ok(state.raised()),
            _ => {
                state.failing_reads -= 1;
                Err(SignalError::Unknown("the connection timed out".into()))
            }
        })
    }

    async fn raise(&self, _url: &str, note: &str) -> Result<(), SignalError> {
        assert!(note.starts_with("pilotlight ") && note.contains("switch/storefront/signal"), "{note}");
        self.put(true).await
    }

    async fn lower(&self, _url: &str) -> Result<(), SignalError> {
        self.put(false).await
    }
}

impl World {
    async fn put(&self, raised: bool) -> Result<(), SignalError> {
        self.ask(Duration::from_millis(50)).await;
        self.with(|state| {
            let (at, lost) = (state.elapsed, || SignalError::Unknown("the connection was reset".into()));
            let fault = state.signal_faults.pop_front();
            if !matches!(fault, Some(ChangeFault::LoseRequest | ChangeFault::Throttle | ChangeFault::Deny)) {
                state.signal.push((at, raised));
            }
            match fault {
                None => Ok(()),
                Some(ChangeFault::LoseRequest | ChangeFault::LoseAnswer) => Err(lost()),
                Some(ChangeFault::Throttle) => Err(SignalError::Unknown("SlowDown".into())),
                Some(ChangeFault::Deny) => Err(SignalError::Denied("AccessDenied".into())),
            }
        })
    }
}
