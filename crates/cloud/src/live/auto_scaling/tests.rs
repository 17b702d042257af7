use super::super::tests::{read, wanted};
use super::{group, launch_configuration, policy, schedule};
use crate::replay::{Replay, Reply};
use aws_sdk_autoscaling::types::{
    AutoScalingGroup, EnabledMetric, InstanceMaintenancePolicy, InstancesDistribution, LaunchConfiguration,
    LaunchTemplate, LaunchTemplateOverrides, LaunchTemplateSpecification, MixedInstancesPolicy, ScalingPolicy,
    ScheduledUpdateGroupAction, StepAdjustment, TagDescription, TrafficSourceIdentifier, WarmPoolConfiguration,
    WarmPoolStatus,
};
use aws_smithy_types::DateTime;
use serde_json::{Value, json};

fn tag(key: &str, value: &str) -> TagDescription {
    TagDescription::builder().key(key).value(value).propagate_at_launch(true).build()
}

#[test]
fn a_group_tells_of_all_that_is_attached_to_it() {
    let group = AutoScalingGroup::builder()
        .auto_scaling_group_name("web")
        .min_size(1)
        .max_size(4)
        .desired_capacity(2)
        .vpc_zone_identifier("subnet-1, subnet-2")
        .target_group_arns("tg-1")
        .traffic_sources(TrafficSourceIdentifier::builder().identifier("tg-1").r#type("elbv2").build())
        .termination_policies("Default")
        .enabled_metrics(EnabledMetric::builder().metric("GroupMinSize").granularity("1Minute").build())
        .launch_template(LaunchTemplateSpecification::builder().launch_template_id("lt-1").version("$Latest").build())
        .tags(tag("Name", "web"))
        .tags(tag("aws:cloudformation:stack-name", "x"))
        .instance_maintenance_policy(
            InstanceMaintenancePolicy::builder().min_healthy_percentage(-1).max_healthy_percentage(-1).build(),
        )
        .build();
    let objects = group::objects(&group);
    let ids: Vec<_> = objects.iter().map(|object| (object.resource_type.as_str(), object.id.as_str())).collect();
    assert_eq!(
        ids,
        [
            ("aws_autoscaling_group", "web"),
            ("aws_autoscaling_attachment", "web/tg-1"),
            ("aws_autoscaling_traffic_source_attachment", "web,elbv2,tg-1"),
            ("aws_autoscaling_group_tag", "web,Name"),
        ]
    );
    let told = &objects[0].attributes;
    assert_eq!(told["vpc_zone_identifier"], json!(["subnet-1", "subnet-2"]));
    assert_eq!(told["tag"], json!([{"key": "Name", "value": "web", "propagate_at_launch": true}]));
    assert_eq!(told["launch_template"], json!([{"id": "lt-1", "name": null, "version": "$Latest"}]));
    // The provider writes none where only the default is in force.
    assert_eq!((&told["termination_policies"], &told["instance_maintenance_policy"]), (&json!([]), &json!([])));
    assert_eq!((&told["enabled_metrics"], &told["metrics_granularity"]), (&json!(["GroupMinSize"]), &json!("1Minute")));
    assert_eq!(objects[3].attributes["tag"], json!([{"key": "Name", "value": "web", "propagate_at_launch": true}]));
    assert_eq!(objects[0].made_by, None);
}

#[test]
fn groups_of_other_services_are_nobodys_and_a_pool_on_its_way_out_is_gone() {
    let pool = |status| WarmPoolConfiguration::builder().min_size(1).set_status(status).build();
    let group = |status| {
        let group = AutoScalingGroup::builder().auto_scaling_group_name("n").tags(tag("eks:nodegroup-name", "n1"));
        group.warm_pool_configuration(pool(status)).build()
    };
    let there = &group::objects(&group(None))[0];
    assert_eq!(there.made_by.as_deref(), Some("Amazon EKS, for the node group n1"));
    assert_eq!(there.attributes["warm_pool"][0]["max_group_prepared_capacity"], json!(-1));
    assert_eq!(group::objects(&group(Some(WarmPoolStatus::PendingDelete)))[0].attributes["warm_pool"], json!([]));
}

#[test]
fn overrides_and_termination_policies_keep_their_order() {
    let template = LaunchTemplateSpecification::builder().launch_template_id("lt-1").version("2").build();
    let overriding = |kind: &str| LaunchTemplateOverrides::builder().instance_type(kind).weighted_capacity("2").build();
    let mixed = MixedInstancesPolicy::builder()
        .launch_template(
            LaunchTemplate::builder()
                .launch_template_specification(template)
                .overrides(overriding("t3.small"))
                .overrides(overriding("t3.large"))
                .build(),
        )
        .instances_distribution(InstancesDistribution::builder().on_demand_base_capacity(1).build())
        .build();
    let group = AutoScalingGroup::builder().auto_scaling_group_name("m").mixed_instances_policy(mixed).build();
    let policy = &group::objects(&group)[0].attributes["mixed_instances_policy"][0];
    let kinds: Vec<_> = policy["launch_template"][0]["override"]
        .as_array()
        .expect("list")
        .iter()
        .map(|one| &one["instance_type"])
        .collect();
    assert_eq!(kinds, [&json!("t3.small"), &json!("t3.large")]);
    assert_eq!(policy["launch_template"][0]["launch_template_specification"][0]["version"], json!("2"));
    let group = AutoScalingGroup::builder().auto_scaling_group_name("m");
    let group = group.termination_policies("OldestInstance").termination_policies("Default").build();
    assert_eq!(group::objects(&group)[0].attributes["termination_policies"], json!(["OldestInstance", "Default"]));
    assert_eq!(policy["instances_distribution"], json!([{"on_demand_base_capacity": 1, "spot_max_price": null}]));
}

#[test]
fn a_step_tells_no_bound_from_zero() {
    let step = |lower: Option<f64>, upper: Option<f64>| {
        StepAdjustment::builder()
            .set_metric_interval_lower_bound(lower)
            .set_metric_interval_upper_bound(upper)
            .scaling_adjustment(1)
            .build()
    };
    let scaling = ScalingPolicy::builder()
        .auto_scaling_group_name("web")
        .policy_name("cpu")
        .step_adjustments(step(Some(0.0), Some(10.5)))
        .step_adjustments(step(Some(10.5), None))
        .build();
    let object = policy::object(&scaling).expect("object");
    assert_eq!(object.id, "web/cpu");
    assert_eq!(
        object.attributes["step_adjustment"],
        json!([
            {"metric_interval_lower_bound": "0", "metric_interval_upper_bound": "10.5", "scaling_adjustment": 1},
            {"metric_interval_lower_bound": "10.5", "metric_interval_upper_bound": "", "scaling_adjustment": 1},
        ])
    );
}

#[test]
fn the_next_time_of_a_recurring_action_is_not_compared() {
    let action = |recurrence: Option<&str>| {
        ScheduledUpdateGroupAction::builder()
            .auto_scaling_group_name("web")
            .scheduled_action_name("night")
            .set_recurrence(recurrence.map(str::to_owned))
            .start_time(DateTime::from_secs(1_954_951_200))
            .desired_capacity(0)
            .build()
    };
    let once = schedule::object(&action(None)).expect("object").attributes;
    assert_eq!(once["start_time"], json!("2031-12-13T18:00:00Z"));
    assert_eq!((&once["min_size"], &once["desired_capacity"]), (&json!(-1), &json!(0)));
    let daily = schedule::object(&action(Some("0 22 * * *"))).expect("object").attributes;
    assert!(!daily.contains_key("start_time"));
}

#[test]
fn user_data_is_never_given() {
    let configuration = LaunchConfiguration::builder()
        .launch_configuration_name("awseb-e-1")
        .user_data("cGxhbnRlZA==")
        .security_groups("sg-1")
        .build();
    let object = launch_configuration::object(&configuration).expect("object");
    assert!(!format!("{object:?}").contains("cGxhbnRlZA"));
    assert_eq!(object.attributes["security_groups"], json!(["sg-1"]));
    assert_eq!(object.made_by.as_deref(), Some("Elastic Beanstalk, for an environment"));
}

#[tokio::test]
async fn hooks_are_asked_for_by_group_and_a_leaving_group_is_gone() {
    const NS: &str = "xmlns=\"http://autoscaling.amazonaws.com/doc/2011-01-01/\"";
    let replay = Replay::new(|asked| match asked {
        _ if asked.contains("Action=DescribeAutoScalingGroups") => Reply::ok(format!(
            "<DescribeAutoScalingGroupsResponse {NS}><DescribeAutoScalingGroupsResult><AutoScalingGroups>\
             <member><AutoScalingGroupName>web</AutoScalingGroupName></member>\
             <member><AutoScalingGroupName>denied</AutoScalingGroupName></member>\
             <member><AutoScalingGroupName>old</AutoScalingGroupName><Status>Delete in progress</Status></member>\
             </AutoScalingGroups></DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>"
        )),
        _ if asked.contains("AutoScalingGroupName=web") => Reply::ok(format!(
            "<DescribeLifecycleHooksResponse {NS}><DescribeLifecycleHooksResult><LifecycleHooks><member>\
             <LifecycleHookName>h</LifecycleHookName><HeartbeatTimeout>60</HeartbeatTimeout></member></LifecycleHooks>\
             </DescribeLifecycleHooksResult></DescribeLifecycleHooksResponse>"
        )),
        _ => Reply::route53_error(403, "AccessDenied", "no"),
    });
    let hooks = ["web", "denied", "old"].map(|group| wanted("aws_autoscaling_lifecycle_hook", "h", Some(group)));
    let snapshot = read(&replay, hooks.into()).await;
    let found: Vec<_> =
        snapshot.objects.iter().map(|object| (object.id.as_str(), &object.attributes["heartbeat_timeout"])).collect();
    assert_eq!(found, [("web/h", &json!(60))]);
    assert_eq!(snapshot.unread.len(), 1, "{:?}", snapshot.unread);
    assert_eq!(snapshot.objects[0].attributes["role_arn"], Value::Null);
}
