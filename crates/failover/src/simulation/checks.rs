//! What checks find: addresses that serve or do not, and what names lead to.

use super::{Asked, Service, State, Trouble, World, zones::is_in};
use async_trait::async_trait;
use pilotlight_integrity::{CheckKind, CheckResult, CheckSpec, CheckStatus, CommandOutcome, LAST_OUTPUT, Prober};
use std::collections::VecDeque;

#[async_trait]
impl Prober for World {
    async fn probe(&self, spec: &CheckSpec) -> CheckResult {
        let subject = match &spec.check {
            CheckKind::Http { url, .. } => url.clone(),
            CheckKind::Dns { name, .. } => name.clone(),
            CheckKind::Tcp { address } => address.clone(),
            CheckKind::Command { run } => run.join(" "),
        };
        let takes = self.with(|state| state.check_takes);
        let trouble = self.meet(Asked::read(Service::Probe, "probe", &subject), takes).await;
        let result = |status, detail| CheckResult { status, latency: Some(takes), detail };
        if let Some(trouble) = trouble.filter(|trouble| *trouble != Trouble::Stale) {
            let status = if trouble == Trouble::Broken { CheckStatus::Red } else { CheckStatus::Unknown };
            return result(status, format!("{subject}: {}", trouble.cause()));
        }
        let (green, detail) = self.with(|state| state.look(&spec.check));
        result(if green { CheckStatus::Green } else { CheckStatus::Red }, detail)
    }
}

impl State {
    fn look(&mut self, check: &CheckKind) -> (bool, String) {
        match check {
            CheckKind::Http { url, headers, .. } => {
                let addresses = self.addresses_of(host_of(url));
                (self.serve(&addresses), format!("{url} at {} {headers:?}", addresses.join(", ")))
            }
            CheckKind::Dns { name, record_type, expect, .. } => {
                let mut found = self.resolve(name, record_type);
                found.sort_unstable();
                let mut wanted = expect.clone();
                wanted.sort_unstable();
                let green = if wanted.is_empty() { !found.is_empty() } else { found == wanted };
                (green, format!("{name} is {}", found.join(", ")))
            }
            CheckKind::Tcp { address } => {
                // By the whole of it, or by its host.
                let host = address.rsplit_once(':').map_or(address.as_str(), |(host, _)| host);
                let addresses = self.addresses_of(host);
                (self.healthy.contains(address) || self.serve(&addresses), address.clone())
            }
            CheckKind::Command { run } => {
                let line = run.join(" ");
                let outcome = self.outcomes.get_mut(&line).and_then(VecDeque::pop_front);
                let green = matches!(outcome, None | Some(CommandOutcome::Exited(0)));
                match self.printed.get(&line) {
                    Some(number) => (green, format!("{line}: exit code 0{LAST_OUTPUT}{number}")),
                    None => (green, line),
                }
            }
        }
    }

    fn serve(&self, addresses: &[String]) -> bool {
        !addresses.is_empty() && addresses.iter().all(|address| self.healthy.contains(address))
    }

    /// Where a host's name leads, in the zones or out of them; what is no name of either leads to itself.
    pub(crate) fn addresses_of(&self, host: &str) -> Vec<String> {
        let known = self.zones.iter().any(|zone| is_in(host, &zone.name)) || self.elsewhere.contains_key(host);
        if !known {
            return vec![host.to_owned()];
        }
        let found = self.resolve(host, "A");
        if found.is_empty() { self.resolve(host, "AAAA") } else { found }
    }
}

/// `app.shop.test` of `http://app.shop.test:8080/health`, and `::1` of `http://[::1]/`.
pub(crate) fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn the_host_of_a_url() {
        assert_eq!(host_of("http://app.shop.test/health"), "app.shop.test");
        assert_eq!(host_of("https://u:p@192.0.2.1:8443/?a=b:c"), "192.0.2.1");
        assert_eq!(host_of("http://[2001:db8::1]:80/x"), "2001:db8::1");
    }
}
