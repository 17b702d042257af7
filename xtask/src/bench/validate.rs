//! `bench rebuild --only validate`: how long the verdict over the sample estate takes, in the lab.

use super::figures::{Figures, Limit};
use super::groups::Group;
use crate::lab::{Steps, options};
use crate::workspace::{Done, Workspace};
use pilotlight_lab::{Host, Lab};
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;
use tokio::runtime::Runtime;

/// Of the sample estate, with plugins that ran before: issue 4.
const TIME: Limit = Limit::AtMost(15.0);

/// Runs that count, after one that warms up: the middle one is judged.
const RUNS: usize = 3;

pub(super) fn measure(workspace: &Workspace, pilotlight: &Path, figures: &mut Figures) -> Done<()> {
    let runtime = Runtime::new()?;
    let steps = Steps::new();
    let lab = runtime.block_on(async {
        let options = options(workspace, "bench", Host::ThisProcess);
        let lab = Lab::start(&options, &|progress| steps.show(progress)).await?;
        lab.apply_primary(&|progress| steps.show(progress)).await?;
        lab.rebuild_standby(pilotlight, &|progress| steps.show(progress)).await?;
        Done::Ok(lab)
    })?;
    drop(steps);
    let first = validate(&lab, pilotlight)?;
    let mut times = (0..RUNS).map(|_| validate(&lab, pilotlight)).collect::<Done<Vec<f64>>>()?;
    times.sort_by(f64::total_cmp);
    figures.add("sample estate: the first validate, not judged", first, " s", Limit::None);
    figures.add("sample estate: validate", times[RUNS / 2], " s", TIME);
    runtime.block_on(lab.stop())?;
    Ok(())
}

fn validate(lab: &Lab, pilotlight: &Path) -> Done<f64> {
    let mut command = lab.command(pilotlight);
    let out = lab.folder().join("validate.log");
    let log = File::create(&out)?;
    command.args(["validate", "plans/shop.hcl"]).stdin(Stdio::null()).stderr(log.try_clone()?).stdout(log);
    let began = Instant::now();
    let status = Group::start(command)?.child.wait()?;
    let took = began.elapsed().as_secs_f64();
    if !status.success() {
        let said = std::fs::read_to_string(&out)?;
        return Err(format!("see the sample estate ready: validate ended with {status}\n{said}").into());
    }
    Ok(took)
}
