//! Texts that the source has in base64, as `user_data_base64` and Kubernetes' secrets have them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::ops::Range;

/// What is shorter is taken for a word: `eu-west-1` itself takes as much.
const SHORTEST: usize = 12;

/// How base64 begins that holds what gzip has packed.
const GZIP: &str = "H4sI";

/// A text in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encoded {
    /// Where it stands, its padding included.
    pub(crate) range: Range<usize>,
    /// What it says; none where gzip has packed it.
    pub(crate) text: Option<String>,
}

/// Every text in base64 within a range of a text.
pub(crate) fn encoded(text: &str, within: Range<usize>) -> Vec<Encoded> {
    let bytes = &text.as_bytes()[within.clone()];
    let is_of = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut found = Vec::new();
    let mut at = 0;
    while at + SHORTEST <= bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| is_of(byte)).count();
        let padding = bytes[at + length..].iter().take(2).take_while(|byte| **byte == b'=').count();
        let range = within.start + at..within.start + at + length + padding;
        if length >= SHORTEST && range.len().is_multiple_of(4) {
            found.extend(decoded(&text[range.clone()]).map(|text| Encoded { range, text }));
        }
        at += length + padding + 1;
    }
    found
}

/// A text in base64.
pub(crate) fn encode(text: &str) -> String {
    STANDARD.encode(text)
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
        let word = encode("#!/bin/sh\nexport AWS_REGION=eu-west-1\n");
        let text = format!("user_data: \"{word}\" and AmazonEC2ContainerRegistryReadOnly arn:aws:iam::aws:policy/x");
        let found = encoded(&text, 0..text.len());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(&text[found[0].range.clone()], word);
        assert_eq!(found[0].text.as_deref(), Some("#!/bin/sh\nexport AWS_REGION=eu-west-1\n"));
        assert_eq!(encoded("eu-west-1 ZXUtd2VzdC0x", 10..22)[0].text.as_deref(), Some("eu-west-1"));
        assert_eq!(encoded("H4sIAAAAAAAA", 0..12)[0].text, None);
        assert_eq!(encoded("ZXUtd2VzdC0", 0..11), []);
    }
}
