//! `failover::Capacity` over the API of Auto Scaling, in whichever region is asked about.

use crate::Aws;
use crate::regional::Regional;
use async_trait::async_trait;
use aws_sdk_autoscaling::config::Builder;
use aws_sdk_autoscaling::types::{AutoScalingGroup, LifecycleState};
use aws_smithy_types::retry::RetryConfig;
use pilotlight_drift::Place;
use pilotlight_failover::{ApiError, Capacity, GroupPlace, ScalingGroup};

/// What an instance's `HealthStatus` is where nothing is wrong with it.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Instance.html>
const HEALTHY: &str = "Healthy";

/// Auto Scaling groups: what they are, and how many instances they are to have.
#[derive(Debug, Clone)]
pub struct AwsCapacity {
    aws: Aws,
}

impl AwsCapacity {
    pub(crate) fn new(aws: Aws) -> Self {
        Self { aws }
    }

    async fn regional(&self, at: GroupPlace<'_>) -> Regional {
        let place = Place { role: at.role.map(str::to_owned), region: at.region.clone() };
        self.aws.regional(&place, self.aws.session_log()).await
    }
}

#[async_trait]
impl Capacity for AwsCapacity {
    async fn group(&self, at: GroupPlace<'_>, name: &str) -> Result<Option<ScalingGroup>, ApiError> {
        let regional = self.regional(at).await;
        let planned = regional.auto_scaling("DescribeAutoScalingGroups");
        let request = regional.auto_scaling.describe_auto_scaling_groups().auto_scaling_group_names(name);
        let answer = regional.send(&planned, request.send()).await.map_err(ApiError::from)?;
        // A name is a whole name there, and no pattern.
        answer
            .auto_scaling_groups()
            .iter()
            .find(|group| group.auto_scaling_group_name() == Some(name))
            .map(seen)
            .transpose()
    }

    async fn set_desired(&self, at: GroupPlace<'_>, name: &str, desired: u32) -> Result<(), ApiError> {
        let regional = self.regional(at).await;
        let planned = regional.auto_scaling("SetDesiredCapacity");
        let desired = i32::try_from(desired).map_err(|error| ApiError::Refused(error.to_string()))?;
        let request = regional.auto_scaling.set_desired_capacity().auto_scaling_group_name(name);
        let request = request.desired_capacity(desired).honor_cooldown(false);
        // An attempt without an answer may be carried out later, and the engine has to know of it. It asks again itself.
        let once = Builder::new().retry_config(RetryConfig::disabled());
        let request = request.customize().config_override(once);
        regional.send(&planned, request.send()).await.map(drop).map_err(ApiError::from)
    }
}

fn seen(group: &AutoScalingGroup) -> Result<ScalingGroup, ApiError> {
    let number = |what: &str, number: Option<i32>| {
        let number = number.and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| ApiError::Unknown(format!("the answer has no {what}")))
    };
    let healthy = group.instances().iter().filter(|instance| {
        instance.lifecycle_state() == Some(&LifecycleState::InService) && instance.health_status() == Some(HEALTHY)
    });
    Ok(ScalingGroup {
        name: group.auto_scaling_group_name().unwrap_or_default().to_owned(),
        arn: group.auto_scaling_group_arn().unwrap_or_default().to_owned(),
        min: number("MinSize", group.min_size())?,
        max: number("MaxSize", group.max_size())?,
        desired: number("DesiredCapacity", group.desired_capacity())?,
        healthy: u32::try_from(healthy.count()).unwrap_or(u32::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_autoscaling::types::Instance;

    #[test]
    fn only_healthy_instances_in_service_are_counted() {
        let instance = |state: &str, health: &str| {
            Instance::builder().lifecycle_state(LifecycleState::from(state)).health_status(health).build()
        };
        let all = [
            instance("InService", "Healthy"),
            instance("InService", "Unhealthy"),
            instance("Pending", "Healthy"),
            instance("Standby", "Healthy"),
            instance("InService", "Healthy"),
        ];
        let group = AutoScalingGroup::builder()
            .auto_scaling_group_name("web")
            .auto_scaling_group_arn("arn:web")
            .min_size(1)
            .max_size(8)
            .desired_capacity(5)
            .set_instances(Some(all.to_vec()))
            .build();
        let expected =
            ScalingGroup { name: "web".into(), arn: "arn:web".into(), min: 1, max: 8, desired: 5, healthy: 2 };
        assert_eq!(seen(&group), Ok(expected));
    }
}
