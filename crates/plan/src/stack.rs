//! The `stack` block: one Terraform root module with its own state.

use crate::data::{ALL_DATA, DATA, DataChoice};
use crate::table::{AttributeRow, BlockRow, Need, Occurs, Type};
use indexmap::IndexMap;
use pilotlight_findings::Span;
use serde_json::Value as Json;
use std::path::PathBuf;

/// One Terraform root module with its own state.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// Its name, also a folder's name: letters, digits, `-` and `_`.
    pub name: String,
    /// The root module's folder, as written. [`crate::DrPlan::source_of`] makes it a path.
    pub source: PathBuf,
    /// The primary's state, as written: `s3://bucket/key`, `https://…`, `pull:folder`, `file:path` or a path.
    /// [`crate::DrPlan::state_url`] has it for either side.
    pub state: String,
    /// The role that is assumed to read this stack's resources, where they are in another account than the
    /// caller's: a role's ARN.
    pub role: Option<String>,
    /// Stacks that have to be there first; each is in the plan.
    pub depends_on: Vec<String>,
    /// Lower tiers recover first.
    pub tier: u32,
    /// How its standby differs from the primary.
    pub standby: StandbyOptions,
    /// The block's head.
    pub span: Span,
}

/// How the standby of a stack differs from the primary.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StandbyOptions {
    /// Backend settings to replace: `bucket`, `key`, …
    pub backend: IndexMap<String, Json>,
    /// The standby's state where the backend settings do not tell it.
    pub state: Option<String>,
    /// Attributes that have another value in the standby.
    pub set: Vec<SetOverride>,
    /// What resources that hold data have in them; see [`StandbyOptions::data_choice`].
    pub data: Vec<DataChoice>,
    /// Resource addresses that the standby leaves out.
    pub exclude: Vec<String>,
    /// Values of the primary with what stands for them in the standby: images, keys, certificates.
    pub map: IndexMap<String, String>,
    /// Residue that is allowed, by its literal value.
    pub allow: Vec<String>,
}

impl StandbyOptions {
    /// The choice for a resource that holds data, by its address without keys; none where the plan has none for it.
    pub fn data_choice(&self, address: &str) -> Option<&DataChoice> {
        let of = |wanted: &str| self.data.iter().find(|choice| choice.address == wanted);
        of(address).or_else(|| of(ALL_DATA))
    }
}

/// Attributes of one resource that have another value in the standby.
#[derive(Debug, Clone, PartialEq)]
pub struct SetOverride {
    /// `aws_autoscaling_group.web`
    pub address: String,
    /// The values by attribute.
    pub attributes: IndexMap<String, Json>,
    /// The block's head.
    pub span: Span,
}

pub(crate) static STACK: BlockRow = BlockRow {
    name: "stack",
    kind: None,
    labels: &["name"],
    occurs: Occurs::Some,
    doc: "One Terraform root module with its own state, and how its standby differs. \
          Expressions name its outputs: `stack.app.output.public_ips`.",
    example: r#"stack "app" {
  source     = "../infra/shop/app"
  state      = "s3://shop-tfstate/app.tfstate"
  depends_on = ["network"]
  tier       = 1
  standby {
    backend = { bucket = "shop-tfstate-eu-central-1" }
    set "aws_autoscaling_group.web" { desired_capacity = 1 }
    exclude = ["aws_route53_record.app"]
    map     = { "ami-0aaaaaaaaaaaaaaaa" = "ami-0bbbbbbbbbbbbbbbb" }
  }
}"#,
    attributes: &[
        AttributeRow {
            name: "source",
            of: Type::Text,
            need: Need::Required,
            doc: "The folder of the root module, relative to the plan file.",
            example: r#""../infra/shop/app""#,
        },
        AttributeRow {
            name: "state",
            of: Type::Text,
            need: Need::Required,
            doc: "The primary's state. `s3://bucket/key`, with the parameters `workspace`, `workspace_key_prefix`, \
                  `region` and `dynamodb_table` of Terraform's s3 backend, as in \
                  `s3://bucket/key?workspace=prod`; `file:path` or a path, relative to the plan file; `https://…`, with \
                  the login from TF_HTTP_USERNAME and TF_HTTP_PASSWORD; or `pull:folder`, which asks terraform or tofu \
                  in that folder, by `state pull`. A folder or a glob is taken where it leads to one state.",
            example: r#""s3://shop-tfstate/app.tfstate""#,
        },
        AttributeRow {
            name: "role",
            of: Type::Text,
            need: Need::Optional,
            doc: "The ARN of the role that is assumed to read this stack's resources, and to turn its Auto Scaling \
                  groups up and down in a run, where they are in another account. Its state is still read with the caller's own credentials.",
            example: r#""arn:aws:iam::123456789012:role/drift-reader""#,
        },
        AttributeRow {
            name: "depends_on",
            of: Type::Texts,
            need: Need::Default("[]"),
            doc: "Names of stacks that have to be there first.",
            example: r#"["network"]"#,
        },
        AttributeRow {
            name: "tier",
            of: Type::Integer { least: 0, most: 1_000 },
            need: Need::Default("0"),
            doc: "Lower tiers recover first. A stack may depend on its own tier and on lower ones.",
            example: "1",
        },
    ],
    any_attribute: None,
    blocks: &[&STANDBY],
};

pub(crate) static STANDBY: BlockRow = BlockRow {
    name: "standby",
    kind: None,
    labels: &[],
    occurs: Occurs::Optional,
    doc: "How the standby of this stack differs from the primary, beyond what the region must change.",
    example: "",
    attributes: &[
        AttributeRow {
            name: "backend",
            of: Type::Map,
            need: Need::Default("{}"),
            doc: "Settings of the Terraform backend to replace. A stack with its state on S3 needs another `bucket` or \
                  `key` here, or a `state`: both regions must not share a state.",
            example: r#"{ bucket = "shop-tfstate-eu-central-1" }"#,
        },
        AttributeRow {
            name: "state",
            of: Type::Text,
            need: Need::Optional,
            doc: "The standby's state, where `backend` does not tell it. Without both, a stack whose state is a file has \
                  its standby's beside the generated root, `<into>/<stack>/terraform.tfstate`.",
            example: r#""s3://shop-tfstate-eu-central-1/app.tfstate""#,
        },
        AttributeRow {
            name: "exclude",
            of: Type::Texts,
            need: Need::Default("[]"),
            doc: "Addresses of resources that the standby leaves out, such as records that a traffic set owns.",
            example: r#"["aws_route53_record.app"]"#,
        },
        AttributeRow {
            name: "map",
            of: Type::TextMap,
            need: Need::Default("{}"),
            doc: "Values of the primary and what stands for them in the standby: images, keys, certificates.",
            example: r#"{ "ami-0aaaaaaaaaaaaaaaa" = "ami-0bbbbbbbbbbbbbbbb" }"#,
        },
        AttributeRow {
            name: "allow",
            of: Type::Texts,
            need: Need::Default("[]"),
            doc: "References to the primary region that are meant to stay in the standby, each by its literal value.",
            example: r#"["arn:aws:iam::123456789012:role/app-eu-west-1"]"#,
        },
    ],
    any_attribute: None,
    blocks: &[&SET, &DATA],
};

pub(crate) static SET: BlockRow = BlockRow {
    name: "set",
    kind: None,
    labels: &["address"],
    occurs: Occurs::Any,
    doc: "Attributes of one resource that have another value in the standby: the size of a pilot light. \
          The label is the resource's address in the root module.",
    example: "",
    attributes: &[],
    any_attribute: Some("The resource's attribute by that name, set to this literal."),
    blocks: &[],
};
