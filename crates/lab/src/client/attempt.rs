//! Orders once.

use crate::client::names::Names;
use crate::client::record::Record;
use jiff::{Timestamp, Unit};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A customer waits no longer. The app gives up by itself after four seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// An attempt, and when it was on the way by a clock that never jumps.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Attempt {
    pub(super) record: Record,
    pub(super) sent: Instant,
    pub(super) answered: Instant,
}

/// A client that opens a connection for each order: one that was kept could outlive an address.
pub(super) fn http() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(PATIENCE).build()
}

/// Sends the order to the name's next address.
pub(super) async fn order(http: &reqwest::Client, names: &Names, name: &str, port: u16, id: &str, n: u32) -> Attempt {
    let sent = Instant::now();
    let mut record = Record {
        time: millisecond(Timestamp::now()),
        order: id.to_owned(),
        attempt: n,
        address: None,
        region: None,
        status: None,
        error: None,
        latency_ms: 0.0,
    };
    // Many may wait for one question, so each has a limit of its own.
    let resolved = tokio::time::timeout(PATIENCE, names.next()).await;
    match resolved.unwrap_or_else(|_| Err(format!("{name} is not resolved within {PATIENCE:?}"))) {
        Ok(address) => {
            record.address = Some(address.to_string());
            let request = http
                .post(format!("http://{address}:{port}/orders"))
                .header("Host", format!("{name}:{port}"))
                .header("Content-Type", "application/json")
                .body(json!({"id": id}).to_string());
            match answer(request).await {
                Ok((status, said)) => {
                    record.status = Some(status);
                    record.region = said["region"].as_str().map(str::to_owned);
                    if !record.acknowledged() {
                        record.error = Some(said["error"].as_str().unwrap_or("no reason was given").to_owned());
                    }
                }
                Err(error) => record.error = Some(causes(&error)),
            }
        }
        Err(error) => record.error = Some(error),
    }
    let answered = Instant::now();
    record.latency_ms = (answered - sent).as_micros() as f64 / 1000.0;
    Attempt { record, sent, answered }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<(u16, Value), reqwest::Error> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let body = response.bytes().await?;
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}

fn causes(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {PATIENCE:?}");
    }
    // The innermost says what happened: "Connection refused".
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// UTC, always with three digits of a second.
fn millisecond(time: Timestamp) -> String {
    let rounded = time.round(Unit::Millisecond).unwrap_or(time);
    format!("{rounded:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_its_milliseconds() {
        let time: Timestamp = "2026-03-01T10:00:00.0004Z".parse().expect("a time");
        assert_eq!(millisecond(time), "2026-03-01T10:00:00.000Z");
    }
}
