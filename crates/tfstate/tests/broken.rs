//! Broken states and what is no state at all: each is one exact error with a remedy, and none is a panic.

use pilotlight_findings::{Code, Explain, codes};
use pilotlight_tfstate::{State, StateError, StateProblem};
use serde_json::{Value, json};

const REAL: &[u8] = include_bytes!("fixtures/terraform-data.tfstate");

/// A state with one of everything that it can have.
const WHOLE: &str = r#"{
  "version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l",
  "outputs": {"o": {"value": "v", "type": "string", "sensitive": true}},
  "resources": [{
    "module": "module.a", "mode": "managed", "type": "aws_vpc", "name": "a",
    "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
    "instances": [{
      "index_key": 0, "status": "tainted", "deposed": "00000000", "schema_version": 1,
      "attributes": {"id": "vpc-1"}, "sensitive_attributes": [[{"type": "get_attr", "value": "id"}]],
      "identity": {"id": "vpc-1"}, "identity_schema_version": 0, "private": "bnVsbA==",
      "dependencies": ["aws_x.y"], "create_before_destroy": true,
      "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]", "depends_on": ["aws_x.z"], "skip_destroy": true
    }]
  }],
  "check_results": null
}"#;

fn fails(bytes: &[u8]) -> StateError {
    let error = State::parse("x.tfstate", bytes).expect_err(&String::from_utf8_lossy(&bytes[..bytes.len().min(200)]));
    let (start, end) = error.span.bytes;
    assert!(start <= end && end <= bytes.len(), "{error}: bytes {start} to {end} of {}", bytes.len());
    assert!(error.remedy().is_some_and(|remedy| !remedy.is_empty()), "{error}");
    error
}

#[test]
fn a_state_that_was_cut_off_says_so_wherever_it_was() {
    let mut inside = std::collections::BTreeMap::new();
    for cut in 1..50 {
        let bytes = &REAL[..REAL.len() * cut / 50];
        let error = fails(bytes);
        let StateProblem::CutOff(what) = &error.problem else { panic!("{cut}/50: {error}") };
        assert_eq!(error.code(), codes::S_SYNTAX);
        assert_eq!(error.span.bytes, (bytes.len(), bytes.len()), "{error}: the end of the file");
        let line = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
        assert_eq!(error.span.start.line, line);
        *inside.entry(what.clone()).or_insert(0) += 1;
    }
    assert!(inside.contains_key("a string") && inside.contains_key("an object"), "{inside:?}");

    let error = fails(&REAL[..REAL.len() / 50]);
    assert_eq!(error.to_string(), "read state x.tfstate:5:53: it ends in the middle of an object, so it was cut off");
    assert!(error.remedy().expect("remedy").starts_with("restore the last good version of the state"));
}

#[test]
fn a_cut_within_a_character_is_a_cut() {
    let text = r#"{"version": 4, "lineage": "zürich"}"#;
    let cut = text.find('ü').expect("there") + 1;
    let error = fails(&text.as_bytes()[..cut]);
    assert_eq!(error.to_string(), "read state x.tfstate:1:29: it ends in the middle of a character, so it was cut off");
}

#[test]
fn a_wrong_type_in_any_field_is_named() {
    State::parse("x", WHOLE.as_bytes()).expect("the whole state is one");
    let whole: Value = serde_json::from_str(WHOLE).expect("json");
    let mut tried = 0;
    for pointer in [
        "/version",
        "/terraform_version",
        "/serial",
        "/lineage",
        "/outputs",
        "/outputs/o",
        "/outputs/o/sensitive",
        "/resources",
        "/resources/0",
        "/resources/0/module",
        "/resources/0/mode",
        "/resources/0/type",
        "/resources/0/name",
        "/resources/0/provider",
        "/resources/0/instances",
        "/resources/0/instances/0",
        "/resources/0/instances/0/index_key",
        "/resources/0/instances/0/status",
        "/resources/0/instances/0/deposed",
        "/resources/0/instances/0/schema_version",
        "/resources/0/instances/0/attributes",
        "/resources/0/instances/0/sensitive_attributes",
        "/resources/0/instances/0/sensitive_attributes/0",
        "/resources/0/instances/0/identity",
        "/resources/0/instances/0/identity_schema_version",
        "/resources/0/instances/0/private",
        "/resources/0/instances/0/dependencies",
        "/resources/0/instances/0/dependencies/0",
        "/resources/0/instances/0/create_before_destroy",
        "/resources/0/instances/0/provider",
        "/resources/0/instances/0/depends_on",
        "/resources/0/instances/0/skip_destroy",
    ] {
        // The path of the state's own notation: `/resources/0/mode` is `resources[0].mode`.
        let path = pointer[1..].replace("/0", "[0]").replace('/', ".");
        for wrong in [json!(1.5), json!(["x"]), json!({"x": 1}), json!("no\u{0}t")] {
            let mut broken = whole.clone();
            let place = broken.pointer_mut(pointer).expect(pointer);
            if is_right(&path, &wrong) {
                continue;
            }
            *place = wrong.clone();
            let text = serde_json::to_string_pretty(&broken).expect("json");
            let error = fails(text.as_bytes());
            assert_eq!(error.code(), codes::S_SHAPE, "{pointer} = {wrong}: {error}");
            assert!(error.path.starts_with(&path), "{pointer} = {wrong}: {error}");
            let (start, end) = error.span.bytes;
            let named = &text[start..end];
            assert!(!named.is_empty(), "{pointer} = {wrong}: {error}");
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

/// What is no wrong type after all.
fn is_right(path: &str, value: &Value) -> bool {
    let ends = |names: &[&str]| names.iter().any(|name| path.ends_with(name));
    match value {
        Value::String(_) => {
            let any_text =
                ["terraform_version", "lineage", "type", "name", "status", "deposed", "private", "index_key"];
            ends(&any_text) || ends(&["dependencies[0]"])
        }
        Value::Object(_) => {
            ends(&["attributes", "identity", "outputs.o", "instances[0]"]) && !ends(&["sensitive_attributes"])
        }
        Value::Array(_) => ends(&["dependencies", "depends_on"]),
        _ => false,
    }
}

#[test]
fn a_missing_field_is_named() {
    for field in ["mode", "type", "name", "provider"] {
        let mut broken: Value = serde_json::from_str(WHOLE).expect("json");
        broken["resources"][0].as_object_mut().expect("object").remove(field);
        let error = fails(broken.to_string().as_bytes());
        assert!(error.to_string().contains(&format!("(resources[0]): the field {field:?} is missing")), "{error}");
    }
}

#[test]
fn a_field_that_stands_twice_is_refused_wherever_it_is() {
    for (once, twice, path) in [
        (r#""serial": 1"#, r#""serial": 1, "serial": 1"#, "serial"),
        (r#""o": {"#, r#""o": {}, "o": {"#, "outputs.o"),
        (r#""mode": "managed""#, r#""mode": "managed", "mode": "data""#, "resources[0].mode"),
        (r#"{"id": "vpc-1"}, "s"#, r#"{"id": "vpc-1", "id": "vpc-2"}, "s"#, "resources[0].instances[0].attributes.id"),
        (
            r#"{"id": "vpc-1"}, "s"#,
            r#"{"id": "vpc-1", "tags": [{"a": 1, "b": {"c": 1, "\u0063": 2}}]}, "s"#,
            "resources[0].instances[0].attributes.tags[0].b.c",
        ),
    ] {
        let text = WHOLE.replacen(once, twice, 1);
        let error = fails(text.as_bytes());
        assert_eq!(error.path, path, "{error}");
        assert!(error.to_string().ends_with("stands twice in one object"), "{error}");
        let (start, end) = error.span.bytes;
        let name: String = serde_json::from_str(&text[start..end]).expect("the span is the second name");
        assert!(path.ends_with(&name), "{name}");
    }
}

fn with_attribute(json: &str) -> String {
    WHOLE.replacen(r#"{"id": "vpc-1"}, "s"#, &format!("{{\"id\": \"vpc-1\", \"x\": {json}}}, \"s"), 1)
}

#[test]
fn numbers_of_any_size_are_kept() {
    let long = "9".repeat(400);
    for number in ["1e999", "-1e999", &long, "123456789012345678901234567890", "1e-999", "-0.0"] {
        let text = with_attribute(&format!("[{number}]"));
        let state = State::parse("x", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        assert!(serde_json::to_string(&state).expect("json").contains(number), "as it was written: {number}");
        let instance = &state.resources[0].instances[0];
        assert!(instance.attributes_json().expect("json").contains(number));
        let value = &instance.attributes()["x"][0];
        match number {
            // No float holds it: the digits are kept as a text.
            "1e999" | "-1e999" => assert_eq!(*value, json!(number)),
            _ if number == long => assert_eq!(*value, json!(long)),
            _ => assert!(value.is_f64(), "{value}"),
        }
        assert_eq!(instance.read_attributes(), *instance.attributes());
        assert_eq!(instance.id(), Some("vpc-1"));
    }
}

#[test]
fn nesting_without_end_is_refused_at_its_place() {
    let deep = format!("{}1{}", "[".repeat(500_000), "]".repeat(500_000));
    let text = with_attribute(&deep);
    let error = fails(text.as_bytes());
    assert_eq!(error.code(), codes::S_SHAPE);
    assert!(error.path.starts_with("resources[0].instances[0].attributes.x[0][0]"), "{}", error.path);
    assert!(error.problem.to_string().starts_with("values are nested more than 100 levels deep here"), "{error}");
    assert_eq!(&text[error.span.bytes.0..error.span.bytes.1], "[");

    let near = format!("{}1{}", "[".repeat(90), "]".repeat(90));
    let state = State::parse("x", with_attribute(&near).as_bytes()).expect("ninety levels are read");
    let mut value = &state.resources[0].instances[0].attributes()["x"];
    while let Some(inner) = value.get(0) {
        value = inner;
    }
    assert_eq!(*value, json!(1));

    let output = WHOLE.replacen(r#""value": "v""#, &format!(r#""value": {deep}"#), 1);
    assert!(fails(output.as_bytes()).path.starts_with("outputs.o.value[0][0]"));
    let unknown = WHOLE.replacen(r#""check_results": null"#, &format!(r#""check_results": {deep}"#), 1);
    State::parse("x", unknown.as_bytes()).expect("what is not read may nest");
}

#[test]
fn half_a_surrogate_pair_is_refused_at_its_place() {
    let error = fails(with_attribute("[\"a\", \"\\ud800\"]").as_bytes());
    assert_eq!(error.path, "resources[0].instances[0].attributes.x[1]");
    assert!(error.problem.to_string().starts_with("it is no value: "), "{error}");
    let whole = State::parse("x", with_attribute("\"\\ud83d\\ude00\"").as_bytes()).expect("a pair");
    assert_eq!(whole.resources[0].instances[0].text("x"), Some("😀"));
}

#[test]
fn an_error_in_the_syntax_has_its_place_behind_a_mark_and_deep_inside() {
    let text = with_attribute("[1, 2\n, }]");
    let error = fails(text.as_bytes());
    assert_eq!(error.to_string(), "read state x.tfstate:10:3: it is not JSON: expected value");
    assert_eq!(&text[error.span.bytes.0..error.span.bytes.0 + 1], "}");
    let marked = format!("\u{feff}{text}");
    let behind = fails(marked.as_bytes());
    assert_eq!(behind.span.start, error.span.start, "a byte order mark has no column");
    assert_eq!(behind.span.bytes.0, error.span.bytes.0 + 3, "and three bytes");

    for (text, message) in [
        (r#"{"version": 4,}"#, "1:15: it is not JSON: trailing comma"),
        (r#"{"version": 4, 5: 6}"#, "1:16: it is not JSON: key must be a string"),
        (r#"{"version" 4}"#, "1:12: it is not JSON: expected `:`"),
        (r#"{"version": 4 "serial": 1}"#, "1:15: it is not JSON: expected `,` or `}`"),
        (r#"{"version": 4, "resources": [1 2]}"#, "1:30"),
        (r#"{"version": 4, "resources": [],]}"#, "1:32: it is not JSON: key must be a string"),
        ("{\"version\": 4, \"serial\": 1\u{0}}", "1:27: it is not JSON: expected `,` or `}`"),
        ("{\"version\": 4, \"lineage\": \"a\u{0}b\"}", "it is not JSON: control character"),
        (r#"{"version": 4}}"#, "1:15: it is not JSON: trailing characters"),
        (r#"{"version": 4} {"version": 4}"#, "1:16: it is not JSON: trailing characters"),
        ("/var/state.json", "1:1: it is not JSON: expected value"),
        ("Error: no state", "1:1: it is not JSON: expected value"),
    ] {
        let error = fails(text.as_bytes()).to_string();
        assert!(error.starts_with("read state x.tfstate:") && error.contains(message), "{text}\n{error}");
    }
}

#[test]
fn what_is_given_in_place_of_a_state_is_told() {
    let utf16: Vec<u8> = WHOLE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf16.clone()).collect();
    let big_end: Vec<u8> = WHOLE.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let cases: [(&[u8], Code, &str, &str); 17] = [
        (b"", codes::S_EMPTY, "the state file is empty", "apply the stack"),
        (b"\xef\xbb\xbf", codes::S_EMPTY, "the state file is empty", "apply the stack"),
        (&[0; 4096], codes::S_SYNTAX, "it begins with NUL bytes", "restore the last good version"),
        (&utf16, codes::S_SYNTAX, "it is written in UTF-16", "Out-File -Encoding utf8"),
        (&marked, codes::S_SYNTAX, "it is written in UTF-16", "Out-File -Encoding utf8"),
        (&big_end, codes::S_SYNTAX, "it is written in UTF-16", "Out-File -Encoding utf8"),
        (
            b"<!DOCTYPE html>\n<html><body>Sign in</body></html>",
            codes::S_NOT_STATE,
            "it is an HTML page, not a state",
            "credentials",
        ),
        (b"\n<html><h1>502 Bad Gateway</h1>", codes::S_NOT_STATE, "it is an HTML page, not a state", "credentials"),
        (
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>x</Message></Error>",
            codes::S_NOT_STATE,
            "it is S3's answer NoSuchKey, not a state",
            "aws s3 cp s3://BUCKET/KEY -",
        ),
        (b"<?xml version=\"1.0\"?><a/>", codes::S_NOT_STATE, "it is XML, not a state", "state pull"),
        (b"\x1f\x8b\x08\x00\x00", codes::S_NOT_STATE, "it is compressed with gzip", "unpack it"),
        (b"\x28\xb5\x2f\xfd\x04", codes::S_NOT_STATE, "it is compressed with zstd", "unpack it"),
        (b"PK\x03\x04\x14\x00", codes::S_NOT_STATE, "it is a zip archive, which is what a saved plan is", "not a plan"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            codes::S_NOT_STATE,
            "it is git-lfs's pointer",
            "git lfs pull",
        ),
        (b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> x\n", codes::S_SYNTAX, "git's conflict markers", "git checkout"),
        (b"null", codes::S_NOT_STATE, "the document is null", "state pull"),
        (b"\"a\"", codes::S_NOT_STATE, "the document is a string", "state pull"),
    ];
    for (bytes, code, message, remedy) in cases {
        let error = fails(bytes);
        assert!(error.to_string().starts_with("read state x.tfstate:1:1: "), "{error}");
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(error.code(), code, "{error}");
        assert!(error.remedy().expect("remedy").contains(remedy), "{error}\n{:?}", error.remedy());
    }
}
