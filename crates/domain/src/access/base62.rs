//! Numbers in the 62 letters and digits, of a fixed length: nothing in them ends a word, so a
//! double click selects a whole key.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The number whose bytes these are, the highest first, in so many characters, which must be
/// enough.
pub(super) fn encode(bytes: &[u8], length: usize) -> String {
    let mut rest = bytes.to_vec();
    let mut digits = vec![0; length];
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0_u32;
        for byte in &mut rest {
            let value = remainder << 8 | u32::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            remainder = value % 62;
        }
        *digit = DIGITS.get(remainder as usize).copied().unwrap_or_default();
    }
    digits.into_iter().map(char::from).collect()
}

/// Whether these are digits, all of them.
pub(super) fn is_base62(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_digits_and_their_length() {
        assert_eq!(encode(&[0], 3), "000");
        assert_eq!(encode(&[61], 3), "00z");
        assert_eq!(encode(&[62], 3), "010");
        assert_eq!(encode(&[1, 0], 3), "048");
        assert_eq!(encode(&u32::MAX.to_be_bytes(), 6), "4gfFC3");
    }

    #[test]
    fn the_largest_number_fits_into_forty_three() {
        let largest = encode(&[u8::MAX; 32], 43);
        assert_ne!(encode(&[u8::MAX - 1; 32], 43), largest);
        let longer = encode(&[u8::MAX; 32], 44);
        assert_eq!(longer, format!("0{largest}"), "nothing was cut off");
    }
}
