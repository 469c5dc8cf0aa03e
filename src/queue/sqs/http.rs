//! HTTP requests, each of which ends by a deadline.

use std::net::ToSocketAddrs;
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error, Proxy};

use super::failure::Failure;

/// The longest answer that is read: ten messages of the longest there are, and what JSON adds.
const MAX_ANSWER: u64 = 32 << 20;

/// As many addresses as the library takes of a host.
const MAX_ADDRESSES: usize = 16;

/// Who sends requests, over connections that are kept for the next.
pub(super) struct Http(Agent);

/// What was answered.
pub(super) struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Http {
    /// Through a proxy if the environment names one for the host and `may_use_proxy`.
    pub(super) fn new(may_use_proxy: bool) -> Http {
        let proxy = may_use_proxy.then(Proxy::try_from_env).flatten();
        let config = Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("viewtally/", env!("CARGO_PKG_VERSION")))
            .proxy(proxy)
            .build();
        Http(Agent::with_parts(
            config,
            DefaultConnector::default(),
            SystemResolver,
        ))
    }

    /// Sends a request: `GET` without a body, or this method with one.
    pub(super) fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        self.try_send(method, url, headers, body, deadline)
            .map_err(|error| {
                let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
                let host = after_scheme.split('/').next().unwrap_or_default();
                let why = match error {
                    Error::Timeout(_) => "no answer in time".to_owned(),
                    error => error.to_string(),
                };
                Failure::Connection {
                    host: host.to_owned(),
                    why,
                }
            })
    }

    fn try_send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        deadline: Instant,
    ) -> Result<Answer, Error> {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = self
            .0
            .configure_request(request.body(body)?)
            .timeout_global(Some(left.max(Duration::from_millis(1))))
            .build();
        let mut response = self.0.run(request)?;
        Ok(Answer {
            status: response.status().as_u16(),
            body: response
                .body_mut()
                .with_config()
                .limit(MAX_ANSWER)
                .read_to_vec()?,
        })
    }
}

/// The system's resolver, which has limits of its own. The library's starts a thread for every look-up to have another.
#[derive(Debug)]
struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        _timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().ok_or(Error::HostNotFound)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let default_port = match uri.scheme_str() {
            Some("http") => 80,
            _ => 443,
        };
        let port = uri.port_u16().unwrap_or(default_port);
        let found = (host, port).to_socket_addrs()?;
        let mut addresses = self.empty();
        for address in config.ip_family().keep_wanted(found).take(MAX_ADDRESSES) {
            addresses.push(address);
        }
        match addresses.is_empty() {
            true => Err(Error::HostNotFound),
            false => Ok(addresses),
        }
    }
}
