//! Versions of providers, in order.

use std::cmp::Ordering;

/// A version, by the order of semantic versions as far as providers use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    numbers: Vec<u64>,
    /// `beta2`; a version without one is newer.
    pre: Option<String>,
}

impl Version {
    /// Reads `5.100.0` or `1.0.0-beta2+build`; none where the text is no version.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.split('+').next()?;
        let (numbers, pre) = match text.split_once('-') {
            Some((numbers, pre)) => (numbers, Some(pre.to_owned())),
            None => (text, None),
        };
        let numbers = numbers.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        Some(Self { numbers, pre })
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (&self.pre, &other.pre) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(other)) => one.cmp(other),
        })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number_and_a_release_is_newer_than_its_betas() {
        let sorted = ["4.67.0", "5.9.0", "5.100.0", "6.0.0-beta1", "6.0.0-beta2", "6.0.0", "6.0.1+build"];
        let versions: Vec<Version> = sorted.iter().filter_map(|text| Version::parse(text)).collect();
        assert_eq!(versions.len(), sorted.len());
        assert!(versions.is_sorted_by(|one, other| one < other));
        for wrong in ["", "linux_amd64", "1.x", "v1"] {
            assert!(Version::parse(wrong).is_none(), "{wrong:?} is no version");
        }
    }
}
