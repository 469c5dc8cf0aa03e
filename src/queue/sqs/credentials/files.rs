//! Keys in the files that Amazon's own tools share.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::keys::Credentials;
use super::variables::Variables;

/// The profile where none is named.
const DEFAULT: &str = "default";

/// The keys of the profile that `AWS_PROFILE` names, or of the default one; `None` where the default one has none.
///
/// # Errors
/// When a file cannot be read, or a profile that is named has no keys.
pub(super) fn credentials(variables: &Variables) -> Result<Option<Credentials>, String> {
    let named = variables.get("AWS_PROFILE");
    let profile = named.unwrap_or(DEFAULT);
    let files = [
        ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
        ("AWS_CONFIG_FILE", ".aws/config"),
    ];
    let mut paths = Vec::new();
    for (variable, in_home) in files {
        let Some(path) = variables.file(variable, in_home) else {
            continue;
        };
        if let Some(text) = read(&path)?
            && let Some(found) = keys_of(&text, profile)
        {
            return Ok(Some(found));
        }
        paths.push(path.display().to_string());
    }
    match named {
        None => Ok(None),
        Some(name) => Err(format!(
            "AWS_PROFILE is {name}, of which {} tell no aws_access_key_id with its aws_secret_access_key; profiles that \
             name a role, a process or a sign-in instead are not known here",
            paths.join(" and ")
        )),
    }
}

fn read(path: &Path) -> Result<Option<String>, String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}

/// The keys in a section `[profile]`, or `[profile profile]`.
fn keys_of(text: &str, profile: &str) -> Option<Credentials> {
    let (mut is_inside, mut access_key, mut secret, mut token) = (false, None, None, None);
    for line in text.lines().map(str::trim) {
        if let Some(section) = line
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            let section = section.trim();
            let name = section.strip_prefix("profile ").unwrap_or(section).trim();
            is_inside = name == profile;
            continue;
        }
        let Some((name, value)) = line.split_once('=').filter(|_| is_inside) else {
            continue;
        };
        let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        match name.trim().to_ascii_lowercase().as_str() {
            "aws_access_key_id" => access_key = value,
            "aws_secret_access_key" => secret = value,
            "aws_session_token" => token = value,
            _ => {}
        }
    }
    Some(Credentials {
        access_key: access_key?,
        secret: secret?,
        token,
        expires: None,
    })
}
