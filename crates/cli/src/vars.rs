//! What a plan's expressions may name: the environment, `--var NAME=VALUE` and `--var-file FILE`.

use crate::failure::Failure;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// This program's environment; a variable that is no UTF-8 is none that a plan can name.
pub(crate) fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Reads files in order, then single values: what comes later wins, as with terraform.
pub(crate) fn read(vars: &[String], files: &[PathBuf]) -> Result<BTreeMap<String, Value>, Failure> {
    let mut all = BTreeMap::new();
    for file in files {
        let doing = || format!("read the variables in {}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| Failure::io(doing(), error))?;
        let values: Map<String, Value> = serde_json::from_str(&text)
            .map_err(|error| Failure::io(doing(), error).with_remedy("write one JSON object: {\"name\": \"value\"}"))?;
        all.extend(values);
    }
    for var in vars {
        let Some((name, value)) = var.split_once('=') else {
            return Err(Failure::usage(format!("read --var {var}"), "write it as --var NAME=VALUE"));
        };
        all.insert(name.trim().to_owned(), Value::String(value.to_owned()));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_value_wins_over_a_file() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("vars.json");
        std::fs::write(&file, r#"{"a": "file", "b": [1]}"#).expect("write");
        let vars = read(&["a=x=y".into()], &[file]).expect("vars");
        assert_eq!(vars["a"], "x=y");
        assert_eq!(vars["b"], serde_json::json!([1]));
        assert!(read(&["a".into()], &[]).is_err());
    }
}
