//! Who owns which parts of an object that the cloud has as one.

use crate::index::{Index, zone_id};
use crate::observe::{Locator, Routing, StackState};
use crate::parts::OwnedParts;
use crate::routes::{RouteOwners, destination};
use crate::rule_atoms::{of_rule, of_vpc_rule};
use crate::security_groups::Owners;
use std::collections::HashMap;

/// Rules of security groups and routes of tables that resources of their own own, and the names of zones, over
/// all stacks, judged or not.
#[derive(Default)]
pub(crate) struct AllOwners {
    pub(crate) rules: Owners,
    pub(crate) routes: RouteOwners,
    /// All other parts.
    pub(crate) parts: OwnedParts,
    /// By id.
    pub(crate) zones: HashMap<String, String>,
}

impl AllOwners {
    /// Collects them from the states.
    pub(crate) fn find(stacks: &[StackState<'_>], index: &Index<'_>, routing: &Routing) -> Self {
        let mut owners = Self::default();
        for stack in stacks {
            let locator = Locator::new(stack, routing);
            for managed in stack.state.managed().filter(|managed| !managed.is_deposed()) {
                let (kind, attributes) = (managed.resource_type(), managed.attributes());
                owners.parts.add(&managed);
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
}
