//! Counts the provider plugins that a program starts, as Linux's /proc shows them.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

/// What the program of a provider is called.
const PREFIX: &str = "terraform-provider-";

/// A plugin lives a second and more; to look more often would take time away from what is measured.
const EVERY: Duration = Duration::from_millis(100);

/// The plugins of one program so far.
pub(super) struct Plugins {
    program: u32,
    seen: HashSet<u32>,
    looked: Option<Instant>,
}

impl Plugins {
    pub(super) fn of(program: u32) -> Self {
        Self { program, seen: HashSet::new(), looked: None }
    }

    /// Looks, unless it has a moment ago.
    pub(super) fn look(&mut self) {
        if self.looked.is_some_and(|looked| looked.elapsed() < EVERY) {
            return;
        }
        self.looked = Some(Instant::now());
        let Ok(processes) = std::fs::read_dir("/proc") else { return };
        for process in processes.flatten() {
            let Ok(id) = process.file_name().to_string_lossy().parse::<u32>() else { continue };
            if !self.seen.contains(&id) && is_plugin(&process.path()) && descends(id, self.program) {
                self.seen.insert(id);
            }
        }
    }

    pub(super) fn count(&self) -> usize {
        self.seen.len()
    }
}

fn is_plugin(process: &Path) -> bool {
    let program = std::fs::read_link(process.join("exe")).unwrap_or_default();
    program.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
}

/// Whether a process is a child of another one, or a child's child.
fn descends(process: u32, ancestor: u32) -> bool {
    let mut process = Some(process);
    while let Some(id) = process.filter(|id| *id > 1) {
        if id == ancestor {
            return true;
        }
        process = parent(id);
    }
    false
}

fn parent(process: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_childs_child_that_is_a_provider_is_counted_and_others_are_not() {
        let folder = tempfile::tempdir().expect("folder");
        let provider = folder.path().join("terraform-provider-sleep_v1");
        std::fs::copy("/bin/sleep", &provider).expect("a program of that name");
        let script = format!("sleep 20 & {} 20 & wait", provider.display());
        let mut child = Command::new("sh").args(["-c", &script]).spawn().expect("sh");
        let (mut its, mut others) = (Plugins::of(child.id()), Plugins::of(child.id() + 1_000_000));
        let began = Instant::now();
        while its.count() == 0 && began.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(EVERY);
            its.look();
            others.look();
        }
        assert_eq!((its.count(), others.count()), (1, 0));
        for id in its.seen {
            let pid = rustix::process::Pid::from_raw(i32::try_from(id).expect("an id")).expect("an id");
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        child.kill().expect("ended");
        child.wait().expect("ended");
    }
}
