//! The emulated cloud of a benchmark: the lab's emulator with nothing else, a wire before it, Terraform and pilotlight.

use super::groups::Group;
use super::plugins::Plugins;
use super::wire::{Traffic, Wire};
use crate::lab::Steps;
use crate::workspace::{Done, Workspace};
use pilotlight_lab::{Bare, Progress};
use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// How often it is looked whether a program has ended.
const POLL: Duration = Duration::from_millis(2);

/// How many of a failed program's last lines are quoted.
const QUOTED_LINES: usize = 25;

/// pilotlight takes a second or less where Terraform takes a minute, so one run of it is easily disturbed: the
/// middle one of so many counts.
const RUNS: usize = 3;

/// The cloud, and a folder for one Terraform root.
pub(super) struct Cloud {
    // Before the runtime, which its process belongs to.
    bare: Bare,
    _runtime: Runtime,
    wire: Wire,
    pilotlight: PathBuf,
    root: PathBuf,
}

/// What one program took.
pub(super) struct Run {
    pub(super) took: Duration,
    pub(super) traffic: Traffic,
    /// Provider processes that it started, all in all.
    pub(super) plugins: usize,
    pub(super) output: String,
}

impl Run {
    pub(super) fn seconds(&self) -> f64 {
        self.took.as_secs_f64()
    }

    pub(super) fn calls(&self) -> f64 {
        self.traffic.count() as f64
    }
}

impl Cloud {
    /// Starts the emulator in `target/bench/NAME`, with this file of a root.
    pub(super) fn start(workspace: &Workspace, pilotlight: &Path, name: &str, main: &str) -> Done<Self> {
        let cloud = Self::empty(workspace, pilotlight, name)?;
        std::fs::create_dir_all(&cloud.root)?;
        std::fs::write(cloud.root.join("main.tf"), main)?;
        Ok(cloud)
    }

    /// Starts the emulator in `target/bench/NAME`, where nothing is yet.
    pub(super) fn empty(workspace: &Workspace, pilotlight: &Path, name: &str) -> Done<Self> {
        let runtime = Runtime::new()?;
        let folder = workspace.target.join("bench").join(name);
        let outer = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let steps = Steps::new();
        let show = |progress: Progress<'_>| steps.show(progress);
        let bare = runtime.block_on(Bare::start(&folder, &workspace.lab_cache(), &outer, &show))?;
        let wire = Wire::new(bare.endpoint());
        let root = folder.join("root");
        Ok(Self { bare, _runtime: runtime, wire, pilotlight: pilotlight.to_owned(), root })
    }

    /// The folder of the root.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of everything here.
    pub(super) fn folder(&self) -> &Path {
        self.bare.folder()
    }

    /// Runs Terraform in a folder, past the wire.
    pub(super) fn terraform(&self, folder: &Path, arguments: &[&str]) -> Done<Run> {
        let mut command = self.bare.command("terraform");
        command.args(arguments).current_dir(folder);
        self.run(command, Duration::ZERO, &[0])
    }

    /// Runs Terraform in several folders at once, where nothing is measured.
    pub(super) fn terraform_at_once(&self, folders: &[PathBuf], arguments: &[&str]) -> Done<()> {
        let mut groups = Vec::new();
        for folder in folders {
            let log = folder.join("terraform.log");
            let mut command = self.bare.command("terraform");
            let said = File::create(&log)?;
            command.args(arguments).current_dir(folder).stdin(Stdio::null()).stderr(said.try_clone()?).stdout(said);
            groups.push((log, Group::start(command)?));
        }
        for (log, mut group) in groups {
            let status = group.child.wait()?;
            if !status.success() {
                let said = last_lines(&std::fs::read_to_string(&log)?);
                return Err(format!("run terraform {}: it ended with {status}\n{said}", arguments.join(" ")).into());
            }
        }
        Ok(())
    }

    /// Runs pilotlight, past the wire, and expects that all is well.
    pub(super) fn pilotlight(&self, arguments: &[&str]) -> Done<Run> {
        let mut command = self.bare.command(&self.pilotlight);
        command.args(arguments);
        self.run(command, Duration::ZERO, &[0])
    }

    /// Runs another program of the lab, past the wire, and gives what it printed.
    pub(super) fn ask(&self, program: &str, arguments: &[&str]) -> Done<String> {
        let mut command = self.bare.command(program);
        command.args(arguments);
        if program == "terraform" {
            command.current_dir(&self.root);
        }
        self.run(command, Duration::ZERO, &[0]).map(|run| run.output)
    }

    /// `terraform init` and `apply`, past the wire. What takes long are the provider's waits, which are sleeps, so
    /// everything is made at the same time.
    pub(super) fn apply(&self) -> Done<Duration> {
        let began = Instant::now();
        self.ask("terraform", &["init", "-input=false", "-no-color"])?;
        self.ask("terraform", &["apply", "-input=false", "-auto-approve", "-no-color", "-parallelism=300"])?;
        Ok(began.elapsed())
    }

    /// What Terraform needs to read every resource again, with its own settings.
    pub(super) fn refresh(&self, latency: Duration) -> Done<Run> {
        let mut command = self.bare.command("terraform");
        command.env("AWS_ENDPOINT_URL", self.wire.endpoint()).current_dir(&self.root);
        command.args(["plan", "-refresh-only", "-input=false", "-no-color", "-lock=false"]);
        self.run(command, latency, &[0])
    }

    /// What pilotlight needs to compare them: the middle one of several runs.
    pub(super) fn drift(&self, latency: Duration, more: &[&str]) -> Done<Run> {
        let mut runs = Vec::new();
        for _ in 0..RUNS {
            let mut command = self.bare.command(&self.pilotlight);
            command.env("AWS_ENDPOINT_URL", self.wire.endpoint()).current_dir(&self.root);
            command.args(["drift", "--state", "terraform.tfstate", "--format", "json"]).args(more);
            // What it says of the estate is looked at by who asked, so findings and unread types are no failure here.
            runs.push(self.run(command, latency, &[0, 2, 3])?);
        }
        runs.sort_by_key(|run| run.took);
        Ok(runs.swap_remove(RUNS / 2))
    }

    fn run(&self, mut command: Command, latency: Duration, ends: &[i32]) -> Done<Run> {
        let (out, err) = (self.bare.folder().join("out.log"), self.bare.folder().join("err.log"));
        command.stdin(Stdio::null()).stdout(File::create(&out)?).stderr(File::create(&err)?);
        let shown = shown(&command);
        let ((took, plugins, code), traffic) = self.wire.during(latency, || {
            let began = Instant::now();
            let mut group = Group::start(command)?;
            let mut plugins = Plugins::of(group.child.id());
            loop {
                if let Some(status) = group.child.try_wait()? {
                    return Ok((began.elapsed(), plugins.count(), status.code()));
                }
                plugins.look();
                std::thread::sleep(POLL);
            }
        })?;
        let output = String::from_utf8_lossy(&std::fs::read(&out)?).into_owned();
        if !code.is_some_and(|code| ends.contains(&code)) {
            let said = output + &String::from_utf8_lossy(&std::fs::read(&err)?);
            return Err(format!("run `{shown}`: it ended with {code:?}\n{}", last_lines(&said)).into());
        }
        Ok(Run { took, traffic, plugins, output })
    }
}

/// How many resources of a report are as the state has them, and how many are not.
pub(super) fn compared(run: &Run) -> Done<(u64, u64)> {
    let report: Value = serde_json::from_str(&run.output)?;
    let counts = report["summary"].as_array().ok_or("find the summary in pilotlight's report")?;
    let count = |name: &str| {
        let counts = counts.iter().filter(|count| count["name"] == name);
        counts.filter_map(|count| count["count"].as_u64()).sum::<u64>()
    };
    let other = ["changed", "missing", "unread", "unmanaged"].iter().map(|name| count(name)).sum();
    Ok((count("in sync"), other))
}

/// What a failed program said at last.
fn last_lines(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(QUOTED_LINES)..].join("\n")
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
