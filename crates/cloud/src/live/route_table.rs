//! `aws_route_table` with its routes, its associations and the gateways that propagate routes to it: one call.

use super::attributes::Attributes;
use super::{Answer, Reading, Scope, made_by};
use aws_sdk_ec2::types::{Route, RouteTable, RouteTableAssociation, RouteTableAssociationStateCode};
use pilotlight_drift::LiveObject;
use serde_json::Value;

pub(super) const TYPES: &[&str] = &[ROUTE_TABLE, ASSOCIATION, MAIN_ASSOCIATION, PROPAGATION];
const ROUTE_TABLE: &str = "aws_route_table";
const ASSOCIATION: &str = "aws_route_table_association";
const MAIN_ASSOCIATION: &str = "aws_main_route_table_association";
const PROPAGATION: &str = "aws_vpn_gateway_route_propagation";

/// The most that DescribeRouteTables gives at once.
const PAGE: i32 = 100;

/// Ids of endpoints stand where those of gateways do.
const ENDPOINT_PREFIX: &str = "vpce-";

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_route_tables().max_results(PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.route_tables, page.next_token)) }
    };
    let tables = scope.list("DescribeRouteTables", page).await?;
    let associations = tables.iter().flat_map(|table| table.associations()).filter_map(association);
    let parts = tables.iter().flat_map(parts).filter(|part| scope.knows(&part.resource_type, &part.id));
    Ok(Answer::of(tables.iter().filter_map(object).chain(associations).chain(parts)))
}

/// Whether the association is the VPC's own: of every subnet that has no other.
fn is_main(association: &RouteTableAssociation) -> bool {
    association.main() == Some(true)
}

/// Which table is the VPC's main one, and which gateways write into a table.
fn parts(table: &RouteTable) -> Vec<LiveObject> {
    let (id, vpc) = (table.route_table_id().unwrap_or_default(), table.vpc_id());
    let main = table.associations().iter().filter(|association| is_main(association)).filter_map(|association| {
        let attributes = Attributes::new().set("route_table_id", id).or_null("vpc_id", vpc);
        Some(attributes.object(MAIN_ASSOCIATION, association.route_table_association_id()?))
    });
    let gateways = table.propagating_vgws().iter().filter_map(|gateway| gateway.gateway_id()).map(|gateway| {
        let attributes = Attributes::new().set("route_table_id", id).set("vpn_gateway_id", gateway);
        attributes.object(PROPAGATION, &format!("{gateway}_{id}"))
    });
    main.chain(gateways).collect()
}

fn object(table: &RouteTable) -> Option<LiveObject> {
    let routes: Vec<Value> = table.routes().iter().map(route).collect();
    let attributes = Attributes::new()
        .or_null("vpc_id", table.vpc_id())
        .if_told("owner_id", table.owner_id())
        .texts("propagating_vgws", table.propagating_vgws().iter().filter_map(|gateway| gateway.gateway_id()))
        .set("route", routes)
        .ec2_tags(table.tags())
        // Every VPC has one from its beginning, and it is the main one unless somebody made another one that.
        .made_by(made_by::when(table.associations().iter().any(is_main), made_by::VPC));
    Some(attributes.object(ROUTE_TABLE, table.route_table_id()?))
}

fn route(route: &Route) -> Value {
    let (endpoint, gateway) = match route.gateway_id() {
        Some(id) if id.starts_with(ENDPOINT_PREFIX) => (Some(id), None),
        other => (None, other),
    };
    Attributes::new()
        .or_null("cidr_block", route.destination_cidr_block())
        .or_null("ipv6_cidr_block", route.destination_ipv6_cidr_block())
        .or_null("destination_prefix_list_id", route.destination_prefix_list_id())
        .or_null("gateway_id", gateway)
        .or_null("vpc_endpoint_id", endpoint)
        .or_null("nat_gateway_id", route.nat_gateway_id())
        .or_null("network_interface_id", route.network_interface_id())
        .or_null("transit_gateway_id", route.transit_gateway_id())
        .or_null("vpc_peering_connection_id", route.vpc_peering_connection_id())
        .or_null("egress_only_gateway_id", route.egress_only_internet_gateway_id())
        .or_null("carrier_gateway_id", route.carrier_gateway_id())
        .or_null("local_gateway_id", route.local_gateway_id())
        .or_null("core_network_arn", route.core_network_arn())
        .or_null("instance_id", route.instance_id())
        .if_told("origin", route.origin().map(|origin| origin.as_str()))
        .if_told("state", route.state().map(|state| state.as_str()))
        .block()
}

/// An association that somebody made: the main one is the VPC's own.
fn association(association: &RouteTableAssociation) -> Option<LiveObject> {
    let state = association.association_state().and_then(|state| state.state());
    let ending = [RouteTableAssociationStateCode::Disassociating, RouteTableAssociationStateCode::Disassociated];
    if is_main(association) || state.is_some_and(|state| ending.contains(state)) {
        return None;
    }
    let attributes = Attributes::new()
        .or_null("route_table_id", association.route_table_id())
        .or_null("subnet_id", association.subnet_id())
        .or_null("gateway_id", association.gateway_id());
    Some(attributes.object(ASSOCIATION, association.route_table_association_id()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{PropagatingVgw, RouteTableAssociationState};
    use serde_json::json;

    #[test]
    fn an_endpoint_is_no_gateway() {
        let to = |id: &str| route(&Route::builder().destination_cidr_block("0.0.0.0/0").gateway_id(id).build());
        let (gateway, endpoint) = (to("igw-1"), to("vpce-1"));
        assert_eq!((&gateway["gateway_id"], &gateway["vpc_endpoint_id"]), (&"igw-1".into(), &Value::Null));
        assert_eq!((&endpoint["gateway_id"], &endpoint["vpc_endpoint_id"]), (&Value::Null, &"vpce-1".into()));
    }

    #[test]
    fn associations_that_nobody_made_or_that_end_are_left_out() {
        let with = |main: bool, state: RouteTableAssociationStateCode| {
            let state = RouteTableAssociationState::builder().state(state).build();
            let built = RouteTableAssociation::builder()
                .route_table_association_id("rtbassoc-1")
                .route_table_id("rtb-1")
                .subnet_id("subnet-1")
                .main(main)
                .association_state(state)
                .build();
            association(&built)
        };
        assert!(with(true, RouteTableAssociationStateCode::Associated).is_none());
        assert!(with(false, RouteTableAssociationStateCode::Disassociated).is_none());
        let made = with(false, RouteTableAssociationStateCode::Associated).expect("association");
        assert_eq!((made.id.as_str(), &made.attributes["subnet_id"]), ("rtbassoc-1", &"subnet-1".into()));
    }

    #[test]
    fn the_main_association_belongs_to_the_vpc() {
        let main = RouteTableAssociation::builder().route_table_association_id("rtbassoc-1").main(true).build();
        let table = RouteTable::builder()
            .route_table_id("rtb-1")
            .vpc_id("vpc-1")
            .associations(main)
            .propagating_vgws(PropagatingVgw::builder().gateway_id("vgw-1").build())
            .build();
        assert_eq!(object(&table).expect("table").made_by.as_deref(), Some("AWS, with the VPC"));
        let parts: Vec<_> = parts(&table).into_iter().map(|part| (part.id, part.attributes)).collect();
        let attributes = |value: Value| value.as_object().cloned().expect("map");
        assert_eq!(
            parts,
            [
                (
                    "rtbassoc-1".to_owned(),
                    attributes(json!({"route_table_id": "rtb-1", "vpc_id": "vpc-1", "id": "rtbassoc-1"}))
                ),
                (
                    "vgw-1_rtb-1".to_owned(),
                    attributes(json!({"route_table_id": "rtb-1", "vpn_gateway_id": "vgw-1", "id": "vgw-1_rtb-1"}))
                ),
            ]
        );
    }
}
