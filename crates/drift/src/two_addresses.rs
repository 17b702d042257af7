//! The same object at two addresses: moved, and one of the states does not know it yet.

use crate::live::ReadBy;
use crate::observe::{Located, StackState};
use crate::shapes::{Natural, is_global};
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes};
use pilotlight_tfstate::ManagedInstance;
use std::collections::HashMap;

/// Type, id, what else tells the object from others with the same id, and where: a role and a region, no region for
/// a global API.
type Identity = (String, String, String, Option<String>, Option<String>);

/// Finds objects that two resources of the given states have.
#[derive(Default)]
pub(crate) struct TwoAddresses {
    first: HashMap<Identity, Subject>,
}

impl TwoAddresses {
    /// Notes an object, and says so where another resource has it too.
    pub(crate) fn note(
        &mut self,
        stack: &StackState<'_>,
        managed: &ManagedInstance<'_>,
        located: &Located<'_>,
    ) -> Option<Finding> {
        // Routes and rules are found by other means than an id of their own.
        let has_id = matches!(located.natural, Natural::Own | Natural::As(_) | Natural::Record);
        if !has_id || located.id.is_empty() || managed.is_deposed() {
            return None;
        }
        let region = (!is_global(located.kind)).then(|| located.place.region.to_string());
        // A provider's ids need not be unique: a stage's is its name, a permission's its statement's.
        let more = if located.reader == ReadBy::Provider { identity(managed) } else { String::new() };
        let key = (managed.resource_type().to_owned(), located.id.to_owned(), more, located.place.role.clone(), region);
        let subject = Subject::Resource {
            stack: stack.stack.clone(),
            side: stack.side,
            address: managed.address().to_string(),
            id: Some(located.id.to_owned()),
        };
        let Some(other) = self.first.get(&key) else {
            self.first.insert(key, subject);
            return None;
        };
        let message = format!("{} stands at another address as well: {other}", located.id);
        let finding = Finding::new(codes::D_TWO_ADDRESSES, Severity::Warning, subject, message)
            .with(Evidence::fact("other address", other.to_string()))
            .remedy("remove it from the state that does not own it: terraform state rm, or a removed block");
        Some(finding)
    }
}

/// The ARN, or where there is none every text that is configured or computed: of the same object they are the same.
fn identity(managed: &ManagedInstance<'_>) -> String {
    match managed.instance.text("arn") {
        Some(arn) => arn.to_owned(),
        None => {
            let mut texts: Vec<String> = managed
                .attributes()
                .iter()
                .filter_map(|(name, value)| Some(format!("{name}={}", value.as_str()?)))
                .collect();
            texts.sort_unstable();
            texts.join("\n")
        }
    }
}
