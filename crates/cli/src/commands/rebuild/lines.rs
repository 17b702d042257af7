//! How far each stack is: one line a stack on a terminal, and now and then a note in a log.

use crate::output::Screen;
use crate::progress::spinner;
use indicatif::{MultiProgress, ProgressBar};
use pilotlight_terraform::Progress;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often a log is told of an apply that goes on: a pipeline ends a job that is silent for minutes.
const NOTE_EVERY: Duration = Duration::from_secs(60);

/// Terraform's word for a data source that it reads.
const READ: &str = "read";

/// The lines of the stacks that are worked on at once.
pub(super) struct Lines<'a> {
    screen: &'a Screen,
    all: MultiProgress,
}

impl<'a> Lines<'a> {
    pub(super) fn new(screen: &'a Screen) -> Self {
        Self { screen, all: MultiProgress::new() }
    }

    /// A line for a stack; hidden where nobody watches.
    pub(super) fn of(&self, stack: &str, doing: &'static str) -> Line<'a> {
        let bar = spinner(self.screen, |bar| self.all.add(bar));
        let line = Line { screen: self.screen, bar, work: Work::new(stack, doing), noted: Instant::now() };
        line.bar.set_message(line.work.text(Instant::now()));
        line
    }

    /// Runs `print` with the lines out of the way.
    pub(super) fn aside(&self, print: impl FnOnce()) {
        self.all.suspend(print);
    }
}

/// The line of one stack; gone when dropped.
pub(super) struct Line<'a> {
    screen: &'a Screen,
    bar: ProgressBar,
    work: Work,
    noted: Instant,
}

impl Line<'_> {
    /// Counts towards this many changes.
    pub(super) fn total(mut self, total: u64) -> Self {
        self.work.total = Some(total);
        self
    }

    /// Shows what Terraform tells.
    pub(super) fn show(&mut self, progress: &Progress) {
        let now = Instant::now();
        self.work.take(progress, now);
        let text = self.work.text(now);
        if self.work.total.is_some() && !self.screen.interactive() && now - self.noted >= NOTE_EVERY {
            self.screen.note(&text);
            self.noted = now;
        }
        self.bar.set_message(text);
    }

    /// What was done, for the log.
    pub(super) fn summary(&self) -> String {
        self.work.summary()
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// What is known of the work on a stack.
struct Work {
    stack: String,
    doing: &'static str,
    began: Instant,
    total: Option<u64>,
    done: u64,
    /// What Terraform said last, where nothing is counted.
    said: String,
    running: BTreeMap<String, Instant>,
    slowest: Option<(String, Duration)>,
}

impl Work {
    fn new(stack: &str, doing: &'static str) -> Self {
        Self {
            stack: stack.to_owned(),
            doing,
            began: Instant::now(),
            total: None,
            done: 0,
            said: String::new(),
            running: BTreeMap::new(),
            slowest: None,
        }
    }

    fn take(&mut self, progress: &Progress, now: Instant) {
        match progress {
            Progress::Refreshing { address } => self.said = format!("reading {address}"),
            Progress::Planned { address, .. } => self.said = format!("planned {address}"),
            Progress::Started { address, .. } => {
                self.running.insert(address.clone(), now);
            }
            Progress::Finished { address, action, elapsed, .. } => {
                // A data source that is read during the apply is not one of the changes that were planned.
                if action != READ {
                    self.done += 1;
                }
                self.ended(address, *elapsed);
            }
            Progress::Failed { address, elapsed, .. } => self.ended(address, *elapsed),
            Progress::Interrupting => self.said = "asked terraform to stop, and waiting for it".to_owned(),
            Progress::StillRunning { .. } | Progress::Line(_) => {}
        }
    }

    fn ended(&mut self, address: &str, took: Duration) {
        self.running.remove(address);
        if self.slowest.as_ref().is_none_or(|(_, longest)| took > *longest) {
            self.slowest = Some((address.to_owned(), took));
        }
    }

    /// The resource that has been worked on longest.
    fn longest(&self, now: Instant) -> Option<(&str, Duration)> {
        let (address, began) = self.running.iter().min_by_key(|(_, began)| **began)?;
        Some((address, now.saturating_duration_since(*began)))
    }

    fn text(&self, now: Instant) -> String {
        let mut text = format!("{}: {}", self.stack, self.doing);
        if let Some(total) = self.total {
            text.push_str(&format!(", {} of {total} done", self.done));
        }
        match self.longest(now) {
            Some((address, took)) => text.push_str(&format!(", slowest {address} {}", seconds(took))),
            None if !self.said.is_empty() => text.push_str(&format!(", {}", self.said)),
            None => {}
        }
        text
    }

    fn summary(&self) -> String {
        let total = self.total.unwrap_or(self.done);
        let mut text = format!(
            "{}: {}, {} of {total} done in {}",
            self.stack,
            self.doing,
            self.done,
            seconds(self.began.elapsed())
        );
        if let Some((address, took)) = &self.slowest {
            text.push_str(&format!("; slowest {address}, {}", seconds(*took)));
        }
        text
    }
}

fn seconds(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_counts_and_names_the_slowest() {
        let mut work = Work { total: Some(3), ..Work::new("app", "apply") };
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        let started = |address: &str| Progress::Started { address: address.into(), action: "create".into() };
        let elapsed = Duration::from_secs(61);
        assert_eq!(work.text(at(0)), "app: apply, 0 of 3 done");
        work.take(&started("aws_db_instance.main"), at(0));
        work.take(&started("aws_vpc.main"), at(2));
        assert_eq!(work.text(at(5)), "app: apply, 0 of 3 done, slowest aws_db_instance.main 5 s");
        work.take(
            &Progress::Finished { address: "aws_db_instance.main".into(), action: "create".into(), elapsed, id: None },
            at(61),
        );
        assert_eq!(work.text(at(63)), "app: apply, 1 of 3 done, slowest aws_vpc.main 1 min 1 s");
        let elapsed = Duration::from_secs(3);
        work.take(&Progress::Failed { address: "aws_vpc.main".into(), action: "create".into(), elapsed }, at(64));
        assert_eq!(work.text(at(64)), "app: apply, 1 of 3 done");
        assert!(work.summary().starts_with("app: apply, 1 of 3 done in 0 s"), "{}", work.summary());
        assert!(work.summary().ends_with("; slowest aws_db_instance.main, 1 min 1 s"), "{}", work.summary());
        work.take(
            &Progress::Finished {
                address: "data.aws_iam_policy_document.main".into(),
                action: "read".into(),
                elapsed,
                id: None,
            },
            at(65),
        );
        assert_eq!(work.text(at(65)), "app: apply, 1 of 3 done", "reading is no change");
        work.take(&Progress::Interrupting, at(65));
        assert_eq!(work.text(at(65)), "app: apply, 1 of 3 done, asked terraform to stop, and waiting for it");
    }
}
