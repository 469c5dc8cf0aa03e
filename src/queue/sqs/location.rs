//! Which queue, in which region, and who is asked.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

const FORMS: &str =
    "sqs://REGION/QUEUE or a queue's address, https://sqs.REGION.amazonaws.com/ACCOUNT/QUEUE";

const PARAMETERS: &str = "region, account, endpoint, visibility";

/// The region of an emulator on this machine that is told of none.
const LOCAL_REGION: &str = "us-east-1";

/// How long a message that was received is kept from others, in seconds. It is extended while the message is applied, and
/// is how late what a node had received when it was killed is taken over.
const VISIBILITY: u64 = 60;

/// A parsed `sqs://…`, or the address of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqsLocation {
    pub(super) region: String,
    pub(super) queue: String,
    /// Whose queue it is, if not that of whoever asks.
    pub(super) account: Option<String>,
    /// Where to ask: scheme, host, and port where it is not the scheme's.
    pub(super) endpoint: String,
    /// The queue's own address, which it is known by, where it was given.
    pub(super) queue_url: Option<String>,
    pub(super) visibility: Duration,
}

impl SqsLocation {
    /// What the store knows it by.
    pub fn name(&self) -> String {
        format!("sqs/{}/{}", self.region, self.queue)
    }

    /// Whether the queue keeps an order and drops repeats.
    pub(super) fn is_fifo(&self) -> bool {
        self.queue.ends_with(".fifo")
    }

    /// Host, and port if it is not the scheme's.
    pub(super) fn authority(&self) -> &str {
        let parts = self.endpoint.split_once("://");
        parts.map_or("", |(_, authority)| authority)
    }
}

/// What may follow the `?`.
#[derive(Default)]
struct Parameters {
    region: Option<String>,
    account: Option<String>,
    endpoint: Option<String>,
    visibility: Option<Duration>,
}

impl FromStr for SqsLocation {
    type Err = String;

    fn from_str(text: &str) -> Result<SqsLocation, String> {
        let (address, query) = text.split_once('?').unwrap_or((text, ""));
        let parameters = Parameters::parse(query)?;
        match address.split_once("://") {
            Some(("sqs", rest)) => by_name(rest, parameters),
            Some((scheme @ ("http" | "https"), rest)) => {
                by_address(address, scheme, rest, parameters)
            }
            _ => Err(format!("an SQS queue is {FORMS}")),
        }
    }
}

fn by_name(rest: &str, parameters: Parameters) -> Result<SqsLocation, String> {
    let (region, queue) = rest
        .split_once('/')
        .ok_or_else(|| format!("an SQS queue is {FORMS}"))?;
    if parameters.region.is_some() {
        return Err("sqs://REGION/QUEUE names its region already".to_owned());
    }
    let region = checked_region(region)?;
    let endpoint = match parameters.endpoint {
        Some(endpoint) => endpoint,
        None => format!("https://sqs.{region}.{}", domain_of(&region)),
    };
    Ok(SqsLocation {
        queue: checked_queue(queue)?,
        account: parameters.account,
        endpoint,
        queue_url: None,
        region,
        visibility: parameters
            .visibility
            .unwrap_or(Duration::from_secs(VISIBILITY)),
    })
}

fn by_address(
    address: &str,
    scheme: &str,
    rest: &str,
    parameters: Parameters,
) -> Result<SqsLocation, String> {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let endpoint = format!("{scheme}://{}", checked_authority(scheme, authority)?);
    if scheme == "http" && parameters.endpoint.is_none() && !is_loopback(authority) {
        return Err(format!(
            "http://{authority} is not on this machine, and what is sent there can be read on its way; try https://, or \
             add ?endpoint=http://{authority}"
        ));
    }
    if parameters.account.is_some() {
        return Err("a queue's address names its account already".to_owned());
    }
    let queue = path.rsplit('/').next().unwrap_or_default();
    let region = match (parameters.region, region_of(authority)) {
        (Some(region), _) => region,
        (None, Some(region)) => region.to_owned(),
        (None, None) if is_loopback(authority) => LOCAL_REGION.to_owned(),
        (None, None) => return Err(format!("{authority} does not tell a region; add ?region=")),
    };
    Ok(SqsLocation {
        queue: checked_queue(queue)?,
        account: None,
        endpoint: parameters.endpoint.unwrap_or(endpoint),
        queue_url: Some(address.to_owned()),
        region: checked_region(&region)?,
        visibility: parameters
            .visibility
            .unwrap_or(Duration::from_secs(VISIBILITY)),
    })
}

impl Parameters {
    fn parse(query: &str) -> Result<Parameters, String> {
        let mut parameters = Parameters::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "region" => parameters.region = Some(value.into_owned()),
                "account" => parameters.account = Some(checked_account(&value)?),
                "endpoint" => parameters.endpoint = Some(checked_endpoint(&value)?),
                "visibility" => parameters.visibility = Some(checked_visibility(&value)?),
                _ => return Err(format!("{name}={value} is no parameter: try {PARAMETERS}")),
            }
        }
        Ok(parameters)
    }
}

/// The region in the name of one of Amazon's hosts.
fn region_of(host: &str) -> Option<&str> {
    let host = host
        .strip_suffix(".cn")
        .unwrap_or(host)
        .strip_suffix(".amazonaws.com")?;
    let host = host.strip_suffix(".vpce").unwrap_or(host);
    let mut labels = host.rsplit('.');
    match (labels.next()?, labels.next()) {
        // The form of before.
        ("queue", region) => region,
        (region, Some("sqs" | "sqs-fips")) => Some(region),
        _ => None,
    }
}

/// Where the region's services are.
fn domain_of(region: &str) -> &'static str {
    match region.starts_with("cn-") {
        true => "amazonaws.com.cn",
        false => "amazonaws.com",
    }
}

fn checked_region(text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match !text.is_empty() && text.bytes().all(is_plain) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "{text:?} is no region: try one such as eu-central-1"
        )),
    }
}

fn checked_queue(text: &str) -> Result<String, String> {
    let plain = text.strip_suffix(".fifo").unwrap_or(text);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    match !plain.is_empty() && text.len() <= 80 && plain.bytes().all(is_plain) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "{text:?} is no name of a queue: up to 80 letters, digits, - and _, and .fifo where it is one"
        )),
    }
}

fn checked_account(text: &str) -> Result<String, String> {
    match text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "{text:?} is no account: it is a number of 12 digits"
        )),
    }
}

fn checked_endpoint(text: &str) -> Result<String, String> {
    let trimmed = text.trim_end_matches('/');
    match trimmed.split_once("://") {
        Some((scheme @ ("http" | "https"), authority)) => Ok(format!(
            "{scheme}://{}",
            checked_authority(scheme, authority)?
        )),
        _ => Err(format!("endpoint={text} is no http:// or https:// address")),
    }
}

/// A host with a port unless it is the scheme's own, as it stands in a request.
fn checked_authority<'a>(scheme: &str, text: &'a str) -> Result<&'a str, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    if text.is_empty() || text.starts_with(':') || !text.bytes().all(is_plain) {
        return Err(format!("{text:?} is no HOST or HOST:PORT"));
    }
    let default_port = if scheme == "http" { ":80" } else { ":443" };
    Ok(text.strip_suffix(default_port).unwrap_or(text))
}

fn checked_visibility(text: &str) -> Result<Duration, String> {
    // Six hours less than the longest there is: it is extended.
    let seconds = text
        .parse()
        .ok()
        .filter(|seconds| (2..=21_600).contains(seconds));
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| format!("visibility is a number of seconds from 2 to 21600, not {text:?}"))
}

/// Whether a host, which may have a port, is this machine.
pub(super) fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for SqsLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.queue_url {
            Some(url) => f.write_str(url),
            None => write!(f, "sqs://{}/{}", self.region, self.queue),
        }
    }
}

#[cfg(test)]
#[path = "../../../tests/queue/sqs/location.rs"]
mod tests;
