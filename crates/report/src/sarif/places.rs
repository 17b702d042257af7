//! Where a result is: its name in the estate, and a file for viewers that can show nothing without one.

use crate::clean;
use pilotlight_findings::{Report, Side, Span, Subject};
use serde_sarif::sarif::{ArtifactLocation, Location, LogicalLocation, PhysicalLocation, Region};
use std::fmt::Write as _;

/// How subjects are placed in this report.
pub(super) struct Places<'a> {
    /// The file for what has none of its own.
    plan_file: Option<&'a str>,
    /// What stands for it where it is not known.
    name: &'a str,
}

impl<'a> Places<'a> {
    pub(super) fn new(report: &'a Report, plan_file: Option<&'a str>) -> Self {
        Self { plan_file, name: report.plan.as_deref().unwrap_or("pilotlight") }
    }

    /// A file's own place; else the plan, its first line; without a plan the state.
    pub(super) fn location(&self, subject: &Subject) -> Location {
        let (file, line, column) = match (subject, self.plan_file) {
            (Subject::File { span: Span { file, start, .. } }, _) => (file.as_str(), start.line, Some(start.column)),
            (_, Some(plan)) => (plan, 1, None),
            (Subject::Resource { stack, .. } | Subject::Stack { stack, .. }, None) => (stack.as_str(), 1, None),
            (_, None) => (self.name, 1, None),
        };
        let mut region = Region::builder().start_line(number(line)).build();
        region.start_column = column.map(number);
        let physical = PhysicalLocation::builder()
            .artifact_location(ArtifactLocation::builder().uri(uri(file)).build())
            .region(region)
            .build();
        let logical = LogicalLocation::builder()
            .name(clean::line(&short_name(subject)))
            .fully_qualified_name(clean::line(&qualified_name(subject)))
            .kind(kind(subject))
            .build();
        Location::builder().physical_location(physical).logical_locations(vec![logical]).build()
    }
}

fn number(n: usize) -> i64 {
    i64::try_from(n.max(1)).unwrap_or(i64::MAX)
}

/// `network/primary/aws_vpc.main`: the stack, the side and the address; of other things what names them.
pub(super) fn qualified_name(subject: &Subject) -> String {
    let within = |stack: &str, side: &Option<Side>| match side {
        Some(side) => format!("{stack}/{side}"),
        None => stack.to_owned(),
    };
    match subject {
        Subject::Resource { stack, side, address, .. } => format!("{}/{address}", within(stack, side)),
        Subject::Stack { stack, side } => within(stack, side),
        Subject::File { span } => span.to_string(),
        Subject::Record { zone, name, record_type } => format!("{zone}/{name}/{record_type}"),
        Subject::Check { name } => format!("check/{name}"),
        Subject::Host { host } => format!("host/{host}"),
        Subject::CloudObject { resource_type, id, region } => {
            let region = region.as_ref().map_or("global", |region| region.as_str());
            format!("{region}/{resource_type}/{id}")
        }
        Subject::Step { run, step } => format!("{run}/{step}"),
        Subject::Journal { url } => url.clone(),
        Subject::Plan { name } => format!("plan/{name}"),
    }
}

fn short_name(subject: &Subject) -> String {
    match subject {
        Subject::Resource { address, .. } => address.clone(),
        Subject::Stack { stack, .. } => stack.clone(),
        _ => subject.to_string(),
    }
}

/// The standard's word where it has one.
fn kind(subject: &Subject) -> &'static str {
    match subject {
        Subject::Resource { .. } | Subject::Record { .. } | Subject::CloudObject { .. } => "resource",
        Subject::Stack { .. } | Subject::Plan { .. } => "module",
        _ => "object",
    }
}

/// A file or a URL as a URI that code scanning takes: a relative path, or `file:`. A log with another scheme is
/// rejected, so `s3://bucket/key` becomes `bucket/key`. Whatever is secret in a URL (a password before the host,
/// a signed query) is left out.
fn uri(place: &str) -> String {
    let place = place.strip_prefix("pull:").unwrap_or(place);
    let path = match place.split_once("://") {
        Some(("file", path)) => path,
        Some((_, rest)) => {
            let rest = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
            let host_ends = rest.find('/').unwrap_or(rest.len());
            rest[..host_ends].rfind('@').map_or(rest, |at| &rest[at + 1..])
        }
        None => place.strip_prefix("file:").unwrap_or(place),
    };
    let path = path.replace('\\', "/");
    let mut path = path.as_str();
    while let Some(rest) = path.strip_prefix("./") {
        path = rest;
    }
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    if uri.is_empty() { "pilotlight".to_owned() } else { uri }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_relative_paths_or_files() {
        for (place, expected) in [
            ("plans/shop.hcl", "plans/shop.hcl"),
            ("././plans/my shop.hcl", "plans/my%20shop.hcl"),
            ("/srv/shop/plan.hcl", "file:///srv/shop/plan.hcl"),
            ("file:.pilotlight", ".pilotlight"),
            ("file:///srv/state", "file:///srv/state"),
            ("s3://shop-tfstate/env:/eu/app.tfstate", "shop-tfstate/env%3A/eu/app.tfstate"),
            ("https://ana:hunter2@state.test/app?token=x#y", "state.test/app"),
            ("https://state.test?token=x", "state.test"),
            ("pull:infra/app", "infra/app"),
            ("states\\app.tfstate", "states/app.tfstate"),
            ("", "pilotlight"),
        ] {
            assert_eq!(uri(place), expected, "{place}");
        }
    }
}
