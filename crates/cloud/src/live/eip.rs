//! `aws_eip` and `aws_eip_association`: both from one call.

use super::attributes::Attributes;
use super::{Answer, Reading, Scope};
use aws_sdk_ec2::types::{Address, ServiceManaged};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[EIP, ASSOCIATION];
const EIP: &str = "aws_eip";
const ASSOCIATION: &str = "aws_eip_association";

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let addresses = scope.addresses().await?;
    let associations = addresses.iter().filter_map(association);
    let known = associations.filter(|object| scope.knows(ASSOCIATION, &object.id));
    Ok(Answer::of(addresses.iter().filter_map(object).chain(known)))
}

fn object(address: &Address) -> Option<LiveObject> {
    let attributes = Attributes::new()
        .or_null("allocation_id", address.allocation_id())
        .or_null("association_id", address.association_id())
        .or_null("public_ip", address.public_ip())
        .or_null("private_ip", address.private_ip_address())
        .or_null("instance", address.instance_id())
        .or_null("network_interface", address.network_interface_id())
        .or_null("carrier_ip", address.carrier_ip())
        .or_null("customer_owned_ip", address.customer_owned_ip())
        .or_null("customer_owned_ipv4_pool", address.customer_owned_ipv4_pool())
        .if_told("domain", address.domain().map(|domain| domain.as_str()))
        .if_told("network_border_group", address.network_border_group())
        .if_told("public_ipv4_pool", address.public_ipv4_pool())
        .ec2_tags(address.tags())
        .made_by(address.service_managed().map(ServiceManaged::as_str).map(|service| format!("AWS ({service})")));
    Some(attributes.object(EIP, address.allocation_id()?))
}

fn association(address: &Address) -> Option<LiveObject> {
    let attributes = Attributes::new()
        .or_null("allocation_id", address.allocation_id())
        .or_null("instance_id", address.instance_id())
        .or_null("network_interface_id", address.network_interface_id())
        .or_null("private_ip_address", address.private_ip_address())
        .or_null("public_ip", address.public_ip());
    Some(attributes.object(ASSOCIATION, address.association_id()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn an_address_is_one_object_and_its_association_another() {
        let address = Address::builder()
            .allocation_id("eipalloc-1")
            .association_id("eipassoc-1")
            .public_ip("192.0.2.1")
            .private_ip_address("10.0.0.5")
            .instance_id("i-1")
            .network_interface_id("eni-1")
            .build();
        assert_eq!(
            Value::Object(association(&address).expect("association").attributes),
            json!({
                "allocation_id": "eipalloc-1", "instance_id": "i-1", "network_interface_id": "eni-1",
                "private_ip_address": "10.0.0.5", "public_ip": "192.0.2.1", "id": "eipassoc-1"
            })
        );
        let object = object(&address).expect("address");
        assert_eq!((object.id.as_str(), &object.attributes["instance"]), ("eipalloc-1", &json!("i-1")));
        assert_eq!(association(&Address::builder().allocation_id("eipalloc-2").build()), None);
    }

    #[test]
    fn an_address_of_a_load_balancer_is_its_own() {
        let address = Address::builder().allocation_id("eipalloc-1").service_managed(ServiceManaged::Alb).build();
        assert_eq!(object(&address).expect("address").made_by.as_deref(), Some("AWS (alb)"));
    }
}
