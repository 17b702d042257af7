//! Progress on stderr, on a terminal only: a log needs none.

use crate::output::Screen;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// Often enough to look alive.
const TICK: Duration = Duration::from_millis(120);

/// A line that shows that something is going on; gone when dropped.
pub(crate) struct Wait {
    bar: ProgressBar,
}

impl Wait {
    /// A spinner with a text; hidden where nobody watches.
    pub(crate) fn new(screen: &Screen, text: impl Into<String>) -> Self {
        let bar = spinner(screen, |bar| bar);
        bar.set_message(text.into());
        Self { bar }
    }

    /// Says what is going on now.
    pub(crate) fn say(&self, text: impl Into<String>) {
        self.bar.set_message(text.into());
    }

    /// Takes the line away while a question is open. The question holds no lock of it, since it may never
    /// be answered.
    pub(crate) fn pause(&self) {
        self.bar.finish_and_clear();
    }

    /// Brings the line back.
    pub(crate) fn resume(&self) {
        self.bar.reset();
        self.bar.enable_steady_tick(TICK);
    }

    /// Runs `print` with the line out of the way.
    pub(crate) fn aside<R>(&self, print: impl FnOnce() -> R) -> R {
        self.bar.suspend(print)
    }
}

/// A spinner that is hidden where nobody watches; `place` puts it among others.
pub(crate) fn spinner(screen: &Screen, place: impl FnOnce(ProgressBar) -> ProgressBar) -> ProgressBar {
    if !screen.interactive() {
        return ProgressBar::hidden();
    }
    let bar = place(ProgressBar::new_spinner());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
