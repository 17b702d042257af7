//! Texts in percent-encoding, as addresses on the web have them: `eu%2Dwest%2D1`, `arn%3Aaws%3Akms%3A…`.

use std::ops::Range;

/// A word with encoded letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Escaped {
    /// Where it stands.
    pub(crate) range: Range<usize>,
    /// What it says.
    pub(crate) text: String,
    /// Where each byte of that stands, and where the last one ends.
    places: Vec<usize>,
    /// Which letters are encoded in it, and how: `%2D` or `%2d`.
    encoded: Vec<(u8, String)>,
}

impl Escaped {
    /// Where a range of what it says stands.
    pub(crate) fn place(&self, range: &Range<usize>) -> Range<usize> {
        self.places[range.start]..self.places[range.end]
    }

    /// Another text, with the letters encoded that are in this one.
    pub(crate) fn encode(&self, text: &str) -> String {
        let mut result = String::with_capacity(text.len());
        for letter in text.chars() {
            let known = u8::try_from(letter).ok().and_then(|byte| self.encoded.iter().find(|(of, _)| *of == byte));
            match known {
                Some((_, escape)) => result.push_str(escape),
                None => result.push(letter),
            }
        }
        result
    }
}

/// Every such word of a text.
pub(crate) fn escaped(text: &str) -> Vec<Escaped> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(sign) = bytes[at..].iter().position(|byte| *byte == b'%').map(|sign| at + sign) {
        if escape(bytes, sign).is_none() {
            at = sign + 1;
            continue;
        }
        let is_of = |at: usize| is_of_word(bytes[at]) || bytes[at] == b'%' && escape(bytes, at).is_some();
        let start = (at..sign).rev().find(|at| !is_of_word(bytes[*at])).map_or(at, |before| before + 1);
        let (mut decoded, mut places, mut encoded) = (Vec::new(), Vec::new(), Vec::new());
        let mut end = start;
        while end < bytes.len() && is_of(end) {
            places.push(end);
            match escape(bytes, end) {
                Some(byte) => {
                    let how = (byte, text[end..end + 3].to_owned());
                    if !encoded.contains(&how) {
                        encoded.push(how);
                    }
                    decoded.push(byte);
                    end += 3;
                }
                None => {
                    decoded.push(bytes[end]);
                    end += 1;
                }
            }
        }
        places.push(end);
        // What is no text was no such encoding.
        if let Ok(text) = String::from_utf8(decoded) {
            found.push(Escaped { range: start..end, text, places, encoded });
        }
        at = end;
    }
    found
}

/// The byte of `%2D` at `at`, where it is an ASCII letter that is printed: `%d` and `%20` in a format are rarely one.
fn escape(bytes: &[u8], at: usize) -> Option<u8> {
    let [b'%', high, low] = bytes.get(at..at + 3)? else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = digit(high)? * 16 + digit(low)?;
    byte.is_ascii_graphic().then_some(byte)
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~:/@+".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_decoded_and_encoded_again() {
        let text = "x=eu%2Dwest%2d1&y=arn%3Aaws%3Asqs é 100% %d %20";
        let found = escaped(text);
        let texts: Vec<_> = found.iter().map(|one| (&text[one.range.clone()], one.text.as_str())).collect();
        assert_eq!(texts, [("eu%2Dwest%2d1", "eu-west-1"), ("arn%3Aaws%3Asqs", "arn:aws:sqs")]);
        assert_eq!(&text[found[0].place(&(3..7))], "west");
        assert_eq!(&text[found[1].place(&(0..4))], "arn%3A");
        assert_eq!(found[0].encode("eu-central-1"), "eu%2Dcentral%2D1");
        assert_eq!(found[1].encode("arn:aws:sqs"), "arn%3Aaws%3Asqs");
        for text in ["%", "%%", "%2", "%zz", "50%", "%s-%d", "", "%C3%A9"] {
            assert_eq!(escaped(text), [], "{text}");
        }
    }
}
