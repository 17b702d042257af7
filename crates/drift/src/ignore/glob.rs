//! One reading of a pattern, compiled: its literal beginning, by which it is found, and the rest.

use super::error::IgnoreProblem;

/// What a bracket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Brackets {
    /// A set of characters, as in a `.gitignore`: `[abc]`, `[0-9]`, `[!a]`.
    Set,
    /// An index, as Terraform writes it: `[0]`, `["eu-west-1a"]`.
    Index,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Literal(char),
    /// `?`
    One,
    /// `*`
    Many,
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

/// A compiled pattern. It matches a text, and everything that goes on below it after a `.` or `[`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob {
    /// The literal text that it begins with.
    pub(crate) prefix: String,
    /// From the first wildcard on; empty where there is none.
    rest: Vec<Item>,
    /// The longest literal after the first wildcard: no text without it matches.
    needle: String,
}

impl Glob {
    /// Compiles a pattern without its `!`.
    pub(crate) fn compile(text: &str, brackets: Brackets) -> Result<Self, IgnoreProblem> {
        let items = items(text, brackets)?;
        let literals = items.iter().take_while(|item| matches!(item, Item::Literal(_))).count();
        let prefix = items[..literals].iter().filter_map(letter).collect();
        let rest = items[literals..].to_vec();
        let runs = rest.split(|item| !matches!(item, Item::Literal(_)));
        let needle = runs.max_by_key(|run| run.len()).unwrap_or_default().iter().filter_map(letter).collect();
        Ok(Self { prefix, rest, needle })
    }

    /// Whether it matches `text`, of which the caller has seen that it begins with the prefix. A `[` ends a match
    /// from byte `keys_from` on.
    pub(crate) fn matches(&self, text: &str, keys_from: usize) -> bool {
        let ends = |at: usize| ends(text, at, keys_from);
        if self.rest.is_empty() {
            return ends(self.prefix.len());
        }
        if !text[self.prefix.len()..].contains(&self.needle) {
            return false;
        }
        // Only the last `*` has ever to be taken back: what an earlier one could take, the last one can.
        let (mut item, mut at) = (0, self.prefix.len());
        let mut back: Option<(usize, usize)> = None;
        loop {
            match self.rest.get(item) {
                Some(Item::Many) => {
                    back = Some((item, at));
                    item += 1;
                    continue;
                }
                Some(one) => {
                    if let Some(next) = text[at..].chars().next().filter(|next| one.takes(*next)) {
                        item += 1;
                        at += next.len_utf8();
                        continue;
                    }
                }
                None if ends(at) => return true,
                None => {}
            }
            let Some((star, from)) = back else { return false };
            let Some(skipped) = text[from..].chars().next() else { return false };
            let from = from + skipped.len_utf8();
            back = Some((star, from));
            (item, at) = (star + 1, from);
        }
    }

    /// Whether it may match something below `text`: whether some way through the pattern leads over `text` and a
    /// dot or bracket after it.
    pub(crate) fn reaches_below(&self, text: &str) -> bool {
        let prefix = self.prefix.chars().map(Item::Literal);
        let items: Vec<Item> = prefix.chain(self.rest.iter().cloned()).collect();
        [".", "["].iter().any(|end| {
            let mut alive = vec![false; items.len() + 1];
            let mut next = alive.clone();
            alive[0] = true;
            for letter in text.chars().chain(end.chars()) {
                skip_stars(&items, &mut alive);
                next.fill(false);
                for (at, item) in items.iter().enumerate().filter(|(at, _)| alive[*at]) {
                    match item {
                        Item::Many => next[at] = true,
                        one if one.takes(letter) => next[at + 1] = true,
                        _ => {}
                    }
                }
                std::mem::swap(&mut alive, &mut next);
            }
            alive[..items.len()].contains(&true)
        })
    }
}

/// Marks what follows a `*` that is reached: it may stand for nothing.
fn skip_stars(items: &[Item], alive: &mut [bool]) {
    for (at, item) in items.iter().enumerate() {
        if *item == Item::Many && alive[at] {
            alive[at + 1] = true;
        }
    }
}

/// Whether a name ends at this byte of the text.
fn ends(text: &str, at: usize, keys_from: usize) -> bool {
    match text.as_bytes().get(at) {
        None | Some(b'.') => true,
        Some(b'[') => at >= keys_from,
        Some(_) => false,
    }
}

fn letter(item: &Item) -> Option<char> {
    match item {
        Item::Literal(letter) => Some(*letter),
        _ => None,
    }
}

impl Item {
    fn takes(&self, letter: char) -> bool {
        match self {
            Self::Literal(own) => *own == letter,
            Self::One | Self::Many => true,
            Self::Set { negated, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&letter)) != *negated
            }
        }
    }
}

fn items(text: &str, brackets: Brackets) -> Result<Vec<Item>, IgnoreProblem> {
    let mut items = Vec::new();
    let mut letters = text.chars().peekable();
    // Inside the quotes of an index, Terraform's own escapes stay as it prints them.
    let mut quoted = false;
    let mut open = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let escaped = letters.next().ok_or(IgnoreProblem::DanglingEscape)?;
                if quoted && !matches!(escaped, '*' | '?' | '[') {
                    items.push(Item::Literal('\\'));
                }
                items.push(Item::Literal(escaped));
            }
            // `**` is `*`: there are no folders here.
            '*' if items.last() == Some(&Item::Many) => {}
            '*' => items.push(Item::Many),
            '?' => items.push(Item::One),
            '[' if brackets == Brackets::Set => items.push(set(&mut letters)?),
            '[' if !quoted => {
                open = true;
                quoted = letters.peek() == Some(&'"');
                items.push(Item::Literal('['));
                if quoted {
                    letters.next();
                    items.push(Item::Literal('"'));
                }
            }
            '"' if quoted => {
                quoted = false;
                items.push(Item::Literal('"'));
            }
            ']' if !quoted => {
                open = false;
                items.push(Item::Literal(']'));
            }
            other => items.push(Item::Literal(other)),
        }
    }
    if open { Err(IgnoreProblem::OpenBracket) } else { Ok(items) }
}

fn set(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Item, IgnoreProblem> {
    let negated = letters.next_if(|letter| matches!(letter, '!' | '^')).is_some();
    let mut ranges = Vec::new();
    loop {
        let from = match letters.next().ok_or(IgnoreProblem::OpenBracket)? {
            // A bracket right at the beginning is one of the set.
            ']' if !ranges.is_empty() => return Ok(Item::Set { negated, ranges }),
            '\\' => letters.next().ok_or(IgnoreProblem::DanglingEscape)?,
            other => other,
        };
        let mut ahead = letters.clone();
        let to = match (ahead.next(), ahead.next()) {
            (Some('-'), Some(to)) if to != ']' => {
                let to = if to == '\\' { ahead.next().ok_or(IgnoreProblem::DanglingEscape)? } else { to };
                *letters = ahead;
                to
            }
            _ => from,
        };
        if to < from {
            return Err(IgnoreProblem::BackwardRange);
        }
        ranges.push((from, to));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        let glob = Glob::compile(pattern, Brackets::Set).expect(pattern);
        text.starts_with(&glob.prefix) && glob.matches(text, 0)
    }

    #[test]
    fn wildcards_and_sets_match_as_in_a_gitignore() {
        for (pattern, yes, no) in [
            ("a.b", "a.b", "a.bc"),
            ("a.*", "a.b.c", "b.a"),
            ("*role.*Amazon*", "aws_iam_role.AWSServiceRoleForAmazonSSM", "aws_iam_role.app"),
            ("a.?c", "a.bc", "a.c"),
            ("a.[a-c]x", "a.bx", "a.dx"),
            ("a.[!a-c]x", "a.dx", "a.bx"),
            ("a.[]]x", "a.]x", "a.x"),
            ("a.[a\\-c]", "a.-", "a.b"),
            ("a.\\*", "a.*", "a.b"),
            ("a**b", "a--b", "a--c"),
            ("*a*a*b", "xaxaxb", "xaxb"),
            ("é?.*ü", "éa.bü", "éab.ü"),
        ] {
            assert!(matches(pattern, yes), "{pattern} {yes}");
            assert!(!matches(pattern, no), "{pattern} {no}");
        }
    }

    #[test]
    fn what_is_below_is_matched_too() {
        assert!(matches("a.b", "a.b.c.d"));
        assert!(matches("a.b", "a.b[0].d"));
        assert!(!Glob::compile("a.b", Brackets::Set).expect("a.b").matches("a.b[0].d", 4));
        assert!(matches("a.*.c", "a.x.c.d"));
        // The first `c` that the star could stop at is not the right one.
        assert!(matches("a*c", "acx.xc.y"));
    }

    #[test]
    fn brackets_are_indices_in_the_other_reading() {
        let glob = |pattern: &str| Glob::compile(pattern, Brackets::Index).expect(pattern);
        assert_eq!(glob("a.b[0]").prefix, "a.b[0]");
        assert_eq!(glob(r#"m["a]b\"c"]*"#).prefix, r#"m["a]b\"c"]"#);
        assert_eq!(glob(r#"m["\*"]"#).prefix, r#"m["*"]"#);
        assert!(glob(r#"m["eu-*"].x"#).matches(r#"m["eu-west-1"].x.y"#, 0));
        assert_eq!(Glob::compile("a[0", Brackets::Index), Err(IgnoreProblem::OpenBracket));
    }

    #[test]
    fn a_pattern_reaches_below_what_it_goes_on_from() {
        let reaches =
            |pattern: &str, text: &str| Glob::compile(pattern, Brackets::Set).expect(pattern).reaches_below(text);
        assert!(reaches("a.b.tags", "a.b"));
        assert!(reaches("a.*.tags", "a.x.y"));
        assert!(!reaches("a.b.tags", "a.c"));
        assert!(!reaches("a.b", "a.b"));
        assert!(!reaches("a.?.tags", "a.bc"));
    }
}
