//! Measures one comparison without a cloud, for `cargo xtask bench drift`, which builds this with `--release`.
//!
//! `compare time FILE` prints the best times of loading the state and of deciding over it, and of serde_json's skim of
//! the same bytes; `compare memory FILE` the peak of one comparison; each as one line of JSON. The live side is what
//! the state says.

use pilotlight_drift::{DriftInput, LiveObject, LiveSnapshot, PlaceLive, Routing, StackState, decide};
use pilotlight_findings::Region;
use pilotlight_tfstate::State;
use serde_json::json;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// There are so many turns at least, and more until the time is over: few resources take milliseconds, and one turn of
/// them is easily disturbed. The best of each counts.
const TURNS: usize = 3;
const AT_LEAST: Duration = Duration::from_secs(3);

type Measured = Result<serde_json::Value, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let measured = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "time", file] => time(file),
        [_, "memory", file] => memory(file),
        _ => Err("compare: use it as `compare time|memory FILE`".into()),
    };
    match measured {
        Ok(figures) => {
            println!("{figures}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: failed to {error}");
            ExitCode::FAILURE
        }
    }
}

fn time(file: &str) -> Measured {
    let bytes = std::fs::read(file)?;
    let (mut skim, mut load, mut decided) = (Duration::MAX, Duration::MAX, Duration::MAX);
    let (mut turns, mut in_sync, started) = (0, 0, Instant::now());
    while turns < TURNS || started.elapsed() < AT_LEAST {
        turns += 1;
        let began = Instant::now();
        let _: serde::de::IgnoredAny = serde_json::from_slice(&bytes)?;
        skim = skim.min(began.elapsed());

        let owned = bytes.clone();
        let began = Instant::now();
        let state = State::parse_owned(file, owned)?;
        load = load.min(began.elapsed());

        let live = [live(&state)?];
        let began = Instant::now();
        in_sync = compare(&state, &live)?;
        decided = decided.min(began.elapsed());
    }
    Ok(json!({
        "skim_seconds": skim.as_secs_f64(),
        "load_seconds": load.as_secs_f64(),
        "decide_seconds": decided.as_secs_f64(),
        "in_sync": in_sync,
    }))
}

fn memory(file: &str) -> Measured {
    let before = peak()?;
    let state = State::parse_owned(file, std::fs::read(file)?)?;
    let live = [live(&state)?];
    let in_sync = compare(&state, &live)?;
    Ok(json!({ "peak_bytes": peak()? - before, "in_sync": in_sync }))
}

fn compare(state: &State, live: &[PlaceLive]) -> Result<u64, Box<dyn std::error::Error>> {
    let stacks = [StackState::new("measured", region()?, state)];
    Ok(decide(&DriftInput::of(&stacks, &Routing::native(), live)).counts.in_sync)
}

/// The cloud as the state has it.
fn live(state: &State) -> Result<PlaceLive, Box<dyn std::error::Error>> {
    let objects = state
        .managed()
        .filter_map(|managed| Some(LiveObject::new(managed.resource_type(), managed.id()?, managed.read_attributes())));
    Ok(PlaceLive::native(region()?, LiveSnapshot { objects: objects.collect(), ..LiveSnapshot::default() }))
}

fn region() -> Result<Region, Box<dyn std::error::Error>> {
    Ok(Region::new("eu-west-1")?)
}

/// The most memory that this process has had, in bytes. Source: Linux, proc(5), `VmHWM`.
fn peak() -> Result<u64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("find VmHWM in /proc/self/status")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kibibytes * 1024)
}
