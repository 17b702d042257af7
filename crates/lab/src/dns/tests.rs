//! Answers over a small zone, and the same over the wire.

use super::answer::{Answer, Role, World, answer};
use crate::route53::{Alias, Policy, RecordSet, View, Zone};
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

pub(super) fn set(name: &str, record_type: &str, values: &[&str]) -> RecordSet {
    RecordSet {
        name: name.into(),
        record_type: record_type.into(),
        ttl: Some(30),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        alias: None,
        policy: Policy::Simple,
        health_check: None,
    }
}

fn alias(name: &str, target: &str) -> RecordSet {
    let alias = Alias { zone_id: "Z".into(), name: target.into(), evaluate_health: true };
    RecordSet { ttl: None, alias: Some(alias), ..set(name, "A", &[]) }
}

pub(super) fn shop() -> View {
    let soa = "ns-2048.awsdns-64.com. hostmaster.example.com. 1 7200 900 1209600 60";
    let mut sets = vec![
        set("shop.test.", "NS", &["ns-2048.awsdns-64.com", "ns-2049.awsdns-65.net."]),
        set("shop.test.", "SOA", &[soa]),
        set("app.shop.test.", "A", &["127.64.1.10", "127.64.1.11"]),
        set("www.shop.test.", "CNAME", &["app.shop.test"]),
        set("away.shop.test.", "CNAME", &["elsewhere.example."]),
        set("loop.shop.test.", "CNAME", &["loop.shop.test."]),
        set("*.dev.shop.test.", "A", &["127.64.1.12"]),
        set("deep.under.shop.test.", "TXT", &["\"a b\" \"c\""]),
        set("sub.shop.test.", "NS", &["ns.sub.shop.test."]),
        set("mail.shop.test.", "MX", &["10 mx.shop.test"]),
        set("bad.shop.test.", "A", &["not an address"]),
        alias("alias.shop.test.", "f.shop.test."),
    ];
    for (policy, value, check) in
        [(Policy::Primary, "127.64.1.10", Some("home")), (Policy::Secondary, "127.64.2.10", None)]
    {
        let check = check.map(str::to_owned);
        sets.push(RecordSet { policy, health_check: check, ..set("f.shop.test.", "A", &[value]) });
    }
    View { zones: vec![Zone { id: "Z".into(), name: "shop.test.".into(), sets }], checks: vec![] }
}

fn ask(role: Role, name: &str, record_type: RecordType, ill: &[&str]) -> Answer {
    let view = shop();
    let name_servers = BTreeMap::from([("ns-2048.awsdns-64.com.".to_owned(), Ipv4Addr::new(127, 64, 0, 2))]);
    let world = World { view: &view, healthy: &|id| !ill.contains(&id), name_servers: &name_servers };
    answer(&world, role, name, record_type, &mut |_| 0).expect("an answer")
}

fn values(answer: &Answer) -> Vec<String> {
    answer.answers.iter().map(|record| record.data.to_string()).collect()
}

#[test]
fn a_record_is_answered_with_its_ttl_and_authority() {
    let found = ask(Role::Authority, "App.Shop.Test", RecordType::A, &[]);
    assert_eq!(values(&found), ["127.64.1.10", "127.64.1.11"]);
    assert_eq!((found.code, found.authoritative, found.answers[0].ttl), (ResponseCode::NoError, true, 30));
    assert!(!ask(Role::Resolver, "app.shop.test.", RecordType::A, &[]).authoritative);
}

#[test]
fn no_such_name_and_no_such_type_differ_and_carry_the_soa() {
    let name = ask(Role::Authority, "gone.shop.test.", RecordType::A, &[]);
    assert_eq!((name.code, name.authorities.len()), (ResponseCode::NXDomain, 1));
    assert_eq!(name.authorities[0].ttl, 30, "no longer than the SOA's TTL and its minimum");
    for (owner, record_type) in [("app.shop.test.", RecordType::AAAA), ("under.shop.test.", RecordType::A)] {
        let found = ask(Role::Authority, owner, record_type, &[]);
        assert_eq!((found.code, found.answers.len(), found.authorities.len()), (ResponseCode::NoError, 0, 1));
    }
}

#[test]
fn cnames_are_followed_inside_the_zones_and_told_beyond() {
    let inside = ask(Role::Resolver, "www.shop.test.", RecordType::A, &[]);
    assert_eq!(values(&inside), ["app.shop.test.", "127.64.1.10", "127.64.1.11"]);
    let beyond = ask(Role::Resolver, "away.shop.test.", RecordType::A, &[]);
    assert_eq!((values(&beyond), beyond.code), (vec!["elsewhere.example.".to_owned()], ResponseCode::NoError));
}

#[test]
fn wildcards_answer_below_and_not_beside() {
    assert_eq!(values(&ask(Role::Authority, "a.b.dev.shop.test.", RecordType::A, &[])), ["127.64.1.12"]);
    assert_eq!(ask(Role::Authority, "prod.shop.test.", RecordType::A, &[]).code, ResponseCode::NXDomain);
}

#[test]
fn an_alias_answers_as_its_failover_target_does() {
    for (name, ill, expected) in [
        ("f.shop.test.", &[][..], "127.64.1.10"),
        ("f.shop.test.", &["home"][..], "127.64.2.10"),
        ("alias.shop.test.", &["home"][..], "127.64.2.10"),
    ] {
        let found = ask(Role::Authority, name, RecordType::A, ill);
        assert_eq!(values(&found), [expected]);
        assert_eq!(found.answers[0].name.to_ascii(), name);
        assert_eq!(found.answers[0].ttl, 30);
    }
}

#[test]
fn a_delegated_name_is_referred() {
    let found = ask(Role::Authority, "x.sub.shop.test.", RecordType::A, &[]);
    assert!(!found.authoritative && found.answers.is_empty());
    assert_eq!(found.authorities[0].data.to_string(), "ns.sub.shop.test.");
}

#[test]
fn the_resolver_knows_the_name_servers_and_refuses_what_no_zone_has() {
    let server = "ns-2048.awsdns-64.com.";
    assert_eq!(values(&ask(Role::Resolver, server, RecordType::A, &[])), ["127.64.0.2"]);
    assert_eq!(ask(Role::Authority, server, RecordType::A, &[]).code, ResponseCode::Refused);
    assert_eq!(ask(Role::Resolver, "example.com.", RecordType::A, &[]).code, ResponseCode::Refused);
}

#[test]
fn values_of_every_shape_are_written() {
    let names = values(&ask(Role::Authority, "shop.test.", RecordType::NS, &[]));
    assert_eq!(names, ["ns-2048.awsdns-64.com.", "ns-2049.awsdns-65.net."]);
    let mail = values(&ask(Role::Authority, "mail.shop.test.", RecordType::MX, &[]));
    assert_eq!(mail, ["10 mx.shop.test."]);
    let text = ask(Role::Authority, "deep.under.shop.test.", RecordType::TXT, &[]);
    let hickory_proto::rr::RData::TXT(text) = &text.answers[0].data else { panic!("text") };
    assert_eq!(text.txt_data.iter().map(|part| part.to_vec()).collect::<Vec<_>>(), [b"a b".to_vec(), b"c".to_vec()]);
}

#[test]
fn what_cannot_be_answered_is_an_error_and_no_guess() {
    let view = shop();
    let world = World { view: &view, healthy: &|_| true, name_servers: &BTreeMap::new() };
    for name in ["bad.shop.test.", "loop.shop.test."] {
        assert!(answer(&world, Role::Authority, name, RecordType::A, &mut |_| 0).is_err(), "{name}");
    }
}
