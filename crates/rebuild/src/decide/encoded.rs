//! Texts that the source has in base64, as `user_data_base64` and Kubernetes' secrets have them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::ops::Range;

/// What is shorter is taken for a word: `eu-west-1` itself takes as much.
pub(crate) const SHORTEST: usize = 12;

/// What is narrower is not broken into lines: programs break at 64 or 76 letters, and short lines are texts of their own.
const NARROWEST: usize = 60;

/// How base64 begins that holds what gzip has packed.
const GZIP: &str = "H4sI";

/// A text in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encoded {
    /// Where it stands, its padding included.
    pub(crate) range: Range<usize>,
    /// What it says; none where gzip has packed it.
    pub(crate) text: Option<String>,
    /// How it is broken into lines, where it is.
    lines: Option<Lines>,
}

/// How base64 is broken into lines: after so many letters, by this.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lines {
    width: usize,
    between: String,
}

impl Encoded {
    /// Another text in base64, in lines as this one has them.
    pub(crate) fn encode(&self, text: &str) -> String {
        let whole = STANDARD.encode(text);
        let Some(Lines { width, between }) = &self.lines else { return whole };
        // Base64 is ASCII, so that every byte ends a letter.
        let lines: Vec<&str> =
            (0..whole.len()).step_by(*width).map(|at| &whole[at..whole.len().min(at + width)]).collect();
        lines.join(between)
    }
}

/// Every text in base64 within a range of a text.
pub(crate) fn encoded(text: &str, within: Range<usize>) -> Vec<Encoded> {
    let bytes = &text.as_bytes()[within.clone()];
    let mut found = Vec::new();
    let mut at = 0;
    while at + SHORTEST <= bytes.len() {
        let length = run(&bytes[at..]);
        let padding = padding(&bytes[at + length..]);
        if padding == 0
            && length >= NARROWEST
            && let Some(whole) = broken(&text[within.start + at..within.end], length)
        {
            at += whole.range.end;
            let range = within.start + at - whole.range.end..within.start + at;
            found.push(Encoded { range, ..whole });
            continue;
        }
        let range = within.start + at..within.start + at + length + padding;
        if length >= SHORTEST && range.len().is_multiple_of(4) {
            found.extend(decoded(&text[range.clone()]).map(|text| Encoded { range, text, lines: None }));
        }
        at += length + padding + 1;
    }
    found
}

/// How many letters of base64 come first.
fn run(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')).count()
}

fn padding(bytes: &[u8]) -> usize {
    bytes.iter().take(2).take_while(|byte| **byte == b'=').count()
}

/// The text in base64 that begins here and is broken into lines of this width. By itself, a line of it says a part of
/// the text at best, and a longer one in its place would shift all that follows.
fn broken(text: &str, width: usize) -> Option<Encoded> {
    let bytes = text.as_bytes();
    let gap = |at: usize| {
        let end = bytes.get(at..)?.strip_prefix(b"\r").unwrap_or(&bytes[at..]).strip_prefix(b"\n")?;
        let indent = end.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        Some(&text[at..bytes.len() - end.len() + indent])
    };
    let between = gap(width)?;
    let (mut letters, mut end) = (text[..width].to_owned(), width);
    while gap(end) == Some(between) {
        let start = end + between.len();
        let length = run(&bytes[start..]);
        let line = length + padding(&bytes[start + length..]);
        if length == 0 || line > width || bytes.get(start + line).is_some_and(|after| !matches!(after, b'\r' | b'\n')) {
            break;
        }
        letters.push_str(&text[start..start + line]);
        end = start + line;
        if line < width || line > length {
            break;
        }
    }
    let text = decoded(&letters).filter(|_| end > width)?;
    Some(Encoded { range: 0..end, text, lines: Some(Lines { width, between: between.to_owned() }) })
}

/// What a word says in base64. Most words decode to bytes that are no text.
fn decoded(word: &str) -> Option<Option<String>> {
    let bytes = STANDARD.decode(word).ok()?;
    if word.starts_with(GZIP) {
        return Some(None);
    }
    let text = String::from_utf8(bytes).ok()?;
    let is_text = text.chars().all(|letter| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t'));
    is_text.then_some(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_decoded_and_words_are_not() {
        let word = STANDARD.encode("#!/bin/sh\nexport AWS_REGION=eu-west-1\n");
        let text = format!("user_data: \"{word}\" and AmazonEC2ContainerRegistryReadOnly arn:aws:iam::aws:policy/x");
        let found = encoded(&text, 0..text.len());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(&text[found[0].range.clone()], word);
        assert_eq!(found[0].text.as_deref(), Some("#!/bin/sh\nexport AWS_REGION=eu-west-1\n"));
        assert_eq!(encoded("eu-west-1 ZXUtd2VzdC0x", 10..22)[0].text.as_deref(), Some("eu-west-1"));
        assert_eq!(encoded("H4sIAAAAAAAA", 0..12)[0].text, None);
        assert_eq!(encoded("ZXUtd2VzdC0", 0..11), []);
    }

    #[test]
    fn lines_of_one_text_are_one() {
        let script =
            "#!/bin/sh\nset -eu\nexport AWS_REGION=eu-west-1\naws s3 sync s3://shop-eu-west-1/app /srv/app --delete\n";
        for width in [60, 64, 76] {
            for between in ["\n", "\n    ", "\r\n\t"] {
                let whole = STANDARD.encode(script);
                let lines: Vec<&str> =
                    (0..whole.len()).step_by(width).map(|at| &whole[at..whole.len().min(at + width)]).collect();
                let lines = lines.join(between);
                let text = format!("content: |{between}{lines}{between}mode: é\n");
                let found = encoded(&text, 0..text.len());
                assert_eq!(found.len(), 1, "{width} {between:?}: {found:?}");
                assert_eq!(&text[found[0].range.clone()], lines);
                assert_eq!(found[0].text.as_deref(), Some(script));
                assert_eq!(found[0].encode(script), lines);
            }
        }
        // Two texts, one a line.
        let two =
            format!("{}\n{}\n", STANDARD.encode("region eu-west-1 here\n"), STANDARD.encode("and eu-west-1 there"));
        let texts: Vec<_> = encoded(&two, 0..two.len()).into_iter().filter_map(|one| one.text).collect();
        assert_eq!(texts, ["region eu-west-1 here\n", "and eu-west-1 there"]);
    }
}
