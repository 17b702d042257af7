//! `bench failover --only engine`: the engine in a world in memory, so that what is measured is ours alone. The example
//! `engine` of `pilotlight-failover`, built with `--release`, a process for each figure.

use crate::bench::figures::{Figures, Limit};
use crate::bench::groups::Group;
use crate::workspace::{Done, Workspace, cargo};
use serde_json::Value;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

/// Random mixes of faults, over all plans and directions: issue 5.
const SEEDS: u32 = 10_000;
/// Races of two operators for each plan and direction.
const RACES: u32 = 1_000;
/// Within so many seconds.
const SEEDS_WITHIN: Limit = Limit::AtMost(300.0);
/// Seconds for 100 records and 50 steps, waits not counted.
const LARGE_PLAN: Limit = Limit::AtMost(1.0);
/// Milliseconds a step, beside its effect, with a journal in files.
const EACH_STEP: Limit = Limit::AtMost(10.0);

pub(in crate::bench) fn measure(workspace: &Workspace, figures: &mut Figures) -> Done<()> {
    let build = ["build", "--release", "--package", "pilotlight-failover", "--example", "engine"];
    if !Command::new(cargo()).args(build).current_dir(&workspace.root).status()?.success() {
        return Err("build the measuring program: cargo says why above".into());
    }
    let program = workspace.target.join("release/examples/engine");
    let folder = workspace.target.join("bench/failover-engine");
    if folder.exists() {
        // A journal of an earlier measurement would be gone on with.
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;

    let cost = ask(&program, &["cost".as_ref(), folder.as_os_str()], &folder)?;
    let large = format!("{} records, {} steps", number(&cost, "records")?, number(&cost, "steps")?);
    figures.add(format!("{large}: the engine's own time"), number(&cost, "seconds")?, " s", LARGE_PLAN);
    let each = number(&cost, "seconds_each_step_in_files")? * 1e3;
    figures.add(format!("{large}: each step, journal in files"), each, " ms", EACH_STEP);

    let faults = ask(&program, &["faults".as_ref()], &folder)?;
    let what = format!("{} single faults, every place of every plan", number(&faults, "tried")?);
    figures.add(format!("{what}: a promise broken"), number(&faults, "lost")?, "", Limit::AtMost(0.0));

    let seeds = ask(&program, &["seeds".as_ref(), SEEDS.to_string().as_ref()], &folder)?;
    let what = format!("{SEEDS} seeds of random faults on {} threads", number(&seeds, "threads")?);
    figures.add(format!("{what}: time"), number(&seeds, "seconds")?, " s", SEEDS_WITHIN);
    figures.add(format!("{what}: traffic arrived"), number(&seeds, "went_through")?, "", Limit::None);
    figures.add(format!("{what}: a promise broken"), number(&seeds, "lost")?, "", Limit::AtMost(0.0));

    let races = ask(&program, &["races".as_ref(), RACES.to_string().as_ref()], &folder)?;
    let what = format!("{} races of two operators", number(&races, "tried")?);
    figures.add(format!("{what}: time"), number(&races, "seconds")?, " s", Limit::None);
    figures.add(format!("{what}: not exactly one run, or half of it"), number(&races, "lost")?, "", Limit::AtMost(0.0));
    Ok(std::fs::remove_dir_all(&folder)?)
}

fn ask(program: &Path, arguments: &[&std::ffi::OsStr], folder: &Path) -> Done<Value> {
    let out = folder.join("figures.json");
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(File::create(&out)?);
    if !Group::start(command)?.child.wait()?.success() {
        return Err("measure the engine: the program says why above".into());
    }
    Ok(serde_json::from_slice(&std::fs::read(&out)?)?)
}

fn number(figures: &Value, name: &str) -> Done<f64> {
    Ok(figures[name].as_f64().ok_or_else(|| format!("find {name} in what the measuring program printed"))?)
}
