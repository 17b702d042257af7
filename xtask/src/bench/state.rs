//! `bench drift --only state`: what it takes to load a large state.
//!
//! The loader is measured in a small program of its own, the example `load` of `pilotlight-tfstate`, built with
//! `--release`: this one may be a debug build, and the peak of memory is that of a whole process. Times are
//! compared with serde_json's skim of the same bytes in the same process, in turns; memory with the state's size.

use super::figures::{Figures, Limit};
use super::state_text::{state_text, state_with};
use crate::workspace::{Done, Workspace, cargo};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The state of issue 3's limits, in bytes.
const LARGE: usize = 100_000_000;
/// A load may take so many times what the skim takes: issue 3.
const TIME: Limit = Limit::AtMost(3.0);
/// And have so many times the state's size in memory, the text included: issue 3.
const MEMORY: Limit = Limit::AtMost(2.5);

/// Numbers of resources that a load has to grow in line with: issue 3.
const RESOURCES: [usize; 3] = [1_000, 10_000, 100_000];
/// How much more of a skim a load takes for the largest of them than for the smallest. The skim is in line with the size,
/// and is measured in the same process as the load, so what else the machine does cancels out: growth that is not in
/// line would give tens.
const GROWTH_OF_TIME: Limit = Limit::AtMost(2.0);
/// The smallest one has the loader's own code and first allocations in it, so it has no less for each.
const GROWTH_OF_MEMORY: Limit = Limit::AtMost(1.25);

pub(crate) fn measure(workspace: &Workspace, figures: &mut Figures) -> Done<()> {
    let program = build(workspace)?;
    let folder = workspace.target.join("bench");
    std::fs::create_dir_all(&folder)?;

    let large = load(&program, &folder, &state_text(LARGE))?;
    let name = "state of 100 MB";
    figures.add(format!("{name}: skim by serde_json"), large.skim * 1e3, " ms", Limit::None);
    figures.add(format!("{name}: load"), large.load * 1e3, " ms", Limit::None);
    figures.add(format!("{name}: load / skim"), large.load / large.skim, " x", TIME);
    figures.add(format!("{name}: peak memory / size"), large.peak / large.bytes, " x", MEMORY);
    let read = large.peak_after_reading / large.bytes;
    figures.add(format!("{name}: with each resource read once"), read, " x", MEMORY);

    let mut each = Vec::new();
    for resources in RESOURCES {
        let measured = load(&program, &folder, &state_with(resources))?;
        figures.add(format!("{resources} resources: load"), measured.load * 1e3, " ms", Limit::None);
        figures.add(format!("{resources} resources: load / skim"), measured.load / measured.skim, " x", Limit::None);
        figures.add(format!("{resources} resources: peak memory"), measured.peak / 1e6, " MB", Limit::None);
        each.push((measured.load / measured.skim, measured.peak / measured.instances));
    }
    if let (Some(first), Some(last)) = (each.first(), each.last()) {
        figures.add("load / skim, 100000 / 1000 resources", last.0 / first.0, " x", GROWTH_OF_TIME);
        figures.add("memory for each, 100000 / 1000 resources", last.1 / first.1, " x", GROWTH_OF_MEMORY);
    }
    Ok(())
}

/// What one state took, in seconds and bytes.
struct Load {
    bytes: f64,
    instances: f64,
    skim: f64,
    load: f64,
    peak: f64,
    peak_after_reading: f64,
}

fn load(program: &Path, folder: &Path, text: &str) -> Done<Load> {
    let file = folder.join("state.tfstate");
    std::fs::write(&file, text)?;
    let (time, memory) = (ask(program, "time", &file), ask(program, "memory", &file));
    // It goes whatever came out: it is large.
    std::fs::remove_file(&file)?;
    let (time, memory) = (time?, memory?);
    let number = |figures: &Value, name: &str| -> Done<f64> {
        Ok(figures[name].as_f64().ok_or_else(|| format!("find {name} in what the measuring program printed"))?)
    };
    Ok(Load {
        bytes: number(&time, "bytes")?,
        instances: number(&time, "instances")?,
        skim: number(&time, "skim_seconds")?,
        load: number(&time, "load_seconds")?,
        peak: number(&memory, "peak_bytes")?,
        peak_after_reading: number(&memory, "peak_after_reading_bytes")?,
    })
}

fn ask(program: &Path, what: &str, file: &Path) -> Done<Value> {
    let output = Command::new(program).arg(what).arg(file).output()?;
    if !output.status.success() {
        return Err(format!("measure the {what} of a load: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Builds the measuring program, showing cargo's progress.
fn build(workspace: &Workspace) -> Done<PathBuf> {
    let status = Command::new(cargo())
        .args(["build", "--release", "--package", "pilotlight-tfstate", "--example", "load"])
        .current_dir(&workspace.root)
        .status()?;
    if !status.success() {
        return Err("build the measuring program: cargo says why above".into());
    }
    Ok(workspace.target.join("release/examples/load"))
}
