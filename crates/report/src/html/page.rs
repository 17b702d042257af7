//! What both pages share: the frame, badges, tiles and tables.

use crate::clean;
use crate::theme::{Mark, Tone};
use crate::words;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// The browser is told to fetch nothing and run nothing, whatever a value in the report holds.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// A whole page.
pub(super) fn page(title: &str, what: &str, at: &str, schema_version: u32, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "Pilotlight " (env!("CARGO_PKG_VERSION")) };
                // An empty icon: browsers ask the server for one otherwise.
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header.top {
                    span.brand { (flame()) "Pilotlight" }
                    span.what { (what) }
                    time datetime=(at) { (words::time(at)) }
                }
                main { (body) }
                footer {
                    "Pilotlight " (env!("CARGO_PKG_VERSION")) ", report format " (schema_version) ". All times are UTC."
                }
            }
        }
    }
    .into_string()
}

fn flame() -> Markup {
    html! {
        svg width="18" height="18" viewBox="0 0 24 24" fill="currentColor" aria-hidden="true" {
            path d="M12 2c1 4-4 6.5-5.5 10.5C5 17 8 22 12 22s7-4 6-9c-.5-2.300-1.600-3.500-2.500-4.800 0 2-1 3.200-2 3.500C14.500 8 14 4.500 12 2z" {}
        }
    }
}

/// The class that carries a tone's colours.
pub(super) fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Warn => "warn",
        Tone::Bad => "bad",
        Tone::Unsure => "unsure",
        Tone::Info => "info",
        Tone::Quiet => "quiet",
    }
}

/// A mark as a badge: symbol and word. Screen readers are told the word.
pub(super) fn badge(mark: Mark, word: &str) -> Markup {
    html! { span class={ "badge " (class(mark.tone)) } { span aria-hidden="true" { (mark.symbol) } (word) } }
}

/// A number with its name.
pub(super) struct Tile {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) tone: Option<Tone>,
    pub(super) note: String,
}

impl Tile {
    pub(super) fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), tone: None, note: String::new() }
    }

    pub(super) fn tone(self, tone: Tone) -> Self {
        Self { tone: Some(tone), ..self }
    }

    pub(super) fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    pub(super) fn markup(&self) -> Markup {
        html! {
            li class={ "tile " (self.tone.map_or("", class)) } {
                span.k { (self.name) }
                span.v { (self.value) }
                @if !self.note.is_empty() { span.s { (self.note) } }
            }
        }
    }
}

/// Text from outside: control and direction characters written out. Markup is escaped by maud.
pub(super) fn safe(text: &str) -> String {
    clean::line(text)
}
