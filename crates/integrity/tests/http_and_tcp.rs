//! Checks of the kinds `http` and `tcp`.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]

mod loopback;

use hickory_proto::op::ResponseCode;
use loopback::{DnsServer, Reply, WebServer, closed_port};
use pilotlight_integrity::{CheckKind, CheckResult, CheckSpec, CheckStatus, NetworkProber, Prober, until_green};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{\"ok\": true}\r\n";

fn http(url: &str, expect_status: u16, expect_body: Option<&str>) -> CheckSpec {
    let headers = BTreeMap::from([("X-Probe".to_owned(), "secret-token".to_owned())]);
    let check =
        CheckKind::Http { url: url.to_owned(), expect_status, expect_body: expect_body.map(str::to_owned), headers };
    CheckSpec::new(check, Duration::from_secs(2))
}

fn tcp(address: &str) -> CheckSpec {
    CheckSpec::new(CheckKind::Tcp { address: address.to_owned() }, Duration::from_secs(2))
}

async fn world() -> (DnsServer, NetworkProber) {
    let dns = DnsServer::start("127.0.0.1", 0).await;
    let prober = NetworkProber::new(Some(dns.address));
    (dns, prober)
}

#[tokio::test]
async fn each_attempt_looks_the_name_up_and_opens_a_connection() {
    let (dns, prober) = world().await;
    let primary = WebServer::start("127.0.1.10", 0, OK).await;
    let port = primary.address.port();
    let standby = WebServer::start("127.0.2.10", port, OK).await;
    dns.set("app.shop.test", Reply::A(vec!["127.0.1.10"]));
    let spec = http(&format!("http://app.shop.test:{port}/health?token=secret"), 200, None);
    for _ in 0..2 {
        let green = prober.probe(&spec).await;
        assert!(green.is_green());
        let shown = format!("GET http://app.shop.test:{port}/health at 127.0.1.10:{port}: status 200, as expected");
        assert_eq!(green.detail, shown);
    }
    assert_eq!(*primary.connections.lock().unwrap(), 2);
    dns.set("app.shop.test", Reply::A(vec!["127.0.2.10"]));
    assert!(prober.probe(&spec).await.detail.contains("at 127.0.2.10:"));
    assert_eq!((*primary.connections.lock().unwrap(), *standby.connections.lock().unwrap()), (2, 1));
    let request = standby.requests.lock().unwrap()[0].to_lowercase();
    assert!(request.starts_with("get /health?token=secret http/1.1\r\n"), "{request}");
    assert!(request.contains("x-probe: secret-token") && request.contains(&format!("host: app.shop.test:{port}")));
}

#[tokio::test]
async fn status_and_body_are_judged_and_redirects_are_not_followed() {
    let (_, prober) = world().await;
    let web = WebServer::start("127.0.0.1", 0, OK).await;
    let url = format!("http://{}/", web.address);
    let red = prober.probe(&http(&url, 503, None)).await;
    assert_eq!(
        (red.status, red.detail),
        (CheckStatus::Red, format!("GET {url} at {}: expected status 503, got 200", web.address))
    );
    let green = prober.probe(&http(&url, 200, Some("\"ok\": true"))).await;
    assert!(green.is_green(), "{}", green.detail);
    let red = prober.probe(&http(&url, 200, Some("ready"))).await;
    assert!(
        red.detail.ends_with("expected a body with \"ready\", got one that begins \"{\\\"ok\\\": true}\\r\\n\""),
        "{}",
        red.detail
    );

    let moved = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    let web = WebServer::start("127.0.0.1", 0, moved).await;
    let url = format!("http://{}/", web.address);
    assert!(prober.probe(&http(&url, 302, None)).await.is_green());
    let red = prober.probe(&http(&url, 200, None)).await;
    assert!(red.detail.ends_with("expected status 200, got 302, a redirect to http://127.0.0.1:1/"), "{}", red.detail);
}

#[tokio::test]
async fn a_target_that_is_not_there_is_red_and_a_resolver_that_is_not_is_unknown() {
    let (dns, prober) = world().await;
    let port = closed_port().await;
    dns.set("app.shop.test", Reply::A(vec!["127.0.0.1"]));
    dns.set("broken.test", Reply::Code(ResponseCode::ServFail));
    dns.set("silent.test", Reply::Silence);
    let cases = [
        ("app.shop.test", port, CheckStatus::Red, "refused"),
        ("none.test", port, CheckStatus::Red, "resolve none.test: it does not exist (NXDOMAIN)"),
        ("broken.test", port, CheckStatus::Unknown, "it says SERVFAIL"),
        ("silent.test", port, CheckStatus::Unknown, "DNS gave no answer within 2s"),
    ];
    for (host, port, status, words) in cases {
        for spec in [http(&format!("http://{host}:{port}/"), 200, None), tcp(&format!("{host}:{port}"))] {
            let CheckResult { status: found, detail, .. } = prober.probe(&spec).await;
            assert_eq!(found, status, "{detail}");
            assert!(detail.contains(words) && detail.contains(host), "{detail}");
        }
    }
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_red_for_http_and_green_for_tcp() {
    let (_, prober) = world().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let begin = Instant::now();
    let red = prober.probe(&http(&format!("http://user:secret@{address}/"), 200, None)).await;
    assert_eq!(red.status, CheckStatus::Red);
    assert_eq!(red.detail, format!("GET http://{address}/ at 127.0.0.1: no answer within 2s"));
    assert!(begin.elapsed() < Duration::from_secs(4));
    let green = prober.probe(&tcp(&address.to_string())).await;
    assert_eq!(green.detail, format!("connected to {address} at {address}"));
}

#[tokio::test]
async fn tcp_tries_each_address_as_a_client_does() {
    let (dns, prober) = world().await;
    let listener = TcpListener::bind("127.0.2.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    dns.set("db.test", Reply::A(vec!["127.0.1.1", "127.0.2.1"]));
    let green = prober.probe(&tcp(&format!("db.test:{port}"))).await;
    assert_eq!(green.detail, format!("connected to db.test:{port} at 127.0.2.1:{port}"));
    for bad in ["db.test", "db.test:port", ":80", "::1:80"] {
        let unknown = prober.probe(&tcp(bad)).await;
        assert_eq!((unknown.status, unknown.detail), (CheckStatus::Unknown, format!("{bad:?} is no HOST:PORT")));
    }
    assert_eq!(prober.probe(&http("ftp://db.test/", 200, None)).await.status, CheckStatus::Unknown);
}

#[tokio::test]
async fn until_green_waits_for_the_target_and_not_longer_than_it_may() {
    let (dns, prober) = world().await;
    let port = closed_port().await;
    dns.set("app.shop.test", Reply::A(vec!["127.0.0.1"]));
    let spec = http(&format!("http://app.shop.test:{port}/"), 200, None);
    let mut seen = Vec::new();
    let begin = Instant::now();
    let (within, interval) = (Duration::from_millis(700), Duration::from_millis(200));
    let red = until_green(&prober, &spec, within, interval, |result| seen.push(result.status)).await;
    assert_eq!(red.status, CheckStatus::Red);
    assert!(seen.len() >= 2 && begin.elapsed() < Duration::from_secs(3), "{seen:?} {:?}", begin.elapsed());

    let starts = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(400)).await;
        WebServer::start("127.0.0.1", port, OK).await
    });
    let mut seen = Vec::new();
    let green = until_green(&prober, &spec, Duration::from_secs(20), interval, |result| seen.push(result.status)).await;
    assert!(green.is_green(), "{}", green.detail);
    assert_eq!((seen.first(), seen.last()), (Some(&CheckStatus::Red), Some(&CheckStatus::Green)));
    starts.await.unwrap();
}

#[test]
fn specs_and_results_survive_json() {
    let spec = http("http://a.test/", 200, Some("ok"));
    let json = serde_json::to_string(&spec).unwrap();
    assert_eq!(
        json,
        r#"{"check":{"kind":"http","url":"http://a.test/","expect_status":200,"expect_body":"ok","headers":{"X-Probe":"secret-token"}},"timeout_ms":2000}"#
    );
    assert_eq!(serde_json::from_str::<CheckSpec>(&json).unwrap(), spec);
    let wrong = json.replace("expect_body", "expect_bodies");
    assert!(serde_json::from_str::<CheckSpec>(&wrong).is_err(), "an unknown field is no silent default");
    let result =
        CheckResult { status: CheckStatus::Green, latency: Some(Duration::from_micros(12_345)), detail: "d".into() };
    let json = serde_json::to_string(&result).unwrap();
    assert_eq!(json, r#"{"status":"green","latency_ms":12,"detail":"d"}"#);
    assert_eq!(serde_json::from_str::<CheckResult>(&json).unwrap().latency, Some(Duration::from_millis(12)));
    let unknown = r#"{"status":"unknown","detail":"d"}"#;
    assert_eq!(serde_json::to_string(&serde_json::from_str::<CheckResult>(unknown).unwrap()).unwrap(), unknown);
}
