//! Long values cut short, always with the count of what is left out: a launch template's user data has 20 kB,
//! and a reader wants the line that changed.

use crate::words::{count, number};

/// How much of a finding's evidence is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Characters of a value, or of one line of a text.
    pub(crate) value: usize,
    /// Elements of a list that differ.
    pub(crate) elements: usize,
    /// Lines of a text.
    pub(crate) lines: usize,
}

impl Limits {
    /// For a finding that is read in seconds, one of many.
    pub(crate) const BRIEF: Self = Self { value: 400, elements: 12, lines: 24 };
    /// For who asks for more: all of what people write by hand, and no more of what programs write.
    pub(crate) const AMPLE: Self = Self { value: 2_000, elements: 500, lines: 500 };
}

/// Characters that are kept before and after the place where two long values begin and end to differ.
const AROUND: usize = 24;

/// The text, or its beginning with the count of the rest.
pub(crate) fn one(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => {
            let rest = text[end..].chars().count() as u64;
            format!("{}… ({})", &text[..end], count(rest, "more character"))
        }
    }
}

/// The beginning of a text.
pub(crate) fn head(text: &str, limit: usize) -> Part {
    let end = text.char_indices().nth(limit).map_or(text.len(), |(end, _)| end);
    Part { before: 0, shown: text[..end].to_owned(), after: text[end..].chars().count() }
}

/// Two values that differ, where one is longer than the limit: each from a little before the first difference
/// to a little after the last one. None where both are short.
pub(crate) fn pair(old: &str, new: &str, limit: usize) -> Option<(Part, Part)> {
    if old.chars().nth(limit).is_none() && new.chars().nth(limit).is_none() {
        return None;
    }
    let same_start = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
    let (old_count, new_count) = (old.chars().count(), new.chars().count());
    let rest = old_count.min(new_count) - same_start;
    let same_end = old.chars().rev().zip(new.chars().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let part = |text: &str, chars: usize| {
        let before = same_start.saturating_sub(AROUND);
        let end = chars - same_end.saturating_sub(AROUND);
        let shown: String = text.chars().skip(before).take((end - before).min(limit)).collect();
        let after = chars - before - shown.chars().count();
        Part { before, shown, after }
    };
    Some((part(old, old_count), part(new, new_count)))
}

/// A part of a long value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Characters before it.
    pub(crate) before: usize,
    /// The part itself.
    pub(crate) shown: String,
    /// Characters after it.
    pub(crate) after: usize,
}

impl Part {
    /// The part in its place: `…part… (1,204 characters before, 300 after)`; `write` makes it safe to show.
    pub(crate) fn display(&self, write: impl Fn(&str) -> String) -> String {
        let dots = |n: usize| if n > 0 { "…" } else { "" };
        let (before, after) = (self.before as u64, self.after as u64);
        let note = match (before, after) {
            (0, 0) => String::new(),
            (0, after) => format!(" ({} after)", count(after, "character")),
            (before, 0) => format!(" ({} before)", count(before, "character")),
            (before, after) => format!(" ({} before, {} after)", count(before, "character"), number(after)),
        };
        write(&format!("{}{}{}", dots(self.before), self.shown, dots(self.after))) + &note
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_stay() {
        assert_eq!(one("abc", 3), "abc");
        assert_eq!(pair("abc", "abd", 3), None);
    }

    #[test]
    fn what_is_left_out_is_counted_in_characters() {
        assert_eq!(one("ééééé", 3), "ééé… (2 more characters)");
        assert_eq!(one("abcd", 3), "abc… (1 more character)");
    }

    #[test]
    fn two_long_values_show_where_they_differ() {
        let old = format!("{}QUEUE=orders{}", "é".repeat(1_000), "z".repeat(20_000));
        let new = old.replace("orders", "spam");
        let (old, new) = pair(&old, &new, 400).expect("both are long");
        // "orders" and "spam" share their last letter with nothing, and the text before and after is the same.
        assert_eq!(old.before, 1_006 - AROUND);
        assert_eq!(old.shown, format!("{}QUEUE=orders{}", "é".repeat(18), "z".repeat(24)));
        assert_eq!(new.shown, format!("{}QUEUE=spam{}", "é".repeat(18), "z".repeat(24)));
        assert_eq!((old.after, new.after), (20_000 - 24, 20_000 - 24));
    }

    #[test]
    fn a_part_tells_what_it_leaves_out() {
        let part = Part { before: 1_204, shown: "x".into(), after: 1 };
        assert_eq!(part.display(|text| format!("\"{text}\"")), "\"…x…\" (1,204 characters before, 1 after)");
        let part = Part { before: 0, shown: "x".into(), after: 0 };
        assert_eq!(part.display(str::to_owned), "x");
    }

    #[test]
    fn one_long_value_beside_a_short_one() {
        let (old, new) = pair("", &"x".repeat(500), 400).expect("one is long");
        assert_eq!((old.shown.as_str(), old.before, old.after), ("", 0, 0));
        assert_eq!((new.shown.len(), new.before, new.after), (400, 0, 100));
        // A value that repeats: the ends must not overlap.
        let (old, new) = pair(&"ab".repeat(300), &"ab".repeat(301), 400).expect("long");
        assert!(old.before + old.shown.len() + old.after == 600 && new.before + new.shown.len() + new.after == 602);
    }
}
