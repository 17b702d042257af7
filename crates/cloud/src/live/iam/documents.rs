//! Policy documents, which IAM answers percent-encoded (RFC 3986).

/// The document itself. A text that is not encoded stays as it is.
pub(super) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1..at + 3).and_then(hex)) {
            (b'%', Some(decoded)) => {
                out.push(decoded);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    // Every JSON document begins with a bracket or a space, and so with a percent sign where it is encoded.
    match String::from_utf8(out) {
        Ok(document) if text.starts_with('%') => document,
        _ => text.to_owned(),
    }
}

fn hex(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded_once() {
        for (encoded, document) in [
            ("%7B%22a%22%3A%22b%20c%25d%2Be%22%7D", r#"{"a":"b c%d+e"}"#),
            ("%7B%22a%22%3A%22%C3%BC%22%7D", r#"{"a":"ü"}"#),
            // A plus sign is no space here.
            ("%7B%22a%22%3A%22+%22%7D", r#"{"a":"+"}"#),
            (r#"{"a":"%20"}"#, r#"{"a":"%20"}"#),
            ("%7B%2", "{%2"),
            ("%FF", "%FF"),
            ("", ""),
        ] {
            assert_eq!(decoded(encoded), document);
        }
    }
}
