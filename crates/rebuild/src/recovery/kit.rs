use crate::RegionMap;
use crate::observe::Image;
use jiff::Timestamp;
use pilotlight_findings::{Code, Explain, Region, Side, codes};
use pilotlight_journal::digest;
use pilotlight_plan::DrPlan;
use pilotlight_tfstate::State;
use serde::{Deserialize, Serialize};

/// The version that is written, and the only one that is read.
pub const KIT_VERSION: u32 = 1;

/// What a rebuild without the primary region needs of it; `recovery.rs` has the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryKit {
    /// [`KIT_VERSION`]
    pub version: u32,
    /// The plan's name.
    pub plan: String,
    /// The region that was read.
    pub primary: Region,
    /// The region that was built.
    pub standby: Region,
    /// When the primary was read.
    pub taken_at: Timestamp,
    /// What stood for what.
    pub map: RegionMap,
    /// What both regions offered, as far as the rebuild asked.
    pub catalog: Catalog,
    /// The primary's states.
    pub states: Vec<KeptState>,
}

/// What both regions offered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// The primary.
    pub primary: Offer,
    /// The standby.
    pub standby: Offer,
}

/// What one region offered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Names of the availability zones, sorted.
    pub zones: Vec<String>,
    /// The images that were looked up, by id.
    pub images: Vec<Image>,
}

/// A state that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptState {
    /// The stack's name.
    pub stack: String,
    /// The primary: the standby's states are where the standby is.
    pub side: Side,
    /// Where it was read, without credentials.
    pub url: String,
    /// As in the state.
    pub lineage: String,
    /// As in the state.
    pub serial: u64,
    /// SHA-256 of its bytes, in lower-case hex: the name of its copy.
    pub sha256: String,
}

/// Why a kit cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum KitError {
    /// It is of another version.
    #[error("it has version {0}, and this program reads version {KIT_VERSION}")]
    Version(u64),
    /// It is no kit, or has what this program does not know.
    #[error("it is no recovery kit: {0}")]
    Content(#[from] serde_json::Error),
}

impl RecoveryKit {
    /// A kit of what a rebuild has read. `states` are the primary's, by stack.
    pub fn take<'s>(
        plan: &DrPlan,
        map: RegionMap,
        catalog: Catalog,
        states: impl IntoIterator<Item = (&'s str, &'s State)>,
        taken_at: Timestamp,
    ) -> Self {
        let states = states.into_iter().map(|(stack, state)| KeptState {
            stack: stack.to_owned(),
            side: Side::Primary,
            url: state.file.clone(),
            lineage: state.lineage.clone(),
            serial: state.serial,
            sha256: digest(state.bytes()),
        });
        Self {
            version: KIT_VERSION,
            plan: plan.name.clone(),
            primary: plan.primary.clone(),
            standby: plan.standby.clone(),
            taken_at,
            map,
            catalog,
            states: states.collect(),
        }
    }

    /// Reads a kit's JSON.
    ///
    /// # Errors
    /// It is of another version, or no kit.
    pub fn read(json: &str) -> Result<Self, KitError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u64,
        }
        let Versioned { version } = serde_json::from_str(json)?;
        if version != u64::from(KIT_VERSION) {
            return Err(KitError::Version(version));
        }
        Ok(serde_json::from_str(json)?)
    }

    /// When it was taken, for a person: `2026-03-01T06:00:00Z, 3 days ago`.
    pub fn told_age(&self, now: Timestamp) -> String {
        const MINUTE: i64 = 60;
        const HOUR: i64 = 60 * MINUTE;
        const DAY: i64 = 24 * HOUR;
        let seconds = now.as_second() - self.taken_at.as_second();
        let ago = match seconds {
            // Two machines' clocks are seldom further apart than that.
            ..=-60 => "which is still to come by this machine's clock".to_owned(),
            -59..=119 => "a minute ago".to_owned(),
            120..7_200 => format!("{} minutes ago", seconds / MINUTE),
            7_200..172_800 => format!("{} hours ago", seconds / HOUR),
            _ => format!("{} days ago", seconds / DAY),
        };
        format!("{:.0}, {ago}", self.taken_at)
    }
}

/// Why nothing can be rebuilt without the primary region.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// There is no kit.
    #[error("rebuild without {primary}: no recovery kit that verifies is in {stores}")]
    NoKit {
        /// The region that is not asked.
        primary: Region,
        /// The journal stores that were searched.
        stores: String,
    },
    /// The kit has no state of a stack.
    #[error("rebuild stack {stack} without {primary}: the recovery kit of {taken_at} has no state of it")]
    NoState {
        /// Which stack.
        stack: String,
        /// The region that is not asked.
        primary: Region,
        /// The kit.
        taken_at: String,
    },
}

impl Explain for RecoveryError {
    fn code(&self) -> Code {
        codes::R_NO_KIT
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoKit { .. } => "pilotlight rebuild PLAN --apply writes one into every journal store of the plan at its \
                                   end, while the primary answers; name a store in the standby region in the plan's journal"
                .to_owned(),
            Self::NoState { .. } => {
                "the stack was added, or first applied, after that rebuild; name the others with --stack".to_owned()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As version 1 was first written.
    const FIRST: &str = include_str!("kit-v1.json");

    #[test]
    fn the_first_kit_is_still_read() {
        let kit = RecoveryKit::read(FIRST).unwrap();
        assert_eq!(
            (kit.plan.as_str(), kit.primary.as_str(), kit.standby.as_str()),
            ("shop", "eu-west-1", "eu-central-1")
        );
        assert_eq!(kit.map.zones["eu-west-1b"], "eu-central-1b");
        assert_eq!(kit.map.images["ami-0aaaaaaaaaaaaaaaa"], "ami-0bbbbbbbbbbbbbbbb");
        assert_eq!(kit.catalog.primary.images[0].name, "al2023-ami-2023.5.20240805.0-kernel-6.1-x86_64");
        assert_eq!((kit.states[0].stack.as_str(), kit.states[0].serial), ("network", 7));
    }

    #[test]
    fn another_version_and_unknown_fields_are_refused() {
        let newer = FIRST.replacen("\"version\": 1", "\"version\": 2", 1);
        assert!(matches!(RecoveryKit::read(&newer), Err(KitError::Version(2))));
        let more = FIRST.replacen("\"plan\"", "\"note\": \"\", \"plan\"", 1);
        assert!(matches!(RecoveryKit::read(&more), Err(KitError::Content(_))));
    }

    #[test]
    fn the_age_is_told_in_the_unit_that_a_person_would_take() {
        let kit = RecoveryKit::read(FIRST).unwrap();
        let after = |seconds: i64| {
            let now = Timestamp::from_second(kit.taken_at.as_second() + seconds).unwrap();
            kit.told_age(now).split_once(", ").unwrap().1.to_owned()
        };
        assert_eq!(
            [-3_600, 5, 1_800, 10_000, 172_800, 40 * 86_400].map(after),
            [
                "which is still to come by this machine's clock",
                "a minute ago",
                "30 minutes ago",
                "2 hours ago",
                "2 days ago",
                "40 days ago"
            ]
        );
        assert!(kit.told_age(kit.taken_at).starts_with("2026-03-01T06:00:00Z, "));
    }
}
