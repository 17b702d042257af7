//! `aws_vpn_gateway` with its attachment, and `aws_customer_gateway`. Neither API has pages.

use super::attributes::Attributes;
use super::crc32::crc32;
use super::{Answer, Reading, Scope};
use aws_sdk_ec2::types::{AttachmentStatus, CustomerGateway, VpnGateway, VpnState};
use pilotlight_drift::LiveObject;

pub(super) const GATEWAY_TYPES: &[&str] = &[VPN_GATEWAY, ATTACHMENT];
const VPN_GATEWAY: &str = "aws_vpn_gateway";
const ATTACHMENT: &str = "aws_vpn_gateway_attachment";

pub(super) const CUSTOMER_TYPES: &[&str] = &[CUSTOMER_GATEWAY];
const CUSTOMER_GATEWAY: &str = "aws_customer_gateway";

pub(super) async fn read_gateways(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.ec2_whole("DescribeVpnGateways");
    let answer = scope.regional.send(&planned, scope.regional.ec2.describe_vpn_gateways().send()).await?;
    let gateways = answer.vpn_gateways();
    let attachments = gateways.iter().filter_map(attachment).filter(|object| scope.knows(ATTACHMENT, &object.id));
    Ok(Answer::of(gateways.iter().filter_map(gateway).chain(attachments)))
}

pub(super) async fn read_customers(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.ec2_whole("DescribeCustomerGateways");
    let answer = scope.regional.send(&planned, scope.regional.ec2.describe_customer_gateways().send()).await?;
    Ok(Answer::of(answer.customer_gateways().iter().filter_map(customer)))
}

fn vpc(gateway: &VpnGateway) -> Option<&str> {
    let lasts = [AttachmentStatus::Attached, AttachmentStatus::Attaching];
    let attached = gateway.vpc_attachments().iter().find(|at| at.state().is_none_or(|state| lasts.contains(state)));
    attached.and_then(|attachment| attachment.vpc_id())
}

fn gateway(gateway: &VpnGateway) -> Option<LiveObject> {
    if matches!(gateway.state(), Some(VpnState::Deleting | VpnState::Deleted)) {
        return None;
    }
    let attributes = Attributes::new()
        .or_null("vpc_id", vpc(gateway))
        .if_told("amazon_side_asn", gateway.amazon_side_asn().map(|number| number.to_string()))
        .if_told("availability_zone", gateway.availability_zone())
        .ec2_tags(gateway.tags());
    Some(attributes.object(VPN_GATEWAY, gateway.vpn_gateway_id()?))
}

/// Has no id of its own in AWS: the provider makes one up.
fn attachment(gateway: &VpnGateway) -> Option<LiveObject> {
    let (id, vpc) = (gateway.vpn_gateway_id()?, vpc(gateway)?);
    let attributes = Attributes::new().set("vpn_gateway_id", id).set("vpc_id", vpc);
    Some(attributes.object(ATTACHMENT, &format!("vpn-attachment-{:x}", crc32(&format!("{vpc}-{id}")))))
}

fn customer(gateway: &CustomerGateway) -> Option<LiveObject> {
    if matches!(gateway.state(), Some("deleting" | "deleted")) {
        return None;
    }
    let attributes = Attributes::new()
        .or_null("bgp_asn", gateway.bgp_asn())
        .or_null("bgp_asn_extended", gateway.bgp_asn_extended())
        .or_null("certificate_arn", gateway.certificate_arn())
        .or_null("device_name", gateway.device_name())
        .or_null("ip_address", gateway.ip_address())
        .if_told("type", gateway.r#type())
        .ec2_tags(gateway.tags());
    Some(attributes.object(CUSTOMER_GATEWAY, gateway.customer_gateway_id()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::VpcAttachment;
    use serde_json::{Value, json};

    #[test]
    fn a_gateway_that_is_being_detached_has_no_vpc() {
        let with = |state: AttachmentStatus| {
            let attachment = VpcAttachment::builder().vpc_id("vpc-1").state(state).build();
            VpnGateway::builder().vpn_gateway_id("vgw-1").amazon_side_asn(64512).vpc_attachments(attachment).build()
        };
        let (there, ending) = (with(AttachmentStatus::Attached), with(AttachmentStatus::Detaching));
        assert_eq!(gateway(&there).expect("gateway").attributes["vpc_id"], json!("vpc-1"));
        assert_eq!(gateway(&ending).expect("gateway").attributes["vpc_id"], Value::Null);
        assert_eq!(gateway(&there).expect("gateway").attributes["amazon_side_asn"], json!("64512"));
        assert!(attachment(&there).is_some() && attachment(&ending).is_none());
    }

    #[test]
    fn a_customer_gateway_that_was_deleted_does_not_exist() {
        let with = |state: &str| {
            customer(&CustomerGateway::builder().customer_gateway_id("cgw-1").bgp_asn("65000").state(state).build())
        };
        assert_eq!(with("deleted"), None);
        assert_eq!(with("available").expect("gateway").attributes["bgp_asn"], json!("65000"));
    }
}
