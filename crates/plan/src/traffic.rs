//! The `traffic` block: DNS records that move together.

use crate::Value;
use crate::head::LONGEST_SECONDS;
use crate::table::{AttributeRow, BlockRow, Need, Occurs, Type};
use pilotlight_findings::Span;
use std::time::Duration;

/// The longest TTL that DNS has, in seconds (RFC 2181, section 8).
pub(crate) const LONGEST_TTL_SECONDS: u64 = 2_147_483_647;

/// DNS records of one hosted zone that move together, in one atomic change. Of a `traffic` block with records in several
/// zones there is one each.
#[derive(Debug, Clone, PartialEq)]
pub struct TrafficSet {
    /// The block's name; with the zone's after it, where that is not the zone of the block's first record.
    pub name: String,
    /// The hosted zone's name, lower case, without a trailing dot.
    pub zone: String,
    /// The hosted zone's id, where the plan names it: of several zones of one name only that is taken.
    pub zone_id: Option<String>,
    /// Who is answered by the zone.
    pub visibility: Visibility,
    /// The records; never empty.
    pub records: Vec<TrafficRecord>,
    /// How they move.
    pub method: Method,
    /// The block's head.
    pub span: Span,
}

/// Who is answered by a hosted zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody: it has a delegation.
    Public,
    /// The VPCs that it is associated with.
    Private,
}

/// One record of a traffic set.
#[derive(Debug, Clone, PartialEq)]
pub struct TrafficRecord {
    /// Fully qualified, lower case, without a trailing dot; `*` is written as `*`.
    pub name: String,
    /// `A`, `AAAA` or `CNAME`
    pub record_type: String,
    /// What it answers while the primary is active; read it with [`Value::resolve_texts`] over the
    /// primary's outputs. Of an alias a map: `name`, `zone_id`, and maybe `evaluate_target_health`.
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
#[derive(Debug, Clone, PartialEq)]
pub enum Method {
    /// The values are swapped.
    Record,
    /// The weights of one set a side are shifted, step by step.
    Weighted(Shift),
    /// No record is changed: an object that a health check reads flips failover records.
    Signal(Box<Signal>),
}

/// The object that a traffic set follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// `s3://bucket/key`: the standby serves while it is there.
    pub url: String,
    /// The bucket in it.
    pub bucket: String,
    /// The key in it.
    pub key: String,
    /// The id of the inverted health check that reads it.
    pub health_check: Value,
    /// The block's head.
    pub span: Span,
}

/// The steps of a traffic set that moves by weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// Percent of the answers that name the side which takes over, strictly rising, from 1 to 100; the last is 100.
    pub percents: Vec<u8>,
    /// How long the checks have to stay green at each of them.
    pub hold: Duration,
}

/// Record types that a traffic set moves.
pub(crate) const RECORD_TYPES: &[&str] = &["A", "AAAA", "CNAME"];

pub(crate) static TRAFFIC: BlockRow = BlockRow {
    name: "traffic",
    kind: None,
    labels: &["name"],
    occurs: Occurs::Any,
    doc: "DNS records that move together, in one atomic change a zone: Route 53 has none over several. Records of other zones \
          than the set's move right after its own, zone by zone in the order of the file, each verified at its own name \
          servers; reports and steps call them by the set's name with the zone's after it, `storefront/shop.internal`. What is \
          not in a traffic set is never touched. Traffic sets move in the order of the file.",
    example: r#"traffic "storefront" {
  zone = "shop.test"
  record "app.shop.test" "A" {
    primary = stack.app.output.public_ips
    standby = stack.app.output.public_ips
    ttl     = "30s"
  }
  method = "weighted"
  shift  = [10, 50, 100]
  hold   = "45s"
}"#,
    attributes: &[
        AttributeRow {
            name: "zone",
            of: Type::Text,
            need: Need::Required,
            doc: "The name of the hosted zone.",
            example: r#""shop.test""#,
        },
        AttributeRow {
            name: "zone_id",
            of: Type::Text,
            need: Need::Optional,
            doc: "The hosted zone's id, where the account has several zones of that name.",
            example: r#""Z0123456789ABCDEFGHIJ""#,
        },
        AttributeRow {
            name: "visibility",
            of: Type::Word(&["public", "private"]),
            need: Need::Default(r#""public""#),
            doc: "Whether it is the public zone of that name, or the private one. A private zone answers inside its VPCs \
                  alone and has no delegation, so no name server is asked: a run takes Route 53's word, that the change \
                  is INSYNC and that the zone has the new records, and says that it did.",
            example: r#""private""#,
        },
        AttributeRow {
            name: "method",
            of: Type::Word(&["record", "weighted", "signal"]),
            need: Need::Default(r#""record""#),
            doc: "How the records move. `record` swaps their values. `weighted` shifts the weights of two sets that Terraform \
                  made, one with each side's values, by the steps of `shift`: it needs both sides to serve while it \
                  lasts. A run with `--mode ungraceful`, for the hour in which one side is dead, shifts all of it in one step. `signal` changes no record: they are \
                  failover records, and an object in the standby region, which a health check reads, decides which side is \
                  answered; it needs a `signal` block, and no control plane while a run lasts.",
            example: r#""record""#,
        },
        AttributeRow {
            name: "shift",
            of: Type::Integers { least: 1, most: 100 },
            need: Need::Optional,
            doc: "With `weighted`, required: percent of the answers that name the side which takes over, one after the \
                  other, rising to 100. Each is one atomic change, waited for at every name server. A run that fails \
                  before 100 puts the weights back as they were by itself; the change to 100 is the point of no return. \
                  Several weighted traffic sets go up together, and are all at their last step but one before any of them, \
                  or any set of another method, makes its last.",
            example: "[10, 50, 100]",
        },
        AttributeRow {
            name: "hold",
            of: Type::Duration { least: 1, most: LONGEST_SECONDS },
            need: Need::Optional,
            doc: "With `weighted`, required: how long the checks have to stay green at each step. All are probed again and \
                  again that would stop a run before the switch or after it, but for `dns` checks, since either side's answer \
                  is right meanwhile, and for checks of the moved name that were red before anything was moved. One that turns \
                  red before 100 percent takes the run back, but where a check that looks at the side which was left is red \
                  too: then it waits for a person. Resolvers may use an answer for its TTL, so a shorter hold \
                  judges less than the step's share.",
            example: r#""45s""#,
        },
    ],
    any_attribute: None,
    blocks: &[&RECORD, &SIGNAL],
};

pub(crate) static SIGNAL: BlockRow = BlockRow {
    name: "signal",
    kind: None,
    labels: &[],
    occurs: Occurs::Optional,
    doc: "With `method = \"signal\"`: what flips the records. Terraform makes two failover records of each name, the primary's \
          with a health check that asks for the object over HTTPS and is inverted: while the object is missing it is healthy, \
          and the primary is answered; once it is there, the standby is. A failover writes the object, a failback removes it. \
          Route 53's control plane is asked for nothing during a run; `validate` asks it whether records and health check are as \
          they must be, and how long they take to turn.",
    example: "",
    attributes: &[
        AttributeRow {
            name: "url",
            of: Type::Text,
            need: Need::Required,
            doc: "The object, in a bucket of the standby region. Route 53's health checkers have to be able to read it, and \
                  whoever runs a failover to list the bucket, and to read, write and delete the object.",
            example: r#""s3://shop-dr-eu-central-1/signal/standby-serves""#,
        },
        AttributeRow {
            name: "health_check",
            of: Type::Value,
            need: Need::Required,
            doc: "The id of the health check. Outputs are those of the primary's state.",
            example: "stack.app.output.signal_health_check",
        },
    ],
    any_attribute: None,
    blocks: &[],
};

/// The attributes of an alias, on either side.
const ALIAS: &[AttributeRow] = &[
    AttributeRow {
        name: "name",
        of: Type::Value,
        need: Need::Required,
        doc: "Of an alias: the name of its target, such as a load balancer's.",
        example: "stack.app.output.lb_dns_name",
    },
    AttributeRow {
        name: "zone_id",
        of: Type::Value,
        need: Need::Required,
        doc: "Of an alias: the hosted zone of its target.",
        example: "stack.app.output.lb_zone_id",
    },
    AttributeRow {
        name: "evaluate_target_health",
        of: Type::Flag,
        need: Need::Optional,
        doc: "Of an alias: what it is expected to have. As with a TTL, a run keeps what the zone has, and says where that \
              is not what the plan expects.",
        example: "true",
    },
];

pub(crate) static RECORD: BlockRow = BlockRow {
    name: "record",
    kind: None,
    labels: &["name", "type"],
    occurs: Occurs::Some,
    doc: "A record. The name is fully qualified, the type is `A`, `AAAA` or `CNAME`. It lies inside the zone; a CNAME does \
          not stand at its top. An alias has a map on both sides, as in `primary = { name = stack.app.output.lb_dns_name, \
          zone_id = stack.app.output.lb_zone_id }`.",
    example: "",
    attributes: &[
        AttributeRow {
            name: "primary",
            of: Type::ValueOrMap(ALIAS),
            need: Need::Required,
            doc: "What it answers while the primary is active: one value, a list, or where an alias leads. Outputs are those \
                  of the primary's state.",
            example: "stack.app.output.public_ips",
        },
        AttributeRow {
            name: "standby",
            of: Type::ValueOrMap(ALIAS),
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
                  Terraform that owns the record. An alias has none of its own: it has its target's.",
            example: r#""30s""#,
        },
        AttributeRow {
            name: "zone",
            of: Type::Text,
            need: Need::Optional,
            doc: "The name of the record's hosted zone, where it is another than the traffic set's.",
            example: r#""shop.internal""#,
        },
        AttributeRow {
            name: "zone_id",
            of: Type::Text,
            need: Need::Optional,
            doc: "That zone's id, where the account has several zones of that name.",
            example: r#""Z0123456789ABCDEFGHIJ""#,
        },
        AttributeRow {
            name: "visibility",
            of: Type::Word(&["public", "private"]),
            need: Need::Optional,
            doc: "Whether that zone is the public or the private one of its name; by default as the traffic set's.",
            example: r#""private""#,
        },
    ],
    any_attribute: None,
    blocks: &[],
};
