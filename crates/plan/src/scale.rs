//! The `scale` block: from pilot light to full size.

use crate::head::LONGEST_SECONDS;
use crate::table::{AttributeRow, BlockRow, Need, Occurs, Type};
use pilotlight_findings::Span;
use std::time::Duration;

/// The one type of resource that is scaled through its own API.
pub(crate) const SCALING_GROUP: &str = "aws_autoscaling_group";

/// More machines than any group has.
const LARGEST_GROUP: i64 = 100_000;

/// A resource that is turned up before traffic moves to its side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    /// Its address in the stack, `aws_autoscaling_group.web`.
    pub address: String,
    /// The stack that has it.
    pub stack: String,
    /// How many healthy instances the side that takes over has to have, at least.
    pub desired: u32,
    /// How many the standby keeps while it waits; where the plan says so.
    pub pilot_light: Option<u32>,
    /// How long it may take until they are healthy.
    pub timeout: Duration,
    /// The block's head.
    pub span: Span,
}

pub(crate) static SCALE: BlockRow = BlockRow {
    name: "scale",
    kind: None,
    labels: &["address"],
    occurs: Occurs::Any,
    doc: "An Auto Scaling group, by its address in the primary, that is turned up in the phase `scale`, before traffic moves: capacity is asked for, and \
          that many instances are counted as `InService` and `Healthy` in the side that takes over. A group that has \
          more already is left as it is. A run that is rolled back sets the capacity back. A failback makes sure that \
          the primary is large enough first, and in its phase `finish` turns the standby down to its pilot light: \
          `pilot_light`, or else the `desired_capacity` that the stack's `standby` block sets. Between a failover and \
          its failback a `terraform apply` of the standby would turn it down again, unless the group has \
          `lifecycle { ignore_changes = [desired_capacity] }`. A key that is a zone of the primary stands for \
          the standby's counterpart: zones pair in the order of their letters, as in a rebuild. The stack's `role` asks \
          for the group where it is in another account.",
    example: r#"scale "aws_autoscaling_group.web" {
  stack   = "app"
  desired = 6
}"#,
    attributes: &[
        AttributeRow {
            name: "stack",
            of: Type::Text,
            need: Need::Required,
            doc: "The stack that has it.",
            example: r#""app""#,
        },
        AttributeRow {
            name: "desired",
            of: Type::Integer { least: 1, most: LARGEST_GROUP },
            need: Need::Required,
            doc: "How many healthy instances the side that takes over has to have, at least. The group's `max_size` has \
                  to allow it.",
            example: "6",
        },
        AttributeRow {
            name: "pilot_light",
            of: Type::Integer { least: 0, most: LARGEST_GROUP },
            need: Need::Optional,
            doc: "How many the standby keeps while it waits: what a failback turns it down to. Its `min_size` has to \
                  allow it.",
            example: "1",
        },
        AttributeRow {
            name: "timeout",
            of: Type::Duration { least: 1, most: LONGEST_SECONDS },
            need: Need::Default(r#""10m""#),
            doc: "How long it may take until they are healthy. Before the switch, a group that is late makes the run \
                  roll back.",
            example: r#""15m""#,
        },
    ],
    any_attribute: None,
    blocks: &[],
};
