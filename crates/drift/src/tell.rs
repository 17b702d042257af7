//! What is said of an object.

use crate::compare::{Difference, Silent};
use crate::evidence::{evidence, message};
use crate::judge::There;
use crate::moved::{MovedRecord, answers};
use crate::network_acl::is_opened;
use crate::observe::StackState;
use crate::rule_atoms::Atom;
use crate::security::{Danger, danger, is_guard};
use pilotlight_findings::{Code, Evidence, Finding, Region, Severity, Silenced, Subject, codes};
use pilotlight_tfstate::ManagedInstance;

/// Types whose rules may be nobody's: Terraform takes none away that it does not know.
const HAS_GROUP_RULES: &[&str] = &["aws_security_group", "aws_default_security_group"];
const HAS_ACL_RULES: &[&str] = &["aws_network_acl", "aws_default_network_acl"];

/// A rule of a list that is a resource of its own.
const ACL_RULE: &str = "aws_network_acl_rule";

/// Types of records that nothing is sent to: they prove or describe.
const TEXTS: &[&str] = &["TXT", "SPF"];

/// Whether a difference is in which of several records with one name is answered, and how often.
fn routes(difference: &Difference) -> bool {
    difference.attribute.ends_with("_routing_policy") || difference.attribute == "health_check_id"
}

/// An object of a state, and whose it is.
#[derive(Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) stack: &'a StackState<'a>,
    pub(crate) managed: ManagedInstance<'a>,
}

impl Told<'_> {
    /// It is there and differs.
    pub(crate) fn changed(&self, there: &There, region: &Region) -> Finding {
        let There { differences, opened, .. } = there;
        let (moved, routed) =
            (self.points(differences.iter().any(answers)), self.points(differences.iter().any(routes)));
        let shown = evidence(differences, self.managed.sensitive());
        let (code, severity, text): (Code, _, String) = if !opened.is_empty() {
            let rules: Vec<String> = opened.iter().map(Atom::to_string).collect();
            (codes::D_OPENED, Severity::Critical, format!("it lets the Internet in: {}", rules.join(", ")))
        } else if self.managed.resource_type() == ACL_RULE && is_opened(self.managed.attributes(), differences) {
            (codes::D_OPENED, Severity::Critical, format!("it lets the Internet in: {}", message(&shown)))
        } else if moved {
            (codes::D_RECORD_MOVED, Severity::Critical, format!("it points elsewhere: {}", message(&shown)))
        } else if routed {
            (codes::D_RECORD_MOVED, Severity::Critical, format!("it divides traffic otherwise: {}", message(&shown)))
        } else if let Some(Danger { code, what }) = danger(self.managed.resource_type(), differences) {
            (code, Severity::Critical, format!("{what}: {}", message(&shown)))
        } else {
            (codes::D_CHANGED, Severity::Error, message(&shown))
        };
        let remedy = match code {
            codes::D_OPENED if HAS_GROUP_RULES.contains(&self.managed.resource_type()) => format!(
                "revoke the rule with `aws ec2 revoke-security-group-ingress --region {region}`, or take it into the HCL: \
                 an apply alone does not close a group without inline rules"
            ),
            codes::D_OPENED if HAS_ACL_RULES.contains(&self.managed.resource_type()) => format!(
                "delete the rule with `aws ec2 delete-network-acl-entry --region {region}`, or take it into the HCL: \
                 an apply alone does not close a list without inline rules"
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

    /// Whether it is a record that traffic follows, where `differs` says that it is another one.
    fn points(&self, differs: bool) -> bool {
        let kind = self.managed.attributes().get("type").and_then(|kind| kind.as_str()).unwrap_or_default();
        differs && self.managed.resource_type() == "aws_route53_record" && !TEXTS.contains(&kind)
    }

    /// A record that a failover moved is as it should be; what else differs is drift all the same.
    pub(crate) fn moved(&self, differences: &[Difference], moved: &MovedRecord) -> Finding {
        let others: Vec<Difference> = differences.iter().filter(|one| !moved.explains(one)).cloned().collect();
        let holds = format!("traffic set {} has it on the {}", moved.traffic, moved.active);
        let (code, severity, text) = if others.is_empty() {
            (codes::D_FAILED_OVER, Severity::Info, format!("{holds}, moved there by a failover"))
        } else {
            let others = message(&evidence(&others, self.managed.sensitive()));
            (codes::D_CHANGED, Severity::Error, format!("{others}; and {holds}"))
        };
        // Silenced by the HCL, which a pattern of Pilotlight's own is not.
        let remedy = if differences.iter().any(|one| moved.explains(one)) {
            "do not apply the stack until the failback: it would move the traffic back unasked"
        } else {
            "pilotlight failback moves it back"
        };
        let finding = Finding::new(code, severity, self.subject(), text).remedy(remedy);
        evidence(differences, self.managed.sensitive()).into_iter().fold(finding, Finding::with)
    }

    /// It is not there any more.
    pub(crate) fn missing(&self) -> Finding {
        let text = match self.managed.id() {
            Some(id) => format!("{id} does not exist any more"),
            None => "it does not exist any more".to_owned(),
        };
        let severity = if is_guard(self.managed.resource_type()) { Severity::Critical } else { Severity::Error };
        Finding::new(codes::D_MISSING, severity, self.subject(), text).remedy(
            "apply the stack to make it again, or remove it from the HCL and the state if it was deleted on purpose",
        )
    }

    /// It was not read.
    pub(crate) fn unread(&self, reason: &str) -> Finding {
        let text = format!(
            "{} was not read: {}",
            self.managed.resource_type(),
            // A plugin's words, with what was asked of it before them.
            reason.strip_prefix("read: ").unwrap_or(reason)
        );
        let lower = reason.to_lowercase();
        let is_denied = ["denied", "not authorized", "unauthorized", "forbidden", "credential"];
        let remedy = if reason.contains("--max-calls") {
            "raise --max-calls, or compare fewer stacks at a time with --stack"
        } else if is_denied.iter().any(|word| lower.contains(word)) {
            "give the access that the reason names, and run it again: until then there is no clean verdict"
        } else {
            "see to what the reason names, and run it again: until then there is no clean verdict"
        };
        Finding::new(codes::D_UNREAD, Severity::Warning, self.subject(), text).remedy(remedy)
    }

    pub(crate) fn subject(&self) -> Subject {
        Subject::Resource {
            stack: self.stack.stack.clone(),
            side: self.stack.side,
            address: self.managed.address().to_string(),
            id: self.managed.id().map(str::to_owned),
        }
    }

    /// It was replaced, and the old object is still there.
    pub(crate) fn deposed(&self, key: &str) -> Finding {
        let text = format!("the object {key} was replaced and is still to be destroyed");
        Finding::new(codes::D_DEPOSED, Severity::Warning, self.subject(), text)
            .remedy("run `terraform apply` in the stack: it destroys what it replaced")
    }

    /// A difference that a rule took for none.
    pub(crate) fn silenced(&self, silent: &Silent) -> Silenced {
        let shown = evidence(std::slice::from_ref(&silent.difference), self.managed.sensitive());
        let (old, new) = match shown.into_iter().next() {
            Some(Evidence::Change { old, new, .. }) => (old, new),
            // A longer text: that there is one says enough of what is no drift.
            _ => (LONG_TEXT.into(), LONG_TEXT.into()),
        };
        Silenced {
            subject: self.subject(),
            attribute: silent.difference.path.clone(),
            old,
            new,
            rule: silent.rule.clone(),
            reason: silent.reason.clone(),
        }
    }
}

/// What stands for a text that is too long to be shown.
const LONG_TEXT: &str = "(a longer text)";
