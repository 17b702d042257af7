//! Auto Scaling groups in memory: an instance is healthy a while after its capacity was asked for.

use crate::world::World;
use async_trait::async_trait;
use pilotlight_failover::{Capacity, CapacityError, GroupNames, ScalingGroup};
use pilotlight_findings::{Region, Side};
use pilotlight_plan::Scale;
use std::collections::VecDeque;
use std::time::Duration;

/// How long an instance takes to be healthy.
pub(crate) const BOOT: Duration = Duration::from_secs(90);

/// What the next request for capacity meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AskFault {
    /// It takes effect, and nobody knows.
    LoseAnswer,
    /// It never arrives.
    LoseRequest,
    /// The caller may not.
    Deny,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    pub(crate) max: u32,
    pub(crate) desired: u32,
    /// More than these never become healthy.
    pub(crate) at_most_healthy: Option<u32>,
    pub(crate) asked_at: Duration,
    /// Healthy before the last request.
    pub(crate) had: u32,
    /// Every capacity that was asked for, in order.
    pub(crate) asked: Vec<u32>,
    pub(crate) faults: VecDeque<AskFault>,
    pub(crate) failing_reads: u32,
}

impl Group {
    pub(crate) fn of(desired: u32, max: u32) -> Self {
        Self { max, desired, had: desired, ..Self::default() }
    }

    fn healthy(&self, now: Duration) -> u32 {
        let healthy = if now >= self.asked_at + BOOT { self.desired } else { self.had.min(self.desired) };
        healthy.min(self.at_most_healthy.unwrap_or(u32::MAX))
    }

    fn set(&mut self, desired: u32, now: Duration) {
        (self.had, self.asked_at, self.desired) = (self.healthy(now), now, desired);
        self.asked.push(desired);
    }
}

#[async_trait]
impl Capacity for World {
    async fn group(&self, region: &Region, name: &str) -> Result<Option<ScalingGroup>, CapacityError> {
        World::ask(self, Duration::from_millis(50)).await;
        self.with(|state| {
            let now = state.elapsed;
            let Some(group) = state.groups.get_mut(name) else { return Ok(None) };
            if group.failing_reads > 0 {
                group.failing_reads -= 1;
                return Err(CapacityError::Unknown("the connection timed out".into()));
            }
            Ok(Some(ScalingGroup {
                name: name.to_owned(),
                arn: format!("arn:aws:autoscaling:{region}:1:autoScalingGroup:x:autoScalingGroupName/{name}"),
                min: 1,
                max: group.max,
                desired: group.desired,
                healthy: group.healthy(now),
            }))
        })
    }

    async fn set_desired(&self, _region: &Region, name: &str, desired: u32) -> Result<(), CapacityError> {
        World::ask(self, Duration::from_millis(80)).await;
        self.with(|state| {
            let now = state.elapsed;
            let group = state.groups.get_mut(name).expect("a group");
            let lost = || Err(CapacityError::Unknown("the connection was reset".into()));
            match group.faults.pop_front() {
                Some(AskFault::Deny) => Err(CapacityError::Denied("autoscaling:SetDesiredCapacity".into())),
                Some(AskFault::LoseRequest) => lost(),
                Some(AskFault::LoseAnswer) => {
                    group.set(desired, now);
                    lost()
                }
                None => {
                    group.set(desired, now);
                    Ok(())
                }
            }
        })
    }
}

/// `web-primary` and `web-standby`.
pub(crate) struct Names;

impl GroupNames for Names {
    fn group_name(&self, scale: &Scale, side: Side) -> Option<String> {
        (scale.address == "aws_autoscaling_group.web").then(|| format!("web-{side}"))
    }
}
