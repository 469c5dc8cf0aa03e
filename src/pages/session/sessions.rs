//! Sessions as text: signed, with their end inside.

use crate::endpoint::{Auth, SigningKey};
use crate::model::TimestampMs;
use crate::model::time::DAY;

/// How long a session lasts after its last renewal.
const LIFETIME: i64 = 7 * DAY;

/// A session that was renewed longer ago than this is renewed by the next page.
const RENEWAL: i64 = DAY;

/// Random bytes of a session's id.
const ID_BYTES: usize = 16;

/// Makes and reads sessions. Its keys come from the token, so that a new token ends all sessions.
pub struct Sessions {
    session_key: SigningKey,
    form_key: SigningKey,
}

/// A session with the owner of the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    id: String,
    /// Its end.
    expires: TimestampMs,
}

impl Sessions {
    /// Sessions for those who have the token.
    pub fn new(auth: &Auth) -> Sessions {
        Sessions {
            session_key: auth.signing_key("viewtally session"),
            form_key: auth.signing_key("viewtally form"),
        }
    }

    /// A new session.
    ///
    /// # Errors
    /// When the system cannot give random bytes.
    pub fn begin(&self, now: TimestampMs) -> std::io::Result<Session> {
        let mut random = [0; ID_BYTES];
        getrandom::fill(&mut random).map_err(std::io::Error::other)?;
        let id = random.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Session { id, expires: now }.renewed(now))
    }

    /// A session as its cookie's value.
    pub fn encode(&self, session: &Session) -> String {
        let text = session.signed_text();
        let signature = self.session_key.sign(&text);
        format!("{text}.{signature}")
    }

    /// Reads what [`Sessions::encode`] wrote, also after the session's end. `None` where the signature is not of the
    /// token of now.
    pub fn decode(&self, value: &str) -> Option<Session> {
        let (text, signature) = value.rsplit_once('.')?;
        if !self.session_key.verify(text, signature) {
            return None;
        }
        let (expires, id) = text.split_once('.')?;
        Some(Session {
            id: id.to_owned(),
            expires: TimestampMs(expires.parse().ok()?),
        })
    }

    /// What a form of a session carries, and no other site can know.
    pub fn form_token(&self, session: &Session) -> String {
        self.form_key.sign(&session.id)
    }

    /// Whether a form was made for a session.
    pub fn is_form_token(&self, session: &Session, token: &str) -> bool {
        self.form_key.verify(&session.id, token)
    }
}

impl Session {
    /// Whether it has not ended.
    pub fn is_current(&self, now: TimestampMs) -> bool {
        now < self.expires
    }

    /// Whether it was renewed so long ago that a page renews it.
    pub fn needs_renewal(&self, now: TimestampMs) -> bool {
        self.expires.0 - now.0 < LIFETIME - RENEWAL
    }

    /// The same session, with its whole time before it. Forms that are open stay good.
    pub fn renewed(&self, now: TimestampMs) -> Session {
        Session {
            id: self.id.clone(),
            expires: TimestampMs(now.0 + LIFETIME),
        }
    }

    fn signed_text(&self) -> String {
        format!("{}.{}", self.expires.0, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(token: &str) -> Sessions {
        Sessions::new(&Auth::new(token.to_owned()))
    }

    #[test]
    fn a_session_is_read_back_until_the_token_changes() {
        let ours = sessions("secret");
        let session = ours.begin(TimestampMs(5)).unwrap();
        let value = ours.encode(&session);
        assert_eq!(ours.decode(&value), Some(session.clone()));
        assert_eq!(sessions("another").decode(&value), None);
        assert_ne!(ours.begin(TimestampMs(5)).unwrap(), session);
    }

    #[test]
    fn nothing_of_a_session_can_be_changed() {
        let ours = sessions("secret");
        let value = ours.encode(&ours.begin(TimestampMs(5)).unwrap());
        for place in 0..value.len() {
            let mut bytes = value.clone().into_bytes();
            bytes[place] = if bytes[place] == b'1' { b'2' } else { b'1' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(ours.decode(&changed), None, "{changed}");
        }
        for other in ["", ".", "..", "9999999999999.aa", &value[1..], &value[..40]] {
            assert_eq!(ours.decode(other), None, "{other}");
        }
    }

    #[test]
    fn it_ends_and_is_renewed_under_the_same_id() {
        let ours = sessions("secret");
        let session = ours.begin(TimestampMs(0)).unwrap();
        let last = TimestampMs(LIFETIME - 1);
        assert!(session.is_current(last) && !session.is_current(TimestampMs(LIFETIME)));
        assert!(!session.needs_renewal(TimestampMs(RENEWAL)));
        assert!(session.needs_renewal(TimestampMs(RENEWAL + 1)));
        let renewed = session.renewed(last);
        assert!(renewed.is_current(TimestampMs(LIFETIME)));
        assert!(ours.is_form_token(&renewed, &ours.form_token(&session)));
        let other = ours.begin(TimestampMs(0)).unwrap();
        assert!(!ours.is_form_token(&other, &ours.form_token(&session)));
        assert!(!ours.is_form_token(&session, &ours.encode(&session)));
    }
}
