use crate::{Region, Side, Span};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Subject {
    /// A resource by its Terraform address.
    Resource {
        /// The stack's name in the plan, or the state's URL where there is no plan.
        stack: String,
        /// Which region, by role; absent without a plan.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        side: Option<Side>,
        /// `module.web.aws_instance.app["a"]`
        address: String,
        /// The cloud's id, where one is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// An object in the cloud that no resource stands for.
    CloudObject {
        /// Terraform's name of its type, `aws_s3_bucket`.
        resource_type: String,
        /// Its id, as Terraform's state would have it.
        id: String,
        /// Its region; absent for a global one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<Region>,
    },
    /// A whole stack.
    Stack {
        /// Its name in the plan.
        stack: String,
        /// Which region, by role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        side: Option<Side>,
    },
    /// A place in a file.
    File {
        /// Where.
        span: Span,
    },
    /// A DNS record set.
    Record {
        /// The hosted zone's name.
        zone: String,
        /// The record's name, fully qualified, without a trailing dot.
        name: String,
        /// `A`, `CNAME`, …
        record_type: String,
    },
    /// A check of the plan.
    Check {
        /// Its name in the plan.
        name: String,
    },
    /// A host: a name server, an endpoint.
    Host {
        /// Name or address, with the port where it matters.
        host: String,
    },
    /// A step of a run.
    Step {
        /// The run's id.
        run: String,
        /// The step's id in that run.
        step: String,
    },
    /// A journal store, or one object in it.
    Journal {
        /// URL, with the object's key where there is one.
        url: String,
    },
    /// The plan itself.
    Plan {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resource { stack, address, .. } => write!(f, "{stack}: {address}"),
            Self::CloudObject { resource_type, id, .. } => write!(f, "{resource_type} {id}"),
            Self::Stack { stack, .. } => f.write_str(stack),
            Self::File { span } => span.fmt(f),
            Self::Record { name, record_type, .. } => write!(f, "{name} {record_type}"),
            Self::Check { name } => write!(f, "check {name}"),
            Self::Host { host } => f.write_str(host),
            Self::Step { step, .. } => f.write_str(step),
            Self::Journal { url } => f.write_str(url),
            Self::Plan { name } => write!(f, "plan {name}"),
        }
    }
}
