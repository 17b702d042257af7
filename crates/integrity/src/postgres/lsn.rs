use std::fmt;
use std::str::FromStr;

/// A place in a server's write-ahead log, in bytes from its beginning; shown as PostgreSQL does, `0/3000148`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

impl Lsn {
    /// Bytes from `earlier` to here; none where it is not earlier.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

/// The text is no place in a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read {0:?} as a place in a write-ahead log, such as 0/3000148")]
pub struct BadLsn(pub String);

impl FromStr for Lsn {
    type Err = BadLsn;

    fn from_str(text: &str) -> Result<Self, BadLsn> {
        let half = |part: &str| u32::from_str_radix(part, 16).map(u64::from);
        text.split_once('/')
            .and_then(|(high, low)| Some(Self(half(high).ok()? << 32 | half(low).ok()?)))
            .ok_or_else(|| BadLsn(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows_as_postgresql_does() {
        let lsn: Lsn = "16/B374D848".parse().unwrap();
        assert_eq!(lsn, Lsn(0x16_B374_D848));
        assert_eq!(lsn.to_string(), "16/B374D848");
        assert_eq!(lsn.since(Lsn(0x16_B374_D840)), 8);
        assert_eq!(Lsn(5).since(lsn), 0);
        assert!("".parse::<Lsn>().is_err() && "1/".parse::<Lsn>().is_err() && "1/100000000".parse::<Lsn>().is_err());
    }
}
