//! Signatures of short texts, by HMAC with SHA-256 (RFC 2104).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A key that signs texts for one purpose.
pub struct SigningKey([u8; 32]);

impl SigningKey {
    /// The key for a purpose, derived from a secret: neither tells the secret, and keys for different purposes have
    /// nothing in common.
    pub fn derive(secret: &str, purpose: &str) -> SigningKey {
        SigningKey(
            mac(secret.as_bytes(), purpose)
                .finalize()
                .into_bytes()
                .into(),
        )
    }

    /// The signature of a text, of characters that cookies, forms and addresses may hold.
    pub fn sign(&self, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(mac(&self.0, text).finalize().into_bytes())
    }

    /// Whether a signature is that of a text. In constant time, so that a wrong one does not tell how much is right.
    pub fn verify(&self, text: &str, signature: &str) -> bool {
        URL_SAFE_NO_PAD
            .decode(signature)
            .is_ok_and(|signature| mac(&self.0, text).verify_slice(&signature).is_ok())
    }
}

fn mac(key: &[u8], text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::new_from_slice(key).expect("a key of any length is taken");
    mac.update(text.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_good_for_its_text_key_and_purpose_only() {
        let key = SigningKey::derive("secret", "a purpose");
        let signature = key.sign("text");
        assert!(key.verify("text", &signature));
        for wrong in ["", "*", &signature[1..], &format!("{signature}A")] {
            assert!(!key.verify("text", wrong), "{wrong}");
        }
        assert!(!key.verify("texts", &signature));
        for other in [("secret", "another"), ("secrets", "a purpose")] {
            assert!(!SigningKey::derive(other.0, other.1).verify("text", &signature));
        }
    }

    /// Test case 2 of RFC 4231 §4.3.
    #[test]
    fn the_mac_is_that_of_the_standard() {
        let digest = mac(b"Jefe", "what do ya want for nothing?").finalize();
        assert_eq!(digest.into_bytes()[..4], [0x5b, 0xdc, 0xc1, 0x46]);
    }
}
