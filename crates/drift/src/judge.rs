//! Judging one object of a state.

use crate::compare::{Comparison, Difference, Silent, compare};
use crate::index::{Index, record_key, zone_id};
use crate::live::LiveObject;
use crate::moved::{LiveRecord, MovedRecord, Standing, answers, shares_out};
use crate::network_acl::{compare_acl_rule, direction};
use crate::observe::{GROUP_RULE, Located, StackState};
use crate::owners::AllOwners;
use crate::routes::{compare_route, compare_table};
use crate::rule_atoms::{Atom, of_rule, of_vpc_rule};
use crate::security_groups::{RuleFate, compare_group, compare_rule};
use crate::shapes::{Natural, natural};
use crate::upgraded::{known_to, with_zeroes};
use pilotlight_tfstate::ManagedInstance;
use std::borrow::Cow;

/// One object of a state, and all that it is judged by.
pub(crate) struct Judge<'a> {
    pub(crate) stack: &'a StackState<'a>,
    pub(crate) managed: ManagedInstance<'a>,
    pub(crate) index: &'a Index<'a>,
    pub(crate) owners: &'a AllOwners<'a>,
    pub(crate) moved: &'a [MovedRecord],
}

/// What became of an object.
pub(crate) enum Fate {
    /// It is there.
    There(There),
    /// A failover moved it.
    Moved(There, MovedRecord),
    /// It does not exist any more.
    Missing,
    /// It was not read, and why.
    Unread(String),
    /// It was replaced, and is still to be destroyed: the old object's key.
    Deposed(String),
}

/// How an object that is there differs.
#[derive(Debug, Default)]
pub(crate) struct There {
    pub(crate) differences: Vec<Difference>,
    /// Differences that are none, and by which rule.
    pub(crate) silent: Vec<Silent>,
    /// Rules that let the whole Internet in and should not.
    pub(crate) opened: Vec<Atom>,
    /// Whether it is a record of a traffic set that is as neither side would have it: its stack's `ignore_changes` leaves
    /// the answer to the plan, and so hides nothing of it.
    pub(crate) elsewhere: bool,
}

impl There {
    fn of(differences: Vec<Difference>) -> Fate {
        Fate::There(Self { differences, ..Self::default() })
    }
}

impl Judge<'_> {
    /// What became of the object.
    pub(crate) fn fate(&self, located: Option<&Located<'_>>) -> Fate {
        if let Some(key) = &self.managed.instance.deposed {
            return Fate::Deposed(key.clone());
        }
        let Some(located) = located else {
            return Fate::Unread("the state has no id to look it up by".to_owned());
        };
        let live = if located.natural == Natural::Record {
            let zone = self.zone_name(located.parent).unwrap_or_default();
            self.index.record(&record_key(self.managed.attributes(), zone))
        } else {
            self.index.object(located)
        };
        match live {
            Some(live) => self.compare(located, live),
            None => match self.index.unread(located) {
                Some(reason) => Fate::Unread(reason.to_owned()),
                None => Fate::Missing,
            },
        }
    }

    /// The name of a zone that was read, or that any state has.
    fn zone_name(&self, id: Option<&str>) -> Option<&str> {
        let of_states = |id: &str| self.owners.zones.get(id).map(String::as_str);
        id.and_then(|id| self.index.zone_name(id).or_else(|| of_states(id)))
    }

    fn compare(&self, located: &Located<'_>, object: &LiveObject) -> Fate {
        let (live, id) = (&object.attributes, located.id);
        // Terraform 0.11 wrote nothing for what was not set: there absence says that it is not.
        let is_flat = self.managed.instance.attributes_flat_json().is_some();
        let recorded = self.managed.attributes();
        let state = match (&object.recorded, is_flat) {
            (Some(upgraded), false) => known_to(recorded, upgraded),
            (Some(upgraded), true) => Cow::Borrowed(upgraded),
            (None, true) => Cow::Owned(with_zeroes(recorded)),
            (None, false) => Cow::Borrowed(recorded),
        };
        let state = state.as_ref();
        // A host that was read without the part in question does not tell whether the part is there.
        let not_told = |part: &str| Fate::Unread(format!("the reader did not give {part} of {id}"));
        match located.natural {
            Natural::Route if !live.contains_key("route") => return not_told("the routes"),
            Natural::Route => {
                let found = self.owners.routes_of(object).and_then(|there| compare_route(state, there));
                return found.map_or(Fate::Missing, There::of);
            }
            Natural::SecurityGroupRule if !live.contains_key("ingress") || !live.contains_key("egress") => {
                return not_told("the rules");
            }
            Natural::SecurityGroupRule => {
                return match self.owners.rules_of(object).map(|there| compare_rule(state, there)) {
                    None | Some(RuleFate::Missing) => Fate::Missing,
                    Some(RuleFate::Differs(found)) => There::of(found),
                };
            }
            Natural::NetworkAclRule if !live.contains_key(direction(state)) => return not_told("the rules"),
            Natural::NetworkAclRule => {
                return compare_acl_rule(state, live).map_or(Fate::Missing, There::of);
            }
            Natural::Own | Natural::As(_) | Natural::Record | Natural::ByAttributes(..) => {}
        }
        let mut parts = self.owners.parts.taken_out(located.kind, id, state, live);
        let scaled = self.owners.scaled.take_out(located.kind, &located.place, &parts.state, &mut parts.live);
        parts.silent.extend(scaled);
        let (state, live) = (&parts.state, &parts.live);
        // A default security group is compared as a security group, whoever read it.
        let kind = match natural(located.kind) {
            Natural::As(kind) => kind,
            _ => located.kind,
        };
        let Comparison { differences, silent } = compare(kind, state, live, object.schema.as_deref());
        let mut there = There { differences, silent, opened: Vec::new(), elsewhere: false };
        there.silent.extend(parts.silent);
        match kind {
            "aws_security_group" => {
                let found = compare_group(id, state, live, self.owners.rules.get(id));
                there.differences.extend(found.differences);
                there.silent.extend(found.silent);
                there.opened = found.opened;
            }
            "aws_route_table" => {
                let found = compare_table(state, live, self.owners.routes.get(id));
                there.differences.extend(found.differences);
                there.silent.extend(found.silent);
            }
            "aws_security_group_rule" => {
                let (was, is) = (of_rule(state), of_rule(live));
                there.opened = is.into_keys().filter(|atom| atom.is_open() && !was.contains_key(atom)).collect();
            }
            kind if kind.starts_with(GROUP_RULE) => {
                let (was, is) = (of_vpc_rule(kind, state), of_vpc_rule(kind, live));
                there.opened = is.into_keys().filter(|atom| atom.is_open() && !was.contains_key(atom)).collect();
            }
            "aws_route53_record" if there.differences.iter().any(|one| answers(one) || shares_out(one)) => {
                let zone = self.zone_name(self.managed.instance.text("zone_id").map(zone_id));
                let key = record_key(state, zone.unwrap_or_default());
                let (name, sets) = (&*key.1, self.index.sets(&key));
                let record = LiveRecord { side: self.stack.side, name, zone, recorded: state, live, sets };
                match record.standing(self.moved) {
                    Standing::Moved(moved) if there.differences.iter().any(|one| moved.explains(one)) => {
                        return Fate::Moved(there, moved.clone());
                    }
                    Standing::Elsewhere => there.elsewhere = true,
                    _ => {}
                }
            }
            _ => {}
        }
        Fate::There(there)
    }
}
