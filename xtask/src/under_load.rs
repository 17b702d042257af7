//! A run of the released program while customers order, and what both say of it. The customers' word is the lab's own
//! client's, which shares no code with Pilotlight; the report's is read from its JSON.

use crate::workspace::Done;
use jiff::Timestamp;
use pilotlight_lab::Lab;
use pilotlight_lab::client::{Client, Customer};
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;
use tokio::runtime::Runtime;

/// The TTL of the record that customers use, as infra/shop/app/dns.tf has it.
pub(crate) const TTL: Duration = Duration::from_secs(30);

/// Customers may be away for no longer than resolvers keep the old answer, and this.
pub(crate) const BESIDE_THE_TTL: Duration = Duration::from_secs(5);

/// How far the report's recovery time may be from the customers' downtime.
pub(crate) const AGREEMENT: Duration = Duration::from_secs(1);

/// Customers order for so long before something happens: their resolver has the old answer then.
const BEFORE: Duration = Duration::from_secs(4);

/// After a run they go on until the last resolver has the new answer, and for so long.
const AFTER: Duration = Duration::from_secs(8);

/// New orders a second.
const RATE: u32 = 10;

/// What customers saw, and what the report says.
pub(crate) struct Told {
    /// The customers' word.
    pub(crate) customer: Customer,
    /// The report as `pilotlight run report --format json` prints it.
    pub(crate) report: Value,
}

/// Lets customers order, does `meanwhile` to the lab, carries `arguments` out, and waits until customers know.
///
/// # Errors
/// The program ended with something else than success.
pub(crate) fn run(
    lab: &Lab,
    runtime: &Runtime,
    pilotlight: &std::path::Path,
    arguments: &str,
    meanwhile: impl FnOnce() -> Done<()>,
) -> Done<Told> {
    let log = lab.folder().join(log_name(lab)?);
    let client = runtime.block_on(async { Client { rate: RATE, log: Some(log), ..Client::of(lab) }.start() })?;
    std::thread::sleep(BEFORE);
    meanwhile()?;
    let mut command = lab.command(pilotlight);
    command.args(arguments.split_whitespace()).args(["--yes", "--format", "json"]).stdin(Stdio::null());
    let output = command.stderr(Stdio::inherit()).output()?;
    std::thread::sleep(TTL + AFTER);
    client.stop();
    let customer = runtime.block_on(client.end())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stdout);
        return Err(format!("see `pilotlight {arguments}` succeed: it ended with {}\n{said}", output.status).into());
    }
    Ok(Told { customer, report: serde_json::from_slice(&output.stdout)? })
}

/// One file a run: the customers of each may have to be asked again.
fn log_name(lab: &Lab) -> Done<String> {
    let is_log = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("client-");
    let logs = std::fs::read_dir(lab.folder())?.filter_map(Result::ok).filter(is_log).count();
    Ok(format!("client-{}.jsonl", logs + 1))
}

impl Told {
    /// Seconds without service, as customers saw it.
    pub(crate) fn downtime(&self) -> f64 {
        self.customer.summary.downtime_seconds
    }

    /// Seconds of recovery, as the report has it.
    pub(crate) fn recovery(&self) -> Done<f64> {
        let measured = self.report["recovery_time"]["measured_ms"].as_f64();
        measured.map(|ms| ms / 1000.0).ok_or_else(|| "read the recovery time: the report has none".into())
    }

    /// How far the two are from each other, in seconds.
    pub(crate) fn disagreement(&self) -> Done<f64> {
        Ok((self.recovery()? - self.downtime()).abs())
    }

    /// Orders that were acknowledged and are on no database that takes writes.
    pub(crate) fn lost(&self) -> Done<usize> {
        let verdict = &self.customer.verdict;
        match (&verdict.kept, &verdict.unknown) {
            (Some(kept), _) => Ok(kept.lost.len()),
            (None, why) => {
                Err(format!("count lost orders: {}", why.as_deref().unwrap_or("nobody says why not")).into())
            }
        }
    }

    /// Orders that failed, and were not taken when they were sent again.
    pub(crate) fn failed(&self) -> usize {
        self.customer.summary.failed_after_retry.len()
    }

    /// Orders that the report of a failback says were lost with the server that was resynchronised.
    pub(crate) fn lost_by_report(&self) -> Done<usize> {
        let kept = &self.report["databases"][0]["kept"]["tables"];
        let orders = kept.as_array().into_iter().flatten().find(|table| table["table"] == "orders");
        let lost = orders.and_then(|table| table["only_old"].as_u64().or((table["verdict"] == "equal").then_some(0)));
        let lost = lost.ok_or("read the lost orders: the report's comparison has none")?;
        Ok(usize::try_from(lost)?)
    }

    /// From which moment to which the report measured, and how it knows them.
    pub(crate) fn moments(&self) -> Option<String> {
        let moment = |field: &str| {
            let moment = &self.report["recovery_time"][field];
            let at: Timestamp = moment["at"].as_str()?.parse().ok()?;
            Some(format!("{} at {at:.3}", moment["what"].as_str()?))
        };
        Some(format!("from {} to {}", moment("since")?, moment("until")?))
    }
}
