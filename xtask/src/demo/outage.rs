//! The worst hour, under load: the primary region goes dark while customers order, the shop is moved away, the region
//! comes back, and the shop goes home. What customers saw stands beside what the report says.

use super::shell::Shell;
use super::table::Table;
use crate::under_load::{AGREEMENT, BESIDE_THE_TTL, TTL, Told, run};
use crate::workspace::Done;
use comfy_table::{ContentArrangement, Table as Drawn, presets};
use pilotlight_lab::Lab;
use tokio::runtime::Runtime;

const PRIMARY: &str = "eu-west-1";

/// The primary region goes dark, and the shop is moved away from it.
pub(super) fn away(shell: &Shell<'_>, lab: &Lab, runtime: &Runtime, plan: &str, table: &mut Table) -> Done<Told> {
    shell.heading("The primary region goes dark while customers order: API, apps and database");
    let told = table.step("failover under load, the primary region dark", || {
        go(shell, lab, runtime, &format!("failover {plan} --mode ungraceful"), || {
            shell.quiet("lab", &format!("blackout {PRIMARY}"), 0).map(drop)
        })
    })?;
    let lost = told.lost()?;
    let report = [seconds(told.recovery()?), "not known until the old server is back".to_owned()];
    show(&[("without service", seconds(told.downtime()), &report[0]), ("orders lost", lost.to_string(), &report[1])]);
    agree(shell, &told)?;
    Ok(told)
}

/// The region is back, and so is the shop; what was lost is told.
pub(super) fn home(
    shell: &Shell<'_>,
    lab: &Lab,
    runtime: &Runtime,
    plan: &str,
    away: &Told,
    table: &mut Table,
) -> Done<()> {
    shell.heading("The region is back: failback, with its database made a standby first");
    shell.quiet("lab", &format!("restore {PRIMARY}"), 0)?;
    let told = table.step("failback under load", || go(shell, lab, runtime, &format!("failback {plan}"), || Ok(())))?;
    let (missed, found) = (away.lost()?, told.lost_by_report()?);
    let recovery = seconds(told.recovery()?);
    show(&[
        ("without service", seconds(told.downtime()), &recovery),
        ("orders lost when the region went dark", missed.to_string(), &found.to_string()),
        ("orders lost on the way home", told.lost()?.to_string(), &lost_writes(&told)),
        ("orders failed after retry", told.failed().to_string(), ""),
    ]);
    agree(shell, &told)?;
    if missed != found {
        return Err(format!("see the report count the {missed} orders that customers miss: it has {found}").into());
    }
    match (told.lost()?, told.failed()) {
        (0, 0) => shell.holds("the way home lost nothing, and every order was taken in the end"),
        (lost, failed) => return Err(format!("lose nothing on the way home: {lost} lost, {failed} failed").into()),
    }
    Ok(())
}

fn go(
    shell: &Shell<'_>,
    lab: &Lab,
    runtime: &Runtime,
    arguments: &str,
    meanwhile: impl FnOnce() -> Done<()>,
) -> Done<Told> {
    run(lab, runtime, shell.program(), arguments, || {
        meanwhile()?;
        shell.show(&format!("pilotlight {arguments} --yes --format json"));
        Ok(())
    })
}

fn lost_writes(told: &Told) -> String {
    told.report["databases"][0]["lost_writes"].as_str().unwrap_or("not told").to_owned()
}

/// Both limits of an outage: how long it was, and that the report says so.
fn agree(shell: &Shell<'_>, told: &Told) -> Done<()> {
    if let Some(moments) = told.moments() {
        anstream::println!("the report measured {moments}");
    }
    let limit = (TTL + BESIDE_THE_TTL).as_secs_f64();
    if told.downtime() > limit {
        return Err(format!("be back within {limit} s: customers were away for {:.1} s", told.downtime()).into());
    }
    let apart = told.disagreement()?;
    if apart > AGREEMENT.as_secs_f64() {
        return Err(format!("have the report agree with the customers: they are {apart:.1} s apart").into());
    }
    shell.holds(&format!("back within {limit} s, and the report is {apart:.1} s from what customers saw"));
    Ok(())
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.1} s")
}

fn show(rows: &[(&str, String, &str)]) {
    let mut drawn = Drawn::new();
    drawn.load_style(presets::UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    drawn.set_header(["", "customers", "the report"]);
    for (what, customers, report) in rows {
        drawn.add_row([what, customers.as_str(), report]);
    }
    anstream::println!("{drawn}");
}
