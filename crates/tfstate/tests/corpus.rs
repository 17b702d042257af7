//! Every state of the corpus: the good ones are read whole, each bad one fails in its own way. The corpus does not
//! stand in this repository; the states under `fixtures/states` are read in any case.

use pilotlight_findings::{Code, Explain, codes};
use pilotlight_tfstate::{IndexKey, State};
use serde_json::Value;
use std::path::PathBuf;

/// What the corpus has that is no state, with the code and the words of its error.
const BAD: &[(&str, Code, &str)] = &[
    (
        "enumerator__testdata__states.backup.tfstate",
        codes::S_EMPTY,
        "read state enumerator__testdata__states.backup.tfstate:1:1: the state file is empty",
    ),
    (
        "enumerator__testdata__states__lambda__lambda.tfstate",
        codes::S_EMPTY,
        "read state enumerator__testdata__states__lambda__lambda.tfstate:1:1: the state file is empty",
    ),
    (
        "enumerator__testdata__states__symlink.tfstate",
        codes::S_SYNTAX,
        "read state enumerator__testdata__states__symlink.tfstate:1:2: it is not JSON: expected ident",
    ),
    (
        "testdata__v4__invalid.tfstate",
        codes::S_SYNTAX,
        "read state testdata__v4__invalid.tfstate:16:7: it is not JSON: key must be a string",
    ),
];

#[test]
fn every_state_of_the_repository_is_read() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/states");
    let mut read = 0;
    for entry in std::fs::read_dir(&folder).expect("fixtures") {
        let path = entry.expect("entry").path();
        let bytes = std::fs::read(&path).expect("file");
        let name = path.file_name().expect("name").to_string_lossy().into_owned();
        assert_nothing_lost(&State::parse(&name, &bytes).unwrap_or_else(|error| panic!("{error}")), &bytes);
        read += 1;
    }
    assert_eq!(read, 11);
}

#[test]
fn every_state_of_the_corpus_is_read_or_refused() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/tfstate");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("no corpus at {}: only the states of this repository were read", folder.display());
        return;
    };
    let (mut good, mut bad) = (0, 0);
    for entry in entries {
        let path = entry.expect("entry").path();
        let name = path.file_name().expect("name").to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).expect("file");
        match (State::parse(&name, &bytes), BAD.iter().find(|(bad, ..)| *bad == name)) {
            (Ok(state), None) => {
                assert_nothing_lost(&state, &bytes);
                good += 1;
            }
            (Err(error), Some((_, code, text))) => {
                assert_eq!(error.to_string(), *text);
                assert_eq!(error.code(), *code, "{name}");
                assert!(error.remedy().is_some(), "{name} has no remedy");
                bad += 1;
            }
            (Ok(_), Some(_)) => panic!("{name} was read, and is no state"),
            (Err(error), None) => panic!("{error}"),
        }
    }
    assert_eq!((good, bad), (71, BAD.len()));
}

/// The document is the same, and the typed view has all that a plain walk over the JSON finds.
fn assert_nothing_lost(state: &State, bytes: &[u8]) {
    let file = &state.file;
    let written: Value = serde_json::from_slice(bytes).expect("json");
    assert_eq!(serde_json::to_value(state).expect("json"), written, "{file}");
    assert_eq!(written["serial"], state.serial, "{file}");
    assert_eq!(written["lineage"], *state.lineage, "{file}");
    assert_eq!(written["terraform_version"], *state.terraform_version, "{file}");
    let outputs = written["outputs"].as_object().expect("outputs");
    assert_eq!(outputs.len(), state.outputs().len());
    for (name, output) in outputs {
        assert_eq!(output["value"], state.outputs()[name].value, "{file}: {name}");
    }
    let resources = written["resources"].as_array().expect("resources");
    assert_eq!(resources.len(), state.resources.len());
    for (json, resource) in resources.iter().zip(&state.resources) {
        let place = format!("{file}: {}", resource.path);
        assert_eq!(json["type"], *resource.resource_type, "{place}");
        assert_eq!(json["name"], *resource.name, "{place}");
        assert_eq!(json["provider"], *resource.provider.to_string(), "{place}");
        assert_eq!(json["mode"] == "managed", state.managed().any(|managed| std::ptr::eq(managed.resource, resource)));
        let instances = json["instances"].as_array().expect("instances");
        assert_eq!(instances.len(), resource.instances.len(), "{place}");
        for (json, instance) in instances.iter().zip(&resource.instances) {
            let address = resource.address(instance);
            assert_eq!(address.to_string().parse(), Ok(address.clone()), "{place}");
            if json["attributes_flat"].is_null() {
                assert_eq!(json["attributes"].as_object(), Some(instance.attributes()), "{place}");
            }
            assert_eq!(json["schema_version"], instance.schema_version, "{place}");
            assert_eq!(json["private"].as_str(), instance.private().as_deref(), "{place}");
            assert_eq!(json["dependencies"].as_array().map_or(0, Vec::len), instance.dependencies().len(), "{place}");
            assert_eq!(
                json["sensitive_attributes"].as_array().map_or(0, Vec::len),
                instance.sensitive.len(),
                "{place}"
            );
            let key = match &instance.index_key {
                None => Value::Null,
                Some(IndexKey::Int(index)) => (*index).into(),
                Some(IndexKey::Str(key)) => key.as_str().into(),
            };
            assert_eq!(json["index_key"], key, "{place}");
        }
    }
}
