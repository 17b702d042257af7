//! `bench drift --only provider`: types that only the provider's plugin reads, by pilotlight and by Terraform.

use super::cloud::{Cloud, compared};
use super::figures::{Figures, Limit};
use crate::workspace::{Done, Workspace};
use std::path::Path;
use std::time::Duration;

/// Queues, topics, parameters and log groups.
const ROOT: &str = include_str!("roots/provider.tf");
const RESOURCES: f64 = 250.0;

/// How much faster than Terraform's refresh of the same: issue 3.
const FASTER: Limit = Limit::AtLeast(2.0);
/// Provider processes: issue 3.
const PROCESSES: Limit = Limit::AtMost(1.0);

pub(super) fn measure(workspace: &Workspace, pilotlight: &Path, figures: &mut Figures) -> Done<()> {
    let cloud = Cloud::start(workspace, pilotlight, "provider", ROOT)?;
    cloud.apply()?;
    let terraform = cloud.refresh(Duration::ZERO)?;
    let pilotlight = cloud.drift(Duration::ZERO, &["--reader", "provider"])?;
    let (same, other) = compared(&pilotlight)?;
    let name = "250 resources through the provider";
    figures.add(format!("{name}: terraform plan -refresh-only"), terraform.seconds(), " s", Limit::None);
    figures.add(format!("{name}: its calls"), terraform.calls(), "", Limit::None);
    figures.add(format!("{name}: its provider processes"), terraform.plugins as f64, "", Limit::None);
    figures.add(format!("{name}: pilotlight drift"), pilotlight.seconds(), " s", Limit::None);
    figures.add(format!("{name}: its calls"), pilotlight.calls(), "", Limit::None);
    figures.add(format!("{name}: its provider processes"), pilotlight.plugins as f64, "", PROCESSES);
    figures.add(format!("{name}: found as they were"), same as f64, "", Limit::AtLeast(RESOURCES));
    figures.add(format!("{name}: found otherwise or unread"), other as f64, "", Limit::AtMost(0.0));
    figures.add(format!("{name}: faster"), terraform.seconds() / pilotlight.seconds(), " x", FASTER);
    Ok(())
}
