use pilotlight_findings::{ApiCalls, Count, Finding, Silenced, Verdict};

/// How many objects there were of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DriftCounts {
    /// Compared, and the same.
    pub in_sync: u64,
    /// Compared, and not the same.
    pub changed: u64,
    /// Records that a failover moved, and nothing else about them differs: no drift.
    pub moved: u64,
    /// Not there any more.
    pub missing: u64,
    /// In AWS, and in no given state.
    pub unmanaged: u64,
    /// Not read.
    pub unread: u64,
    /// Ignored as a whole, by a pattern.
    pub ignored: u64,
    /// Of providers whose resources are in no cloud.
    pub not_in_cloud: u64,
    /// Replaced objects that are still to be destroyed; they are not compared.
    pub deposed: u64,
}

impl DriftCounts {
    /// The counts for a summary line. Those that most estates do not have are left out where they are zero.
    pub fn summary(&self) -> Vec<Count> {
        let always =
            [("in sync", self.in_sync), ("changed", self.changed), ("missing", self.missing), ("unread", self.unread)];
        let sometimes = [
            ("unmanaged", self.unmanaged),
            ("moved by a failover", self.moved),
            ("ignored", self.ignored),
            ("not in any cloud", self.not_in_cloud),
            ("deposed", self.deposed),
        ];
        always
            .into_iter()
            .chain(sometimes.into_iter().filter(|(_, count)| *count > 0))
            .map(|(name, count)| Count { name: name.to_owned(), count })
            .collect()
    }
}

/// What `decide` concludes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DriftOutcome {
    /// Most severe first, then by stack and address.
    pub findings: Vec<Finding>,
    /// How many of each.
    pub counts: DriftCounts,
    /// Differences that a rule took for none, in the order of the states.
    pub silenced: Vec<Silenced>,
    /// Calls made, by API, added up over the regions.
    pub calls: Vec<ApiCalls>,
}

impl DriftOutcome {
    /// The verdict: clean, findings or incomplete.
    pub fn verdict(&self) -> Verdict {
        Verdict::over(&self.findings, self.counts.unread > 0)
    }
}
