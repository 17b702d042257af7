//! What there is to say of the owners of moved records.

use super::{NextApply, OwningResource, RecordOwner};
use pilotlight_findings::{Code, Evidence, Finding, Severity, Subject, codes};

/// Reasons why a standby is not ready: what a run only warns of, as it must not stop one in the hour of the outage.
pub fn as_errors(finding: Finding) -> Finding {
    let severity = match finding.code {
        codes::F_OWNER_REVERTS | codes::F_OWNED_TWICE => Severity::Error,
        _ => finding.severity,
    };
    Finding { severity, ..finding }
}

pub(super) fn notes(owners: &[RecordOwner]) -> Vec<Finding> {
    let mut notes: Vec<Finding> = Vec::new();
    for note in owners.iter().filter_map(note) {
        // The two sets of a weighted record are one record to whoever reads this.
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    for (at, owner) in owners.iter().enumerate() {
        let same = |other: &&RecordOwner| (other.zone == owner.zone) && other.record() == owner.record();
        let all: Vec<&RecordOwner> = owners.iter().filter(same).collect();
        if all.len() > 1 && !owners[..at].iter().any(|earlier| same(&earlier)) {
            notes.push(twice(owner, &all));
        }
    }
    notes
}

fn note(owner: &RecordOwner) -> Option<Finding> {
    let (code, severity, message) = match (owner.next_apply, &owner.resource) {
        (NextApply::Ignores | NextApply::Unchanged, _) => return None,
        (NextApply::Reverts, _) => {
            let message =
                format!("the next apply of its stack would undo a failover of {}: {}", owner.record(), owner.detail);
            (codes::F_OWNER_REVERTS, Severity::Warning, message)
        }
        (NextApply::Unknown, Some(_)) => {
            let message = format!(
                "whether the next apply of its stack would undo a failover of {} is not known: {}",
                owner.record(),
                owner.detail
            );
            (codes::F_OWNER_UNKNOWN, Severity::Warning, message)
        }
        (NextApply::Unknown, None) => (codes::F_OWNER_UNKNOWN, Severity::Warning, owner.detail.clone()),
        (NextApply::NotOwned, _) => (codes::F_NOT_OWNED, Severity::Info, owner.detail.clone()),
    };
    Some(finding(code, severity, owner, message))
}

fn finding(code: Code, severity: Severity, owner: &RecordOwner, message: String) -> Finding {
    let subject = owner.resource.as_ref().map_or_else(|| of_record(owner), of_resource);
    let mut finding = Finding::new(code, severity, subject, message);
    if let Some(place) = owner.resource.as_ref().and_then(|resource| resource.place.as_ref()) {
        finding = finding.with(Evidence::fact("HCL", place.clone()));
    }
    finding.remedy = owner.remedy.clone().or_else(|| {
        Some(match (code, &owner.resource) {
            (codes::F_OWNER_UNKNOWN, Some(_)) => {
                "make its HCL readable here (terraform init fetches modules), or look for yourself before that stack is \
                 applied while a failover holds"
                    .into()
            }
            (codes::F_OWNER_UNKNOWN, None) => {
                "until it is known, let nobody apply a stack that may have the record while a failover holds".into()
            }
            _ => "where the Terraform of another plan owns it, that one has to leave it alone, and nobody here can see \
                  whether it does"
                .into(),
        })
    });
    finding
}

fn twice(owner: &RecordOwner, all: &[&RecordOwner]) -> Finding {
    let owners: Vec<String> = all.iter().filter_map(|one| Some(one.resource.as_ref()?.told())).collect();
    let message = format!("{} states have it: {}", owners.len(), owners.join(", "));
    Finding::new(codes::F_OWNED_TWICE, Severity::Warning, of_record(owner), message).remedy(
        "let one stack own it: take it out of the other with `terraform state rm`; where that is the standby's, add the \
         address to exclude in the stack's standby block before the next rebuild",
    )
}

fn of_resource(resource: &OwningResource) -> Subject {
    Subject::Resource {
        stack: resource.stack.clone(),
        side: Some(resource.side),
        address: resource.address.clone(),
        id: None,
    }
}

fn of_record(owner: &RecordOwner) -> Subject {
    Subject::Record { zone: owner.zone.clone(), name: owner.name.clone(), record_type: owner.record_type.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sets_of_one_record_that_nobody_owns_are_told_once() {
        let set = |identifier: &str| RecordOwner {
            zone: "shop.test".into(),
            name: "app.shop.test".into(),
            record_type: "A".into(),
            set_identifier: Some(identifier.into()),
            attribute: "weighted_routing_policy".into(),
            resource: None,
            next_apply: NextApply::NotOwned,
            detail: "no stack of the plan owns it".into(),
            remedy: None,
        };
        let other = RecordOwner { name: "api.shop.test".into(), ..set("home") };
        let notes = notes(&[set("home"), set("away"), other]);
        let of: Vec<String> = notes.iter().map(|note| note.subject.to_string()).collect();
        assert_eq!(of.len(), 2, "{of:?}");
        assert_ne!(of[0], of[1]);
    }
}
