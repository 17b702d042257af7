//! A lab of this test's own, and the programs that work in it.

use crate::program::{Ended, Running};
use pilotlight_lab::{Host, Lab, Options, Progress, Tap};
use serde_json::Value;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use tokio::runtime::Runtime;

/// A running lab, the released program, and a clock for progress lines.
///
/// The lab lives in this process: however the test ends, nothing of it is left but its folder.
pub struct Rehearsal {
    // Before the runtime: a lab that is dropped ends by itself, without one.
    lab: Lab,
    runtime: Runtime,
    pilotlight: PathBuf,
    began: Instant,
}

impl Rehearsal {
    /// Starts the lab in `target/lab/NAME`, with nothing applied yet.
    ///
    /// # Panics
    /// The program was not built, or the lab does not start.
    pub fn start(name: &str) -> Self {
        let began = Instant::now();
        let target = target();
        let pilotlight = program(&target);
        let runtime = Runtime::new().expect("an async runtime");
        let options = Options {
            folder: target.join("lab").join(name),
            // The one that `cargo xtask` keeps, so that the Python environment is made once.
            cache: target.join("lab/cache"),
            repository: PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".."),
            environment: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            host: Host::ThisProcess,
        };
        let lab = runtime
            .block_on(Lab::start(&options, &|progress| tell(began, progress)))
            .unwrap_or_else(|error| panic!("{}", story(&error)));
        Self { lab, runtime, pilotlight, began }
    }

    /// Applies the estate in the primary region with Terraform itself.
    ///
    /// # Panics
    /// Terraform fails.
    pub fn apply_primary(&self) {
        let progress = |progress: Progress<'_>| tell(self.began, progress);
        let applied = self.runtime.block_on(self.lab.apply_primary(&progress));
        applied.unwrap_or_else(|error| panic!("{}", story(&error)));
    }

    /// Ends the lab.
    ///
    /// # Panics
    /// It does not end.
    pub fn stop(self) {
        self.runtime.block_on(self.lab.stop()).unwrap_or_else(|error| panic!("{}", story(&error)));
    }

    /// The lab, for its faults and its questions.
    pub fn lab(&self) -> &Lab {
        &self.lab
    }

    /// A file of the lab's folder.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.lab.folder().join(path)
    }

    /// Waits for what the lab does asynchronously.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// A part of the test: its title and its time are told, and a panic in it comes after its title.
    pub fn chapter<T>(&self, title: &str, work: impl FnOnce() -> T) -> T {
        say(self.began, &format!("== {title}"));
        let chapter = Instant::now();
        let done = work();
        say(self.began, &format!("   {title}: {:.1} s", chapter.elapsed().as_secs_f64()));
        done
    }

    /// A line of progress.
    pub fn say(&self, line: &str) {
        say(self.began, &format!("   {line}"));
    }

    /// The released program with these arguments, run to its end.
    ///
    /// # Panics
    /// It can't be started.
    pub fn pilotlight(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments))
    }

    /// The released program, with every call to AWS going through `tap`.
    ///
    /// # Panics
    /// It can't be started.
    pub fn pilotlight_through(&self, tap: &Tap, arguments: &[&str]) -> Ended {
        let mut command = self.command(arguments);
        command.env("AWS_ENDPOINT_URL", tap.endpoint());
        Ended::of(command)
    }

    /// The released program, left at work.
    ///
    /// # Panics
    /// It can't be started.
    pub fn spawn(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments))
    }

    /// The released program, left at work, with every call to AWS going through `tap`.
    ///
    /// # Panics
    /// It can't be started.
    pub fn spawn_through(&self, tap: &Tap, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        command.env("AWS_ENDPOINT_URL", tap.endpoint());
        Running::start(command)
    }

    /// The released program as a command, for more settings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.other(&self.pilotlight, arguments)
    }

    /// Another program in the lab's folder and environment.
    pub fn other(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
        let mut command = self.lab.command(program);
        command.args(arguments);
        command
    }

    /// What the AWS CLI answers.
    ///
    /// # Panics
    /// It fails.
    pub fn aws(&self, arguments: &[&str]) -> Value {
        let mut command = self.other("aws", arguments);
        command.args(["--output", "json"]);
        let ended = Ended::of(command).expect(0);
        if ended.stdout.trim().is_empty() { Value::Null } else { ended.json() }
    }
}

/// The folder that cargo builds into: this program is `target/<profile>/deps/lab-…`.
fn target() -> PathBuf {
    profile().parent().expect("a profile's folder is in the target folder").to_owned()
}

fn profile() -> PathBuf {
    let this = std::env::current_exe().expect("this program's path");
    this.ancestors().nth(2).expect("a test is in target/<profile>/deps").to_owned()
}

fn program(target: &Path) -> PathBuf {
    let program = profile().join("pilotlight");
    assert!(
        program.exists(),
        "there is no {} to test: build it first with `cargo build -p pilotlight-cli --target-dir {}`",
        program.display(),
        target.display()
    );
    program
}

fn tell(began: Instant, progress: Progress<'_>) {
    if let Progress::Finished(title, took) = progress {
        say(began, &format!("   {title}: {:.1} s", took.as_secs_f64()));
    }
}

/// Written to the stream itself, which the test runner does not hold back: minutes of silence tell nobody
/// whether anything happens.
fn say(began: Instant, line: &str) {
    // Nobody reads: then there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{:>6.1} {line}", began.elapsed().as_secs_f64());
}

fn story(error: &dyn std::error::Error) -> String {
    let mut text = format!("failed to {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!("\n  because: {error}"));
        cause = error.source();
    }
    text
}
