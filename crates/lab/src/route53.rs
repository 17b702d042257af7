//! Zones, record sets and health checks as Route 53's REST API tells them.

use crate::xml::{Element, XmlError};

/// Everything that answers are made from, read at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct View {
    pub(crate) zones: Vec<Zone>,
    pub(crate) checks: Vec<HealthCheck>,
}

/// A public hosted zone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Zone {
    /// Without `/hostedzone/`.
    pub(crate) id: String,
    /// Lower case, with the trailing dot.
    pub(crate) name: String,
    pub(crate) sets: Vec<RecordSet>,
}

/// A record set: one of possibly several with the same name and type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecordSet {
    /// Lower case, with the trailing dot; `*` stands for itself.
    pub(crate) name: String,
    /// `A`, `CNAME`, …
    pub(crate) record_type: String,
    /// Seconds. An alias has none of its own.
    pub(crate) ttl: Option<u32>,
    /// In presentation form.
    pub(crate) values: Vec<String>,
    pub(crate) alias: Option<Alias>,
    pub(crate) policy: Policy,
    pub(crate) health_check: Option<String>,
}

/// A record set that answers with another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alias {
    pub(crate) zone_id: String,
    pub(crate) name: String,
    pub(crate) evaluate_health: bool,
}

/// How one of several sets is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Policy {
    Simple,
    Weighted(u64),
    Primary,
    Secondary,
    MultiValue,
    /// The lab has no idea where a client is, so it does not pretend to.
    Unknown(String),
}

/// A health check's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HealthCheck {
    pub(crate) id: String,
    /// `HTTP`, `TCP`, `CALCULATED`, …
    pub(crate) kind: String,
    pub(crate) address: Option<String>,
    pub(crate) domain: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) path: String,
    pub(crate) search: Option<String>,
    pub(crate) failure_threshold: u32,
    pub(crate) inverted: bool,
    pub(crate) disabled: bool,
    pub(crate) children: Vec<String>,
    pub(crate) health_threshold: usize,
}

/// One page of a list, and where the next begins.
#[derive(Debug, PartialEq)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// Query parameters of the next page.
    pub(crate) next: Option<Vec<(&'static str, String)>>,
}

/// A domain name as the lab compares them: lower case, trailing dot, Route 53's `\052` as `*`.
pub(crate) fn canonical(name: &str) -> String {
    let mut name = name.trim().to_ascii_lowercase().replace("\\052", "*");
    if !name.ends_with('.') {
        name.push('.');
    }
    name
}

/// Reads `ListHostedZones`. Private zones are left out: nobody outside a VPC can ask them.
pub(crate) fn zones(xml: &[u8]) -> Result<Page<Zone>, XmlError> {
    let root = Element::parse(xml)?;
    let items = root
        .list("HostedZones")
        .iter()
        .filter(|zone| zone.child("Config").and_then(|config| config.text_of("PrivateZone")) != Some("true"))
        .map(|zone| Zone {
            id: zone.text_of("Id").unwrap_or_default().trim_start_matches("/hostedzone/").to_owned(),
            name: canonical(zone.text_of("Name").unwrap_or_default()),
            sets: Vec::new(),
        })
        .collect();
    Ok(Page { items, next: next(&root, &[("NextMarker", "marker")]) })
}

/// Reads `ListResourceRecordSets`.
pub(crate) fn record_sets(xml: &[u8]) -> Result<Page<RecordSet>, XmlError> {
    let root = Element::parse(xml)?;
    let places = [("NextRecordName", "name"), ("NextRecordType", "type"), ("NextRecordIdentifier", "identifier")];
    Ok(Page { items: root.list("ResourceRecordSets").iter().map(record_set).collect(), next: next(&root, &places) })
}

/// Reads `ListHealthChecks`.
pub(crate) fn health_checks(xml: &[u8]) -> Result<Page<HealthCheck>, XmlError> {
    let root = Element::parse(xml)?;
    Ok(Page {
        items: root.list("HealthChecks").iter().filter_map(health_check).collect(),
        next: next(&root, &[("NextMarker", "marker")]),
    })
}

fn next(root: &Element, places: &[(&str, &'static str)]) -> Option<Vec<(&'static str, String)>> {
    if root.text_of("IsTruncated") != Some("true") {
        return None;
    }
    let parameters: Vec<_> = places
        .iter()
        .filter_map(|(element, parameter)| Some((*parameter, root.text_of(element)?.to_owned())))
        .collect();
    (!parameters.is_empty()).then_some(parameters)
}

fn record_set(set: &Element) -> RecordSet {
    let text = |name| set.text_of(name).map(str::to_owned);
    RecordSet {
        name: canonical(set.text_of("Name").unwrap_or_default()),
        record_type: text("Type").unwrap_or_default(),
        ttl: set.text_of("TTL").and_then(|ttl| ttl.parse().ok()),
        values: set
            .list("ResourceRecords")
            .iter()
            .filter_map(|record| record.text_of("Value").map(str::to_owned))
            .collect(),
        alias: set.child("AliasTarget").map(|alias| Alias {
            zone_id: alias.text_of("HostedZoneId").unwrap_or_default().to_owned(),
            name: canonical(alias.text_of("DNSName").unwrap_or_default()),
            evaluate_health: alias.text_of("EvaluateTargetHealth") == Some("true"),
        }),
        policy: policy(set),
        health_check: text("HealthCheckId"),
    }
}

fn policy(set: &Element) -> Policy {
    if let Some(weight) = set.text_of("Weight") {
        return weight.parse().map_or_else(|_| Policy::Unknown(format!("weight {weight:?}")), Policy::Weighted);
    }
    match set.text_of("Failover") {
        Some("PRIMARY") => return Policy::Primary,
        Some("SECONDARY") => return Policy::Secondary,
        Some(other) => return Policy::Unknown(format!("failover {other:?}")),
        None => {}
    }
    if set.text_of("MultiValueAnswer") == Some("true") {
        return Policy::MultiValue;
    }
    ["Region", "GeoLocation", "GeoProximityLocation", "CidrRoutingConfig"]
        .into_iter()
        .find(|element| set.child(element).is_some())
        .map_or(Policy::Simple, |element| Policy::Unknown(format!("routing by {element}")))
}

fn health_check(check: &Element) -> Option<HealthCheck> {
    let config = check.child("HealthCheckConfig")?;
    let text = |name| config.text_of(name).filter(|text| !text.is_empty()).map(str::to_owned);
    // Three failures in a row is Route 53's own default.
    let failure_threshold = text("FailureThreshold").and_then(|number| number.parse().ok()).unwrap_or(3);
    Some(HealthCheck {
        id: check.text_of("Id")?.to_owned(),
        kind: text("Type")?,
        address: text("IPAddress"),
        domain: text("FullyQualifiedDomainName"),
        port: text("Port").and_then(|port| port.parse().ok()),
        path: text("ResourcePath").unwrap_or_else(|| "/".into()),
        search: text("SearchString"),
        failure_threshold,
        inverted: text("Inverted").as_deref() == Some("true"),
        disabled: text("Disabled").as_deref() == Some("true"),
        children: config.list("ChildHealthChecks").iter().map(|child| child.text.trim().to_owned()).collect(),
        health_threshold: text("HealthThreshold").and_then(|number| number.parse().ok()).unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosted_zones_are_read_without_the_private_ones() {
        let xml = br#"<?xml version="1.0" encoding="utf-8"?>
<ListHostedZonesResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HostedZones>
<HostedZone><Id>/hostedzone/BQW58</Id><Name>shop.test.</Name><Config><PrivateZone>false</PrivateZone></Config></HostedZone>
<HostedZone><Id>/hostedzone/INSIDE</Id><Name>in.test.</Name><Config><PrivateZone>true</PrivateZone></Config></HostedZone>
</HostedZones><IsTruncated>true</IsTruncated><NextMarker>M</NextMarker></ListHostedZonesResponse>"#;
        let page = zones(xml).expect("zones");
        assert_eq!(page.items, [Zone { id: "BQW58".into(), name: "shop.test.".into(), sets: vec![] }]);
        assert_eq!(page.next, Some(vec![("marker", "M".to_owned())]));
    }

    #[test]
    fn record_sets_keep_policy_alias_and_health_check() {
        let xml = br#"<ListResourceRecordSetsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ResourceRecordSets>
<ResourceRecordSet><Name>al.shop.test.</Name><Type>A</Type><AliasTarget><HostedZoneId>BQ</HostedZoneId><DNSName>App.shop.test</DNSName><EvaluateTargetHealth>true</EvaluateTargetHealth></AliasTarget></ResourceRecordSet>
<ResourceRecordSet><Name>f.shop.test.</Name><Type>A</Type><SetIdentifier>a</SetIdentifier><Failover>PRIMARY</Failover><TTL>30</TTL><ResourceRecords><ResourceRecord><Value>1.2.3.4</Value></ResourceRecord></ResourceRecords><HealthCheckId>5b72</HealthCheckId></ResourceRecordSet>
<ResourceRecordSet><Name>\052.w.shop.test.</Name><Type>A</Type><SetIdentifier>a</SetIdentifier><Weight>0</Weight><TTL>30</TTL><ResourceRecords><ResourceRecord><Value>1.2.3.4</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>
<ResourceRecordSet><Name>l.shop.test.</Name><Type>A</Type><SetIdentifier>a</SetIdentifier><Region>eu-west-1</Region><TTL>30</TTL></ResourceRecordSet>
</ResourceRecordSets><IsTruncated>false</IsTruncated></ListResourceRecordSetsResponse>"#;
        let page = record_sets(xml).expect("sets");
        assert_eq!(page.next, None);
        let [alias, failover, weighted, latency] = &page.items[..] else { panic!("four sets") };
        assert_eq!(
            alias.alias,
            Some(Alias { zone_id: "BQ".into(), name: "app.shop.test.".into(), evaluate_health: true })
        );
        assert_eq!((&failover.policy, failover.ttl), (&Policy::Primary, Some(30)));
        assert_eq!(failover.health_check.as_deref(), Some("5b72"));
        assert_eq!((weighted.name.as_str(), &weighted.policy), ("*.w.shop.test.", &Policy::Weighted(0)));
        assert_eq!(latency.policy, Policy::Unknown("routing by Region".into()));
    }

    #[test]
    fn health_checks_are_read() {
        let xml = br#"<ListHealthChecksResponse><HealthChecks><HealthCheck><Id>5b72</Id><HealthCheckConfig><IPAddress>127.1.1.1</IPAddress><Port>8080</Port><Type>HTTP</Type><ResourcePath>/health</ResourcePath><RequestInterval>10</RequestInterval><FailureThreshold>2</FailureThreshold><Inverted>true</Inverted><Disabled>false</Disabled></HealthCheckConfig></HealthCheck></HealthChecks></ListHealthChecksResponse>"#;
        let page = health_checks(xml).expect("checks");
        let check = &page.items[0];
        assert_eq!((check.kind.as_str(), check.port, check.failure_threshold), ("HTTP", Some(8080), 2));
        assert_eq!((check.path.as_str(), check.inverted, check.disabled), ("/health", true, false));
    }
}
