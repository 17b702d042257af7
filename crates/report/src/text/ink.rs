//! Colour, wrapping and alignment.

use super::TextOptions;
use crate::theme::{Mark, Tone};
use owo_colors::{OwoColorize as _, Style};
use textwrap::core::display_width;

/// Writes text with or without colour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ink {
    color: bool,
    columns: usize,
}

impl Ink {
    pub(super) fn new(options: TextOptions) -> Self {
        Self { color: options.color, columns: options.columns() }
    }

    /// Columns that a line may have.
    pub(super) fn columns(self) -> usize {
        self.columns
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.styled(text, Style::new().bold())
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.styled(text, Style::new().dimmed())
    }

    pub(super) fn tone(self, tone: Tone, text: &str) -> String {
        self.styled(text, style(tone))
    }

    pub(super) fn strong(self, tone: Tone, text: &str) -> String {
        self.styled(text, style(tone).bold())
    }

    /// The mark's symbol and `word`, padded to `width` columns for what follows.
    pub(super) fn mark(self, mark: Mark, word: &str, width: usize) -> String {
        self.tone(mark.tone, &pad(&format!("{} {word}", mark.symbol), width))
    }

    fn styled(self, text: &str, style: Style) -> String {
        // Padding stays outside: an underlined or reversed blank would show.
        if self.color && !text.trim().is_empty() { text.style(style).to_string() } else { text.to_owned() }
    }

    /// A sentence, wrapped, each line with the indent. Words are not broken: they may be names to copy.
    pub(super) fn wrap(self, indent: usize, hanging: usize, text: &str) -> String {
        let first = " ".repeat(indent);
        let rest = " ".repeat(indent + hanging);
        let options = textwrap::Options::new(self.columns)
            .initial_indent(&first)
            .subsequent_indent(&rest)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        let mut wrapped = textwrap::fill(text, options);
        wrapped.push('\n');
        wrapped
    }
}

fn style(tone: Tone) -> Style {
    match tone {
        Tone::Good => Style::new().green(),
        Tone::Warn => Style::new().yellow(),
        Tone::Bad => Style::new().red(),
        Tone::Unsure => Style::new().magenta(),
        Tone::Info => Style::new().cyan(),
        Tone::Quiet => Style::new().dimmed(),
    }
}

/// The text with blanks to `width` columns.
pub(super) fn pad(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(display_width(text));
    format!("{text}{}", " ".repeat(blanks))
}

/// The text with blanks before it, to `width` columns.
pub(super) fn pad_left(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(display_width(text));
    format!("{}{text}", " ".repeat(blanks))
}

/// Columns of the widest text.
pub(super) fn widest<'a>(texts: impl IntoIterator<Item = &'a str>) -> usize {
    texts.into_iter().map(display_width).max().unwrap_or(0)
}
