//! `aws_vpc_dhcp_options`

use super::attributes::Attributes;
use super::{Answer, Reading, Scope, made_by};
use aws_sdk_ec2::types::{AttributeValue, DhcpOptions};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[DHCP_OPTIONS];
const DHCP_OPTIONS: &str = "aws_vpc_dhcp_options";

/// The most that DescribeDhcpOptions gives at once.
const PAGE: i32 = 1000;

/// The name server of the options that AWS makes.
const AMAZON_DNS: &str = "AmazonProvidedDNS";

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_dhcp_options().max_results(PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.dhcp_options, page.next_token)) }
    };
    let sets = scope.list("DescribeDhcpOptions", page).await?;
    let region = scope.regional.region.as_str();
    Ok(Answer::of(sets.iter().filter_map(|options| object(options, region))))
}

fn values<'o>(options: &'o DhcpOptions, key: &str) -> Vec<&'o str> {
    let of_key = options.dhcp_configurations().iter().filter(|option| option.key() == Some(key));
    of_key.flat_map(|option| option.values()).filter_map(AttributeValue::value).collect()
}

fn object(options: &DhcpOptions, region: &str) -> Option<LiveObject> {
    let single = |key: &str| values(options, key).first().copied();
    let attributes = Attributes::new()
        .or_null("domain_name", single("domain-name"))
        .list("domain_name_servers", values(options, "domain-name-servers"))
        .list("ntp_servers", values(options, "ntp-servers"))
        .list("netbios_name_servers", values(options, "netbios-name-servers"))
        .or_null("netbios_node_type", single("netbios-node-type"))
        .or_null("ipv6_address_preferred_lease_time", single("ipv6-address-preferred-lease-time"))
        .if_told("owner_id", options.owner_id())
        .ec2_tags(options.tags())
        .made_by(made_by::when(is_default(options, region), made_by::ACCOUNT));
    Some(attributes.object(DHCP_OPTIONS, options.dhcp_options_id()?))
}

/// Whether these are the region's default options: AWS does not mark them, but nobody else's say just that.
fn is_default(options: &DhcpOptions, region: &str) -> bool {
    let domain = if region == "us-east-1" { "ec2.internal".to_owned() } else { format!("{region}.compute.internal") };
    options.tags().is_empty()
        && options.dhcp_configurations().len() == 2
        && values(options, "domain-name") == [domain]
        && values(options, "domain-name-servers") == [AMAZON_DNS]
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::DhcpConfiguration;
    use serde_json::{Value, json};

    fn options(domain: &str, servers: &[&str]) -> DhcpOptions {
        let value = |text: &&str| AttributeValue::builder().value(*text).build();
        let option = |key: &str, values: &[&str]| {
            DhcpConfiguration::builder().key(key).set_values(Some(values.iter().map(value).collect())).build()
        };
        DhcpOptions::builder()
            .dhcp_options_id("dopt-1")
            .dhcp_configurations(option("domain-name", &[domain]))
            .dhcp_configurations(option("domain-name-servers", servers))
            .build()
    }

    #[test]
    fn name_servers_keep_their_order() {
        let object = object(&options("shop.internal", &["10.0.0.3", "10.0.0.2"]), "eu-west-1").expect("object");
        assert_eq!(
            Value::Object(object.attributes),
            json!({
                "domain_name": "shop.internal", "domain_name_servers": ["10.0.0.3", "10.0.0.2"], "ntp_servers": [],
                "netbios_name_servers": [], "netbios_node_type": null, "ipv6_address_preferred_lease_time": null,
                "tags_all": {}, "id": "dopt-1"
            })
        );
        assert_eq!(object.made_by, None);
    }

    #[test]
    fn the_regions_default_options_are_known_by_what_they_say() {
        let default = options("eu-west-1.compute.internal", &[AMAZON_DNS]);
        let of = |region: &str| object(&default, region).expect("object").made_by;
        assert_eq!((of("eu-west-1").as_deref(), of("us-east-1")), (Some("AWS, in every account"), None));
    }
}
