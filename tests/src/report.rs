//! Reports as this test compares them.

use serde_json::Value;

/// What a finding says, as far as a test names it: code, and what it is about.
pub type Found = (String, String);

/// The findings of a report that make its verdict, sorted: each code, and its subject as address, check or
/// step, with the side where there is one. Warnings and notes are left out.
pub fn found(report: &Value) -> Vec<Found> {
    let findings = report["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut found: Vec<Found> = findings
        .iter()
        .filter(|finding| finding["severity"] == "error" || finding["severity"] == "critical")
        .map(|finding| {
            let subject = &finding["subject"];
            let about = ["address", "name", "step", "host", "stack", "url", "id"];
            let about = about.iter().find_map(|field| subject[field].as_str()).unwrap_or("?");
            let side = subject["side"].as_str().map_or(String::new(), |side| format!("{side} "));
            (finding["code"].as_str().unwrap_or("?").to_owned(), format!("{side}{about}"))
        })
        .collect();
    found.sort();
    found
}

/// A run's report without what may differ between a run that was killed and resumed and one that was not:
/// the run's id, moments and durations, which become `true` where they are there, and the resumption.
pub fn normalised(report: &Value) -> Value {
    let id = report["run"].as_str().unwrap_or_default().to_owned();
    let mut report = report.clone();
    if let Some(interventions) = report["interventions"].as_array_mut() {
        interventions.retain(|intervention| intervention["what"] != "resumed");
    }
    walk(&mut report, &id);
    report
}

fn walk(value: &mut Value, id: &str) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let measured =
                    ["at", "started_at", "finished_at", "duration_ms", "latency_ms", "measured_ms", "traffic_ms"];
                if measured.contains(&name.as_str()) {
                    *value = Value::Bool(!value.is_null());
                } else {
                    walk(value, id);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| walk(value, id)),
        Value::String(text) if !id.is_empty() => *text = text.replace(id, "RUN"),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_and_ids_are_no_difference_and_everything_else_is() {
        let report = |id: &str, at: &str, status: &str, resumed: bool| {
            let interventions = if resumed { json!([{ "at": at, "what": "resumed" }]) } else { json!([]) };
            json!({ "run": id, "started_at": at, "status": status, "interventions": interventions,
                    "findings": [{ "subject": { "run": id }, "message": format!("run {id}") }] })
        };
        let plain = normalised(&report("1-2", "10:00", "done", false));
        assert_eq!(plain, normalised(&report("3-4", "11:00", "done", true)));
        assert_ne!(plain, normalised(&report("3-4", "11:00", "failed", true)));
        let mut stopped = report("3-4", "11:00", "done", true);
        stopped["interventions"][0]["what"] = json!("stopped");
        assert_ne!(plain, normalised(&stopped));
    }

    #[test]
    fn warnings_are_no_findings_that_count() {
        let report = json!({ "findings": [
            { "code": "A", "severity": "error", "subject": { "kind": "resource", "address": "x.y", "side": "standby" } },
            { "code": "B", "severity": "warning", "subject": { "kind": "plan", "name": "shop" } },
            { "code": "C", "severity": "critical", "subject": { "kind": "check", "name": "front" } },
        ]});
        let pair = |code: &str, about: &str| (code.to_owned(), about.to_owned());
        assert_eq!(found(&report), [pair("A", "standby x.y"), pair("C", "front")]);
    }
}
