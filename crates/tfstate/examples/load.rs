//! Measures the loading of one state, for `cargo xtask bench drift`, which builds this with `--release`: a
//! small program, so that the peak of its memory is the loader's.
//!
//! `load time FILE` prints the best times of the skim and of the load in one process, `measure memory FILE`
//! the peak of one load; each as one line of JSON.

use pilotlight_tfstate::State;
use serde::de::IgnoredAny;
use serde_json::json;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The two are timed in turns, so that what else the machine does meets both; the best of each counts. There are so
/// many turns at least, and more until the time is over: a small state takes milliseconds, and one turn of it is
/// easily disturbed.
const TURNS: usize = 7;
const AT_LEAST: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let measured = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "time", file] => time(file),
        [_, "memory", file] => memory(file),
        _ => Err("load: use it as `load time|memory FILE`".into()),
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

type Measured = Result<serde_json::Value, Box<dyn std::error::Error>>;

fn time(file: &str) -> Measured {
    let bytes = std::fs::read(file)?;
    let (mut skim, mut load, mut instances) = (Duration::MAX, Duration::MAX, 0);
    let (mut turns, started) = (0, Instant::now());
    while turns < TURNS || started.elapsed() < AT_LEAST {
        turns += 1;
        let began = Instant::now();
        let _: IgnoredAny = serde_json::from_slice(&bytes)?;
        skim = skim.min(began.elapsed());

        let owned = bytes.clone();
        let began = Instant::now();
        let state = State::parse_owned(file, owned)?;
        load = load.min(began.elapsed());
        instances = state.managed().count();
    }
    Ok(json!({
        "bytes": bytes.len(),
        "instances": instances,
        "skim_seconds": skim.as_secs_f64(),
        "load_seconds": load.as_secs_f64(),
    }))
}

fn memory(file: &str) -> Measured {
    let before = peak()?;
    let bytes = std::fs::read(file)?;
    let length = bytes.len();
    let state = State::parse_owned(file, bytes)?;
    let loaded = peak()? - before;
    // What a run over it then takes that looks at each object once and keeps none.
    let mut regions = 0;
    for managed in state.managed() {
        regions += usize::from(managed.region().is_some());
        std::hint::black_box(managed.read_attributes());
    }
    Ok(json!({
        "bytes": length,
        "instances": state.managed().count(),
        "with_region": regions,
        "peak_bytes": loaded,
        "peak_after_reading_bytes": peak()? - before,
    }))
}

/// The most memory that this process has had, in bytes. Source: Linux, proc(5), `VmHWM`.
fn peak() -> Result<u64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("find VmHWM in /proc/self/status")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kibibytes * 1024)
}
