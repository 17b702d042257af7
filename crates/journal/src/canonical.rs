use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// Canonical JSON: keys sorted by their bytes, no white space, one line. Two equal values have the same
/// canonical JSON, so its hash names the value.
///
/// # Errors
/// The value cannot be JSON: a map with keys that are no strings.
pub fn canonical_json<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    let mut value = serde_json::to_value(value)?;
    value.sort_all_objects();
    serde_json::to_string(&value)
}

/// SHA-256 of `bytes` in lower-case hex.
pub fn digest(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes.as_ref()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_at_every_depth_and_nothing_is_padded() {
        let value = json!({"b": [{"z": null, "a": "ü\n\""}, 1.5], "a": {"é": true, "d": -1}});
        assert_eq!(canonical_json(&value).unwrap(), r#"{"a":{"d":-1,"é":true},"b":[{"a":"ü\n\"","z":null},1.5]}"#);
    }

    #[test]
    fn the_digest_is_sha_256_in_hex() {
        assert_eq!(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
