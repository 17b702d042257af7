//! `cargo xtask lab status`.

use crate::lab::fault;
use crate::workspace::Done;
use pilotlight_lab::{DatabaseStatus, Lab, Status};
use std::process::ExitCode;

pub(super) async fn status(lab: &Lab, json: bool) -> Done<ExitCode> {
    let status = lab.status().await?;
    match json {
        true => anstream::println!("{}", serde_json::to_string_pretty(&status)?),
        false => anstream::println!("{}", lines(&status).join("\n")),
    }
    Ok(ExitCode::SUCCESS)
}

fn lines(status: &Status) -> Vec<String> {
    let mut lines = vec![format!("lab       process {}", status.pid)];
    for app in &status.apps {
        let broken = if status.broken.contains(&app.address) { "  broken" } else { "" };
        lines.push(format!(
            "app       {:<14} {:<21} {}{broken}",
            app.region,
            format!("{}:8080", app.address),
            app.instance
        ));
    }
    lines.extend(status.databases.iter().map(database));
    lines.extend(status.dark.iter().map(|region| format!("dark      {region}")));
    lines.extend(status.faults.iter().map(|standing| format!("fault     {}", fault::line(standing))));
    lines
}

fn database(database: &DatabaseStatus) -> String {
    let mut line = format!("database  {:<14} {:<21} {}", database.region, database.address, database.role);
    let pid = database.pid.map(|pid| format!("process {pid}"));
    let position = database.position.as_ref().map(|position| format!("at {position}"));
    for part in [database.replication.clone(), position, pid].into_iter().flatten() {
        line.push_str(&format!(", {part}"));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilotlight_lab::App;

    #[test]
    fn what_answers_is_told_in_lines() {
        let database = |region: &str, role: &str, pid, replication: Option<&str>| DatabaseStatus {
            region: region.into(),
            address: "127.64.0.10:5432".into(),
            pid,
            role: role.into(),
            position: replication.map(|_| "0/3000148".into()),
            replication: replication.map(str::to_owned),
            timeline: None,
        };
        let address = "127.64.1.10".parse().expect("an address");
        let status = Status {
            pid: 7,
            apps: vec![App { instance: "i-1".into(), region: "eu-central-1".into(), address }],
            broken: vec![address],
            databases: vec![
                database("eu-west-1", "dead", None, None),
                database("eu-central-1", "standby", Some(9), Some("streaming")),
            ],
            dark: vec!["eu-west-1".into()],
            faults: vec![],
        };
        assert_eq!(
            lines(&status),
            [
                "lab       process 7",
                "app       eu-central-1   127.64.1.10:8080      i-1  broken",
                "database  eu-west-1      127.64.0.10:5432      dead",
                "database  eu-central-1   127.64.0.10:5432      standby, streaming, at 0/3000148, process 9",
                "dark      eu-west-1",
            ]
        );
    }
}
