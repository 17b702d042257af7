//! The programs that a benchmark has started: none of them outlives it, however it ends.
//!
//! Each is started as the leader of a process group of its own, so that Terraform's provider plugins, which are its
//! children, end with it. A group is ended when its [`Group`] is dropped, which a panic does too, and when Ctrl-C
//! or SIGTERM ends this program. (The emulator watches its standard input, and needs nobody who ends it.)

use crate::workspace::Done;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};

/// The groups that may still run.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// How long a group may take to end by itself: Terraform stops its provider first.
const GRACE: Duration = Duration::from_secs(10);

/// How often it is looked whether it has.
const POLL: Duration = Duration::from_millis(50);

/// What a shell reports of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// A started program and its children.
pub(super) struct Group {
    pub(super) child: Child,
    leader: Option<Pid>,
}

impl Group {
    pub(super) fn start(mut command: Command) -> Done<Self> {
        // Nothing may start while the signal's thread ends the others.
        let mut running = running();
        let child = command.process_group(0).spawn()?;
        let leader = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        running.extend(leader);
        Ok(Self { child, leader })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(leader) = self.leader else { return };
        // One that has ended and was waited for leaves no group, unless a child outlived it.
        if test_kill_process_group(leader).is_ok() {
            end(&[leader], &mut || drop(self.child.try_wait()));
            let _ = self.child.wait();
        }
        running().retain(|group| *group != leader);
    }
}

fn running() -> MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends groups: politely first. `reap` waits for what ended, where somebody else does not.
fn end(groups: &[Pid], reap: &mut dyn FnMut()) {
    for group in groups {
        let _ = kill_process_group(*group, Signal::TERM);
    }
    let deadline = Instant::now() + GRACE;
    while Instant::now() < deadline && groups.iter().any(|group| test_kill_process_group(*group).is_ok()) {
        reap();
        std::thread::sleep(POLL);
    }
    for group in groups {
        let _ = kill_process_group(*group, Signal::KILL);
    }
}

/// From now on, Ctrl-C and SIGTERM end every group, and then this program.
pub(super) fn end_with_signals() -> Done<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut interrupt, mut terminate) = {
        let _inside = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        });
        let groups = running();
        anstream::eprintln!("interrupted: ending what was started");
        // Who started a group waits for it, so what ended does not stay as a zombie.
        end(&groups, &mut || {});
        std::process::exit(INTERRUPTED);
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_group_ends_with_its_children() {
        let mut command = Command::new("sh");
        // The child would stay: its parent does not hand on the signal.
        command.args(["-c", "sleep 300 & wait"]);
        let group = Group::start(command).expect("started");
        let leader = group.leader.expect("a process id");
        assert!(test_kill_process_group(leader).is_ok());
        let began = Instant::now();
        drop(group);
        // A killed orphan is a zombie until init has waited for it.
        while test_kill_process_group(leader).is_ok() && began.elapsed() < GRACE {
            std::thread::sleep(POLL);
        }
        assert!(began.elapsed() < GRACE, "it had to be killed, or is still there");
        assert!(!running().contains(&leader));
    }
}
