//! `bench drift --only estate`: 1,000 resources, read again by Terraform and by pilotlight.

use super::cloud::{Cloud, Run, compared};
use super::figures::{Figures, Limit};
use crate::workspace::{Done, Workspace};
use std::path::Path;
use std::time::Duration;

/// 300 instances, 300 security groups, 100 subnets, 298 records, a VPC and a zone.
const ROOT: &str = include_str!("roots/estate.tf");
const RESOURCES: u64 = 1_000;

/// What a call to AWS takes at least from another continent, and what a busy API takes from next door.
const LATENCY: Duration = Duration::from_millis(50);

/// How much faster than Terraform's refresh, with the emulator's answers as they come: issue 3.
const FASTER: Limit = Limit::AtLeast(20.0);
/// With [`LATENCY`] more for each answer: issue 3.
const FASTER_FAR_AWAY: Limit = Limit::AtLeast(50.0);
/// How many times fewer calls: issue 3.
const FEWER_CALLS: Limit = Limit::AtLeast(100.0);

pub(super) fn measure(workspace: &Workspace, pilotlight: &Path, figures: &mut Figures) -> Done<()> {
    let cloud = Cloud::start(workspace, pilotlight, "estate", ROOT)?;
    let took = cloud.apply()?;
    figures.add("1,000 resources: apply, not judged", took.as_secs_f64(), " s", Limit::None);
    for (latency, name, faster) in [
        (Duration::ZERO, "1,000 resources".to_owned(), FASTER),
        (LATENCY, format!("1,000 resources, {LATENCY:?} an answer"), FASTER_FAR_AWAY),
    ] {
        let terraform = cloud.refresh(latency)?;
        let pilotlight = cloud.drift(latency, &[])?;
        let (same, other) = compared(&pilotlight)?;
        figures.add(format!("{name}: terraform plan -refresh-only"), terraform.seconds(), " s", Limit::None);
        figures.add(format!("{name}: its calls"), terraform.calls(), "", Limit::None);
        figures.add(format!("{name}: pilotlight drift"), pilotlight.seconds(), " s", Limit::None);
        figures.add(format!("{name}: of it, waiting for answers"), waited(&pilotlight), " s", Limit::None);
        figures.add(format!("{name}: its calls"), pilotlight.calls(), "", Limit::None);
        figures.add(format!("{name}: found as they were"), same as f64, "", Limit::AtLeast(RESOURCES as f64));
        figures.add(format!("{name}: found otherwise or unread"), other as f64, "", Limit::AtMost(0.0));
        figures.add(format!("{name}: faster"), terraform.seconds() / pilotlight.seconds(), " x", faster);
        figures.add(format!("{name}: fewer calls"), terraform.calls() / pilotlight.calls(), " x", FEWER_CALLS);
        for (operation, count) in &pilotlight.traffic.operations {
            anstream::eprintln!("{name}: {count} x {operation}");
        }
    }
    Ok(())
}

fn waited(run: &Run) -> f64 {
    run.traffic.waited.as_secs_f64()
}
