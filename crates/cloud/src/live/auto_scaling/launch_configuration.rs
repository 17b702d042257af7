//! `aws_launch_configuration`, which nobody can change: it can only be deleted, and made again under its name.
//!
//! Which of its devices is the root one, only its image tells; so devices are left out. So is the user data, of which
//! the state has a hash.

use super::super::attributes::{Attributes, number};
use super::super::{Answer, Reading, Scope};
use super::PAGE;
use crate::pages::Pages;
use aws_sdk_autoscaling::types::{InstanceMetadataOptions, LaunchConfiguration};
use pilotlight_drift::LiveObject;
use serde_json::Value;

pub(in super::super) const TYPES: &[&str] = &[CONFIGURATION];
const CONFIGURATION: &str = "aws_launch_configuration";

pub(in super::super) async fn read(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.auto_scaling("DescribeLaunchConfigurations");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let list = scope.regional.auto_scaling.describe_launch_configurations();
        let request = list.max_records(PAGE).set_next_token(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.launch_configurations, page.next_token)?;
    }
    Ok(Answer::of(pages.into_items().iter().filter_map(object)))
}

pub(super) fn object(configuration: &LaunchConfiguration) -> Option<LiveObject> {
    let name = configuration.launch_configuration_name()?;
    let attributes = Attributes::new()
        .set("name", name)
        .or_null("arn", configuration.launch_configuration_arn())
        .or_null("image_id", configuration.image_id())
        .or_null("instance_type", configuration.instance_type())
        .or_null("key_name", configuration.key_name())
        .texts("security_groups", configuration.security_groups())
        .or_null("iam_instance_profile", configuration.iam_instance_profile())
        .or_null("spot_price", configuration.spot_price())
        .or_null("placement_tenancy", configuration.placement_tenancy())
        .if_told("ebs_optimized", configuration.ebs_optimized())
        .if_told("associate_public_ip_address", configuration.associate_public_ip_address())
        .if_told("enable_monitoring", configuration.instance_monitoring().and_then(|it| it.enabled()))
        .set("metadata_options", configuration.metadata_options().map(options).into_iter().collect::<Vec<_>>());
    let mut object = attributes.object(CONFIGURATION, name);
    // https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/concepts.html
    object.made_by = name.starts_with("awseb-e-").then(|| "Elastic Beanstalk, for an environment".to_owned());
    Some(object)
}

fn options(told: &InstanceMetadataOptions) -> Value {
    Attributes::new()
        .or_null("http_endpoint", told.http_endpoint().map(|it| it.as_str()))
        .or_null("http_tokens", told.http_tokens().map(|it| it.as_str()))
        .or_null("http_put_response_hop_limit", number(told.http_put_response_hop_limit()))
        .block()
}
