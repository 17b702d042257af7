//! The object that a health check reads, and when that turns.

use super::{Asked, Service, State, Trouble, World};
use crate::{SignalError, Signals};
use async_trait::async_trait;
use std::time::Duration;

const READ_TAKES: Duration = Duration::from_millis(30);
const WRITE_TAKES: Duration = Duration::from_millis(50);

fn error_of(trouble: Trouble) -> SignalError {
    match trouble {
        Trouble::Throttle => SignalError::Unknown("SlowDown".into()),
        Trouble::Deny => SignalError::Denied("AccessDenied".into()),
        trouble => SignalError::Unknown(trouble.cause().into()),
    }
}

impl State {
    /// Whether an object is there.
    pub fn raised(&self, url: &str) -> bool {
        self.signals.get(url).and_then(|moments| moments.last()).is_some_and(|(_, raised)| *raised)
    }

    /// Whether a health check has seen its object.
    pub(super) fn turned(&self, health_check: &str) -> bool {
        let moment = self.elapsed.saturating_sub(self.health_delay);
        let Some(moments) = self.read_by.get(health_check).and_then(|url| self.signals.get(url)) else { return false };
        let seen = moments.iter().rev().find(|(at, _)| *at <= moment).or(moments.first());
        seen.is_some_and(|(_, raised)| *raised)
    }
}

#[async_trait]
impl Signals for World {
    async fn is_raised(&self, url: &str) -> Result<bool, SignalError> {
        // S3 reads are consistent: there is no stale answer.
        let trouble = self.meet(Asked::read(Service::S3, "GetObject", url), READ_TAKES).await;
        self.with(|state| match (state.failing_reads, trouble) {
            (0, None | Some(Trouble::Stale)) => Ok(state.raised(url)),
            (0, Some(trouble)) => Err(error_of(trouble)),
            _ => {
                state.failing_reads -= 1;
                Err(SignalError::Unknown("the connection timed out".into()))
            }
        })
    }

    async fn raise(&self, url: &str, note: &str) -> Result<(), SignalError> {
        self.put(Asked::write(Service::S3, "PutObject", url), Some(note)).await
    }

    async fn lower(&self, url: &str) -> Result<(), SignalError> {
        self.put(Asked::write(Service::S3, "DeleteObject", url), None).await
    }
}

impl World {
    async fn put(&self, asked: Asked<'_>, note: Option<&str>) -> Result<(), SignalError> {
        let trouble = self.meet(asked, WRITE_TAKES).await;
        self.with(|state| {
            let trouble = trouble.or_else(|| state.signal_faults.pop_front());
            let (url, note) = (asked.subject.to_owned(), note.map(str::to_owned));
            let write = move |state: &mut State| {
                let moments = state.signals.entry(url.clone()).or_insert_with(|| vec![(Duration::ZERO, false)]);
                moments.push((state.elapsed, note.is_some()));
                state.note.clone_from(&note);
            };
            match trouble {
                Some(Trouble::Late) => state.carry_out_late(write),
                trouble if trouble.is_none_or(Trouble::takes_effect) => write(state),
                _ => {}
            }
            trouble.map_or(Ok(()), |trouble| Err(error_of(trouble)))
        })
    }
}
