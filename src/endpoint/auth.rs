//! Who may write, and who may see viewers: whoever carries the token. There is no exception, for a reverse proxy makes
//! every client look like one on this machine.

use subtle::ConstantTimeEq;

use super::errors;
use super::signing_key::SigningKey;
use crate::http::{Headers, Problem};

/// The one rule.
pub struct Auth {
    token: String,
}

impl Auth {
    /// Admits who carries `token`.
    pub fn new(token: String) -> Auth {
        Auth { token }
    }

    /// Checks a request.
    ///
    /// # Errors
    /// 401 without the token.
    pub fn check(&self, headers: &Headers<'_>) -> Result<(), Problem> {
        check_token(&self.token, headers.get("Authorization"))
    }

    /// Whether a text is the token.
    pub fn is_token(&self, text: &str) -> bool {
        is_equal(text, &self.token)
    }

    /// A key for a purpose of its own. With another token it is another key.
    pub fn signing_key(&self, purpose: &str) -> SigningKey {
        SigningKey::derive(&self.token, purpose)
    }

    /// As [`Auth::check`], where a missing token is no error.
    pub fn allows(&self, headers: &Headers<'_>) -> bool {
        self.check(headers).is_ok()
    }
}

fn check_token(token: &str, authorization: Option<&str>) -> Result<(), Problem> {
    let Some(authorization) = authorization else {
        return Err(errors::unauthorized(
            "this needs the header Authorization: Bearer TOKEN; the server's start says where the token is",
        ));
    };
    let given = match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => {
            return Err(errors::unauthorized(
                "the Authorization header is not of the Bearer scheme",
            ));
        }
    };
    if is_equal(given, token) {
        Ok(())
    } else {
        Err(errors::unauthorized("the token is not right"))
    }
}

/// Compares in constant time, so that a wrong token does not tell how much of it is right.
fn is_equal(given: &str, token: &str) -> bool {
    given.as_bytes().ct_eq(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_opens() {
        assert!(check_token("secret", Some("Bearer secret")).is_ok());
        assert!(check_token("secret", Some("bearer secret")).is_ok());
        for wrong in [
            None,
            Some("secret"),
            Some("Bearer secre"),
            Some("Bearer secrets"),
            Some("Bearer "),
            Some("Basic secret"),
        ] {
            assert!(check_token("secret", wrong).is_err(), "{wrong:?}");
        }
    }
}
