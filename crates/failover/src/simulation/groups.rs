//! Auto Scaling groups: an instance is healthy a while after its capacity was asked for.

use super::{Asked, Service, Trouble, World};
use crate::{ApiError, Capacity, GroupPlace, ScalingGroup};
use async_trait::async_trait;
use std::collections::VecDeque;
use std::time::Duration;

/// How long an instance takes to be healthy.
pub const BOOT: Duration = Duration::from_secs(90);

const READ_TAKES: Duration = Duration::from_millis(50);
const ASK_TAKES: Duration = Duration::from_millis(80);
/// How old a stale answer is at most: longer than an executor waits twice between its looks, so that it can meet one.
const STALE: Duration = Duration::from_secs(12);

/// A group.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// `MinSize`
    pub min: u32,
    /// `MaxSize`
    pub max: u32,
    /// What was asked for last.
    pub desired: u32,
    /// The role that alone sees it, as it is in another account.
    pub role: Option<String>,
    /// More than these never become healthy.
    pub at_most_healthy: Option<u32>,
    /// When it was asked for.
    pub asked_at: Duration,
    /// Healthy before the last request.
    pub had: u32,
    /// What was asked for before it.
    pub before: u32,
    /// Every capacity that was asked for, in order.
    pub asked: Vec<u32>,
    /// What the next requests meet.
    pub faults: VecDeque<Trouble>,
    /// Reads that fail, from now on.
    pub failing_reads: u32,
}

impl Group {
    /// One that has what is asked for, all of it healthy.
    pub fn of(desired: u32, max: u32) -> Self {
        Self { min: 1, max, desired, had: desired, before: desired, ..Self::default() }
    }

    /// How many are healthy.
    pub fn healthy(&self, now: Duration) -> u32 {
        let healthy = if now >= self.asked_at + BOOT { self.desired } else { self.had.min(self.desired) };
        healthy.min(self.at_most_healthy.unwrap_or(u32::MAX))
    }

    fn set(&mut self, desired: u32, now: Duration) {
        self.asked.push(desired);
        // To ask for what is asked for already changes nothing.
        if desired != self.desired {
            (self.had, self.asked_at) = (self.healthy(now), now);
            self.before = std::mem::replace(&mut self.desired, desired);
        }
    }
}

fn error_of(trouble: Trouble) -> ApiError {
    match trouble {
        Trouble::Deny => ApiError::Denied("autoscaling:SetDesiredCapacity".into()),
        trouble => ApiError::Unknown(trouble.cause().into()),
    }
}

#[async_trait]
impl Capacity for World {
    async fn group(&self, at: GroupPlace<'_>, name: &str) -> Result<Option<ScalingGroup>, ApiError> {
        let asked = Asked::read(Service::AutoScaling, "DescribeAutoScalingGroups", name);
        let trouble = self.meet(asked, READ_TAKES).await;
        self.with(|state| {
            let now = state.elapsed;
            let Some(group) = state.groups.get_mut(name).filter(|group| group.role.as_deref() == at.role) else {
                return Ok(None);
            };
            if group.failing_reads > 0 {
                group.failing_reads -= 1;
                return Err(ApiError::Unknown("the connection timed out".into()));
            }
            let (desired, healthy) = match trouble {
                None => (group.desired, group.healthy(now)),
                Some(Trouble::Stale) if now < group.asked_at + STALE => (group.before, group.had),
                Some(Trouble::Stale) => (group.desired, group.healthy(now.saturating_sub(STALE))),
                Some(trouble) => return Err(error_of(trouble)),
            };
            Ok(Some(ScalingGroup {
                name: name.to_owned(),
                arn: format!("arn:aws:autoscaling:{}:1:autoScalingGroup:x:autoScalingGroupName/{name}", at.region),
                min: group.min,
                max: group.max,
                desired,
                healthy,
            }))
        })
    }

    async fn set_desired(&self, at: GroupPlace<'_>, name: &str, desired: u32) -> Result<(), ApiError> {
        let trouble = self.meet(Asked::write(Service::AutoScaling, "SetDesiredCapacity", name), ASK_TAKES).await;
        self.with(|state| {
            let now = state.elapsed;
            let Some(group) = state.groups.get_mut(name).filter(|group| group.role.as_deref() == at.role) else {
                return Err(ApiError::Refused(format!("AutoScalingGroup name not found - {name}")));
            };
            let trouble = trouble.or_else(|| group.faults.pop_front());
            if trouble.is_none_or(Trouble::takes_effect) {
                group.set(desired, now);
            }
            if trouble == Some(Trouble::Late) {
                let name = name.to_owned();
                state.carry_out_late(move |state| {
                    let now = state.elapsed;
                    if let Some(group) = state.groups.get_mut(&name) {
                        group.set(desired, now);
                    }
                });
            }
            trouble.map_or(Ok(()), |trouble| Err(error_of(trouble)))
        })
    }
}
