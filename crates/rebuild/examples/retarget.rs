//! Measures retargeting for `cargo xtask bench rebuild`, which builds this with `--release`.
//!
//! `retarget PRIMARY STANDBY FOLDER…` retargets each root and prints one line of JSON a root: how long hcl-edit needs
//! to parse its files of HCL, and how long it takes to retarget it from the bytes of its files, parsing included.

use pilotlight_findings::Region;
use pilotlight_plan::Inputs;
use pilotlight_rebuild::{RetargetInput, SourceTree, StateLocation, retarget, zone_map};
use serde_json::json;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Both are timed in turns, so that what else the machine does meets both; the best of each counts. There are so
/// many turns at least, and more until the time is over: a small root takes less than a millisecond.
const TURNS: usize = 7;
const AT_LEAST: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [primary, standby, folders @ ..] = &arguments[..] else {
        eprintln!("error: failed to measure: use it as `retarget PRIMARY STANDBY FOLDER…`");
        return ExitCode::FAILURE;
    };
    for folder in folders {
        match measure(primary, standby, Path::new(folder)) {
            Ok(figures) => println!("{figures}"),
            Err(error) => {
                eprintln!("error: failed to {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

type Measured = Result<serde_json::Value, Box<dyn std::error::Error>>;

fn measure(primary: &str, standby: &str, folder: &Path) -> Measured {
    let text = format!(
        "plan \"measure\" {{\n primary {{ region = \"{primary}\" }}\n standby {{ region = \"{standby}\" }}\n}}\n\
         stack \"root\" {{\n source = \"../root\"\n state = \"s3://primary/root\"\n standby {{ state = \"s3://standby/root\" }}\n}}\n"
    );
    let plan = pilotlight_plan::parse("plans/measure.hcl", &text, &Inputs::default())?;
    let zones = |region: &Region| ["a", "b", "c"].map(|letter| format!("{region}{letter}")).to_vec();
    let zones = zone_map(&zones(&plan.primary), &zones(&plan.standby));
    let machines = BTreeMap::new();
    let (images, copies) = (BTreeMap::new(), BTreeMap::new());
    let states = [StateLocation {
        stack: "root".to_owned(),
        primary: "s3://primary/root".to_owned(),
        standby: "s3://standby/root".to_owned(),
        standby_region: None,
    }];
    let input = RetargetInput {
        stack: plan.stack("root").ok_or("find the stack")?,
        primary: &plan.primary,
        standby: &plan.standby,
        zones: &zones,
        images: &images,
        machines: &machines,
        copies: &copies,
        states: &states,
        target: Path::new("standby"),
        recorded: None,
    };
    let tree = SourceTree::load(folder)?;
    let is_hcl =
        |path: &Path| path.extension().is_some_and(|end| ["tf", "tofu", "tfvars"].iter().any(|known| end == *known));
    let texts: Vec<&str> = tree
        .files
        .iter()
        .filter(|(path, _)| is_hcl(path))
        .map(|(_, bytes)| std::str::from_utf8(bytes))
        .collect::<Result<_, _>>()?;
    let (mut parse, mut retargeting, mut edits) = (Duration::MAX, Duration::MAX, 0);
    let (mut turns, started) = (0, Instant::now());
    while turns < TURNS || started.elapsed() < AT_LEAST {
        turns += 1;
        let began = Instant::now();
        for text in &texts {
            black_box(text.parse::<hcl_edit::structure::Body>()?);
        }
        parse = parse.min(began.elapsed());
        let files = tree.files.clone();
        let began = Instant::now();
        let source = SourceTree::from_files(folder, files)?;
        edits = black_box(retarget(&source, &input)?).edits.len();
        retargeting = retargeting.min(began.elapsed());
    }
    Ok(json!({
        "bytes": texts.iter().map(|text| text.len()).sum::<usize>(),
        "files": texts.len(),
        "edits": edits,
        "parse_seconds": parse.as_secs_f64(),
        "retarget_seconds": retargeting.as_secs_f64(),
    }))
}
