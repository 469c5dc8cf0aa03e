//! Keys as containers and machines are told them.

use serde::Deserialize;

use super::keys::Credentials;
use crate::model::TimestampMs;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    /// `Success` where there is one.
    code: Option<String>,
    message: Option<String>,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    token: Option<String>,
    expiration: Option<String>,
}

/// Reads keys that `from` has answered.
///
/// # Errors
/// When it answered something else.
pub(super) fn parse(body: &[u8], from: &str) -> Result<Credentials, String> {
    let document: Document = serde_json::from_slice(body)
        .map_err(|error| format!("cannot read the keys that {from} answers: {error}"))?;
    let expires = match &document.expiration {
        None => None,
        Some(text) => {
            let at: jiff::Timestamp = text.parse().map_err(|error| {
                format!("cannot read until when the keys of {from} are good: {error}")
            })?;
            Some(TimestampMs::from(at))
        }
    };
    match (document.access_key_id, document.secret_access_key) {
        (Some(access_key), Some(secret)) => Ok(Credentials {
            access_key,
            secret,
            token: document.token,
            expires,
        }),
        _ => Err(format!(
            "{from} answers no keys but {} {}",
            document.code.unwrap_or_default(),
            document.message.unwrap_or_default()
        )),
    }
}
