//! `aws_internet_gateway`

use super::attributes::Attributes;
use super::{Answer, Reading, Scope};
use crate::pages::Pages;
use aws_sdk_ec2::types::{AttachmentStatus, InternetGateway};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[INTERNET_GATEWAY];
const INTERNET_GATEWAY: &str = "aws_internet_gateway";

/// The most that DescribeInternetGateways gives at once.
const PAGE: i32 = 1000;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.ec2_pages("DescribeInternetGateways");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.ec2.describe_internet_gateways().max_results(PAGE).set_next_token(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.internet_gateways, page.next_token)?;
    }
    let gateways = pages.into_items();
    Ok(Answer::of(gateways.iter().filter_map(object)))
}

fn object(gateway: &InternetGateway) -> Option<LiveObject> {
    // EC2 calls the attachment of an internet gateway `available`, other gateways' `attached`.
    let attached = gateway.attachments().iter().find(|attachment| {
        attachment.state().is_none_or(|state| {
            state.as_str() == "available"
                || *state == AttachmentStatus::Attached
                || *state == AttachmentStatus::Attaching
        })
    });
    let attributes = Attributes::new()
        .set("vpc_id", attached.and_then(|attachment| attachment.vpc_id()).unwrap_or_default())
        .if_told("owner_id", gateway.owner_id())
        .ec2_tags(gateway.tags());
    Some(attributes.object(INTERNET_GATEWAY, gateway.internet_gateway_id()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::InternetGatewayAttachment;
    use serde_json::json;

    #[test]
    fn a_gateway_that_is_being_detached_has_no_vpc() {
        for (state, vpc) in [("available", "vpc-1"), ("attached", "vpc-1"), ("detaching", ""), ("detached", "")] {
            let attachment = InternetGatewayAttachment::builder().state(state.into()).vpc_id("vpc-1").build();
            let gateway = InternetGateway::builder().internet_gateway_id("igw-1").attachments(attachment).build();
            assert_eq!(object(&gateway).expect("object").attributes["vpc_id"], json!(vpc), "{state}");
        }
    }
}
