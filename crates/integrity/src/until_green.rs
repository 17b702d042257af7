use crate::{CheckResult, CheckSpec, Prober};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Probes until an attempt is green, or until `within` is over: then the last attempt's result is the
/// answer. There is always at least one attempt, and none is begun after the end. `interval` is from the
/// beginning of one attempt to the next. `seen` is told of each attempt, the last one included.
pub async fn until_green(
    prober: &dyn Prober,
    spec: &CheckSpec,
    within: Duration,
    interval: Duration,
    mut seen: impl FnMut(&CheckResult),
) -> CheckResult {
    let end = Instant::now() + within;
    loop {
        let next = Instant::now() + interval;
        let result = prober.probe(spec).await;
        seen(&result);
        if result.is_green() || next.max(Instant::now()) >= end {
            return result;
        }
        sleep_until(next).await;
    }
}
