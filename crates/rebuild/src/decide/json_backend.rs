//! Backends, providers and other stacks' states in files of JSON.

use super::backend::{
    BackendBlock, FROM_ENVIRONMENT, RemoteState, SHARED_STATE, ask_cloud, ask_computed_state, point, settings,
};
use super::json::{Json, JsonKind};
use super::retarget::{Rule, Work};
use serde_json::Value;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// Retargets them, and says whether there is a backend.
pub(crate) fn retarget(work: &mut Work<'_>) -> bool {
    let documents: Vec<_> = work.json.iter().map(|(file, document)| (file.clone(), Arc::clone(document))).collect();
    let mut backend_seen = false;
    for (file, document) in &documents {
        let (text, json) = (&document.text, &document.json);
        for (_, terraform) in json.blocks("terraform", 0).into_iter().filter(|_| file.parent() == Some(Path::new(""))) {
            for (labels, body) in terraform.blocks("backend", 1) {
                backend_seen = true;
                let kind = labels.first().map(|label| label.key.as_str()).unwrap_or_default();
                backend(work, file, text, kind, body);
            }
            if let Some(cloud) = terraform.member("cloud") {
                backend_seen = true;
                ask_cloud(work, file, cloud.range.clone());
            }
        }
        for (labels, body) in json.blocks("provider", 1) {
            if labels.first().is_some_and(|label| label.key == "aws") && body.member("region").is_none() {
                let region = Value::String(work.input.standby.as_str().to_owned());
                let (range, new) = insertion(text, body, &[("region", &region)]);
                work.edit(file, range, new, Rule::ProviderRegion, FROM_ENVIRONMENT);
            }
        }
        for (labels, body) in json.blocks("data", 2) {
            if let [kind, name] = labels[..]
                && kind.key == "terraform_remote_state"
            {
                remote_state(work, file, &name.key, body);
            }
        }
    }
    backend_seen
}

fn backend(work: &mut Work<'_>, file: &Path, text: &str, kind: &str, body: &Json) {
    let names = body.members().into_iter().map(|member| member.key.as_str()).collect();
    let block = BackendBlock { kind, range: body.range.clone(), names };
    let Some(settings) = settings(work, file, &block) else { return };
    let mut added = Vec::new();
    for (name, value) in &settings {
        let Some(known) = body.member(name) else {
            added.push((name.as_str(), value));
            continue;
        };
        // What the plan says is meant, even where it names the primary.
        work.keep(file, known.range.clone());
        // A text's place is that between its quotes.
        let range = match known.kind {
            JsonKind::Text(_) => known.range.start - 1..known.range.end + 1,
            _ => known.range.clone(),
        };
        let new = value.to_string();
        if text[range.clone()] != new {
            work.edit(file, range, new, Rule::Backend, SHARED_STATE);
        }
    }
    if !added.is_empty() {
        let (range, new) = insertion(text, body, &added);
        work.edit(file, range, new, Rule::Backend, SHARED_STATE);
    }
}

fn remote_state(work: &mut Work<'_>, file: &Path, name: &str, body: &Json) {
    let Some(config) = body.member("config").filter(|config| matches!(config.kind, JsonKind::Object(_))) else {
        ask_computed_state(work, file, body.range.clone(), name);
        return;
    };
    let literal = |name: &'static str| {
        let value = config.member(name)?;
        let text = value.text().filter(|text| !text.contains("${"))?;
        Some((name, text.to_owned(), value.range.clone()))
    };
    let fields = ["bucket", "key", "path", "region"].into_iter().filter_map(literal).collect();
    let backend = body.member("backend").and_then(Json::text).unwrap_or_default();
    let write = |text: &str| {
        let quoted = Value::String(text.to_owned()).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    let range = body.range.clone();
    point(work, file, &RemoteState { name, backend, range, config: config.range.clone(), fields, write });
}

/// Puts members at the head of an object, each on a line of its own where the object has lines.
fn insertion(text: &str, body: &Json, members: &[(&str, &Value)]) -> (Range<usize>, String) {
    let inside = &text[body.range.start + 1..body.range.end];
    let blank = &inside[..inside.len() - inside.trim_start().len()];
    let is_empty = body.members().is_empty();
    let written: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    let at = body.range.start + 1;
    let between = if blank.is_empty() { ", ".to_owned() } else { format!(",{blank}") };
    let after = if is_empty { "" } else { between.as_str() };
    let before = if is_empty { "" } else { blank };
    (at..at + before.len(), format!("{before}{}{after}", written.join(&between)))
}
