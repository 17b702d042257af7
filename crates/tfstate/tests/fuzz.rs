//! Damaged states: whatever was done to one, it is read or refused with a place inside the file, and what is read is
//! what serde_json reads.

use pilotlight_findings::Explain;
use pilotlight_tfstate::State;
use proptest::prelude::*;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::LazyLock;

/// The states of the repository, and a state that `show -json` printed.
static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let states =
        std::fs::read_dir(fixtures.join("states")).expect("fixtures").map(|entry| entry.expect("entry").path());
    let mut paths: Vec<PathBuf> = states.collect();
    paths.sort();
    paths.extend(["terraform-data.tfstate", "state-values.json"].map(|name| fixtures.join(name)));
    paths.iter().map(|path| std::fs::read(path).expect("file")).collect()
});

/// One damage. Places are parts of the whole, so that one strategy fits files of any length.
#[derive(Debug, Clone)]
enum Damage {
    Cut(f64),
    Byte(f64, u8),
    Insert(f64, &'static str),
    Remove(f64, usize),
    Repeat(f64, usize),
    /// The n-th value that is a number, word or string becomes another one.
    Replace(usize, &'static str),
}

fn damage() -> impl Strategy<Value = Damage> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "null",
        "true",
        "1",
        "-1",
        "1e999",
        "\"\"",
        "\"x\"",
        "{}",
        "[]",
        "[[]]",
        "{\"a\": 1, \"a\": 2}",
        "\"\\ud800\"",
        "\u{0}",
        "\u{feff}",
        "é",
        "18446744073709551616",
        "-0.5e-7",
        "\n\n",
    ]);
    let value = prop::sample::select(vec![
        "null",
        "true",
        "0",
        "4",
        "-1",
        "1.5",
        "1e999",
        "\"\"",
        "\"a\"",
        "\"module.\"",
        "{}",
        "[]",
        "[{}]",
        "{\"value\": 1}",
        "[null]",
        "\"data\"",
    ]);
    prop_oneof![
        (0.0..1.0).prop_map(Damage::Cut),
        (0.0..1.0, any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        (0.0..1.0, token).prop_map(|(at, token)| Damage::Insert(at, token)),
        (0.0..1.0, 1usize..40).prop_map(|(at, length)| Damage::Remove(at, length)),
        (0.0..1.0, 1usize..400).prop_map(|(at, length)| Damage::Repeat(at, length)),
        (any::<usize>(), value).prop_map(|(index, value)| Damage::Replace(index, value)),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    let place = |at: f64| (at * bytes.len() as f64) as usize;
    match *damage {
        Damage::Cut(at) => bytes.truncate(place(at)),
        Damage::Byte(at, byte) => {
            let at = place(at);
            if let Some(old) = bytes.get_mut(at) {
                *old = byte;
            }
        }
        Damage::Insert(at, token) => {
            let at = place(at);
            bytes.splice(at..at, token.bytes());
        }
        Damage::Remove(at, length) => {
            let at = place(at);
            bytes.drain(at..(at + length).min(bytes.len()));
        }
        Damage::Repeat(at, length) => {
            let at = place(at);
            let end = (at + length).min(bytes.len());
            let copy = bytes[at..end].to_vec();
            bytes.splice(end..end, copy);
        }
        Damage::Replace(index, value) => {
            let Ok(text) = std::str::from_utf8(bytes) else { return };
            let colons: Vec<usize> = text.match_indices(": ").map(|(at, _)| at + 2).collect();
            let Some(start) = colons.get(index % colons.len().max(1)).copied() else { return };
            let end = start + text[start..].find([',', '\n', '}']).unwrap_or(0);
            bytes.splice(start..end, value.bytes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_damaged_state_is_read_as_it_is_or_refused_at_a_place(
        index in any::<prop::sample::Index>(),
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        let mut bytes = index.get(&CORPUS).clone();
        for damage in &damages {
            apply(&mut bytes, damage);
        }
        match State::parse("x", &bytes) {
            Ok(state) => {
                let json = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
                let document: Value = serde_json::from_slice(json).unwrap_or_default();
                for resource in &state.resources {
                    for instance in &resource.instances {
                        // First from the text alone, then from all attributes.
                        let id = instance.id().map(str::to_owned);
                        prop_assert_eq!(&instance.read_attributes(), instance.attributes());
                        let read = instance.attributes().get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
                        prop_assert_eq!(id.as_deref(), read);
                        let pointer = format!("/{}", instance.path.replace('[', "/").replace(']', "").replace('.', "/"));
                        let field = if state.is_shown() { "values" } else { "attributes" };
                        // A number that no float holds is kept as a text, which serde_json alone does not do.
                        if let Some(written) = document.pointer(&pointer).and_then(|written| written[field].as_object()) {
                            prop_assert_eq!(written, instance.attributes());
                        }
                        let _ = (instance.private(), instance.dependencies(), instance.depends_on(), instance.identity());
                        let _ = (instance.region(), instance.account(), instance.redacted_attributes());
                    }
                }
                if !document.is_null() {
                    prop_assert_eq!(serde_json::to_value(&state).expect("json"), document);
                }
            }
            Err(error) => {
                let (start, end) = error.span.bytes;
                prop_assert!(start <= end && end <= bytes.len(), "{}: {}..{} of {}", error, start, end, bytes.len());
                let lines = bytes.split(|byte| *byte == b'\n').count();
                prop_assert!(error.span.start.line <= lines && error.span.start.column >= 1, "{}", error);
                prop_assert!(error.to_string().starts_with("read state x:"));
                prop_assert!(error.remedy().is_some());
            }
        }
    }
}
