//! `cargo xtask lab …`: the rehearsal lab for a person to try things on, and to break them.

mod client;
mod fault;
mod show;

use crate::workspace::{Done, Workspace};
use clap::{Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use pilotlight_lab::{Host, Lab, Lag, Options, Progress, Services};
use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// The lab's name below `target/lab`.
pub(crate) const NAME: &str = "up";

/// The file that says that the estate was applied: an `up` may be ended half-way.
pub(crate) const WHOLE: &str = "whole";

#[derive(Subcommand)]
pub(crate) enum Task {
    /// Start the lab and apply the sample estate in both regions.
    Up {
        /// Leave the standby region empty, for `pilotlight rebuild` to fill.
        #[arg(long)]
        primary_only: bool,
    },
    /// Print the lab's variables for a shell: `eval "$(cargo xtask lab env)"`.
    Env,
    /// Show what answers and what does not: apps, databases, faults.
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Order without pause, and judge what the shop kept.
    Client(client::Options),
    /// Make calls to the AWS API slow, throttled or failed.
    #[command(subcommand)]
    Fault(fault::Task),
    /// Make a region dark, all at once: its API, its apps, its database.
    Blackout {
        /// `eu-west-1`; the API of us-east-1 is that of the global services too.
        region: String,
        /// Calls to its API are never answered, rather than refused.
        #[arg(long)]
        silent: bool,
    },
    /// End the blackout of a region. Its database is what it was: a primary is one again.
    Restore {
        /// `eu-west-1`
        region: String,
        /// Leave its database dead.
        #[arg(long)]
        without_database: bool,
    },
    /// Kill a region's database, as a machine that loses its power.
    Kill {
        /// `eu-west-1`
        region: String,
    },
    /// Start a region's database again as what it was.
    Start {
        /// `eu-west-1`
        region: String,
    },
    /// Make a region's database follow the other one; what it alone had written is gone then.
    Resync {
        /// `eu-west-1`
        region: String,
    },
    /// Make the standby lag on purpose.
    Lag {
        /// pause: it replays nothing; block: it receives nothing; clear: it follows again.
        how: How,
    },
    /// End the lab.
    Down,
    /// Run the lab's processes until told to end (`lab up` starts this).
    #[command(hide = true)]
    Serve {
        /// The lab's folder.
        #[arg(long)]
        dir: PathBuf,
        /// Where the Python environment is.
        #[arg(long)]
        cache: PathBuf,
        /// Where PostgreSQL's programs are; without it, the lab has no databases.
        #[arg(long)]
        postgres: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum How {
    Pause,
    Block,
    Clear,
}

pub(crate) fn run(task: Task) -> Done<ExitCode> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        match task {
            Task::Up { primary_only } => up(primary_only).await,
            Task::Env => env().await,
            Task::Status { json } => show::status(&find().await?, json).await,
            Task::Client(options) => client::run(&find().await?, options).await,
            Task::Fault(task) => fault::run(&find().await?, task).await,
            Task::Blackout { region, silent } => said(&find().await?.blackout(&region, silent).await?),
            Task::Restore { region, without_database } => {
                said(&find().await?.restore(&region, !without_database).await?)
            }
            Task::Kill { region } => {
                find().await?.kill_database(&region).await?;
                said(&format!("the database of {region} is dead"))
            }
            Task::Start { region } => {
                find().await?.start_database(&region).await?;
                said(&format!("the database of {region} runs"))
            }
            Task::Resync { region } => said(&find().await?.resync_database(&region).await?),
            Task::Lag { how } => {
                let (lag, told) = match how {
                    How::Pause => (Lag::Pause, "the standby replays nothing"),
                    How::Block => (Lag::Block, "the standby receives nothing"),
                    How::Clear => (Lag::Clear, "the standby follows"),
                };
                find().await?.lag(lag).await?;
                said(told)
            }
            Task::Down => down().await,
            Task::Serve { dir, cache, postgres } => {
                Services::start(&dir, &cache, postgres.as_deref()).await?.run().await?;
                Ok(ExitCode::SUCCESS)
            }
        }
    })
}

/// How a lab of this workspace is started.
pub(crate) fn options(workspace: &Workspace, name: &str, host: Host) -> Options {
    // A variable that is no UTF-8 is none that the lab looks at.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    Options {
        folder: workspace.lab(name),
        cache: workspace.lab_cache(),
        repository: workspace.root.clone(),
        environment,
        host,
    }
}

async fn up(primary_only: bool) -> Done<ExitCode> {
    let workspace = Workspace::find()?;
    let folder = workspace.lab(NAME);
    let _alone = alone(&workspace)?;
    if let Some(lab) = Lab::attach(&folder).await? {
        if lab.folder().join(WHOLE).exists() {
            anstream::eprintln!("the lab is up already (process {})", lab.handle().pid);
            return Ok(ExitCode::SUCCESS);
        }
        anstream::eprintln!("a lab that was left half-made is ended first");
        lab.stop().await?;
    }
    let pilotlight = if primary_only { None } else { Some(workspace.build_pilotlight()?) };
    let host = Host::Detached { program: std::env::current_exe()? };
    let steps = Steps::new();
    let lab = Lab::start(&options(&workspace, NAME, host), &|progress| steps.show(progress)).await?;
    if let Err(error) = fill(&lab, pilotlight, &steps).await {
        // Half a lab is no use to anybody; its logs stay. That it can't be ended, as when its process
        // died, is the lesser news.
        if let Err(lesser) = lab.stop().await {
            anstream::eprintln!("{}", crate::workspace::describe(&lesser));
        }
        return Err(error);
    }
    drop(steps);
    anstream::eprintln!("the lab is up: eval \"$(cargo xtask lab env)\"");
    Ok(ExitCode::SUCCESS)
}

/// Makes sure that no other `lab up` is at work; the lock goes with the file.
fn alone(workspace: &Workspace) -> Done<File> {
    let path = workspace.target.join("lab/up.lock");
    std::fs::create_dir_all(workspace.target.join("lab"))?;
    let file = File::create(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => Err("start a lab: another `lab up` is at work; wait for it".into()),
    }
}

async fn fill(lab: &Lab, pilotlight: Option<PathBuf>, steps: &Steps) -> Done<()> {
    lab.apply_primary(&|progress| steps.show(progress)).await?;
    if let Some(pilotlight) = pilotlight {
        lab.rebuild_standby(&pilotlight, &|progress| steps.show(progress)).await?;
    }
    std::fs::write(lab.folder().join(WHOLE), "")?;
    Ok(())
}

/// The lab of the variables that `lab env` gave, or the workspace's own.
async fn find() -> Done<Lab> {
    let folder = match std::env::var_os("PILOTLIGHT_LAB") {
        Some(folder) => PathBuf::from(folder),
        None => Workspace::find()?.lab(NAME),
    };
    match Lab::attach(&folder).await? {
        Some(lab) => Ok(lab),
        None => Err("find a lab that is up: `cargo xtask lab up` starts one".into()),
    }
}

fn said(text: &str) -> Done<ExitCode> {
    anstream::eprintln!("{text}");
    Ok(ExitCode::SUCCESS)
}

async fn env() -> Done<ExitCode> {
    let lab = find().await?;
    if !lab.folder().join(WHOLE).exists() {
        return Err("find a lab that is whole: `cargo xtask lab up` is at work, or was ended; run it again".into());
    }
    for name in Lab::unset() {
        anstream::println!("unset {name}");
    }
    for (name, value) in lab.env() {
        anstream::println!("export {name}={}", quoted(value));
    }
    Ok(ExitCode::SUCCESS)
}

async fn down() -> Done<ExitCode> {
    let folder = Workspace::find()?.lab(NAME);
    match Lab::attach(&folder).await? {
        Some(lab) => {
            lab.stop().await?;
            anstream::eprintln!("the lab is down; its logs are in {}", folder.display());
        }
        None => anstream::eprintln!("no lab is up"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Quoted for a POSIX shell.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "'\\''"))
}

/// Shows a lab's progress: a spinner on a terminal, and a line for each step that is done.
pub(crate) struct Steps {
    bar: ProgressBar,
}

impl Steps {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        bar.set_style(
            ProgressStyle::with_template("{spinner} {prefix} {elapsed} {wide_msg:.dim}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        Self { bar }
    }

    pub(crate) fn show(&self, progress: Progress<'_>) {
        match progress {
            Progress::Started(title) => {
                self.bar.reset();
                self.bar.set_prefix(title.to_owned());
                self.bar.set_message("");
                self.bar.enable_steady_tick(Duration::from_millis(100));
            }
            Progress::Line(line) => self.bar.set_message(line.trim().to_owned()),
            Progress::Finished(title, took) => {
                let line = format!("{title}: {:.1} s", took.as_secs_f64());
                // Without a terminal the bar is hidden, and with it what it prints.
                if self.bar.is_hidden() {
                    anstream::eprintln!("{line}");
                } else {
                    self.bar.println(line);
                }
            }
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_quoted_value_as_it_was() {
        for value in ["plain", "", "two words", "$HOME `id` \"x\"", "it's", "a\nb"] {
            let script = format!("printf %s {}", quoted(value));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("sh");
            assert_eq!(String::from_utf8_lossy(&output.stdout), value);
        }
    }
}
