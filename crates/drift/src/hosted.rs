//! What a user or a group of a state was given by hand, and what shows nowhere in the user or group itself: policies,
//! and the groups that a user is in.
//!
//! Of a user that no state has, the user alone is told.

use crate::live::LiveObject;
use crate::observe::StackState;
use crate::parts::texts_at;
use serde_json::Value;
use std::collections::HashSet;

const USER: &str = "aws_iam_user";
const GROUP: &str = "aws_iam_group";
const USER_ATTACHMENT: &str = "aws_iam_user_policy_attachment";
const GROUP_ATTACHMENT: &str = "aws_iam_group_policy_attachment";

/// The groups of a user, all of them.
const MEMBERSHIP: &str = "aws_iam_user_group_membership";

/// A type of what a host is given.
struct Row {
    kind: &'static str,
    /// The attribute that names the host, and its type.
    host: (&'static str, &'static str),
    /// The resource that has all of a host's, and its attribute with the host's name: what is beside it is told there.
    exclusive: (&'static str, &'static str),
}

const ROWS: &[Row] = &[
    Row {
        kind: USER_ATTACHMENT,
        host: ("user", USER),
        exclusive: ("aws_iam_user_policy_attachments_exclusive", "user_name"),
    },
    Row {
        kind: GROUP_ATTACHMENT,
        host: ("group", GROUP),
        exclusive: ("aws_iam_group_policy_attachments_exclusive", "group_name"),
    },
    Row {
        kind: "aws_iam_user_policy",
        host: ("user", USER),
        exclusive: ("aws_iam_user_policies_exclusive", "user_name"),
    },
    Row {
        kind: "aws_iam_group_policy",
        host: ("group", GROUP),
        exclusive: ("aws_iam_group_policies_exclusive", "group_name"),
    },
];

/// What an object is to a user or group of a state.
pub(crate) enum Hosted {
    /// It belongs to neither.
    Not,
    /// A state has it, or its host is what is told.
    Known,
    /// Given by hand.
    ByHand,
    /// Memberships in these groups, given by hand.
    Groups(Vec<String>),
}

/// What the states have of users and groups. Each entry begins with the role of its account.
#[derive(Default)]
pub(crate) struct Hosts<'a> {
    /// Type and name.
    hosts: HashSet<(Option<&'a str>, &'a str, String)>,
    /// Type of what is given, and the host's name.
    exclusive: HashSet<(Option<&'a str>, &'a str, String)>,
    /// Type and id of attachments that a resource for one policy has.
    attached: HashSet<(Option<&'a str>, &'a str, String)>,
    /// User and group.
    members: HashSet<(Option<&'a str>, String, String)>,
    /// Groups whose members a resource has, all of them.
    whole_groups: HashSet<(Option<&'a str>, String)>,
}

impl<'a> Hosts<'a> {
    pub(crate) fn of(stacks: &'a [StackState<'_>]) -> Self {
        let mut hosts = Self::default();
        for stack in stacks {
            let role = stack.role.as_deref();
            for managed in stack.state.managed() {
                let texts = |attribute: &str| texts_at(managed.attributes(), attribute);
                let one = |attribute: &str| texts(attribute).into_iter().next().unwrap_or_default();
                let kind = managed.resource_type();
                match kind {
                    USER | GROUP => {
                        hosts.hosts.insert((role, kind, one("name")));
                    }
                    MEMBERSHIP => {
                        let groups = texts("groups").into_iter();
                        hosts.members.extend(groups.map(|group| (role, one("user"), group)));
                    }
                    "aws_iam_group_membership" => {
                        hosts.whole_groups.insert((role, one("group")));
                    }
                    "aws_iam_policy_attachment" => {
                        for (of, attribute) in [(USER_ATTACHMENT, "users"), (GROUP_ATTACHMENT, "groups")] {
                            let ids = texts(attribute).into_iter().map(|host| format!("{host}/{}", one("policy_arn")));
                            hosts.attached.extend(ids.map(|id| (role, of, id)));
                        }
                    }
                    _ => {
                        for row in ROWS.iter().filter(|row| row.exclusive.0 == kind) {
                            hosts.exclusive.insert((role, row.kind, one(row.exclusive.1)));
                        }
                    }
                }
            }
        }
        hosts
    }

    /// What an object is, in the account of this role.
    pub(crate) fn judge(&self, role: Option<&str>, object: &LiveObject) -> Hosted {
        let text = |name: &str| object.attributes.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if object.resource_type == MEMBERSHIP {
            return self.groups(role, &text("user"), object);
        }
        let Some(row) = ROWS.iter().find(|row| row.kind == object.resource_type) else { return Hosted::Not };
        let host = text(row.host.0);
        let is_told = self.hosts.contains(&(role, row.host.1, host.clone()))
            && !self.exclusive.contains(&(role, row.kind, host))
            && !self.attached.contains(&(role, row.kind, object.id.clone()));
        if is_told { Hosted::ByHand } else { Hosted::Known }
    }

    fn groups(&self, role: Option<&str>, user: &str, object: &LiveObject) -> Hosted {
        if !self.hosts.contains(&(role, USER, user.to_owned())) {
            return Hosted::Known;
        }
        let by_hand = texts_at(&object.attributes, "groups").into_iter().filter(|group| {
            !self.members.contains(&(role, user.to_owned(), group.clone()))
                && !self.whole_groups.contains(&(role, group.clone()))
        });
        let groups: Vec<String> = by_hand.collect();
        if groups.is_empty() { Hosted::Known } else { Hosted::Groups(groups) }
    }
}
