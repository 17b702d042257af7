//! The provider's hash of texts: it makes ids of resources from it that have none of their own in AWS.

/// CRC-32 as in zlib, which is what the provider's `create.StringHashcode` gives for every text.
pub(super) fn crc32(text: &str) -> u32 {
    let byte = |crc: u32, byte: u8| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    };
    !text.bytes().fold(u32::MAX, byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_check_value() {
        assert_eq!((crc32("123456789"), crc32("")), (0xCBF4_3926, 0));
    }
}
