//! Asks before anything changes.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Screen;
use pilotlight_findings::{Code, Explain, codes};
use std::io::IsTerminal as _;

/// Why there was no yes.
#[derive(Debug, thiserror::Error)]
enum ConfirmError {
    #[error("ask for confirmation: standard input is no terminal, and nothing was changed")]
    NoTerminal { repeat_with: &'static str },
    #[error("go on: the answer was not yes, so nothing was changed")]
    Declined,
}

impl Explain for ConfirmError {
    fn code(&self) -> Code {
        match self {
            Self::NoTerminal { .. } => codes::U_TERMINAL,
            Self::Declined => codes::U_DECLINED,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::NoTerminal { repeat_with } => {
                Some(format!("repeat the command with {repeat_with} once you have read what it would do"))
            }
            Self::Declined => None,
        }
    }
}

/// Asks as Terraform does: only `yes` is a yes. Ctrl-C is a no. `repeat_with` are the options that say yes
/// on the command line.
pub(crate) async fn confirm(screen: &Screen, question: &str, repeat_with: &'static str) -> Result<(), Failure> {
    confirm_by(screen, question, YES, repeat_with).await
}

/// The word of a question that can be undone, as Terraform's.
const YES: &str = "yes";

/// Asks for a word of its own, where nothing can be undone.
pub(crate) async fn confirm_by(
    screen: &Screen,
    question: &str,
    word: &str,
    repeat_with: &'static str,
) -> Result<(), Failure> {
    let (asking, question, wanted) = (*screen, question.to_owned(), word.to_owned());
    // A blocking read cannot be called off: its thread is left behind, and ends with the program.
    let asked = tokio::task::spawn_blocking(move || ask_for(&asking, &question, &wanted));
    let answer = tokio::select! {
        answer = asked => answer.ok().flatten(),
        () = crate::cancel::wait_for_signal() => {
            // The terminal has shown ^C in the line of the answer.
            screen.note("");
            Some(String::new())
        }
    };
    match answer {
        None => Err(Failure::from(ConfirmError::NoTerminal { repeat_with }).exit(Exit::Refused)),
        Some(answer) if answer == word => Ok(()),
        Some(_) => Err(Failure::from(ConfirmError::Declined).exit(Exit::Refused)),
    }
}

/// The answer to a question, or none where nobody is there to give one.
fn ask_for(screen: &Screen, question: &str, word: &str) -> Option<String> {
    if !std::io::stdin().is_terminal() {
        return None;
    }
    screen.note(format!("\n{question}\n  Only \"{word}\" will be accepted.\n\n  Enter a value:"));
    let mut answer = String::new();
    match std::io::stdin().read_line(&mut answer) {
        // End of input: the person left without an answer.
        Ok(0) => Some(String::new()),
        Err(_) => None,
        Ok(_) => Some(answer.trim().to_owned()),
    }
}
