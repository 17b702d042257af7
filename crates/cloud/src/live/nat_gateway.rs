//! `aws_nat_gateway`

use super::attributes::Attributes;
use super::{Answer, Reading, Scope};
use aws_sdk_ec2::types::{NatGateway, NatGatewayAddress};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[NAT_GATEWAY];
const NAT_GATEWAY: &str = "aws_nat_gateway";

/// The most that DescribeNatGateways gives at once.
const PAGE: i32 = 1000;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_nat_gateways().max_results(PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.nat_gateways, page.next_token)) }
    };
    let gateways = scope.list("DescribeNatGateways", page).await?;
    Ok(Answer::of(gateways.iter().filter_map(object)))
}

/// A gateway in any state: one that is deleted stays listed for about an hour, and says so in `state`.
fn object(gateway: &NatGateway) -> Option<LiveObject> {
    let addresses = gateway.nat_gateway_addresses();
    let primary = addresses.iter().find(|address| address.is_primary() == Some(true)).or(addresses.first());
    let is_primary = |address: &&NatGatewayAddress| primary.is_some_and(|primary| std::ptr::eq(primary, *address));
    let secondary: Vec<&NatGatewayAddress> = addresses.iter().filter(|address| !is_primary(address)).collect();
    let private: Vec<&str> = secondary.iter().filter_map(|address| address.private_ip()).collect();
    let attributes = Attributes::new()
        .or_null("subnet_id", gateway.subnet_id())
        .if_told("connectivity_type", gateway.connectivity_type().map(|kind| kind.as_str()))
        .or_null("allocation_id", primary.and_then(|address| address.allocation_id()))
        .or_null("private_ip", primary.and_then(|address| address.private_ip()))
        .or_null("public_ip", primary.and_then(|address| address.public_ip()))
        .or_null("network_interface_id", primary.and_then(|address| address.network_interface_id()))
        .or_null("association_id", primary.and_then(|address| address.association_id()))
        .texts("secondary_allocation_ids", secondary.iter().filter_map(|address| address.allocation_id()))
        .set("secondary_private_ip_address_count", private.len())
        .texts("secondary_private_ip_addresses", private)
        .if_told("state", gateway.state().map(|state| state.as_str()))
        .ec2_tags(gateway.tags());
    Some(attributes.object(NAT_GATEWAY, gateway.nat_gateway_id()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::NatGatewayState;
    use serde_json::json;

    #[test]
    fn the_primary_address_is_the_gateways() {
        let address =
            |id: &str, primary: bool| NatGatewayAddress::builder().allocation_id(id).is_primary(primary).build();
        let gateway = NatGateway::builder()
            .nat_gateway_id("nat-1")
            .state(NatGatewayState::Deleted)
            .nat_gateway_addresses(address("eipalloc-2", false))
            .nat_gateway_addresses(address("eipalloc-1", true))
            .build();
        let object = object(&gateway).expect("object");
        assert_eq!(object.attributes["allocation_id"], json!("eipalloc-1"));
        assert_eq!(object.attributes["secondary_allocation_ids"], json!(["eipalloc-2"]));
        assert_eq!(object.attributes["state"], json!("deleted"));
    }
}
