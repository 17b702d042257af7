use std::collections::VecDeque;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Lines of output that are kept: the end of a log is where the reason stands.
const KEPT_LINES: usize = 20;
/// Bytes of one line that are kept.
const KEPT_LINE: usize = 500;
/// Time that a program has to end by itself after SIGTERM.
const TERM_GRACE: Duration = Duration::from_secs(3);
/// Time to read what is left in the pipes after the program has ended: what it started may hold them open.
const DRAIN: Duration = Duration::from_millis(500);

/// What a program did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRun {
    /// How it ended.
    pub outcome: CommandOutcome,
    /// The last lines of its standard output and standard error, in the order that they came.
    pub output: String,
    /// From start to end.
    pub duration: Duration,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandOutcome {
    /// By itself, with this code. Only 0 is success.
    Exited(i32),
    /// By a signal of somebody else.
    Signalled(i32),
    /// It was still at work when its time was over, and was ended with everything it had started. What it
    /// has done until then is unknown.
    TimedOut,
    /// It could not be started: nothing happened.
    NotStarted(String),
}

/// What stands before the last line of a program's output where it is told how it ended.
pub const LAST_OUTPUT: &str = "; last output: ";

impl CommandRun {
    /// Whether the program ended with exit code 0.
    pub fn succeeded(&self) -> bool {
        self.outcome == CommandOutcome::Exited(0)
    }

    /// How it ended, for a person, with the last line of its output.
    pub fn summary(&self) -> String {
        let how = match &self.outcome {
            CommandOutcome::Exited(code) => format!("exit code {code}"),
            CommandOutcome::Signalled(signal) => format!("ended by signal {signal}"),
            CommandOutcome::TimedOut => format!("still at work after {:?}, so it was ended", self.duration),
            CommandOutcome::NotStarted(reason) => format!("not started: {reason}"),
        };
        match self.output.lines().rev().find(|line| !line.trim().is_empty()) {
            Some(last) => format!("{how}{LAST_OUTPUT}{}", last.trim()),
            None => how,
        }
    }
}

/// Runs a program without a shell, in `directory`, with this process's environment and no input. It gets a
/// process group of its own, so that a Ctrl-C meant for this program does not cut a step in half; when
/// `limit` is over, or the caller drops the future, the whole group is ended.
pub async fn run_command(argv: &[String], directory: Option<&Path>, limit: Duration) -> CommandRun {
    run_with(argv, directory, limit, Stdio::null(), |_| {}).await
}

/// The same with this for its input; `started` is told its process.
pub(crate) async fn run_with(
    argv: &[String],
    directory: Option<&Path>,
    limit: Duration,
    input: Stdio,
    started: impl FnOnce(u32),
) -> CommandRun {
    let begin = Instant::now();
    let not_started = |reason: String| CommandRun {
        outcome: CommandOutcome::NotStarted(reason),
        output: String::new(),
        duration: begin.elapsed(),
    };
    let Some((program, arguments)) = argv.split_first() else { return not_started("no program is named".into()) };
    // With a path, the program is found from `directory` too; by name alone, on the PATH. A relative one would
    // be looked for from inside of it.
    let directory = directory.map(|directory| std::path::absolute(directory).unwrap_or_else(|_| directory.into()));
    let path = match &directory {
        Some(directory) if program.contains('/') => directory.join(program),
        _ => program.into(),
    };
    let mut command = Command::new(path);
    command.args(arguments).stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    if let Some(directory) = directory {
        command.current_dir(directory);
    }
    #[cfg(unix)]
    command.process_group(0);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return not_started(format!("{program}: {error}")),
    };
    if let Some(process) = child.id() {
        started(process);
    }
    let mut group = Group::of(&child);
    let tail = Tail::default();
    let readers = [child.stdout.take().map(|pipe| tail.read(pipe)), child.stderr.take().map(|pipe| tail.read(pipe))];
    let outcome = match timeout(limit, child.wait()).await {
        Ok(Ok(status)) => ended(status),
        Ok(Err(error)) => CommandOutcome::NotStarted(format!("{program}: {error}")),
        Err(_) => {
            group.end(&mut child).await;
            CommandOutcome::TimedOut
        }
    };
    group.disarm(&outcome);
    for mut reader in readers.into_iter().flatten() {
        if timeout(DRAIN, &mut reader).await.is_err() {
            reader.abort();
        }
    }
    CommandRun { outcome, output: tail.text(), duration: begin.elapsed() }
}

fn ended(status: ExitStatus) -> CommandOutcome {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return CommandOutcome::Signalled(signal);
    }
    // Only a signal leaves no code, and only Unix has signals.
    CommandOutcome::Exited(status.code().unwrap_or(-1))
}

/// The program and what it starts; ended as one when this is dropped while armed.
struct Group {
    #[cfg(unix)]
    id: Option<rustix::process::Pid>,
}

impl Group {
    fn of(child: &Child) -> Self {
        #[cfg(unix)]
        {
            let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
            Self { id }
        }
        #[cfg(not(unix))]
        {
            let _ = child;
            Self {}
        }
    }

    /// Asks the group to end, and makes it.
    async fn end(&self, child: &mut Child) {
        self.signal(Ending::Ask);
        if timeout(TERM_GRACE, child.wait()).await.is_err() {
            self.signal(Ending::Make);
            // Where there are no groups, or the group's leader has left it.
            let _ = child.kill().await;
        }
    }

    /// After a time-out nothing of the group may be left. After an end of its own accord the group is let
    /// be: a program may leave a service at work on purpose.
    fn disarm(&mut self, outcome: &CommandOutcome) {
        if *outcome == CommandOutcome::TimedOut {
            self.signal(Ending::Make);
        }
        #[cfg(unix)]
        {
            self.id = None;
        }
    }

    #[cfg(unix)]
    fn signal(&self, ending: Ending) {
        let signal = match ending {
            Ending::Ask => rustix::process::Signal::TERM,
            Ending::Make => rustix::process::Signal::KILL,
        };
        if let Some(id) = self.id {
            // The only failure that matters here is that nobody is left to be ended.
            let _ = rustix::process::kill_process_group(id, signal);
        }
    }

    #[cfg(not(unix))]
    fn signal(&self, _: Ending) {}
}

#[derive(Clone, Copy)]
enum Ending {
    Ask,
    Make,
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Ending::Make);
    }
}

/// The last lines of both pipes.
#[derive(Clone, Default)]
struct Tail(Arc<Mutex<VecDeque<String>>>);

impl Tail {
    fn read(&self, mut pipe: impl AsyncRead + Unpin + Send + 'static) -> JoinHandle<()> {
        let tail = self.clone();
        tokio::spawn(async move {
            let mut line = Vec::new();
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = pipe.read(&mut buffer).await {
                for &byte in &buffer[..length] {
                    if byte == b'\n' {
                        tail.push(&std::mem::take(&mut line));
                    } else if line.len() < KEPT_LINE {
                        line.push(byte);
                    }
                }
            }
            if !line.is_empty() {
                tail.push(&line);
            }
        })
    }

    fn push(&self, line: &[u8]) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(String::from_utf8_lossy(line).trim_end_matches('\r').to_owned());
    }

    fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}
