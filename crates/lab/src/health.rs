//! Route 53's health checks: what the lab's own probes say about them.
//!
//! Semantics from the Route 53 developer guide, "How Amazon Route 53 determines the status of health
//! checks": a new check starts healthy, an inverted one unhealthy; the status changes after
//! `FailureThreshold` like results in a row; a disabled check is healthy (unhealthy when inverted).

use crate::route53::{HealthCheck, View};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;

/// Route 53 probes every 10 or 30 s from many places. The lab probes faster, so that a rehearsal
/// needs no minute's wait; the thresholds count the same.
pub(crate) const PROBE_INTERVAL: Duration = Duration::from_secs(1);

/// Route 53 waits 4 s for the connection and 2 s more for the answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(6);

/// A search string must stand in the first 5,120 bytes of the body.
const SEARCHED_BYTES: usize = 5120;

/// A check of checks of checks: Route 53 forbids cycles, a lab must survive them.
const MAX_DEPTH: u8 = 8;

/// What is known of each check's target.
#[derive(Debug, Default)]
pub(crate) struct HealthBook {
    targets: HashMap<String, Target>,
}

#[derive(Debug, Clone, Copy)]
struct Target {
    passing: bool,
    /// Results in a row that say the opposite.
    against: u32,
}

impl HealthBook {
    /// Notes a probe's result.
    pub(crate) fn note(&mut self, check: &HealthCheck, passed: bool) {
        let target = self.targets.entry(check.id.clone()).or_insert(Target { passing: true, against: 0 });
        if passed == target.passing {
            target.against = 0;
        } else {
            target.against += 1;
            if target.against >= check.failure_threshold.max(1) {
                *target = Target { passing: passed, against: 0 };
            }
        }
    }

    /// Forgets checks that are no more.
    pub(crate) fn keep(&mut self, checks: &[HealthCheck]) {
        self.targets.retain(|id, _| checks.iter().any(|check| &check.id == id));
    }

    /// Whether Route 53 would call the check healthy. One that doesn't exist is healthy: a record that
    /// names a deleted check is answered as though it had none.
    pub(crate) fn healthy(&self, view: &View, id: &str) -> bool {
        self.healthy_at(view, id, 0)
    }

    fn healthy_at(&self, view: &View, id: &str, depth: u8) -> bool {
        let Some(check) = view.checks.iter().find(|check| check.id == id) else { return true };
        let passing = check.disabled
            || match check.kind.as_str() {
                "CALCULATED" if depth < MAX_DEPTH => {
                    let healthy = check.children.iter().filter(|id| self.healthy_at(view, id, depth + 1)).count();
                    healthy >= check.health_threshold
                }
                _ => self.targets.get(id).is_none_or(|target| target.passing),
            };
        passing != check.inverted
    }
}

/// Asks a check's target once, at `resolved` where the check names a domain. `None`: a kind that has no
/// target to ask (calculated, alarms), or one whose address can't be read.
pub(crate) async fn probe(client: &reqwest::Client, check: &HealthCheck, resolved: &[IpAddr]) -> Option<bool> {
    let (scheme, default_port) = match check.kind.as_str() {
        "HTTP" | "HTTP_STR_MATCH" => (Some("http"), 80),
        "HTTPS" | "HTTPS_STR_MATCH" => (Some("https"), 443),
        "TCP" => (None, 80),
        _ => return None,
    };
    let address: IpAddr = match (&check.address, &check.domain) {
        (Some(address), _) => address.parse().ok()?,
        (None, Some(_)) => match resolved.first() {
            Some(address) => *address,
            None => return Some(false),
        },
        (None, None) => return None,
    };
    let address = SocketAddr::new(address, check.port.unwrap_or(default_port));
    let Some(scheme) = scheme else {
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await;
        return Some(matches!(connected, Ok(Ok(_))));
    };
    let mut request = client.get(format!("{scheme}://{address}{}", check.path)).timeout(ANSWER_TIMEOUT);
    if let Some(domain) = &check.domain {
        request = request.header("Host", domain);
    }
    Some(answers(request, check.search.as_deref()).await.unwrap_or(false))
}

/// The client for probes: as Route 53, it follows no redirect and verifies no certificate.
pub(crate) fn prober() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .danger_accept_invalid_certs(true)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(0)
        .build()
}

async fn answers(request: reqwest::RequestBuilder, search: Option<&str>) -> Result<bool, reqwest::Error> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    if !(200..400).contains(&status) {
        return Ok(false);
    }
    let Some(search) = search else { return Ok(true) };
    let body = response.bytes().await?;
    let searched = &body[..body.len().min(SEARCHED_BYTES)];
    Ok(String::from_utf8_lossy(searched).contains(search))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn check(id: &str) -> HealthCheck {
        HealthCheck {
            id: id.into(),
            kind: "HTTP".into(),
            address: Some("127.0.0.1".into()),
            domain: None,
            port: None,
            path: "/".into(),
            search: None,
            failure_threshold: 3,
            inverted: false,
            disabled: false,
            children: vec![],
            health_threshold: 0,
        }
    }

    #[test]
    fn a_status_turns_after_the_threshold_and_not_before() {
        let web = check("web");
        let view = View { checks: vec![web.clone()], ..View::default() };
        let mut book = HealthBook::default();
        assert!(book.healthy(&view, "web"), "a new check starts healthy");
        for (passed, healthy) in [
            (false, true),
            (false, true),
            (true, true),
            (false, true),
            (false, true),
            (false, false),
            (true, false),
            (true, false),
            (true, true),
        ] {
            book.note(&web, passed);
            assert_eq!(book.healthy(&view, "web"), healthy);
        }
    }

    #[test]
    fn inverted_disabled_calculated_and_deleted_checks() {
        let inverted = HealthCheck { inverted: true, ..check("signal") };
        let disabled = HealthCheck { disabled: true, ..check("off") };
        let calculated = HealthCheck {
            kind: "CALCULATED".into(),
            children: vec!["signal".into(), "off".into()],
            health_threshold: 2,
            ..check("both")
        };
        let view = View { checks: vec![inverted.clone(), disabled, calculated], ..View::default() };
        let mut book = HealthBook::default();
        assert!(!book.healthy(&view, "signal"), "an inverted check starts unhealthy");
        assert!(book.healthy(&view, "off"));
        assert!(!book.healthy(&view, "both"), "one of two is below the threshold");
        for _ in 0..3 {
            book.note(&inverted, false);
        }
        assert!(book.healthy(&view, "signal") && book.healthy(&view, "both"));
        assert!(book.healthy(&view, "deleted"));
        book.keep(&[]);
        assert!(!book.healthy(&view, "signal"), "a check that came back starts anew");
    }
}
