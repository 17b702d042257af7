//! `bench drift --only scale`: what it takes to load a state and decide over it, from 1,000 to 100,000 resources.
//!
//! The live side is in memory, so what is measured is ours alone: the example `compare` of `pilotlight-drift`, built
//! with `--release`, a process for each figure. Times are compared with serde_json's skim of the same state in the
//! same process, which is in line with its size, so that what else the machine does cancels out.

use super::figures::{Figures, Limit};
use super::groups::Group;
use super::state_text::state_with;
use crate::workspace::{Done, Workspace, cargo};
use serde_json::Value;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

/// Numbers of resources that time and memory have to grow in line with: issue 3.
const RESOURCES: [usize; 3] = [1_000, 10_000, 100_000];
/// How much more a resource may take among 100,000 than among 1,000: what fits no cache costs more, and growth that is
/// not in line would give tens.
const GROWTH_OF_TIME: Limit = Limit::AtMost(2.5);
const GROWTH_OF_MEMORY: Limit = Limit::AtMost(1.25);

pub(super) fn measure(workspace: &Workspace, figures: &mut Figures) -> Done<()> {
    let build = ["build", "--release", "--package", "pilotlight-drift", "--example", "compare"];
    if !Command::new(cargo()).args(build).current_dir(&workspace.root).status()?.success() {
        return Err("build the measuring program: cargo says why above".into());
    }
    let program = workspace.target.join("release/examples/compare");
    let folder = workspace.target.join("bench/scale");
    std::fs::create_dir_all(&folder)?;
    let mut each = Vec::new();
    for resources in RESOURCES {
        let file = folder.join("state.tfstate");
        std::fs::write(&file, state_with(resources))?;
        let (time, memory) = (ask(&program, "time", &file), ask(&program, "memory", &file));
        // It goes whatever came out: it is large.
        std::fs::remove_file(&file)?;
        let (time, memory) = (time?, memory?);
        let (load, decide) = (number(&time, "load_seconds")?, number(&time, "decide_seconds")?);
        let (skim, peak) = (number(&time, "skim_seconds")?, number(&memory, "peak_bytes")?);
        let name = format!("{resources} resources");
        figures.add(format!("{name}: load and decide"), (load + decide) * 1e3, " ms", Limit::None);
        figures.add(format!("{name}: of it, decide"), decide * 1e3, " ms", Limit::None);
        figures.add(format!("{name}: peak memory, live side included"), peak / 1e6, " MB", Limit::None);
        let same = number(&time, "in_sync")?;
        figures.add(format!("{name}: found as they were"), same, "", Limit::AtLeast(resources as f64));
        each.push(((load + decide) / skim, peak / resources as f64));
    }
    if let (Some(first), Some(last)) = (each.first(), each.last()) {
        figures.add("load and decide / skim, 100000 / 1000 resources", last.0 / first.0, " x", GROWTH_OF_TIME);
        figures.add("decide: memory for each, 100000 / 1000 resources", last.1 / first.1, " x", GROWTH_OF_MEMORY);
    }
    Ok(())
}

fn ask(program: &Path, what: &str, file: &Path) -> Done<Value> {
    let out = file.with_extension("json");
    let mut command = Command::new(program);
    command.arg(what).arg(file).stdin(Stdio::null()).stdout(File::create(&out)?);
    if !Group::start(command)?.child.wait()?.success() {
        return Err(format!("measure the {what} of a comparison: the program says why above").into());
    }
    Ok(serde_json::from_slice(&std::fs::read(&out)?)?)
}

fn number(figures: &Value, name: &str) -> Done<f64> {
    Ok(figures[name].as_f64().ok_or_else(|| format!("find {name} in what the measuring program printed"))?)
}
