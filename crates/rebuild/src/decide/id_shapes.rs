//! What ids that AWS gives out look like, where they have no form that tells them alone.

use super::counted::is_count;

/// What the ids of something may look like; none for a name that asks for no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Shapes(u16);

impl Shapes {
    pub(crate) const NONE: Self = Self(0);
    /// `1234abcd-12ab-34cd-56ef-1234567890ab`, or one with a letter before or a number after it.
    pub(super) const UUID: Self = Self(1);
    /// 32 hexadecimal digits: a GuardDuty detector, a Pinpoint application, a Cloud9 environment.
    pub(super) const HEX: Self = Self(1 << 1);
    /// `a1b2c3d4e5` of API Gateway.
    pub(super) const TEN: Self = Self(1 << 2);
    /// 26 small letters and digits: a client of a user pool, an API of AppSync.
    pub(super) const TWENTY_SIX: Self = Self(1 << 3);
    /// Six to ten small letters and digits: what belongs to an API of API Gateway.
    pub(super) const SHORT: Self = Self(1 << 4);
    /// Seven small letters and digits: AppConfig's.
    pub(super) const SEVEN: Self = Self(1 << 5);
    /// Ten capitals and digits: Lex's and Bedrock's.
    pub(super) const CAPITALS: Self = Self(1 << 6);
    /// 22 letters and digits: a policy store, a voice connector.
    pub(super) const TWENTY_TWO: Self = Self(1 << 7);
    /// 16 to 25 small letters and digits: EMR's applications and virtual clusters.
    pub(super) const LONG: Self = Self(1 << 8);
    /// `d` and 10 to 14 small letters and digits: an application of Amplify.
    pub(super) const AMPLIFY: Self = Self(1 << 9);
    /// `dzd_4p9n6sw4qt9xgn`
    pub(super) const DATA_ZONE: Self = Self(1 << 10);
    /// Capitals and digits after an `F`: a package of OpenSearch.
    pub(super) const PACKAGE: Self = Self(1 << 11);

    /// `7`: what each region counts for itself.
    pub(crate) const COUNT: Self = Self(1 << 12);
    /// `web:12`: the same with the name before it.
    pub(super) const FAMILY: Self = Self(1 << 13);

    /// `abcde1fghij2`: a guardrail of Bedrock.
    pub(super) const TWELVE: Self = Self(1 << 14);

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Whether it may be a number that each region counts for itself.
    pub(crate) fn may_be_counted(self) -> bool {
        self.has(Self::COUNT.or(Self::FAMILY))
    }

    /// Whether a text is such a number.
    pub(crate) fn is_counted(self, text: &str) -> bool {
        let is_of_family =
            |(name, number): (&str, &str)| !name.is_empty() && !name.contains("arn:") && is_count(number);
        self.has(Self::COUNT) && is_count(text)
            || self.has(Self::FAMILY) && text.rsplit_once(':').is_some_and(is_of_family)
    }

    /// Whether a text is an id of one of the shapes.
    pub(crate) fn fit(self, text: &str) -> bool {
        if self.is_none() || text.len() < SHORTEST {
            return false;
        }
        if text.contains('-') {
            return self.has(Self::UUID) && holds_uuid(text);
        }
        if let Some(id) = text.strip_prefix("dzd_") {
            return self.has(Self::DATA_ZONE) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        }
        let of = Made::of(text);
        // A word without a digit is a name, a number without a letter a number.
        if !of.is_alphanumeric || of.digits == 0 {
            return false;
        }
        let small = of.capitals == 0 && of.small > 0;
        let length = text.len();
        self.has(Self::HEX) && length == 32 && of.is_hexadecimal && of.capitals == 0
            || self.has(Self::TEN) && length == 10 && small
            || self.has(Self::TWENTY_SIX) && length == 26 && small
            || self.has(Self::SHORT) && (SHORTEST..=10).contains(&length) && small
            || self.has(Self::SEVEN) && length == 7 && small && of.is_mixed(text)
            || self.has(Self::TWELVE) && length == 12 && small && of.is_mixed(text)
            || self.has(Self::CAPITALS) && length == 10 && of.small == 0 && of.capitals > 0
            || self.has(Self::TWENTY_TWO) && length == 22 && of.small > 0
            || self.has(Self::LONG) && (16..=25).contains(&length) && small && of.is_mixed(text)
            || self.has(Self::AMPLIFY) && (11..=15).contains(&length) && small && text.starts_with('d') && of.turns > 1
            || self.has(Self::PACKAGE) && text.starts_with('F') && of.small == 0 && (8..=14).contains(&length)
    }
}

/// The shortest id that is asked for.
const SHORTEST: usize = 6;

/// What a word is made of.
struct Made {
    is_alphanumeric: bool,
    is_hexadecimal: bool,
    digits: usize,
    small: usize,
    capitals: usize,
    /// How often a letter follows a digit, or a digit a letter.
    turns: usize,
}

impl Made {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let count = |is: fn(&u8) -> bool| bytes.iter().filter(|byte| is(byte)).count();
        Self {
            is_alphanumeric: bytes.iter().all(u8::is_ascii_alphanumeric),
            is_hexadecimal: bytes.iter().all(u8::is_ascii_hexdigit),
            digits: count(u8::is_ascii_digit),
            small: count(u8::is_ascii_lowercase),
            capitals: count(u8::is_ascii_uppercase),
            turns: bytes.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count(),
        }
    }

    /// `orders1` is a name, `abc1de2` and `1abcdef` are none.
    fn is_mixed(&self, text: &str) -> bool {
        self.turns > 1 || text.starts_with(|first: char| first.is_ascii_digit()) && self.turns > 0
    }
}

/// How many letters a UUID has.
pub(crate) const UUID: usize = 36;

/// `1234abcd-12ab-34cd-56ef-1234567890ab`
pub(crate) fn is_uuid(text: &str) -> bool {
    if text.len() != UUID {
        return false;
    }
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// A UUID, or one that a service has put a letter before or a number after: `b-1234abcd-…` and `1234abcd-…-3`.
pub(crate) fn holds_uuid(text: &str) -> bool {
    if text.len() < UUID {
        return false;
    }
    let is_number = |end: &str| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit());
    is_uuid(text)
        || text.rsplit_once('-').is_some_and(|(id, number)| is_number(number) && is_uuid(id))
        || text.split_once('-').is_some_and(|(_, id)| is_uuid(id))
}
