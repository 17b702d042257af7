//! `aws_vpc_peering_connection`, seen from either side, and its options: all from one call.

use super::attributes::Attributes;
use super::{Answer, Reading, Scope};
use aws_sdk_ec2::types::VpcPeeringConnectionStateReasonCode as Status;
use aws_sdk_ec2::types::{VpcPeeringConnection, VpcPeeringConnectionVpcInfo};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[PEERING, ACCEPTER, OPTIONS];
const PEERING: &str = "aws_vpc_peering_connection";
const ACCEPTER: &str = "aws_vpc_peering_connection_accepter";
const OPTIONS: &str = "aws_vpc_peering_connection_options";

/// The most that DescribeVpcPeeringConnections gives at once.
const PAGE: i32 = 1000;

/// A connection that ended stays listed for some time.
const GONE: [Status; 5] = [Status::Deleted, Status::Deleting, Status::Expired, Status::Failed, Status::Rejected];

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_vpc_peering_connections().max_results(PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.vpc_peering_connections, page.next_token)) }
    };
    let peerings = scope.list("DescribeVpcPeeringConnections", page).await?;
    let mut objects = Vec::new();
    for peering in peerings.iter().filter(|peering| status(peering).is_none_or(|status| !GONE.contains(status))) {
        let Some(id) = peering.vpc_peering_connection_id() else { continue };
        // All three are the same connection: only a state says that it is managed as one of the latter.
        objects.push(object(peering, PEERING, id));
        for other in [ACCEPTER, OPTIONS] {
            if scope.knows(other, id) {
                objects.push(object(peering, other, id));
            }
        }
    }
    Ok(Answer::of(objects))
}

fn status(peering: &VpcPeeringConnection) -> Option<&Status> {
    peering.status().and_then(|status| status.code())
}

fn object(peering: &VpcPeeringConnection, resource_type: &str, id: &str) -> LiveObject {
    let (requester, accepter) = (peering.requester_vpc_info(), peering.accepter_vpc_info());
    let attributes = Attributes::new()
        .single_if_told("requester", requester.and_then(options))
        .single_if_told("accepter", accepter.and_then(options));
    if resource_type == OPTIONS {
        return attributes.set("vpc_peering_connection_id", id).object(OPTIONS, id);
    }
    let attributes = attributes.if_told("accept_status", status(peering).map(|status| status.as_str()));
    // Across accounts the provider tells the VPCs from its own side, which the answer does not name. They cannot be
    // changed.
    let owner = |side: Option<&VpcPeeringConnectionVpcInfo>| side.and_then(|side| side.owner_id().map(str::to_owned));
    let attributes = if owner(requester).is_some() && owner(requester) == owner(accepter) {
        attributes
            .or_null("vpc_id", requester.and_then(|side| side.vpc_id()))
            .or_null("peer_vpc_id", accepter.and_then(|side| side.vpc_id()))
            .or_null("peer_owner_id", owner(accepter))
    } else {
        attributes
    };
    attributes
        .if_told("peer_region", accepter.and_then(|side| side.region()))
        .ec2_tags(peering.tags())
        .object(resource_type, id)
}

fn options(side: &VpcPeeringConnectionVpcInfo) -> Option<Attributes> {
    let allowed = side.peering_options()?.allow_dns_resolution_from_remote_vpc();
    Some(Attributes::new().set("allow_remote_vpc_dns_resolution", allowed.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{VpcPeeringConnectionOptionsDescription, VpcPeeringConnectionStateReason};
    use serde_json::{Value, json};

    #[test]
    fn across_accounts_nobody_says_which_side_is_ours() {
        let side = |vpc: &str, owner: &str| {
            let options =
                VpcPeeringConnectionOptionsDescription::builder().allow_dns_resolution_from_remote_vpc(true).build();
            VpcPeeringConnectionVpcInfo::builder().vpc_id(vpc).owner_id(owner).peering_options(options).build()
        };
        let peering = |accepter: &str| {
            VpcPeeringConnection::builder()
                .vpc_peering_connection_id("pcx-1")
                .requester_vpc_info(side("vpc-1", "111111111111"))
                .accepter_vpc_info(side("vpc-2", accepter))
                .status(VpcPeeringConnectionStateReason::builder().code(Status::Active).build())
                .build()
        };
        assert_eq!(
            Value::Object(object(&peering("111111111111"), PEERING, "pcx-1").attributes),
            json!({
                "requester": [{"allow_remote_vpc_dns_resolution": true}],
                "accepter": [{"allow_remote_vpc_dns_resolution": true}],
                "accept_status": "active", "vpc_id": "vpc-1", "peer_vpc_id": "vpc-2",
                "peer_owner_id": "111111111111", "tags_all": {}, "id": "pcx-1"
            })
        );
        assert!(!object(&peering("222222222222"), PEERING, "pcx-1").attributes.contains_key("vpc_id"));
    }
}
