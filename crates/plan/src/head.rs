//! The `plan` block: name, regions, objectives, journal.

use crate::table::{AttributeRow, BlockRow, Need, Occurs, Type};

/// A month: longer than any objective or timeout that a person would watch.
pub(crate) const LONGEST_SECONDS: u64 = 31 * 86_400;

pub(crate) static PLAN: BlockRow = BlockRow {
    name: "plan",
    kind: None,
    labels: &["name"],
    occurs: Occurs::Once,
    doc: "The head of the plan: its name, the two regions and what recovery has to achieve. \
          Primary and standby are roles and do not swap after a failover.",
    example: r#"plan "shop" {
  description = "Order shop: eu-west-1, pilot light in eu-central-1"
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
  objectives {
    rto = "15m"
    rpo = "1m"
  }
  journal = ["s3://shop-dr-eu-central-1/pilotlight", "file:.pilotlight"]
}"#,
    attributes: &[
        AttributeRow {
            name: "description",
            of: Type::Text,
            need: Need::Optional,
            doc: "One line for the reports.",
            example: r#""Order shop""#,
        },
        AttributeRow {
            name: "journal",
            of: Type::Texts,
            need: Need::Default(r#"["file:.pilotlight"]"#),
            doc: "Where runs are recorded: `s3://bucket/prefix` or `file:folder`. The first store decides, the others are \
                  copies. At least one belongs outside the primary region.",
            example: r#"["s3://shop-dr-eu-central-1/pilotlight", "file:.pilotlight"]"#,
        },
    ],
    any_attribute: None,
    blocks: &[&PRIMARY, &STANDBY, &OBJECTIVES],
};

const REGION: AttributeRow = AttributeRow {
    name: "region",
    of: Type::Region,
    need: Need::Required,
    doc: "The AWS region's code.",
    example: r#""eu-central-1""#,
};

pub(crate) static PRIMARY: BlockRow = BlockRow {
    name: "primary",
    kind: None,
    labels: &[],
    occurs: Occurs::Once,
    doc: "Where production runs on a normal day.",
    example: "",
    attributes: &[REGION],
    any_attribute: None,
    blocks: &[],
};

pub(crate) static STANDBY: BlockRow = BlockRow {
    name: "standby",
    kind: None,
    labels: &[],
    occurs: Occurs::Once,
    doc: "Where it runs after a failover.",
    example: "",
    attributes: &[REGION],
    any_attribute: None,
    blocks: &[],
};

const OBJECTIVE: Type = Type::Duration { least: 1, most: LONGEST_SECONDS };

pub(crate) static OBJECTIVES: BlockRow = BlockRow {
    name: "objectives",
    kind: None,
    labels: &[],
    occurs: Occurs::Optional,
    doc: "What recovery has to achieve. Reports compare what was measured with it.",
    example: "",
    attributes: &[
        AttributeRow {
            name: "rto",
            of: OBJECTIVE,
            need: Need::Optional,
            doc: "Recovery time objective: from the start of a run until users are served again.",
            example: r#""15m""#,
        },
        AttributeRow {
            name: "rpo",
            of: OBJECTIVE,
            need: Need::Optional,
            doc: "Recovery point objective: how much data may be lost, as time.",
            example: r#""1m""#,
        },
    ],
    any_attribute: None,
    blocks: &[],
};
