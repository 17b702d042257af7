//! The `traffic` block: DNS records that move together.

use crate::Value;
use crate::table::{AttributeRow, BlockRow, Need, Occurs, Type};
use pilotlight_findings::Span;
use std::time::Duration;

/// The longest TTL that DNS has, in seconds (RFC 2181, section 8).
pub(crate) const LONGEST_TTL_SECONDS: u64 = 2_147_483_647;

/// DNS records that move together, in one atomic change.
#[derive(Debug, Clone, PartialEq)]
pub struct TrafficSet {
    /// Its name.
    pub name: String,
    /// The hosted zone's name, lower case, without a trailing dot.
    pub zone: String,
    /// The records; never empty.
    pub records: Vec<TrafficRecord>,
    /// How they move.
    pub method: Method,
    /// The block's head.
    pub span: Span,
}

/// One record set of a traffic set.
#[derive(Debug, Clone, PartialEq)]
pub struct TrafficRecord {
    /// Fully qualified, lower case, without a trailing dot; `*` is written as `*`.
    pub name: String,
    /// `A`, `AAAA` or `CNAME`
    pub record_type: String,
    /// What it answers while the primary is active; read it with [`Value::resolve_texts`] over the
    /// primary's outputs.
    pub primary: Value,
    /// What it answers while the standby is active; over the standby's outputs.
    pub standby: Value,
    /// How long resolvers are expected to be allowed to keep an answer, in whole seconds; none for no
    /// expectation. A run never changes a TTL.
    pub ttl: Option<Duration>,
    /// The block's head.
    pub span: Span,
}

/// How the records of a traffic set move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The values are swapped.
    Record,
}

/// Record types that a traffic set moves.
pub(crate) const RECORD_TYPES: &[&str] = &["A", "AAAA", "CNAME"];

pub(crate) static TRAFFIC: BlockRow = BlockRow {
    name: "traffic",
    kind: None,
    labels: &["name"],
    occurs: Occurs::Any,
    doc: "DNS records that move together, in one atomic change. What is not in a traffic set is never touched.",
    example: r#"traffic "storefront" {
  zone = "shop.test"
  record "app.shop.test" "A" {
    primary = stack.app.output.public_ips
    standby = stack.app.output.public_ips
    ttl     = "30s"
  }
  method = "record"
}"#,
    attributes: &[
        AttributeRow {
            name: "zone",
            of: Type::Text,
            need: Need::Required,
            doc: "The name of the public hosted zone.",
            example: r#""shop.test""#,
        },
        AttributeRow {
            name: "method",
            of: Type::Word(&["record"]),
            need: Need::Default(r#""record""#),
            doc: "How the records move: `record` swaps their values.",
            example: r#""record""#,
        },
    ],
    any_attribute: None,
    blocks: &[&RECORD],
};

pub(crate) static RECORD: BlockRow = BlockRow {
    name: "record",
    kind: None,
    labels: &["name", "type"],
    occurs: Occurs::Some,
    doc: "A record set. The name is fully qualified, the type is `A`, `AAAA` or `CNAME`. It lies inside the zone; a CNAME does not stand at its top.",
    example: "",
    attributes: &[
        AttributeRow {
            name: "primary",
            of: Type::Value,
            need: Need::Required,
            doc: "What it answers while the primary is active: one value or a list. Outputs are those of the primary's state.",
            example: "stack.app.output.public_ips",
        },
        AttributeRow {
            name: "standby",
            of: Type::Value,
            need: Need::Required,
            doc: "What it answers while the standby is active. Outputs are those of the standby's state.",
            example: "stack.app.output.public_ips",
        },
        AttributeRow {
            name: "ttl",
            of: Type::Duration { least: 0, most: LONGEST_TTL_SECONDS },
            need: Need::Optional,
            doc: "The TTL that the record is expected to have: how long resolvers may keep an answer. It is part of every \
                  recovery time, so keep it well below the RTO. A run never changes a TTL, so that Terraform has nothing to \
                  set back after a failback: where the zone has another, it says so, and the TTL is changed in the \
                  Terraform that owns the record.",
            example: r#""30s""#,
        },
    ],
    any_attribute: None,
    blocks: &[],
};
