//! What looks after a started program when Pilotlight is no more there to do it: it was killed, and could not.
//!
//! The watch is a shell whose standard input is a pipe that Pilotlight holds open. The end of that pipe is
//! Pilotlight's end, however it came.

use std::process::Stdio;
use tokio::process::{Child, Command};

/// Ends a program at once. `$1` is its process group.
const KILL: &str = "read -r _; kill -s KILL -- \"-$1\" 2>/dev/null";

/// Asks a program to end, and lets it. Its outputs are held open as 1 and 2 and read until it has ended: a program
/// that writes to a pipe that nobody reads is killed by that (SIGPIPE), and Terraform then loses what it has just
/// made. `cat` ends as soon as there is nothing to read, since Pilotlight's end of the pipes does not block.
const STOP: &str = "read -r _; kill -s INT -- \"-$1\" 2>/dev/null; \
                    while kill -s 0 -- \"-$1\" 2>/dev/null; do \
                    cat <&1 >/dev/null 2>&1; cat <&2 >/dev/null 2>&1; sleep 0.2; done";

/// A watch over a process group. Dropped, it does nothing more.
#[derive(Debug)]
pub(crate) struct Watch(Child);

impl Watch {
    /// One that kills the group. Without a shell there is none: then the program outlives a killed Pilotlight.
    pub(crate) fn that_kills(group: u32) -> Option<Self> {
        start(KILL, group, Stdio::null(), Stdio::null())
    }

    /// One that asks the group to end, and reads what it says until then.
    pub(crate) fn that_stops(program: &Child) -> Option<Self> {
        use std::os::fd::AsFd;
        let out = program.stdout.as_ref()?.as_fd().try_clone_to_owned();
        let err = program.stderr.as_ref()?.as_fd().try_clone_to_owned();
        match (out, err) {
            (Ok(out), Ok(err)) => start(STOP, program.id()?, out.into(), err.into()),
            (Err(error), _) | (_, Err(error)) => {
                tracing::debug!(%error, "hold the outputs of a program");
                None
            }
        }
    }

    /// Ends the watch, once the group is no more the program's.
    pub(crate) async fn end(mut self) {
        if let Err(error) = self.0.kill().await {
            tracing::debug!(%error, "end a watch");
        }
    }
}

fn start(script: &str, group: u32, out: Stdio, err: Stdio) -> Option<Watch> {
    let started = Command::new("/bin/sh")
        .args(["-c", script, "sh", &group.to_string()])
        .stdin(Stdio::piped())
        .stdout(out)
        .stderr(err)
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    started.inspect_err(|error| tracing::debug!(%error, "start a watch")).ok().map(Watch)
}
