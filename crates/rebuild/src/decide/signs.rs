//! Which signs a text has. Each search looks for what cannot be without one of them, and most texts have few.

/// Signs of a text, by one look at each of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signs(u16);

impl Signs {
    pub(crate) const DIGIT: Self = Self(1);
    pub(crate) const COLON: Self = Self(1 << 1);
    pub(crate) const HYPHEN: Self = Self(1 << 2);
    pub(crate) const SLASH: Self = Self(1 << 3);
    pub(crate) const EQUALS: Self = Self(1 << 4);
    pub(crate) const PERCENT: Self = Self(1 << 5);
    pub(crate) const DOT: Self = Self(1 << 6);
    pub(crate) const BACKSLASH: Self = Self(1 << 7);
    pub(crate) const AMPERSAND: Self = Self(1 << 8);

    pub(crate) fn of(text: &str) -> Self {
        Self(text.bytes().fold(0, |signs, byte| signs | OF_BYTES[usize::from(byte)]))
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether there is any of these.
    pub(crate) const fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }
}

const OF_BYTES: [u16; 256] = {
    let mut signs = [0; 256];
    let mut digit = b'0';
    while digit <= b'9' {
        signs[digit as usize] = Signs::DIGIT.0;
        digit += 1;
    }
    signs[b':' as usize] = Signs::COLON.0;
    signs[b'-' as usize] = Signs::HYPHEN.0;
    signs[b'/' as usize] = Signs::SLASH.0;
    signs[b'=' as usize] = Signs::EQUALS.0;
    signs[b'%' as usize] = Signs::PERCENT.0;
    signs[b'.' as usize] = Signs::DOT.0;
    signs[b'\\' as usize] = Signs::BACKSLASH.0;
    signs[b'&' as usize] = Signs::AMPERSAND.0;
    signs
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_the_signs_of_its_bytes() {
        let signs = Signs::of("é: 7%");
        assert_eq!(signs, Signs::DIGIT.or(Signs::COLON).or(Signs::PERCENT));
        assert!(signs.has(Signs::COLON.or(Signs::DOT)) && !signs.has(Signs::DOT));
        assert_eq!(Signs::of(""), Signs::of("é"));
    }
}
