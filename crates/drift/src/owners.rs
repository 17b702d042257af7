//! Who owns which parts of an object that the cloud has as one.

use crate::index::{Index, zone_id};
use crate::live::LiveObject;
use crate::observe::{Located, Locator, Routing, StackState};
use crate::parts::OwnedParts;
use crate::routes::{RouteOwners, Routes, destination, live_routes};
use crate::rule_atoms::{Atoms, of_rule, of_vpc_rule};
use crate::scaling::Scaled;
use crate::security_groups::{Owners, live_rules};
use crate::shapes::Natural;
use std::collections::HashMap;

/// Rules of security groups and routes of tables that resources of their own own, and the names of zones, over
/// all stacks, judged or not.
#[derive(Default)]
pub(crate) struct AllOwners<'a> {
    pub(crate) rules: Owners,
    pub(crate) routes: RouteOwners,
    /// What the groups and tables that other resources own parts of have in the cloud, each taken apart once: a group
    /// with a thousand rules is looked up a thousand times.
    hosts: HashMap<*const LiveObject, Host<'a>>,
    /// All other parts.
    pub(crate) parts: OwnedParts,
    /// Numbers that are set while things run.
    pub(crate) scaled: Scaled,
    /// By id.
    pub(crate) zones: HashMap<String, String>,
}

/// The parts of an object that resources of their own may own.
enum Host<'a> {
    Group(Atoms),
    Table(Routes<'a>),
}

impl<'a> AllOwners<'a> {
    /// Collects them from the states.
    pub(crate) fn find(stacks: &[StackState<'_>], index: &Index<'a>, routing: &Routing) -> Self {
        let mut owners = Self::default();
        for stack in stacks {
            let locator = Locator::new(stack, routing);
            for managed in stack.state.managed().filter(|managed| !managed.is_deposed()) {
                let (kind, attributes) = (managed.resource_type(), managed.attributes());
                owners.parts.add(&managed);
                if let Some(at) = locator.locate(&managed) {
                    owners.take_apart(&at, index);
                    owners.scaled.add(kind, &at.place, attributes);
                }
                match kind {
                    "aws_security_group_rule" => {
                        let group = managed.instance.text("security_group_id").unwrap_or_default();
                        owners.rules.entry(group.to_owned()).or_default().state.extend(of_rule(attributes));
                    }
                    "aws_vpc_security_group_ingress_rule" | "aws_vpc_security_group_egress_rule" => {
                        let group = managed.instance.text("security_group_id").unwrap_or_default();
                        let owned = owners.rules.entry(group.to_owned()).or_default();
                        owned.state.extend(of_vpc_rule(kind, attributes));
                        // A rule that was changed under its id is judged there, and is no additional one of the group.
                        let live = locator.locate(&managed).and_then(|at| index.object(&at));
                        owned.live.extend(live.map(|live| of_vpc_rule(kind, &live.attributes)).unwrap_or_default());
                    }
                    "aws_route" => {
                        let table = managed.instance.text("route_table_id").unwrap_or_default();
                        owners.routes.entry(table.to_owned()).or_default().insert(destination(attributes));
                    }
                    "aws_route53_zone" => {
                        if let (Some(id), Some(name)) = (managed.id(), managed.instance.text("name")) {
                            owners.zones.insert(zone_id(id).to_owned(), name.to_owned());
                        }
                    }
                    _ => {}
                }
            }
        }
        owners
    }
    fn take_apart(&mut self, at: &Located<'_>, index: &Index<'a>) {
        let take_apart: fn(&str, &'a LiveObject) -> Host<'a> = match at.natural {
            Natural::SecurityGroupRule => |id, group| Host::Group(live_rules(id, &group.attributes)),
            Natural::Route => |_, table| Host::Table(live_routes(&table.attributes)),
            _ => return,
        };
        if let Some(object) = index.object(at) {
            self.hosts.entry(object).or_insert_with(|| take_apart(at.id, object));
        }
    }

    /// The rules of a group that a rule resource is located in.
    pub(crate) fn rules_of(&self, group: &LiveObject) -> Option<&Atoms> {
        match self.hosts.get(&std::ptr::from_ref(group))? {
            Host::Group(rules) => Some(rules),
            Host::Table(_) => None,
        }
    }

    /// The routes of a table that an `aws_route` is located in.
    pub(crate) fn routes_of(&self, table: &LiveObject) -> Option<&Routes<'a>> {
        match self.hosts.get(&std::ptr::from_ref(table))? {
            Host::Table(routes) => Some(routes),
            Host::Group(_) => None,
        }
    }
}
