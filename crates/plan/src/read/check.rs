//! The `check` blocks.

use crate::check::{Check, CheckKind, CheckSide, When};
use crate::content::Fields;
use crate::dns_name;
use crate::fields::Labels;
use crate::reader::Reader;
use crate::table::BlockRow;
use crate::value::Value;
use hcl_edit::structure::Block;
use pilotlight_findings::Side;
use std::ops::Range;

impl Reader<'_> {
    pub(super) fn check(&mut self, row: &'static BlockRow, block: &Block, labels: Labels) -> Option<Check> {
        let name = labels.names.into_iter().next()?;
        let place = format!("check {name:?}");
        self.children(row, block, &place);
        let mut values = self.attributes(row, block, &place);
        let kind = match row.kind {
            Some("http") => self.http(&mut values),
            Some("tcp") => self.tcp(&mut values),
            Some("dns") => self.dns(&mut values),
            _ => self.command("run", &mut values).map(|run| CheckKind::Command { run }),
        };
        let when = self.when(&mut values);
        let side = match values.text("side")?.as_str() {
            "target" => CheckSide::Target,
            "primary" => CheckSide::Primary,
            "standby" => CheckSide::Standby,
            _ => CheckSide::Active,
        };
        Some(Check {
            name,
            kind: kind?,
            when: when?,
            side,
            timeout: values.duration("timeout")?,
            span: self.span(labels.head),
        })
    }

    fn http(&mut self, values: &mut Fields) -> Option<CheckKind> {
        let range = values.range("url");
        let url = values.value("url");
        if let Some(url) = &url {
            self.one_text("url", url, &range, "write it as in http://app.shop.test/health", |start, whole| {
                let rest = start.strip_prefix("http://").or_else(|| start.strip_prefix("https://"));
                match rest {
                    None if whole || start.len() > "https://".len() => {
                        Some("it begins neither with http:// nor with https://")
                    }
                    Some(rest) if whole && (rest.is_empty() || rest.starts_with(['/', '?', '#', ':'])) => {
                        Some("it names no host")
                    }
                    Some(rest) if rest.chars().any(char::is_whitespace) => Some("a URL has no white space"),
                    _ => None,
                }
            });
        }
        let expect = values.object("expect");
        let headers = values.value_map("headers");
        let mut expect = expect?;
        let expect_body = expect.text("body");
        let expect_status = expect.integer("status").and_then(|status| u16::try_from(status).ok())?;
        Some(CheckKind::Http { url: url?, expect_status, expect_body, headers: headers? })
    }

    fn tcp(&mut self, values: &mut Fields) -> Option<CheckKind> {
        let range = values.range("address");
        let address = values.value("address")?;
        self.one_text("address", &address, &range, "write it as in orders.shop.test:5432", |text, whole| {
            let port = text.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>()));
            match port {
                _ if !whole => None,
                Some((host, Ok(port))) if !host.is_empty() && port > 0 => None,
                _ => Some("it is no host and port"),
            }
        });
        Some(CheckKind::Tcp { address })
    }

    fn dns(&mut self, values: &mut Fields) -> Option<CheckKind> {
        let range = values.range("name");
        let name = values.value("name");
        if let Some(name) = &name {
            self.one_text("name", name, &range, "write it as in app.shop.test", |text, whole| {
                if whole { dns_name::normal(text).err() } else { None }
            });
        }
        let server_range = values.range("server");
        let server = values.value("server");
        if let Some(server) = &server {
            self.one_text(
                "server",
                server,
                &server_range,
                "write it as in 192.0.2.53 or 192.0.2.53:53",
                |text, whole| {
                    (whole && (text.is_empty() || text.contains(char::is_whitespace))).then_some("it is no host")
                },
            );
        }
        let expect = values.values("expect").map(|expect| expect.into_iter().map(|(value, _)| value).collect());
        Some(CheckKind::Dns { name: name?, record_type: values.text("type")?, expect: expect?, server })
    }

    /// A program and its arguments: at least the program, and that not empty.
    pub(super) fn command(&mut self, attribute: &str, values: &mut Fields) -> Option<Vec<Value>> {
        let range = values.range(attribute);
        let run = values.values(attribute)?;
        let remedy = "name the program first, as in [\"./scripts/smoke-test.sh\", \"--fast\"]";
        match run.first() {
            None => {
                self.wrong(attribute, "[]", "it names no program", remedy, range);
                None
            }
            Some((program, at)) => {
                self.one_text(attribute, program, at, remedy, |text, whole| {
                    (whole && text.trim().is_empty()).then_some("the program's name is empty")
                });
                Some(run.into_iter().map(|(value, _)| value).collect())
            }
        }
    }

    fn when(&mut self, values: &mut Fields) -> Option<Vec<When>> {
        let range = values.range("when");
        let mut when: Vec<When> = values
            .texts("when")?
            .iter()
            .map(|(word, _)| if word == "before" { When::Before } else { When::After })
            .collect();
        when.sort_unstable();
        when.dedup();
        if when.is_empty() {
            self.wrong(
                "when",
                "[]",
                "the check would never run",
                "write [\"before\", \"after\"], or remove the check",
                range,
            );
            return None;
        }
        Some(when)
    }

    /// Checks a value that has to be one text, as far as it is known: `wrong` gets what it begins with, and
    /// whether that is all of it.
    fn one_text(
        &mut self,
        attribute: &str,
        value: &Value,
        range: &Range<usize>,
        remedy: &str,
        wrong: impl Fn(&str, bool) -> Option<&'static str>,
    ) {
        let reason = match value {
            Value::Literal(serde_json::Value::Array(_)) | Value::List(_) => {
                Some("it is a list, and one text is wanted")
            }
            Value::Template(parts) => match parts.first() {
                Some(Value::Literal(serde_json::Value::String(start))) => wrong(start, false),
                _ => None,
            },
            known => known.resolve_text(Side::Primary, &()).ok().and_then(|text| wrong(&text, true)),
        };
        if let Some(reason) = reason {
            let shown = value
                .resolve_redacted(Side::Primary, &())
                .map_or_else(|_| "this value".to_owned(), |value| value.to_string());
            self.wrong(attribute, &shown, reason, remedy, range.clone());
        }
    }
}
