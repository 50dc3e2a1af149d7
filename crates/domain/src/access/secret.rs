//! Texts that open doors. None of them can be shown by accident: what is kept is a hash.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::base62::{encode, is_base62};

/// Characters of 256 random bits.
const BODY: usize = 43;
/// Characters of a checksum.
const CHECK: usize = 6;
/// Characters by which a secret is told apart from others of its kind.
const SHOWN: usize = 8;

/// The text of an access key: `td_`, 256 random bits, `_` and a checksum, by which a wrong copy
/// is known without a look at any store, and a leaked key by whoever scans for keys. It is shown
/// once, by whoever made it.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyText(String);

impl KeyText {
    /// How every key begins.
    pub const MARK: &'static str = "td_";

    /// Of 256 random bits.
    pub fn from_random(bits: [u8; 32]) -> Self {
        Self(secret(Self::MARK, bits))
    }

    /// A key that somebody sent; `None` when no key looks like this.
    pub fn parse(text: &str) -> Option<Self> {
        is_secret(text, Self::MARK).then(|| Self(text.to_owned()))
    }

    /// How it begins: enough to tell it apart, and no help to a thief.
    pub fn prefix(&self) -> &str {
        self.0.get(..Self::MARK.len() + SHOWN).unwrap_or_default()
    }

    /// What is kept of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }

    /// The text itself: for the eyes of its owner alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyText({}...)", self.prefix())
    }
}

/// `mark`, the bits and a checksum over both.
pub(super) fn secret(mark: &str, bits: [u8; 32]) -> String {
    let body = format!("{mark}{}", encode(&bits, BODY));
    let check = checksum(&body);
    format!("{body}_{check}")
}

/// Whether `text` is one that [`secret`] could have made.
pub(super) fn is_secret(text: &str, mark: &str) -> bool {
    let Some((body, check)) = text.rsplit_once('_') else { return false };
    let random = body.strip_prefix(mark).unwrap_or_default();
    random.len() == BODY && is_base62(random) && check == checksum(body)
}

fn checksum(body: &str) -> String {
    encode(&crc32fast::hash(body.as_bytes()).to_be_bytes(), CHECK)
}

/// What is kept of a secret: its SHA-256. 256 random bits need no slower hash, since nobody can
/// try them out. Comparing two takes the same time wherever they differ.
#[derive(Clone)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// Of a secret text.
    pub(super) fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// From the form in which it is stored.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// As it is stored.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }
}

impl PartialEq for SecretHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretHash {}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_as_itself() {
        for bits in [[0; 32], [0xab; 32], [0xff; 32]] {
            let key = KeyText::from_random(bits);
            assert_eq!(key.expose().len(), 53, "{}", key.expose());
            assert_eq!(KeyText::parse(key.expose()), Some(key));
        }
        assert_ne!(KeyText::from_random([1; 32]).hash(), KeyText::from_random([2; 32]).hash());
    }

    #[test]
    fn a_key_with_one_wrong_character_is_none() {
        let key = KeyText::from_random([0x5a; 32]);
        for place in 0..key.expose().len() {
            for other in ["0", "z", "_", "-", " ", ""] {
                let mut text = key.expose().to_owned();
                text.replace_range(place..=place, other);
                assert_eq!(KeyText::parse(&text).is_some(), text == key.expose(), "{text}");
            }
        }
        for text in ["", "td_", "_", "td__", "tk_x_y", "ä_ö"] {
            assert!(KeyText::parse(text).is_none(), "{text}");
        }
        let upper = key.expose().to_uppercase();
        assert!(KeyText::parse(&upper).is_none(), "case matters");
    }

    #[test]
    fn what_is_shown_of_a_key_is_not_the_key() {
        let key = KeyText::from_random([0x11; 32]);
        let shown = format!("{key:?} {:?}", key.hash());
        assert!(!shown.contains(&key.expose()[11..20]), "{shown}");
        assert!(!shown.contains(&key.hash().to_hex()), "{shown}");
        assert_eq!(key.prefix().len(), 11);
    }

    #[test]
    fn a_hash_is_stored_and_read() {
        let hash = KeyText::from_random([3; 32]).hash();
        assert_eq!(SecretHash::from_hex(&hash.to_hex()), Some(hash));
        for text in ["", "00", "zz"] {
            assert_eq!(SecretHash::from_hex(text), None);
        }
    }
}
