//! One run of the program: its lines, its end, and what to do when it is asked to end.

use crate::cancel::Request;
use crate::lock::Lock;
use crate::message::Message;
use crate::watch::Watch;
use crate::{Cancel, Counts, Diagnostic, OnProgress, Progress, Root, RunError};
use pilotlight_findings::Finding;
use rustix::process::{Pid, Signal, kill_process_group};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

/// Enough of what was written to standard error to explain an end; more is a log (`TF_LOG`).
const STDERR_KEPT: usize = 64 * 1024;

/// A run that ended.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// The exit code.
    pub(crate) exit: i32,
    /// Standard output, where it is not a stream.
    pub(crate) stdout: Vec<u8>,
    /// Standard error, and lines of a stream that are no JSON.
    pub(crate) unparsed: String,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) planned: Vec<(String, String)>,
    pub(crate) counts: Option<Counts>,
    /// A state that could be written nowhere.
    pub(crate) dump: Option<String>,
}

impl Ended {
    /// The findings of the stream.
    pub(crate) fn findings(&self, root: &Root) -> Vec<Finding> {
        self.diagnostics.iter().map(|diagnostic| diagnostic.finding(root)).collect()
    }

    /// Who holds the lock of the state, where that is why it ended.
    fn lock(&self) -> Option<Lock> {
        self.diagnostics.iter().find_map(|diagnostic| Lock::read(&diagnostic.summary, &diagnostic.detail))
    }
}

/// Kills the process group when it goes out of scope before the program has ended: a dropped future
/// leaves neither Terraform nor its plugins behind.
#[derive(Debug)]
pub(crate) struct Group {
    leader: Option<Pid>,
}

impl Group {
    pub(crate) fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self { leader: id.and_then(Pid::from_raw) }
    }

    fn signal(&self, signal: Signal) {
        if let Some(leader) = self.leader {
            // It can have ended in this moment: then there is nothing left to signal.
            if let Err(error) = kill_process_group(leader, signal) {
                tracing::debug!(%error, "signal a process group");
            }
        }
    }
}

impl Group {
    /// Kills what is left of it, once.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.leader = None;
    }

    /// Its leader has ended and was waited for: its number may soon be another's.
    pub(crate) fn release(&mut self) {
        self.leader = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

impl Root {
    /// Runs a command whose standard output is a stream of JSON lines.
    pub(crate) async fn stream(
        &self,
        args: &[String],
        expected: &[i32],
        cancel: &Cancel,
        progress: OnProgress<'_>,
    ) -> Result<Ended, RunError> {
        self.run(args, expected, cancel, progress, true).await
    }

    /// Runs a command whose standard output is taken whole.
    pub(crate) async fn collect(&self, args: &[String], expected: &[i32], cancel: &Cancel) -> Result<Ended, RunError> {
        self.run(args, expected, cancel, &mut |_| {}, false).await
    }

    async fn run(
        &self,
        args: &[String],
        expected: &[i32],
        cancel: &Cancel,
        progress: OnProgress<'_>,
        lines: bool,
    ) -> Result<Ended, RunError> {
        let command_text = self.command_text(args);
        tracing::debug!(command = command_text, dir = %self.dir.display(), "run");
        let mut child = self.command(args).spawn().map_err(|source| RunError::Start {
            program: self.program.path.clone(),
            dir: self.dir.clone(),
            source,
        })?;
        let mut group = Group::of(&child);
        let watch = Watch::that_stops(&child);
        let pipe_error = |source| RunError::Pipe { command: command_text.clone(), dir: self.dir.clone(), source };

        let stderr = tokio::spawn(read_end(child.stderr.take()));
        let mut stdout = child.stdout.take().map(BufReader::new);
        let mut ended = Ended::default();
        let mut asked = Request::None;
        let mut cancel = cancel.clone();
        let mut buffer = Vec::new();
        // Reading keeps what it has in `buffer` when a request interrupts it: nothing is lost.
        while let Some(reader) = &mut stdout {
            let read = async {
                if lines { reader.read_until(b'\n', &mut buffer).await } else { reader.read_to_end(&mut buffer).await }
            };
            tokio::select! {
                read = read => {
                    let finished = read.map_err(pipe_error)? == 0;
                    if lines && !buffer.is_empty() {
                        ended.take(Message::read(String::from_utf8_lossy(&buffer).trim_end()), progress);
                        buffer.clear();
                    }
                    if finished { stdout = None; }
                }
                request = cancel.beyond(asked) => asked = pass_on(request, &group, progress),
            }
        }
        let status = loop {
            tokio::select! {
                status = child.wait() => break status.map_err(pipe_error)?,
                request = cancel.beyond(asked) => asked = pass_on(request, &group, progress),
            }
        };
        // The watch must not signal a group that is no more ours.
        if let Some(watch) = watch {
            watch.end().await;
        }
        group.release();
        ended.stdout = buffer;
        ended.unparsed.push_str(&stderr.await.unwrap_or_default());
        // An interrupted apply can end with any code; an interrupt that came too late changed nothing.
        let exit = status.code();
        if let Some(code) = exit.filter(|code| expected.contains(code)) {
            ended.exit = code;
            return Ok(ended);
        }
        let findings = ended.findings(self);
        if let Some(state) = self.unsaved(&mut ended) {
            let (dir, program) = (self.dir.clone(), self.program.name());
            return Err(RunError::Unsaved { command: command_text, dir, program, state, findings });
        }
        if asked > Request::None {
            return Err(RunError::Interrupted {
                command: command_text,
                dir: self.dir.clone(),
                killed: asked == Request::Kill,
                findings,
            });
        }
        if let Some(lock) = ended.lock().map(Box::new) {
            let (dir, program) = (self.dir.clone(), self.program.name());
            return Err(RunError::Locked { dir, program, lock, findings });
        }
        let mut output = ended.unparsed;
        if !lines && output.trim().is_empty() {
            output = String::from_utf8_lossy(&ended.stdout).into_owned();
        }
        Err(RunError::Failed { command: command_text, dir: self.dir.clone(), exit, findings, output })
    }

    fn command(&self, args: &[String]) -> Command {
        let mut command = Command::new(&self.program.path);
        command
            .args(args)
            .current_dir(&self.dir)
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_INPUT", "0")
            .env("CHECKPOINT_DISABLE", "1")
            .envs(&self.program.env)
            .envs(&self.env)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        command
    }
}

impl Ended {
    fn take(&mut self, message: Message, progress: OnProgress<'_>) {
        match message {
            Message::Progress(step) => {
                if let Progress::Planned { address, action } = &step {
                    self.planned.push((address.clone(), action.clone()));
                }
                progress(step);
            }
            Message::Summary(counts) => self.counts = Some(counts),
            Message::Diagnostic(diagnostic) => self.diagnostics.push(*diagnostic),
            Message::State(state) => self.dump = Some(state),
            Message::Other => {}
            Message::Unparsed(line) => {
                if !line.trim().is_empty() {
                    self.unparsed.push_str(&line);
                    self.unparsed.push('\n');
                    progress(Progress::Line(line));
                }
            }
        }
    }
}

fn pass_on(request: Request, group: &Group, progress: OnProgress<'_>) -> Request {
    group.signal(if request == Request::Kill { Signal::KILL } else { Signal::INT });
    progress(Progress::Interrupting);
    request
}

/// Reads to the end and keeps the last [`STDERR_KEPT`] bytes: where a program says why it ended.
async fn read_end(from: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut from) = from else {
        return String::new();
    };
    let (mut kept, mut chunk) = (Vec::new(), [0; 8192]);
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..count]);
        if kept.len() > 2 * STDERR_KEPT {
            kept.drain(..kept.len() - STDERR_KEPT);
        }
    }
    String::from_utf8_lossy(&kept).into_owned()
}
