//! `cargo xtask lab client`: orders until told to stop, and what came of it.

use crate::workspace::Done;
use clap::Args;
use jiff::SignedDuration;
use pilotlight_lab::Lab;
use pilotlight_lab::client::{Client, Customer};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Args)]
pub(crate) struct Options {
    /// How long: 60s, 5m. Without it, until Ctrl-C.
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    duration: Option<Duration>,
    /// New orders a second.
    #[arg(long, default_value_t = 10)]
    rate: u32,
    /// Where every answer is written, one JSON line each; by default client.jsonl in the lab's folder.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// The summary as JSON.
    #[arg(long)]
    json: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time such as 60s or 5m");
    let duration: SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(duration).ok().filter(|duration| !duration.is_zero()).ok_or_else(wrong)
}

pub(super) async fn run(lab: &Lab, options: Options) -> Done<ExitCode> {
    let log = options.log.unwrap_or_else(|| lab.folder().join("client.jsonl"));
    anstream::eprintln!("every answer is written to {}", log.display());
    let client = Client { rate: options.rate, duration: options.duration, log: Some(log), ..Client::of(lab) };
    let running = client.start()?;
    while !running.is_finished() {
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                running.stop();
                break;
            }
            () = tokio::time::sleep(Duration::from_millis(100)) => {}
        }
    }
    let customer = running.end().await?;
    match options.json {
        true => anstream::println!("{}", serde_json::to_string_pretty(&customer)?),
        false => anstream::print!("{}", text(&customer)),
    }
    Ok(ExitCode::SUCCESS)
}

fn text(customer: &Customer) -> String {
    let (seen, verdict) = (&customer.summary, &customer.verdict);
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<22} {value}");
    };
    line("orders", format!("{} in {} attempts", seen.orders, seen.attempts));
    line("acknowledged", format!("{}, {} of them after a retry", seen.acknowledged, seen.retried));
    line("failed after retry", few(&seen.failed_after_retry));
    for (region, count) in &seen.regions {
        line(&format!("answered by {region}"), count.to_string());
    }
    line("downtime", format!("{:.1} s", seen.downtime_seconds));
    for outage in &seen.outages {
        let to = outage.to.as_deref().unwrap_or("the end");
        line("  outage", format!("{:.1} s, {} to {to}: {}", outage.seconds, outage.from, outage.error));
    }
    line("longest gap", format!("{:.1} s between two acknowledged orders", seen.longest_gap_seconds));
    line("takes writes", if verdict.writers.is_empty() { "none".into() } else { verdict.writers.join(", ") });
    match (&verdict.kept, &verdict.unknown) {
        (Some(kept), _) => {
            line("lost", few(&kept.lost));
            line("without a payment", few(&kept.unpaid));
            line("kept, not told", kept.unacknowledged.to_string());
        }
        (None, why) => line("lost", format!("unknown: {}", why.as_deref().unwrap_or("the databases said nothing"))),
    }
    text
}

/// How many, and the first of them.
fn few(ids: &[String]) -> String {
    const SHOWN: usize = 5;
    match ids.len() {
        0 => "0".into(),
        count if count <= SHOWN => format!("{count}: {}", ids.join(", ")),
        count => format!("{count}: {}, …", ids[..SHOWN].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_or_refused() {
        assert_eq!(duration("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(duration("1m30s"), Ok(Duration::from_secs(90)));
        for text in ["", "60", "-5s", "0s", "soon"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
