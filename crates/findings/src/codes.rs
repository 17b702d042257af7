//! Every code, with the page that `pilotlight explain CODE` prints. One file a part.
//!
//! `PL-P…` plan, `PL-S…` state, `PL-J…` journal and store, `PL-D…` drift, `PL-T…` terraform,
//! `PL-R…` rebuild, `PL-V…` validate, `PL-I…` integrity, `PL-F…` failover, `PL-C…` cloud, `PL-U…` usage.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What `explain` prints for a code.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// `PL-D101`
    pub code: &'static str,
    /// One line.
    pub title: &'static str,
    /// What it means, why it matters and what to do: short paragraphs of plain text.
    pub text: &'static str,
}

/// The code of a finding or error, `PL-D101`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code(&'static Page);

impl Code {
    /// The code's text.
    pub fn as_str(self) -> &'static str {
        self.0.code
    }

    /// The page behind it.
    pub fn page(self) -> &'static Page {
        self.0
    }

    /// The code with this text, in any case.
    pub fn find(text: &str) -> Option<Self> {
        all().find(|code| code.as_str().eq_ignore_ascii_case(text))
    }

    /// Whether this code says that something could not be read, so that no clean verdict is possible.
    pub fn is_unread(self) -> bool {
        [D_UNREAD, I_UNKNOWN, V_UNKNOWN, R_CAPACITY_UNREAD].contains(&self)
    }
}

/// Every code, in the order of their texts' parts.
pub fn all() -> impl Iterator<Item = Code> {
    PARTS.iter().flat_map(|pages| pages.iter().map(Code))
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::hash::Hash for Code {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialOrd for Code {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Code {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::find(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no code that this version knows")))
    }
}

/// Declares the codes of one part: a constant each, and the part's `PAGES`.
macro_rules! pages {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $title:literal, $text:literal;)+) => {
        /// The pages of this part, in order.
        pub(super) static PAGES: &[super::Page] = &[
            $(super::Page { code: $code, title: $title, text: $text }),+
        ];
        $(
            #[doc = concat!("`", $code, "`: ", $title)]
            pub const $name: super::Code = super::Code(&super::Page { code: $code, title: $title, text: $text });
        )+
    };
}

mod cloud;
mod drift;
mod failover;
mod integrity;
mod journal;
mod plan;
mod rebuild;
mod state;
mod terraform;
mod usage;
mod validate;

pub use cloud::*;
pub use drift::*;
pub use failover::*;
pub use integrity::*;
pub use journal::*;
pub use plan::*;
pub use rebuild::*;
pub use state::*;
pub use terraform::*;
pub use usage::*;
pub use validate::*;

static PARTS: &[&[Page]] = &[
    usage::PAGES,
    plan::PAGES,
    state::PAGES,
    journal::PAGES,
    drift::PAGES,
    terraform::PAGES,
    rebuild::PAGES,
    validate::PAGES,
    integrity::PAGES,
    failover::PAGES,
    cloud::PAGES,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_shaped_and_have_a_page() {
        let mut seen = std::collections::BTreeSet::new();
        for code in all() {
            let text = code.as_str();
            assert!(seen.insert(text), "{text} stands twice");
            let (letter, number) = text.strip_prefix("PL-").expect("prefix").split_at(1);
            assert!("UPSJDTRVIFC".contains(letter) && number.len() == 3, "{text} has another shape");
            assert!(number.parse::<u16>().is_ok(), "{text} ends in a number");
            assert!(!code.page().title.is_empty() && code.page().text.len() > 40, "{text} has no page");
            assert_eq!(Code::find(&text.to_lowercase()), Some(code));
        }
    }

    #[test]
    fn a_code_survives_json() {
        let json = serde_json::to_string(&D_UNREAD).expect("json");
        assert_eq!(json, "\"PL-D105\"");
        assert_eq!(serde_json::from_str::<Code>(&json).expect("code"), D_UNREAD);
        assert!(serde_json::from_str::<Code>("\"PL-X999\"").is_err());
    }
}
