//! Judging one object of a state.

use crate::compare::{Difference, compare};
use crate::evidence::{evidence, message};
use crate::index::{Index, record_key};
use crate::moved::{MovedRecord, answers};
use crate::network_acl::{compare_acl_rule, direction};
use crate::observe::{GROUP_RULE, Located, StackState};
use crate::owners::AllOwners;
use crate::routes::{compare_route, compare_table};
use crate::rule_atoms::{Atom, of_vpc_rule};
use crate::security_groups::{RuleFate, compare_group, compare_rule};
use crate::shapes::Natural;
use pilotlight_findings::{Code, Finding, Region, Severity, Subject, codes};
use pilotlight_tfstate::ManagedInstance;
use serde_json::{Map, Value};

/// One object of a state, and all that it is judged by.
pub(crate) struct Judge<'a> {
    pub(crate) stack: &'a StackState<'a>,
    pub(crate) managed: ManagedInstance<'a>,
    pub(crate) index: &'a Index<'a>,
    pub(crate) owners: &'a AllOwners,
    pub(crate) moved: &'a [MovedRecord],
}

/// What became of an object.
enum Fate {
    /// It is there; the differences, and the rules that let the whole Internet in and should not.
    There(Vec<Difference>, Vec<Atom>),
    /// A failover moved it; the differences.
    Moved(Vec<Difference>, MovedRecord),
    Missing,
    Unread(String),
}

impl Judge<'_> {
    /// The finding about the object; none where it is as the state has it.
    pub(crate) fn finding(&self, located: Option<Located<'_>>) -> Option<Finding> {
        if let Some(key) = &self.managed.instance.deposed {
            let text = format!("the object {key} was replaced and is still to be destroyed");
            let finding = Finding::new(codes::D_DEPOSED, Severity::Warning, self.subject(), text);
            return Some(finding.remedy("run `terraform apply` in the stack: it destroys what it replaced"));
        }
        let Some(located) = located else {
            return Some(self.unread("the state has no id to look it up by"));
        };
        match self.fate(&located) {
            Fate::There(differences, _) if differences.is_empty() => None,
            Fate::There(differences, opened) => Some(self.changed(&differences, &opened, &located.place.region)),
            Fate::Moved(differences, moved) => Some(self.moved(&differences, &moved)),
            Fate::Missing => Some(self.missing()),
            Fate::Unread(reason) => Some(self.unread(&reason)),
        }
    }

    fn fate(&self, located: &Located<'_>) -> Fate {
        let live = if located.natural == Natural::Record {
            let zone = self.zone_name(located.parent).unwrap_or_default();
            self.index.record(&record_key(self.managed.attributes(), zone))
        } else {
            self.index.object(located)
        };
        match live {
            Some(live) => self.compare(located, &live.attributes),
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

    fn compare(&self, located: &Located<'_>, live: &Map<String, Value>) -> Fate {
        let (state, id) = (self.managed.attributes(), located.id);
        // A host that was read without the part in question does not tell whether the part is there.
        let not_told = |part: &str| Fate::Unread(format!("the reader did not give {part} of {id}"));
        match located.natural {
            Natural::Route if !live.contains_key("route") => return not_told("the routes"),
            Natural::Route => {
                return compare_route(state, live).map_or(Fate::Missing, |found| Fate::There(found, Vec::new()));
            }
            Natural::SecurityGroupRule if !live.contains_key("ingress") || !live.contains_key("egress") => {
                return not_told("the rules");
            }
            Natural::SecurityGroupRule => {
                return match compare_rule(state, id, live) {
                    RuleFate::Missing => Fate::Missing,
                    RuleFate::Differs(found) => Fate::There(found, Vec::new()),
                };
            }
            Natural::NetworkAclRule if !live.contains_key(direction(state)) => return not_told("the rules"),
            Natural::NetworkAclRule => {
                return compare_acl_rule(state, live).map_or(Fate::Missing, |found| Fate::There(found, Vec::new()));
            }
            Natural::Own | Natural::As(_) | Natural::Record => {}
        }
        let (state, live) = &self.owners.parts.taken_out(id, state, live);
        let mut differences = compare(located.kind, state, live);
        let mut opened = Vec::new();
        match located.kind {
            "aws_security_group" => {
                let found = compare_group(id, state, live, self.owners.rules.get(id));
                differences.extend(found.differences);
                opened = found.opened;
            }
            "aws_route_table" => differences.extend(compare_table(state, live, self.owners.routes.get(id))),
            kind if kind.starts_with(GROUP_RULE) => {
                let (was, is) = (of_vpc_rule(kind, state), of_vpc_rule(kind, live));
                opened = is.into_keys().filter(|atom| atom.is_open() && !was.contains_key(atom)).collect();
            }
            "aws_route53_record" if differences.iter().any(answers) => {
                let zone = self.zone_name(located.parent);
                let (_, name, ..) = record_key(state, zone.unwrap_or_default());
                let moved = self.moved.iter().find(|moved| moved.is(self.stack.side, &name, zone, live));
                if let Some(moved) = moved {
                    return Fate::Moved(differences, moved.clone());
                }
            }
            _ => {}
        }
        Fate::There(differences, opened)
    }

    fn changed(&self, differences: &[Difference], opened: &[Atom], region: &Region) -> Finding {
        let moved = self.managed.resource_type() == "aws_route53_record" && differences.iter().any(answers);
        let shown = evidence(differences, self.managed.sensitive());
        let (code, severity, text): (Code, _, String) = if !opened.is_empty() {
            let rules: Vec<String> = opened.iter().map(Atom::to_string).collect();
            (codes::D_OPENED, Severity::Critical, format!("it lets the Internet in: {}", rules.join(", ")))
        } else if moved {
            (codes::D_RECORD_MOVED, Severity::Critical, format!("it points elsewhere: {}", message(&shown)))
        } else {
            (codes::D_CHANGED, Severity::Error, message(&shown))
        };
        let remedy = match code {
            codes::D_OPENED => format!(
                "revoke the rule with `aws ec2 revoke-security-group-ingress --region {region}`, or take it into the HCL: \
                 an apply alone does not close a group without inline rules"
            ),
            codes::D_RECORD_MOVED => {
                "find out who moved it first (`pilotlight run list` names the failovers). While a failover holds, do not \
                 apply the stack: it would move the traffic. Otherwise apply it to move the record back, or take the \
                 values into the HCL"
                    .to_owned()
            }
            _ => "apply the stack to put the recorded value back, or take the present one into the HCL".to_owned(),
        };
        let finding = Finding::new(code, severity, self.subject(), text).remedy(remedy);
        shown.into_iter().fold(finding, Finding::with)
    }

    /// A record that a failover moved is as it should be; what else differs is drift all the same.
    fn moved(&self, differences: &[Difference], moved: &MovedRecord) -> Finding {
        let others: Vec<Difference> = differences.iter().filter(|difference| !answers(difference)).cloned().collect();
        let holds = format!("traffic set {} has it on the {}", moved.traffic, moved.active);
        let (code, severity, text) = if others.is_empty() {
            (codes::D_FAILED_OVER, Severity::Info, format!("{holds}, moved there by a failover"))
        } else {
            let others = message(&evidence(&others, self.managed.sensitive()));
            (codes::D_CHANGED, Severity::Error, format!("{others}; and {holds}"))
        };
        let remedy = "do not apply the stack until the failback: it would move the traffic back unasked";
        let finding = Finding::new(code, severity, self.subject(), text).remedy(remedy);
        evidence(differences, self.managed.sensitive()).into_iter().fold(finding, Finding::with)
    }

    fn missing(&self) -> Finding {
        let text = match self.managed.id() {
            Some(id) => format!("{id} does not exist any more"),
            None => "it does not exist any more".to_owned(),
        };
        Finding::new(codes::D_MISSING, Severity::Error, self.subject(), text).remedy(
            "apply the stack to make it again, or remove it from the HCL and the state if it was deleted on purpose",
        )
    }

    fn unread(&self, reason: &str) -> Finding {
        let text = format!("{} was not read: {reason}", self.managed.resource_type());
        Finding::new(codes::D_UNREAD, Severity::Warning, self.subject(), text)
            .remedy("give the access that the reason names, and run it again: until then there is no clean verdict")
    }

    fn subject(&self) -> Subject {
        Subject::Resource {
            stack: self.stack.stack.clone(),
            side: self.stack.side,
            address: self.managed.address().to_string(),
            id: self.managed.id().map(str::to_owned),
        }
    }
}
