//! The `scale` block: from pilot light to full size. An Auto Scaling group is turned up through its own API, and
//! everything else by Terraform.

use crate::head::LONGEST_SECONDS;
use crate::table::{AttributeRow, BlockRow, Need, Occurs, Type};
use indexmap::IndexMap;
use pilotlight_findings::Span;
use serde_json::Value as Json;
use std::time::Duration;

/// The one type of resource that is scaled through its own API.
pub(crate) const SCALING_GROUP: &str = "aws_autoscaling_group";

/// How long a group may take where its block does not say: an instance is healthy within minutes.
pub(crate) const GROUP_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// How long Terraform may take where the block does not say: a database of RDS gets another class in 10 to 20 minutes.
pub(crate) const RESIZE_TIMEOUT: Duration = Duration::from_secs(30 * 60);

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

/// A resource of the standby that Terraform gives another size before traffic moves there.
#[derive(Debug, Clone, PartialEq)]
pub struct Resize {
    /// Its address in the stack, `aws_ecs_service.web`.
    pub address: String,
    /// The stack that has it.
    pub stack: String,
    /// What it has while the standby serves, by attribute. Never empty.
    pub set: IndexMap<String, Json>,
    /// How long Terraform may take.
    pub timeout: Duration,
    /// The block's head.
    pub span: Span,
}

pub(crate) static SCALE: BlockRow = BlockRow {
    name: "scale",
    kind: None,
    labels: &["address"],
    occurs: Occurs::Any,
    doc: "A resource that is turned up in the phase `scale`, before traffic moves: an Auto Scaling group with `desired`, \
          any other with `set`.\n\n\
          *A group*, by its address in the primary: capacity is asked for, and \
          that many instances are counted as `InService` and `Healthy` in the side that takes over. A group that has \
          more already is left as it is. A run that is rolled back sets the capacity back. A failback makes sure that \
          the primary is large enough first, and in its phase `finish` turns the standby down to its pilot light: \
          `pilot_light`, or else the `desired_capacity` that the stack's `standby` block sets. Between a failover and \
          its failback a `terraform apply` of the standby would turn it down again, unless the group has \
          `lifecycle { ignore_changes = [desired_capacity] }`. A key that is a zone of the primary stands for \
          the standby's counterpart: zones pair in the order of their letters, as in a rebuild. The stack's `role` asks \
          for the group where it is in another account.\n\n\
          *Any other resource* is turned up in the standby alone, by `terraform apply` of its generated root with an \
          override of the attributes in `set` and that one address as target. The plan that Terraform makes is judged \
          first: it has to change this resource in place, these attributes of it, and nothing else. A failback turns it \
          down again in its phase `finish`, by the same without the override: what it goes down to is what the standby's \
          own Terraform says. [control.md](control.md#sizes) has the story.",
    example: r#"scale "aws_autoscaling_group.web" {
  stack   = "app"
  desired = 6
}

scale "aws_db_instance.orders" {
  stack = "app"
  set { instance_class = "db.r6g.xlarge" }
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
            need: Need::Optional,
            doc: "Of an Auto Scaling group, which has to have it: how many healthy instances the side that takes over has to have, at least. The group's `max_size` has \
                  to allow it.",
            example: "6",
        },
        AttributeRow {
            name: "pilot_light",
            of: Type::Integer { least: 0, most: LARGEST_GROUP },
            need: Need::Optional,
            doc: "Of an Auto Scaling group: how many the standby keeps while it waits, which is what a failback turns it down to. Its `min_size` has to \
                  allow it.",
            example: "1",
        },
        AttributeRow {
            name: "timeout",
            of: Type::Duration { least: 1, most: LONGEST_SECONDS },
            need: Need::Optional,
            doc: "How long it may take until the instances are healthy, `10m` where it is not said; or how long Terraform \
                  may take, `30m` where it is not said. Before the switch, what is late makes the run roll back.",
            example: r#""15m""#,
        },
    ],
    any_attribute: None,
    blocks: &[&SET],
};

pub(crate) static SET: BlockRow = BlockRow {
    name: "set",
    kind: None,
    labels: &[],
    occurs: Occurs::Optional,
    doc: "Of any resource but an Auto Scaling group, which has to have it: what it has while the standby serves. Each of \
          these has to be written in the standby's block as well, since that says what it goes down to; the stack's \
          `standby` block writes it there with its own `set`.",
    example: "",
    attributes: &[],
    any_attribute: Some("The resource's attribute by that name, set to this literal; a map stands for a block in it."),
    blocks: &[],
};
