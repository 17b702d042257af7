//! Asks the person at the terminal for an approval. While they think, the run may be paused, approved from elsewhere
//! or taken over: then the question is dropped, and what they type later answers the next one.

use crate::output::Screen;
use crate::ports::operator;
use crate::progress::Wait;
use async_trait::async_trait;
use pilotlight_failover::{ApprovalAnswer, ApprovalQuestion, Approver};
use std::io::IsTerminal as _;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Mutex, mpsc, watch};

/// The person at this terminal.
pub(crate) struct Terminal {
    pub(crate) screen: Screen,
    pub(crate) wait: Arc<Wait>,
    pub(crate) stop: watch::Receiver<bool>,
}

#[async_trait]
impl Approver for Terminal {
    async fn ask(&self, question: &ApprovalQuestion) -> ApprovalAnswer {
        if !std::io::stdin().is_terminal() {
            return ApprovalAnswer::Later;
        }
        let _line = Aside::of(&self.wait);
        self.screen.note(format!(
            "\n{}\n  \"yes\" goes on, \"no\" undoes what was done, each with your reason behind it (yes, all checks are \
             green).\n  Return alone stops here: it can be approved later, also by somebody else.\n\n  Enter a value:",
            question.question
        ));
        let mut stop = self.stop.clone();
        loop {
            let line = tokio::select! {
                line = next_line() => line,
                // Ctrl-C at the question is no answer to it.
                _ = stop.wait_for(|stop| *stop) => None,
            };
            let Some(line) = line else { return ApprovalAnswer::Later };
            match answer(&line) {
                Some(answer) => return answer,
                None => self.screen.note("  Begin with \"yes\" or \"no\", or press Return alone.\n\n  Enter a value:"),
            }
        }
    }
}

/// What a line says; none where it is neither yes nor no. A typing error undoes nothing.
fn answer(line: &str) -> Option<ApprovalAnswer> {
    let line = line.trim();
    if line.is_empty() {
        // Nobody has decided.
        return Some(ApprovalAnswer::Later);
    }
    let (word, reason) = line.split_once([' ', ',', ':', ';']).unwrap_or((line, ""));
    let reason = reason.trim_start_matches([' ', ',', ':', ';']);
    let reason = if reason.is_empty() { "on the terminal".to_owned() } else { reason.to_owned() };
    let by = operator();
    match word {
        "yes" => Some(ApprovalAnswer::Approved { by, reason }),
        "no" => Some(ApprovalAnswer::Denied { by, reason }),
        _ => None,
    }
}

/// The progress line is out of the way while this lives, however the question ends.
struct Aside<'w>(&'w Wait);

impl<'w> Aside<'w> {
    fn of(wait: &'w Wait) -> Self {
        wait.pause();
        Self(wait)
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        self.0.resume();
    }
}

/// The lines of standard input, one for each time that somebody asks. A blocking read cannot be called off: the
/// question that was dropped leaves its read behind, and the next question takes what comes of it.
struct Lines {
    wanted: std::sync::mpsc::Sender<()>,
    read: mpsc::UnboundedReceiver<Option<String>>,
    asked: bool,
}

static LINES: OnceLock<Mutex<Lines>> = OnceLock::new();

/// The next line, or none at the end of input.
pub(crate) async fn next_line() -> Option<String> {
    let mut lines = LINES.get_or_init(|| Mutex::new(Lines::begin())).lock().await;
    if !lines.asked {
        lines.wanted.send(()).ok()?;
        lines.asked = true;
    }
    let line = lines.read.recv().await.flatten();
    lines.asked = false;
    line
}

impl Lines {
    fn begin() -> Self {
        let (wanted, requests) = std::sync::mpsc::channel();
        let (lines, read) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            while requests.recv().is_ok() {
                let mut line = String::new();
                let line = match std::io::stdin().read_line(&mut line) {
                    Ok(1..) => Some(line),
                    Ok(0) | Err(_) => None,
                };
                if lines.send(line).is_err() {
                    return;
                }
            }
        });
        Self { wanted, read, asked: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yes_and_a_no_carry_their_reason_and_a_typing_error_is_neither() {
        let reason = |line: &str| match answer(line) {
            Some(ApprovalAnswer::Approved { reason, .. }) => format!("approved: {reason}"),
            Some(ApprovalAnswer::Denied { reason, .. }) => format!("denied: {reason}"),
            Some(ApprovalAnswer::Later) => "later".into(),
            None => "again".into(),
        };
        assert_eq!(reason("yes\n"), "approved: on the terminal");
        assert_eq!(reason("yes, all checks are green\n"), "approved: all checks are green");
        assert_eq!(reason("yes: the bank: agreed"), "approved: the bank: agreed");
        assert_eq!(reason("no false alarm"), "denied: false alarm");
        assert_eq!(reason("no"), "denied: on the terminal");
        assert_eq!([reason("\n"), reason("   ")], ["later", "later"]);
        assert_eq!([reason("y"), reason("yess"), reason("nope"), reason("Yes")], ["again"; 4]);
    }
}
