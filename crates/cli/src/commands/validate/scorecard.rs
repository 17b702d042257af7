//! What the areas found, gathered until all of them are told.

use pilotlight_findings::{Area, AreaName, Count, Finding, Silenced, Verdict};
use std::collections::BTreeMap;

/// The areas, each with what is known of it so far.
#[derive(Default)]
pub(super) struct Scorecard {
    sheets: BTreeMap<AreaName, Sheet>,
    pub(super) summary: Vec<Count>,
    pub(super) silenced: Vec<Silenced>,
}

/// What is known of one area.
#[derive(Default)]
pub(super) struct Sheet {
    /// Parts of one line.
    pub(super) facts: Vec<String>,
    pub(super) findings: Vec<Finding>,
    /// Whether some of it could not be found out.
    unread: bool,
    /// Whether there is nothing to judge.
    not_applicable: bool,
}

impl Sheet {
    pub(super) fn fact(&mut self, fact: impl Into<String>) {
        self.facts.push(fact.into());
    }

    /// Says that some of it is not known, and why.
    pub(super) fn unknown(&mut self, why: impl Into<String>) {
        self.unread = true;
        self.fact(why);
    }

    /// Says that there is nothing to judge, and why.
    pub(super) fn skip(&mut self, why: impl Into<String>) {
        self.not_applicable = true;
        self.fact(why);
    }

    fn into_area(self, name: AreaName) -> (Area, Vec<Finding>) {
        let facts = self.facts.join("; ");
        let area = match (self.not_applicable, self.findings.is_empty(), facts.is_empty()) {
            (true, true, _) => Area::not_applicable(name, facts),
            // Nobody said anything of it: that is not ready, but unknown.
            (false, true, true) => Area::of(name, "not looked at", &[], true),
            _ => Area::of(name, facts, &self.findings, self.unread),
        };
        (area, self.findings)
    }
}

impl Scorecard {
    pub(super) fn sheet(&mut self, name: AreaName) -> &mut Sheet {
        self.sheets.entry(name).or_default()
    }

    pub(super) fn count(&mut self, name: &str, count: u64) {
        self.summary.push(Count { name: name.to_owned(), count });
    }

    /// Says of every area that nothing is known of yet why it was not looked at.
    pub(super) fn rest(&mut self, say: impl Fn(&mut Sheet)) {
        for name in AreaName::ALL {
            let sheet = self.sheet(name);
            if sheet.facts.is_empty() {
                say(sheet);
            }
        }
    }

    /// The verdict, the areas in order and all of their findings.
    pub(super) fn conclude(mut self) -> (Verdict, Vec<Area>, Vec<Finding>) {
        let (mut areas, mut findings) = (Vec::new(), Vec::new());
        let mut unread = false;
        for name in AreaName::ALL {
            let sheet = self.sheets.remove(&name).unwrap_or_default();
            let (area, of_area) = sheet.into_area(name);
            unread |= area.verdict == pilotlight_findings::AreaVerdict::Unknown;
            areas.push(area);
            findings.extend(of_area);
        }
        (Verdict::over(&findings, unread), areas, findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilotlight_findings::{AreaVerdict, Severity, Subject, codes};

    #[test]
    fn what_nobody_looked_at_is_unknown_and_never_ready() {
        let mut card = Scorecard::default();
        card.sheet(AreaName::Drift).fact("34 resources");
        card.sheet(AreaName::Objectives).skip("no objectives");
        let (verdict, areas, _) = card.conclude();
        assert_eq!(verdict, Verdict::Incomplete);
        let verdicts: Vec<AreaVerdict> = areas.iter().map(|area| area.verdict).collect();
        assert_eq!(verdicts[0], AreaVerdict::Ready);
        assert_eq!(verdicts[4], AreaVerdict::NotApplicable);
        assert_eq!(verdicts.iter().filter(|one| **one == AreaVerdict::Unknown).count(), 7);
    }

    #[test]
    fn a_finding_counts_also_where_an_area_is_skipped() {
        let mut card = Scorecard::default();
        card.sheet(AreaName::Journal).findings.push(Finding::new(
            codes::V_JOURNAL_WRITE,
            Severity::Error,
            Subject::Journal { url: "file:x".into() },
            "m",
        ));
        card.rest(|sheet| sheet.skip("no stack changed"));
        let (verdict, areas, findings) = card.conclude();
        assert_eq!((verdict, findings.len()), (Verdict::Findings, 1));
        assert_eq!(areas[6].verdict, AreaVerdict::NotReady);
        assert_eq!(areas[0].facts, "no stack changed");
    }
}
