//! `aws_internet_gateway` and its attachment; `aws_egress_only_internet_gateway`

use super::attributes::Attributes;
use super::{Answer, Reading, Scope, made_by};
use aws_sdk_ec2::types::{AttachmentStatus, EgressOnlyInternetGateway, InternetGateway, InternetGatewayAttachment};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[INTERNET_GATEWAY, ATTACHMENT];
const INTERNET_GATEWAY: &str = "aws_internet_gateway";
const ATTACHMENT: &str = "aws_internet_gateway_attachment";

pub(super) const EGRESS_ONLY_TYPES: &[&str] = &[EGRESS_ONLY];
const EGRESS_ONLY: &str = "aws_egress_only_internet_gateway";

/// The most that DescribeInternetGateways gives at once.
const PAGE: i32 = 1000;
/// The most that DescribeEgressOnlyInternetGateways gives at once.
const EGRESS_ONLY_PAGE: i32 = 255;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_internet_gateways().max_results(PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.internet_gateways, page.next_token)) }
    };
    let gateways = scope.list("DescribeInternetGateways", page).await?;
    let default = scope.default_vpcs().await?;
    let attachments = gateways.iter().filter_map(attachment).filter(|object| scope.knows(ATTACHMENT, &object.id));
    let gateways = gateways.iter().filter_map(|gateway| {
        let mut object = object(gateway)?;
        let of_default = vpc(gateway.attachments()).is_some_and(|vpc| default.contains(vpc));
        object.made_by = made_by::when(of_default, made_by::ACCOUNT);
        Some(object)
    });
    Ok(Answer::of(gateways.chain(attachments)))
}

pub(super) async fn read_egress_only(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_egress_only_internet_gateways().max_results(EGRESS_ONLY_PAGE);
        let request = request.set_next_token(next);
        async move { request.send().await.map(|page| (page.egress_only_internet_gateways, page.next_token)) }
    };
    let gateways = scope.list("DescribeEgressOnlyInternetGateways", page).await?;
    let object = |gateway: &EgressOnlyInternetGateway| {
        let attributes = Attributes::new().or_null("vpc_id", vpc(gateway.attachments())).ec2_tags(gateway.tags());
        Some(attributes.object(EGRESS_ONLY, gateway.egress_only_internet_gateway_id()?))
    };
    Ok(Answer::of(gateways.iter().filter_map(object)))
}

/// The VPC that a gateway is attached to. EC2 calls the attachment of an internet gateway `available`, other
/// gateways' `attached`.
fn vpc(attachments: &[InternetGatewayAttachment]) -> Option<&str> {
    let attached = attachments.iter().find(|attachment| {
        attachment.state().is_none_or(|state| {
            state.as_str() == "available"
                || *state == AttachmentStatus::Attached
                || *state == AttachmentStatus::Attaching
        })
    });
    attached.and_then(|attachment| attachment.vpc_id())
}

fn object(gateway: &InternetGateway) -> Option<LiveObject> {
    let attributes = Attributes::new()
        .set("vpc_id", vpc(gateway.attachments()).unwrap_or_default())
        .if_told("owner_id", gateway.owner_id())
        .ec2_tags(gateway.tags());
    Some(attributes.object(INTERNET_GATEWAY, gateway.internet_gateway_id()?))
}

fn attachment(gateway: &InternetGateway) -> Option<LiveObject> {
    let (id, vpc) = (gateway.internet_gateway_id()?, vpc(gateway.attachments())?);
    let attributes = Attributes::new().set("internet_gateway_id", id).set("vpc_id", vpc);
    Some(attributes.object(ATTACHMENT, &format!("{id}:{vpc}")))
}

#[cfg(test)]
mod tests {
    use super::*;
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
