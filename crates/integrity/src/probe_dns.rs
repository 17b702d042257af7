use crate::dns_answer::{Rcode, host};
use crate::{CheckResult, DnsClient, LookupError};
use pilotlight_findings::with_causes;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// What is asked, and of whom.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) name: &'a str,
    pub(crate) record_type: &'a str,
    pub(crate) server: Option<&'a str>,
}

/// Asks DNS once and compares the values as a set.
pub(crate) async fn probe(dns: &DnsClient, question: Question<'_>, expect: &[String], limit: Duration) -> CheckResult {
    let Question { name, record_type, server } = question;
    let at = server.map_or_else(|| "the resolver".to_owned(), str::to_owned);
    let asked = format!("{name} {record_type} at {at}");
    let begin = Instant::now();
    let answer = async {
        match server {
            Some(server) => dns.ask(server, name, record_type).await,
            None => dns.query(name, record_type).await,
        }
    };
    let answer = match timeout(limit, answer).await {
        Ok(answer) => answer,
        // A server that the plan names is the target; the resolver is only the way to it.
        Err(_) if server.is_some() => return CheckResult::red(None, format!("{asked}: no answer within {limit:?}")),
        Err(_) => return CheckResult::unknown(format!("{asked}: no answer within {limit:?}")),
    };
    let latency = begin.elapsed();
    match answer {
        Ok(answer) => {
            let found: BTreeSet<String> = answer.values.iter().map(|value| normal(value)).collect();
            let wanted: BTreeSet<String> = expect.iter().map(|value| normal(value)).collect();
            let got = if answer.rcode == Rcode::NxDomain {
                "the name does not exist (NXDOMAIN)".to_owned()
            } else if found.is_empty() {
                format!("no {record_type} record")
            } else {
                list(&found)
            };
            if wanted.is_empty() && !found.is_empty() {
                CheckResult::green(latency, format!("{asked}: {got}"))
            } else if wanted.is_empty() {
                CheckResult::red(Some(latency), format!("{asked}: expected any answer, got {got}"))
            } else if found == wanted {
                CheckResult::green(latency, format!("{asked}: {got}, as expected"))
            } else {
                CheckResult::red(Some(latency), format!("{asked}: expected {}, got {got}", list(&wanted)))
            }
        }
        Err(error @ (LookupError::NoAnswer { .. } | LookupError::Refused { .. })) if server.is_some() => {
            CheckResult::red(None, format!("{asked}: {}", with_causes(&error)))
        }
        Err(LookupError::Server { server, source }) if source.is_answer() => {
            CheckResult::red(None, format!("{asked}: name server {server}: {}", with_causes(&*source)))
        }
        Err(error) => CheckResult::unknown(format!("{asked}: {}", with_causes(&error))),
    }
}

/// A value as it compares: names and addresses without case and trailing dot, quoted texts as they are.
fn normal(value: &str) -> String {
    if value.starts_with('"') { value.to_owned() } else { host(value.trim()) }
}

fn list(values: &BTreeSet<String>) -> String {
    values.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
