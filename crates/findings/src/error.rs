use crate::{Code, Span};

/// An error that a person can act on.
///
/// `Display` is one sentence that fits after "failed to" (`read state file "x"`), in lower case, and
/// without the text of its `source`. The program prints that sentence, the chain of causes, the line
/// of the plan or HCL, and the remedy.
pub trait Explain: std::error::Error {
    /// The page that `pilotlight explain` prints for this error.
    fn code(&self) -> Code;

    /// Where in a plan, a state or an HCL file the error is.
    fn span(&self) -> Option<&Span> {
        None
    }

    /// What to do next, as one sentence.
    fn remedy(&self) -> Option<String> {
        None
    }
}

/// An error with its chain of causes, in one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        // Some libraries repeat the cause's text in their own.
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}
