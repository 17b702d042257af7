//! The port to Auto Scaling, and what is seen through it.

use crate::ApiError;
use async_trait::async_trait;
use pilotlight_findings::{Region, Side};
use pilotlight_plan::Scale;

/// An Auto Scaling group as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScalingGroup {
    /// Its name.
    pub name: String,
    /// `AutoScalingGroupARN`
    pub arn: String,
    /// `MinSize`
    pub min: u32,
    /// `MaxSize`
    pub max: u32,
    /// `DesiredCapacity`
    pub desired: u32,
    /// Instances that are `InService` and `Healthy`.
    pub healthy: u32,
}

/// Where a group is, and who asks for it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupPlace<'a> {
    /// Its region.
    pub region: &'a Region,
    /// The role that leads to its account; none for the caller's own.
    pub role: Option<&'a str>,
}

/// What a run needs of Auto Scaling.
#[async_trait]
pub trait Capacity: Send + Sync {
    /// The group of this name; none where there is none.
    async fn group(&self, at: GroupPlace<'_>, name: &str) -> Result<Option<ScalingGroup>, ApiError>;

    /// Asks for this many instances, at once and past any cooldown.
    async fn set_desired(&self, at: GroupPlace<'_>, name: &str, desired: u32) -> Result<(), ApiError>;
}

/// The group of one scale block on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedGroup {
    /// On which side.
    pub side: Side,
    /// As it is.
    pub group: ScalingGroup,
}

/// Where the name of a group is written: in the state of its side.
pub trait GroupNames: Send + Sync {
    /// The name of the group at a scale block's address on a side; none where that side's state has no such group, or
    /// could not be read.
    fn group_name(&self, scale: &Scale, side: Side) -> Option<String>;
}
