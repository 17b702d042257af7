//! The lines of a `-json` stream.
//!
//! Shape: <https://developer.hashicorp.com/terraform/internals/machine-readable-ui>. Types that are not
//! named here are for people and are left out; a line that is no such JSON is kept as it is.

use crate::{Diagnostic, Progress};
use serde::Deserialize;
use std::time::Duration;

/// How many resources an operation adds, changes, removes or imports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Counts {
    /// Created.
    #[serde(default)]
    pub add: u64,
    /// Updated in place.
    #[serde(default)]
    pub change: u64,
    /// Destroyed.
    #[serde(default)]
    pub remove: u64,
    /// Imported.
    #[serde(default)]
    pub import: u64,
}

/// What one line means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    Progress(Progress),
    Summary(Counts),
    Diagnostic(Box<Diagnostic>),
    /// A state that could be written nowhere.
    State(String),
    /// For people only: a version, outputs, a provisioner's begin and end.
    Other,
    /// No JSON of this shape.
    Unparsed(String),
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    hook: Option<Hook>,
    #[serde(default)]
    change: Option<Change>,
    #[serde(default)]
    changes: Option<Counts>,
    #[serde(default)]
    diagnostic: Option<Box<Diagnostic>>,
    #[serde(default)]
    state: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Change {
    resource: Resource,
    action: String,
}

#[derive(Deserialize)]
struct Hook {
    #[serde(default)]
    resource: Option<Resource>,
    #[serde(default)]
    action: String,
    #[serde(default)]
    elapsed_seconds: u64,
    #[serde(default)]
    id_value: Option<String>,
    #[serde(default)]
    output: Option<String>,
}

#[derive(Deserialize)]
struct Resource {
    addr: String,
}

impl Message {
    /// Reads one line.
    pub(crate) fn read(text: &str) -> Self {
        match serde_json::from_str::<Line>(text) {
            Ok(line) => Self::of(line).unwrap_or_else(|| Self::Unparsed(text.to_owned())),
            Err(_) => Self::Unparsed(text.to_owned()),
        }
    }

    /// None where a line lacks what its type promises.
    fn of(line: Line) -> Option<Self> {
        Some(match line.kind.as_str() {
            "diagnostic" => Self::Diagnostic(line.diagnostic?),
            _ if line.state.is_some() => Self::State(line.state?.to_string()),
            "change_summary" => Self::Summary(line.changes?),
            "planned_change" => {
                let change = line.change?;
                Self::Progress(Progress::Planned { address: change.resource.addr, action: change.action })
            }
            "refresh_start" => Self::Progress(Progress::Refreshing { address: line.hook?.resource?.addr }),
            "provision_progress" => Self::Progress(Progress::Line(line.hook?.output?)),
            "apply_start" | "apply_progress" | "apply_complete" | "apply_errored" => {
                let hook = line.hook?;
                let (address, action) = (hook.resource?.addr, hook.action);
                let elapsed = Duration::from_secs(hook.elapsed_seconds);
                Self::Progress(match line.kind.as_str() {
                    "apply_start" => Progress::Started { address, action },
                    "apply_progress" => Progress::StillRunning { address, action, elapsed },
                    "apply_complete" => Progress::Finished { address, action, elapsed, id: hook.id_value },
                    _ => Progress::Failed { address, action, elapsed },
                })
            }
            _ => Self::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_terraform_1_11_are_understood() {
        let complete = r#"{"@level":"info","@message":"terraform_data.b[1]: Creation complete after 1s [id=c19e]","@module":"terraform.ui","@timestamp":"2026-11-21T09:36:51.266185Z","hook":{"resource":{"addr":"terraform_data.b[1]","module":"","resource":"terraform_data.b[1]","implied_provider":"terraform","resource_type":"terraform_data","resource_name":"b","resource_key":1},"action":"create","id_key":"id","id_value":"c19e","elapsed_seconds":1},"type":"apply_complete"}"#;
        assert_eq!(
            Message::read(complete),
            Message::Progress(Progress::Finished {
                address: "terraform_data.b[1]".to_owned(),
                action: "create".to_owned(),
                elapsed: Duration::from_secs(1),
                id: Some("c19e".to_owned()),
            })
        );
        let summary = r#"{"@level":"info","@message":"Plan: 3 to add","changes":{"add":3,"change":0,"import":0,"remove":0,"operation":"plan"},"type":"change_summary"}"#;
        assert_eq!(Message::read(summary), Message::Summary(Counts { add: 3, ..Counts::default() }));
        // As Terraform 1.11.4 prints it on a full disk.
        let state = r#"{"@level":"info","@message":"Emergency state dump","@module":"terraform.ui","@timestamp":"2026-11-22T08:49:30.063484Z","state":{"version":4,"serial":1,"lineage":"d92c4407"},"type":"log"}"#;
        let Message::State(state) = Message::read(state) else { panic!("no state") };
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&state).unwrap(),
            serde_json::json!({"version": 4, "serial": 1, "lineage": "d92c4407"})
        );
        assert_eq!(Message::read(r#"{"type":"version","terraform":"1.11.4","ui":"1.2"}"#), Message::Other);
    }

    #[test]
    fn what_is_no_such_json_is_kept() {
        for text in ["Killed", "{\"a\":1}", r#"{"type":"diagnostic"}"#, r#"{"type":"apply_start","hook":{}}"#] {
            assert_eq!(Message::read(text), Message::Unparsed(text.to_owned()));
        }
    }
}
