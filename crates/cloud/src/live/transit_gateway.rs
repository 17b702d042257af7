//! `aws_ec2_transit_gateway`, its VPC attachments and its route tables

use super::attributes::Attributes;
use super::{Answer, Reading, Scope, made_by};
use aws_sdk_ec2::types::{
    TransitGateway, TransitGatewayAttachmentState, TransitGatewayRouteTable, TransitGatewayRouteTableState,
    TransitGatewayState, TransitGatewayVpcAttachment,
};
use pilotlight_drift::LiveObject;

pub(super) const GATEWAY_TYPES: &[&str] = &[TRANSIT_GATEWAY];
pub(super) const ATTACHMENT_TYPES: &[&str] = &[ATTACHMENT];
pub(super) const TABLE_TYPES: &[&str] = &[ROUTE_TABLE];
const TRANSIT_GATEWAY: &str = "aws_ec2_transit_gateway";
const ATTACHMENT: &str = "aws_ec2_transit_gateway_vpc_attachment";
const ROUTE_TABLE: &str = "aws_ec2_transit_gateway_route_table";

/// The most that each of these calls gives at once.
const PAGE: i32 = 1000;

pub(super) async fn read_gateways(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_transit_gateways().max_results(PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.transit_gateways, page.next_token)) }
    };
    Ok(Answer::of(scope.list("DescribeTransitGateways", page).await?.iter().filter_map(gateway)))
}

pub(super) async fn read_attachments(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_transit_gateway_vpc_attachments().max_results(PAGE);
        let request = request.set_next_token(next);
        async move { request.send().await.map(|page| (page.transit_gateway_vpc_attachments, page.next_token)) }
    };
    Ok(Answer::of(scope.list("DescribeTransitGatewayVpcAttachments", page).await?.iter().filter_map(attachment)))
}

pub(super) async fn read_tables(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_transit_gateway_route_tables().max_results(PAGE);
        let request = request.set_next_token(next);
        async move { request.send().await.map(|page| (page.transit_gateway_route_tables, page.next_token)) }
    };
    Ok(Answer::of(scope.list("DescribeTransitGatewayRouteTables", page).await?.iter().filter_map(table)))
}

fn gateway(gateway: &TransitGateway) -> Option<LiveObject> {
    if matches!(gateway.state(), Some(TransitGatewayState::Deleting | TransitGatewayState::Deleted)) {
        return None;
    }
    let attributes = Attributes::new()
        .or_null("description", gateway.description())
        .if_told("owner_id", gateway.owner_id())
        .if_told("arn", gateway.transit_gateway_arn())
        .ec2_tags(gateway.tags());
    let attributes = match gateway.options() {
        None => attributes,
        Some(options) => attributes
            .if_told("amazon_side_asn", options.amazon_side_asn())
            .texts("transit_gateway_cidr_blocks", options.transit_gateway_cidr_blocks().iter().cloned())
            .if_told(
                "auto_accept_shared_attachments",
                options.auto_accept_shared_attachments().map(|value| value.as_str()),
            )
            .if_told(
                "default_route_table_association",
                options.default_route_table_association().map(|value| value.as_str()),
            )
            .if_told(
                "default_route_table_propagation",
                options.default_route_table_propagation().map(|value| value.as_str()),
            )
            .if_told("association_default_route_table_id", options.association_default_route_table_id())
            .if_told("propagation_default_route_table_id", options.propagation_default_route_table_id())
            .if_told("vpn_ecmp_support", options.vpn_ecmp_support().map(|value| value.as_str()))
            .if_told("dns_support", options.dns_support().map(|value| value.as_str()))
            .if_told("multicast_support", options.multicast_support().map(|value| value.as_str()))
            .if_told(
                "security_group_referencing_support",
                options.security_group_referencing_support().map(|value| value.as_str()),
            ),
    };
    Some(attributes.object(TRANSIT_GATEWAY, gateway.transit_gateway_id()?))
}

fn attachment(attachment: &TransitGatewayVpcAttachment) -> Option<LiveObject> {
    use TransitGatewayAttachmentState as State;
    let gone = [State::Deleting, State::Deleted, State::Failed, State::Failing, State::Rejected, State::Rejecting];
    if attachment.state().is_some_and(|state| gone.contains(state)) {
        return None;
    }
    let attributes = Attributes::new()
        .or_null("transit_gateway_id", attachment.transit_gateway_id())
        .or_null("vpc_id", attachment.vpc_id())
        .if_told("vpc_owner_id", attachment.vpc_owner_id())
        .texts("subnet_ids", attachment.subnet_ids().iter().cloned())
        .ec2_tags(attachment.tags());
    let attributes = match attachment.options() {
        None => attributes,
        Some(options) => attributes
            .if_told("appliance_mode_support", options.appliance_mode_support().map(|value| value.as_str()))
            .if_told("dns_support", options.dns_support().map(|value| value.as_str()))
            .if_told("ipv6_support", options.ipv6_support().map(|value| value.as_str()))
            .if_told(
                "security_group_referencing_support",
                options.security_group_referencing_support().map(|value| value.as_str()),
            ),
    };
    Some(attributes.object(ATTACHMENT, attachment.transit_gateway_attachment_id()?))
}

fn table(table: &TransitGatewayRouteTable) -> Option<LiveObject> {
    if matches!(table.state(), Some(TransitGatewayRouteTableState::Deleting | TransitGatewayRouteTableState::Deleted)) {
        return None;
    }
    let is_default =
        table.default_association_route_table() == Some(true) || table.default_propagation_route_table() == Some(true);
    let attributes = Attributes::new()
        .or_null("transit_gateway_id", table.transit_gateway_id())
        .if_told("default_association_route_table", table.default_association_route_table())
        .if_told("default_propagation_route_table", table.default_propagation_route_table())
        .ec2_tags(table.tags())
        .made_by(made_by::when(is_default, "AWS, with the transit gateway"));
    Some(attributes.object(ROUTE_TABLE, table.transit_gateway_route_table_id()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{AutoAcceptSharedAttachmentsValue, TransitGatewayOptions};
    use serde_json::json;

    #[test]
    fn a_gateway_that_accepts_everybody() {
        let options = TransitGatewayOptions::builder()
            .auto_accept_shared_attachments(AutoAcceptSharedAttachmentsValue::Enable)
            .amazon_side_asn(64512)
            .build();
        let with = |state: TransitGatewayState| {
            gateway(
                &TransitGateway::builder().transit_gateway_id("tgw-1").options(options.clone()).state(state).build(),
            )
        };
        let told = with(TransitGatewayState::Available).expect("gateway").attributes;
        assert_eq!(told["auto_accept_shared_attachments"], json!("enable"));
        assert_eq!(told["amazon_side_asn"], json!(64512));
        assert_eq!(with(TransitGatewayState::Deleted), None);
    }

    #[test]
    fn the_default_table_comes_with_the_gateway() {
        let with = |default: bool| {
            let table = TransitGatewayRouteTable::builder().transit_gateway_route_table_id("tgw-rtb-1");
            table_of(table.default_association_route_table(default).build())
        };
        fn table_of(built: TransitGatewayRouteTable) -> Option<String> {
            table(&built).expect("table").made_by
        }
        assert_eq!((with(true).as_deref(), with(false)), (Some("AWS, with the transit gateway"), None));
    }

    #[test]
    fn an_attachment_that_was_rejected_does_not_exist() {
        let with = |state: TransitGatewayAttachmentState| {
            let built = TransitGatewayVpcAttachment::builder().transit_gateway_attachment_id("tgw-attach-1");
            attachment(&built.subnet_ids("subnet-2").subnet_ids("subnet-1").state(state).build())
        };
        assert_eq!(with(TransitGatewayAttachmentState::Rejected), None);
        let there = with(TransitGatewayAttachmentState::Available).expect("attachment");
        assert_eq!(there.attributes["subnet_ids"], json!(["subnet-1", "subnet-2"]));
    }
}
