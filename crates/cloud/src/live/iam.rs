//! IAM: one paged read of the account, and what it leaves out.
//!
//! `GetAccountAuthorizationDetails` tells of roles, users, groups and the account's own policies with all that is
//! attached to them, and neither the policies' tags nor what a role is for. `ListRoles` tells the latter.

pub(super) mod access_key;
pub(super) mod account;
pub(super) mod details;
mod documents;
mod group;
pub(super) mod instance_profile;
mod makers;
mod policy;
mod role;
mod user;

use super::attributes::Attributes;
use aws_sdk_iam::types::{AttachedPolicy, PolicyDetail, Tag};
use documents::decoded;
use pilotlight_drift::LiveObject;
use pilotlight_drift::shapes::joined_id;
use serde_json::Value;

/// The most that IAM's lists give at once.
const PAGE: i32 = 1000;

/// AWS's code for a user, role or policy that is not there.
const NOT_THERE: &str = "NoSuchEntity";

/// A role, user or group, with the words that Terraform has for what belongs to it.
struct Principal<'d> {
    /// `role`, `user` or `group`.
    kind: &'static str,
    name: &'d str,
    made_by: Option<String>,
}

impl Principal<'_> {
    fn of(&self, mut object: LiveObject) -> LiveObject {
        object.made_by.clone_from(&self.made_by);
        object
    }

    /// `aws_iam_role_policy` and its like.
    fn inline_policy(&self, policy: &PolicyDetail) -> Option<LiveObject> {
        let name = policy.policy_name()?;
        let attributes = Attributes::new()
            .set(self.kind, self.name)
            .set("name", name)
            .or_null("policy", policy.policy_document().map(decoded));
        Some(self.of(attributes.object(&format!("aws_iam_{}_policy", self.kind), &format!("{}:{name}", self.name))))
    }

    /// `aws_iam_role_policy_attachment` and its like.
    fn attachment(&self, policy: &AttachedPolicy) -> Option<LiveObject> {
        let arn = policy.policy_arn()?;
        let attributes = Attributes::new().set(self.kind, self.name).set("policy_arn", arn);
        let id = joined_id([self.name, arn]);
        Some(self.of(attributes.object(&format!("aws_iam_{}_policy_attachment", self.kind), &id)))
    }

    /// `aws_iam_role_policies_exclusive` and its like.
    fn policy_names(&self, policies: &[PolicyDetail]) -> LiveObject {
        let names = policies.iter().filter_map(|policy| policy.policy_name());
        let attributes = Attributes::new().set(&format!("{}_name", self.kind), self.name).texts("policy_names", names);
        attributes.object(&format!("aws_iam_{}_policies_exclusive", self.kind), self.name)
    }

    /// `aws_iam_role_policy_attachments_exclusive` and its like.
    fn policy_arns(&self, policies: &[AttachedPolicy]) -> LiveObject {
        let attributes = Attributes::new().set(&format!("{}_name", self.kind), self.name);
        let attributes = attributes.texts("policy_arns", arns(policies));
        attributes.object(&format!("aws_iam_{}_policy_attachments_exclusive", self.kind), self.name)
    }

    /// Everything that belongs to it.
    fn belongings(&self, inline: &[PolicyDetail], attached: &[AttachedPolicy]) -> Vec<LiveObject> {
        let mut objects = vec![self.policy_names(inline), self.policy_arns(attached)];
        objects.extend(inline.iter().filter_map(|policy| self.inline_policy(policy)));
        objects.extend(attached.iter().filter_map(|policy| self.attachment(policy)));
        objects
    }
}

fn arns(policies: &[AttachedPolicy]) -> impl Iterator<Item = &str> {
    policies.iter().filter_map(|policy| policy.policy_arn())
}

/// Inline policies as the blocks of an `aws_iam_role`.
fn inline_blocks(policies: &[PolicyDetail]) -> Vec<Value> {
    let block = |policy: &PolicyDetail| {
        Attributes::new()
            .or_null("name", policy.policy_name())
            .or_null("policy", policy.policy_document().map(decoded))
            .block()
    };
    policies.iter().map(block).collect()
}

impl Attributes {
    /// `tags_all` from IAM's tags.
    fn iam_tags(self, tags: &[Tag]) -> Self {
        self.tags(tags.iter().map(|tag| (Some(tag.key()), Some(tag.value()))))
    }
}

#[cfg(test)]
mod tests;
