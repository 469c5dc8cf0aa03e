//! Keys that a container is told by what runs it.

use std::fs;
use std::time::Instant;

use super::super::http::Http;
use super::super::location::is_loopback;
use super::document;
use super::keys::Credentials;
use super::variables::Variables;

/// Where paths are asked for, in Amazon's container service.
const HOST: &str = "http://169.254.170.2";

/// What may be asked without encryption besides this machine: addresses that lead no further than it.
const LINK_LOCAL: [&str; 3] = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];

/// The keys, if the container has any.
///
/// # Errors
/// When they are not told.
pub(super) fn credentials(
    variables: &Variables,
    http: &Http,
    deadline: Instant,
) -> Result<Option<Credentials>, String> {
    let relative = variables.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    let url = match (
        relative,
        variables.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    ) {
        (Some(path), _) => format!("{HOST}{path}"),
        (None, Some(url)) => checked(url)?.to_owned(),
        (None, None) => return Ok(None),
    };
    let token = match variables.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        // Read each time: it is written anew before it is old.
        Some(file) => {
            let token =
                fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))?;
            Some(token.trim().to_owned())
        }
        None => variables
            .get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
            .map(str::to_owned),
    };
    let headers: Vec<(&str, &str)> = token
        .iter()
        .map(|token| ("authorization", token.as_str()))
        .collect();
    let answer = http
        .send("GET", &url, &headers, b"", deadline)
        .map_err(|error| format!("cannot get keys of the container: {error}"))?;
    match answer.status {
        200 => document::parse(&answer.body, &url).map(Some),
        status => Err(format!(
            "cannot get keys of the container: {url} answers {status}"
        )),
    }
}

/// Whoever reads the keys on their way may use them.
fn checked(url: &str) -> Result<&str, String> {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let is_here = |host: &str| authority == host || authority.strip_suffix(":80") == Some(host);
    match scheme {
        "https" => Ok(url),
        "http" if is_loopback(authority) || LINK_LOCAL.iter().any(|host| is_here(host)) => Ok(url),
        _ => Err(format!(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI is {url}, which is neither https:// nor on this machine"
        )),
    }
}
