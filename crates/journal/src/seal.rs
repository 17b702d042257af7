//! The envelope of every object: what it says, and the hash of that.
//!
//! One line, canonical JSON: `{"<name>":<content>,"sha256":"<hash>"}` and `\n`. The hash is the SHA-256, in
//! lower-case hex, of the content's bytes as they stand. So any changed byte of an object is seen without
//! another object, also in the last event, which no later `previous` covers.

use crate::canonical::{canonical_json, digest};
use serde::Serialize;

/// An object's bytes, and the hash that names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) hash: String,
}

/// Puts `content` into the envelope under `name`.
pub(crate) fn seal<T: Serialize>(name: &str, content: &T) -> Result<Sealed, serde_json::Error> {
    Ok(seal_text(name, &canonical_json(content)?))
}

/// The same for a content that is canonical JSON already.
pub(crate) fn seal_text(name: &str, content: &str) -> Sealed {
    let hash = digest(content);
    let bytes = format!("{{\"{name}\":{content},\"sha256\":\"{hash}\"}}\n").into_bytes();
    Sealed { bytes, hash }
}

/// Takes the content out of the envelope, and its hash; the error says what is wrong with the bytes.
pub(crate) fn unseal<'a>(name: &str, bytes: &'a [u8]) -> Result<(&'a str, &'a str), String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is no UTF-8 text".to_owned())?;
    let (content, hash) = text
        .strip_prefix(&format!("{{\"{name}\":"))
        .and_then(|rest| rest.strip_suffix("\"}\n"))
        .and_then(|rest| rest.rsplit_once(",\"sha256\":\""))
        .ok_or_else(|| format!("it is not {{\"{name}\": …, \"sha256\": …}} in one line"))?;
    let found = digest(content);
    if found == hash { Ok((content, hash)) } else { Err(format!("its content has the hash {found}, not {hash}")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn any_changed_byte_breaks_the_seal() {
        let sealed = seal("event", &json!({"b": ",\"sha256\":\"", "a": 1})).unwrap();
        assert_eq!(unseal("event", &sealed.bytes).unwrap().0, r#"{"a":1,"b":",\"sha256\":\""}"#);
        for index in 0..sealed.bytes.len() {
            for bit in 0..8 {
                let mut bytes = sealed.bytes.clone();
                bytes[index] ^= 1 << bit;
                assert!(unseal("event", &bytes).is_err(), "byte {index}, bit {bit}");
            }
        }
    }
}
