use serde::{Deserialize, Serialize};
use std::fmt;

/// An AWS region by its code, `eu-central-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

/// The text is no region code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionError(pub String);

impl fmt::Display for RegionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read {:?} as an AWS region code such as eu-central-1", self.0)
    }
}

impl std::error::Error for RegionError {}

impl Region {
    /// Reads a region code: two or more lower-case words and a number, joined by hyphens
    /// (`eu-central-1`, `us-gov-west-1`). Whether AWS has it is not known here.
    ///
    /// # Errors
    /// The text does not have that shape.
    pub fn new(code: impl Into<String>) -> Result<Self, RegionError> {
        let code = code.into();
        let parts: Vec<&str> = code.split('-').collect();
        let words = parts.len().saturating_sub(1);
        let shaped = parts.len() >= 3
            && parts[..words].iter().all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
            && !parts[words].is_empty()
            && parts[words].bytes().all(|b| b.is_ascii_digit());
        if shaped { Ok(Self(code)) } else { Err(RegionError(code)) }
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Region {
    type Error = RegionError;
    fn try_from(code: String) -> Result<Self, RegionError> {
        Self::new(code)
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.0
    }
}

/// A region by its role in the plan. The names stay after a failover; *active* is the one that serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Where production runs on a normal day.
    Primary,
    /// Where it runs after a failover.
    Standby,
}

impl Side {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Primary => Self::Standby,
            Self::Standby => Self::Primary,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Primary => "primary",
            Self::Standby => "standby",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_codes_have_a_shape() {
        for code in ["eu-central-1", "us-gov-west-1", "ap-southeast-12"] {
            assert_eq!(Region::new(code).expect(code).as_str(), code);
        }
        for code in ["", "eu", "eu-west", "eu-west-1a", "EU-west-1", "eu--1", "eu-west-"] {
            assert!(Region::new(code).is_err(), "{code:?} is no region code");
        }
    }
}
