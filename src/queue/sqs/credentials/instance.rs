//! Keys that a machine of Amazon's has by its role, from its metadata service, version 2.

use std::time::{Duration, Instant};

use super::super::http::{Answer, Http};
use super::document;
use super::keys::Credentials;
use super::variables::Variables;

const ENDPOINT: &str = "http://169.254.169.254";

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// How long one answer may take: on machines that are not Amazon's nobody gives any.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// The keys, if the machine has a role.
///
/// # Errors
/// When nobody answers, or the machine has none.
pub(super) fn credentials(
    variables: &Variables,
    http: &Http,
    deadline: Instant,
) -> Result<Credentials, String> {
    let is_off = variables
        .get("AWS_EC2_METADATA_DISABLED")
        .map(str::to_ascii_lowercase);
    if is_off.as_deref() == Some("true") {
        return Err("the machine's metadata service is not to be asked".to_owned());
    }
    let endpoint = variables.get("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    let endpoint = endpoint.unwrap_or(ENDPOINT).trim_end_matches('/');
    let send = |method: &str, path: &str, headers: &[(&str, &str)]| -> Result<String, String> {
        let deadline = deadline.min(Instant::now() + ANSWER_LIMIT);
        let Answer { status, body } = http
            .send(method, &format!("{endpoint}{path}"), headers, b"", deadline)
            .map_err(|error| format!("the machine's metadata service: {error}"))?;
        match status {
            200 => Ok(String::from_utf8_lossy(&body).trim().to_owned()),
            404 if path == ROLES => Err("the machine has no role".to_owned()),
            _ => Err(format!(
                "the machine's metadata service answers {status} for {path}"
            )),
        }
    };
    let ttl = ("x-aws-ec2-metadata-token-ttl-seconds", "300");
    let token = send("PUT", "/latest/api/token", &[ttl])?;
    let with_token = [("x-aws-ec2-metadata-token", token.as_str())];
    let roles = send("GET", ROLES, &with_token)?;
    let role = roles.lines().next().unwrap_or_default();
    let keys = send("GET", &format!("{ROLES}{role}"), &with_token)?;
    document::parse(keys.as_bytes(), "the machine's metadata service")
}
