//! The `check` blocks: probes of the service, before and after a run.

use crate::Value;
use crate::head::LONGEST_SECONDS;
use crate::table::{AttributeRow, BlockRow, Need, Occurs, Type};
use indexmap::IndexMap;
use pilotlight_findings::{Side, Span};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A probe of the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Its name, unique among the checks of the plan.
    pub name: String,
    /// What is probed and what is expected.
    pub kind: CheckKind,
    /// When a run probes it; never empty.
    pub when: Vec<When>,
    /// Which side it looks at: its outputs are taken from that side's state.
    pub side: CheckSide,
    /// How long one probe may take.
    pub timeout: Duration,
    /// The block's head.
    pub span: Span,
}

/// What a check probes and what it expects.
#[derive(Debug, Clone, PartialEq)]
pub enum CheckKind {
    /// One GET request.
    Http {
        /// `http://` or `https://`
        url: Value,
        /// The status code that is green.
        expect_status: u16,
        /// A text that the body has to contain.
        expect_body: Option<String>,
        /// Request headers.
        headers: IndexMap<String, Value>,
    },
    /// One connection.
    Tcp {
        /// `host:port`
        address: Value,
    },
    /// One question to DNS.
    Dns {
        /// The name that is asked for.
        name: Value,
        /// `A`, `AAAA` or `CNAME`
        record_type: String,
        /// The answers that are green, in any order, read with [`Value::resolve_texts`]; where it is empty,
        /// any answer with at least one record is.
        expect: Vec<Value>,
        /// The server that is asked, `host` or `host:port`; none for the resolver that users would ask.
        server: Option<Value>,
    },
    /// A program: exit code 0 is green.
    Command {
        /// The program and its arguments; never empty. No shell is between.
        run: Vec<Value>,
    },
}

/// When a run probes a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// In `preflight`: red stops the run before anything was changed.
    Before,
    /// In `verify`: the run is not done before it is green.
    After,
}

/// Which side a check looks at: the outputs in it are taken from that side's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckSide {
    /// Where traffic is at the check's moment: before the switch the side that it leaves, after it the side
    /// that it was moved to.
    Active,
    /// Where it is moved to, at every moment.
    Target,
    /// The primary, whichever is active.
    Primary,
    /// The standby, whichever is active.
    Standby,
}

impl CheckSide {
    /// The side that is meant at a moment of a run that moves traffic away from `from`.
    pub fn at(self, when: When, from: Side) -> Side {
        match self {
            Self::Active if when == When::Before => from,
            Self::Active | Self::Target => from.other(),
            Self::Primary => Side::Primary,
            Self::Standby => Side::Standby,
        }
    }
}

const WHEN: AttributeRow = AttributeRow {
    name: "when",
    of: Type::Words(&["before", "after"]),
    need: Need::Default(r#"["before", "after"]"#),
    doc: "When a run probes it: `before` anything is changed, `after` the switch.",
    example: r#"["before", "after"]"#,
};

const SIDE: AttributeRow = AttributeRow {
    name: "side",
    of: Type::Word(&["active", "target", "primary", "standby"]),
    need: Need::Default(r#""active""#),
    doc: "Which side it looks at: outputs in it are those of that side's state. `active` is where traffic is at that \
          moment: `before` the side that it leaves, `after` the side that it was moved to. `target` is where it is moved \
          to, at both moments. `before`, red stops a run on the side that takes over only; of the side that traffic \
          leaves it is recorded, or left out with a note where that side's outputs are not known.",
    example: r#""target""#,
};

const TIMEOUT: AttributeRow = AttributeRow {
    name: "timeout",
    of: Type::Duration { least: 1, most: LONGEST_SECONDS },
    need: Need::Default(r#""30s""#),
    doc: "How long one probe may take.",
    example: r#""5s""#,
};

pub(crate) static HTTP: BlockRow = BlockRow {
    name: "check",
    kind: Some("http"),
    labels: &["name"],
    occurs: Occurs::Any,
    doc: "Sends one GET request and expects a status.",
    example: r#"check "http" "storefront" {
  url    = "http://app.shop.test/health"
  expect = { status = 200 }
  when   = ["before", "after"]
}"#,
    attributes: &[
        AttributeRow {
            name: "url",
            of: Type::Value,
            need: Need::Required,
            doc: "`http://` or `https://`.",
            example: r#""http://app.shop.test/health""#,
        },
        AttributeRow {
            name: "expect",
            of: Type::Object(&[
                AttributeRow {
                    name: "status",
                    of: Type::Integer { least: 100, most: 599 },
                    need: Need::Default("200"),
                    doc: "The status code that is green.",
                    example: "200",
                },
                AttributeRow {
                    name: "body",
                    of: Type::Text,
                    need: Need::Optional,
                    doc: "A text that the body has to contain.",
                    example: r#""\"ready\":true""#,
                },
            ]),
            need: Need::Default("{}"),
            doc: "What is green.",
            example: "{ status = 200 }",
        },
        AttributeRow {
            name: "headers",
            of: Type::ValueMap,
            need: Need::Default("{}"),
            doc: "Request headers.",
            example: r#"{ Authorization = "Bearer ${env("HEALTH_TOKEN")}" }"#,
        },
        WHEN,
        SIDE,
        TIMEOUT,
    ],
    any_attribute: None,
    blocks: &[],
};

pub(crate) static TCP: BlockRow = BlockRow {
    name: "check",
    kind: Some("tcp"),
    labels: &["name"],
    occurs: Occurs::Any,
    doc: "Opens one connection and closes it.",
    example: r#"check "tcp" "database" {
  address = "orders.shop.test:5432"
  timeout = "5s"
}"#,
    attributes: &[
        AttributeRow {
            name: "address",
            of: Type::Value,
            need: Need::Required,
            doc: "`host:port`.",
            example: r#""${stack.app.output.public_ips[0]}:8080""#,
        },
        WHEN,
        SIDE,
        TIMEOUT,
    ],
    any_attribute: None,
    blocks: &[],
};

pub(crate) static DNS: BlockRow = BlockRow {
    name: "check",
    kind: Some("dns"),
    labels: &["name"],
    occurs: Occurs::Any,
    doc: "Asks DNS for one name and type and compares the answers.",
    example: r#"check "dns" "mail" {
  name   = "mail.shop.test"
  type   = "A"
  expect = ["192.0.2.25"]
}"#,
    attributes: &[
        AttributeRow {
            name: "name",
            of: Type::Value,
            need: Need::Required,
            doc: "The name that is asked for.",
            example: r#""app.shop.test""#,
        },
        AttributeRow {
            name: "type",
            of: Type::Word(crate::traffic::RECORD_TYPES),
            need: Need::Default(r#""A""#),
            doc: "The type that is asked for.",
            example: r#""A""#,
        },
        AttributeRow {
            name: "expect",
            of: Type::Values,
            need: Need::Default("[]"),
            doc: "The answers that are green, all of them and in any order. Without it, any answer is green that holds at \
                  least one record.",
            example: r#"["192.0.2.25"]"#,
        },
        AttributeRow {
            name: "server",
            of: Type::Value,
            need: Need::Optional,
            doc: "The server to ask, `host` or `host:port`, instead of the resolver that users would ask.",
            example: r#""192.0.2.53""#,
        },
        WHEN,
        SIDE,
        TIMEOUT,
    ],
    any_attribute: None,
    blocks: &[],
};

pub(crate) static COMMAND: BlockRow = BlockRow {
    name: "check",
    kind: Some("command"),
    labels: &["name"],
    occurs: Occurs::Any,
    doc: "Runs a program; exit code 0 is green.",
    example: r#"check "command" "orders-flow" {
  run  = ["./scripts/order-smoke-test.sh", "--url", "http://app.shop.test"]
  when = ["after"]
}"#,
    attributes: &[
        AttributeRow {
            name: "run",
            of: Type::Values,
            need: Need::Required,
            doc: "The program and its arguments. No shell is between, and it starts in the plan's folder.",
            example: r#"["./scripts/order-smoke-test.sh"]"#,
        },
        WHEN,
        SIDE,
        TIMEOUT,
    ],
    any_attribute: None,
    blocks: &[],
};
