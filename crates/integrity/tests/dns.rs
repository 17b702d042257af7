//! The DNS client, and checks of kind `dns`.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]

mod loopback;

use hickory_proto::op::ResponseCode;
use loopback::{DnsServer, Reply};
use pilotlight_findings::{Explain, codes};
use pilotlight_integrity::{
    CheckKind, CheckResult, CheckSpec, CheckStatus, DnsClient, LookupError, NetworkProber, Prober, Rcode,
};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

async fn server() -> (DnsServer, DnsClient) {
    let server = DnsServer::start("127.0.0.1", 0).await;
    let client = DnsClient::new(Some(server.address));
    (server, client)
}

#[tokio::test]
async fn values_are_sorted_and_nothing_is_remembered() {
    let (server, client) = server().await;
    server.set("app.shop.test", Reply::A(vec!["127.0.1.9", "127.0.1.10"]));
    let answer = client.query("App.Shop.Test.", "a").await.unwrap();
    assert_eq!(answer.values, ["127.0.1.10", "127.0.1.9"]);
    assert_eq!((answer.ttl, answer.authoritative, answer.rcode), (Some(30), false, Rcode::NoError));
    server.set("app.shop.test", Reply::A(vec!["127.0.2.9"]));
    assert_eq!(client.query("app.shop.test", "A").await.unwrap().values, ["127.0.2.9"]);
    assert_eq!(client.query("none.shop.test", "A").await.unwrap().rcode, Rcode::NxDomain);
    let empty = client.query("app.shop.test", "TXT").await.unwrap();
    assert_eq!((empty.values.len(), empty.ttl, empty.rcode), (0, None, Rcode::NoError));
    server.set("t.shop.test", Reply::Txt(vec!["v=1 \"q\"", "zwei"]));
    assert_eq!(client.query("t.shop.test", "TXT").await.unwrap().values, ["\"v=1 \\\"q\\\"\" \"zwei\""]);
    server.set("alias.shop.test", Reply::Cname("App.Shop.Test."));
    assert_eq!(client.query("alias.shop.test", "CNAME").await.unwrap().values, ["app.shop.test"]);
}

#[tokio::test]
async fn name_servers_are_found_through_the_resolver_and_asked_at_its_port() {
    let (resolver, client) = server().await;
    let authority = DnsServer::start("127.0.0.53", resolver.address.port()).await;
    resolver.set("ns-1.test", Reply::A(vec!["127.0.0.53"]));
    resolver.set("app.shop.test", Reply::A(vec!["127.0.1.1"]));
    authority.set("app.shop.test", Reply::A(vec!["127.0.2.2"]));
    let answer = client.ask("ns-1.test.", "app.shop.test", "A").await.unwrap();
    assert_eq!((answer.values, answer.authoritative), (vec!["127.0.2.2".to_owned()], true));
    assert_eq!(authority.asked(), ["app.shop.test A udp rd=false"]);
    // By address, with and without a port.
    assert_eq!(client.ask("127.0.0.53", "app.shop.test", "A").await.unwrap().values, ["127.0.2.2"]);
    let whole = authority.address.to_string();
    assert_eq!(DnsClient::new(None).ask(&whole, "app.shop.test", "A").await.unwrap().values, ["127.0.2.2"]);
    let named = format!("ns-1.test:{}", resolver.address.port());
    assert_eq!(client.ask(&named, "app.shop.test", "A").await.unwrap().values, ["127.0.2.2"]);
    let unknown = client.ask("ns-9.test", "app.shop.test", "A").await.unwrap_err();
    assert_eq!(unknown.to_string(), "find name server ns-9.test");
    assert_eq!(unknown.code(), codes::I_DNS_SERVER);
}

#[tokio::test]
async fn a_cut_answer_is_asked_again_over_tcp() {
    let (server, client) = server().await;
    server.set("big.test", Reply::Cut(vec!["127.0.1.1", "127.0.1.2"]));
    assert_eq!(client.query("big.test", "A").await.unwrap().values, ["127.0.1.1", "127.0.1.2"]);
    assert_eq!(server.asked(), ["big.test A udp rd=true", "big.test A tcp rd=true"]);
}

#[tokio::test]
async fn an_answer_to_another_question_is_no_answer() {
    let (server, client) = server().await;
    server.set("app.test", Reply::AfterForgeries("127.0.1.1"));
    assert_eq!(client.query("app.test", "A").await.unwrap().values, ["127.0.1.1"]);
}

#[tokio::test]
async fn hosts_resolve_through_aliases_and_say_why_not() {
    let (server, client) = server().await;
    server.set("www.test", Reply::Cname("lb.test."));
    server.set("lb.test", Reply::A(vec!["127.0.1.1", "127.0.1.2"]));
    let addresses = client.resolve("www.test").await.unwrap();
    assert_eq!(addresses, ["127.0.1.1".parse::<std::net::IpAddr>().unwrap(), "127.0.1.2".parse().unwrap()]);
    assert_eq!(client.resolve("127.0.3.3").await.unwrap().len(), 1);
    assert_eq!(client.resolve("[::1]").await.unwrap().len(), 1);
    assert!(client.resolve("localhost").await.unwrap().contains(&"127.0.0.1".parse().unwrap()));

    let missing = client.resolve("none.test").await.unwrap_err();
    assert_eq!(missing.to_string(), "resolve none.test: it does not exist (NXDOMAIN)");
    assert!(missing.is_answer());
    server.set("round.test", Reply::Cname("round.test."));
    assert!(client.resolve("round.test").await.unwrap_err().is_answer());
    server.set("bad.test", Reply::Code(ResponseCode::ServFail));
    let error = client.resolve("bad.test").await.unwrap_err();
    assert!(!error.is_answer() && error.to_string().ends_with("it says SERVFAIL"), "{error}");
    let error = client.query("a..b", "A").await.unwrap_err();
    assert!(matches!(error, LookupError::BadName { .. }), "{error:?}");
    assert!(matches!(client.query("a.b", "WAT").await, Err(LookupError::BadType { .. })));
}

#[tokio::test]
async fn a_silent_server_is_asked_three_times_and_given_up() {
    let (server, client) = server().await;
    server.set("app.test", Reply::Silence);
    let begin = Instant::now();
    let error = client.query("app.test", "A").await.unwrap_err();
    assert!(error.to_string().ends_with("app.test A: no answer within 2 s, asked 3 times"), "{error}");
    assert!((Duration::from_secs(5)..Duration::from_secs(9)).contains(&begin.elapsed()));
    assert_eq!(server.asked().len(), 3);
}

async fn probe(resolver: SocketAddr, server: Option<String>, expect: &[&str]) -> CheckResult {
    let check = CheckKind::Dns {
        name: "app.shop.test".into(),
        record_type: "A".into(),
        expect: expect.iter().map(|value| (*value).to_owned()).collect(),
        server,
    };
    NetworkProber::new(Some(resolver)).probe(&CheckSpec::new(check, Duration::from_secs(1))).await
}

#[tokio::test]
async fn a_dns_check_compares_sets() {
    let (server, _) = server().await;
    let at = server.address;
    server.set("app.shop.test", Reply::A(vec!["127.0.2.2", "127.0.2.1"]));
    let green = probe(at, None, &["127.0.2.1", "127.0.2.2"]).await;
    assert_eq!(green.detail, "app.shop.test A at the resolver: 127.0.2.1, 127.0.2.2, as expected");
    assert!(green.is_green() && green.latency.is_some());
    assert!(probe(at, None, &[]).await.is_green(), "any answer");
    assert!(probe(at, Some(at.to_string()), &["127.0.2.2", "127.0.2.1"]).await.is_green());
    let red = probe(at, None, &["127.0.2.1"]).await;
    assert_eq!(red.status, CheckStatus::Red);
    assert_eq!(red.detail, "app.shop.test A at the resolver: expected 127.0.2.1, got 127.0.2.1, 127.0.2.2");
    server.set("app.shop.test", Reply::Code(ResponseCode::NXDomain));
    let red = probe(at, None, &["127.0.2.1"]).await;
    assert_eq!(red.status, CheckStatus::Red);
    assert!(red.detail.ends_with("got the name does not exist (NXDOMAIN)"), "{}", red.detail);
    server.set("app.shop.test", Reply::A(vec![]));
    assert_eq!(probe(at, None, &[]).await.status, CheckStatus::Red);
}

#[tokio::test]
async fn a_resolver_that_fails_is_unknown_and_a_named_server_is_red() {
    let (server, _) = server().await;
    server.set("app.shop.test", Reply::Silence);
    assert_eq!(probe(server.address, None, &[]).await.status, CheckStatus::Unknown);
    assert_eq!(probe(server.address, Some(server.address.to_string()), &[]).await.status, CheckStatus::Red);
    server.set("app.shop.test", Reply::Code(ResponseCode::Refused));
    let unknown = probe(server.address, None, &[]).await;
    assert_eq!(unknown.status, CheckStatus::Unknown);
    assert!(unknown.detail.contains("it says REFUSED"), "{}", unknown.detail);
    let red = probe(server.address, Some("nowhere.test".into()), &[]).await;
    assert_eq!(red.status, CheckStatus::Red, "{}", red.detail);
}
