//! Whose Terraform has each record, and what its next apply does.

use super::ink::Ink;
use crate::clean::line;
use crate::theme;
use pilotlight_failover::RunReport;

pub(super) fn owners(run: &RunReport, ink: Ink) -> String {
    if run.owners.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", ink.bold("terraform"));
    for owner in &run.owners {
        let mark = theme::of_owner(owner.next_apply);
        out.push_str(&format!(
            "  {}  {}\n",
            ink.tone(mark.tone, &format!("{} {}", mark.symbol, mark.word)),
            ink.bold(&line(&owner.record()))
        ));
        if let Some(resource) = &owner.resource {
            let place = resource.place.as_ref().map_or(String::new(), |place| format!(", {}", line(place)));
            out.push_str(&format!("      owner   {}{place}\n", line(&resource.told())));
        }
        out.push_str(&ink.wrap(6, 8, &format!("because {}", line(&owner.detail))));
        if let Some(remedy) = &owner.remedy {
            // To be copied, so never cut.
            out.push_str(&format!("      remedy  {}\n", line(remedy)));
        }
    }
    out
}
