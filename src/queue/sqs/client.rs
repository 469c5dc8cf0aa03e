//! Calls to SQS by its JSON protocol, each signed and each ending by a deadline.

use std::time::Instant;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::credentials::{CredentialCache, Credentials};
use super::failure::Failure;
use super::http::Http;
use super::location::{SqsLocation, is_loopback};
use super::sign::{Scope, ToSign, sign};
use crate::clock;

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// Asks SQS.
pub(super) struct Client {
    location: SqsLocation,
    http: Http,
    credentials: CredentialCache,
}

impl Client {
    pub(super) fn new(location: SqsLocation) -> Client {
        let is_local = is_loopback(location.authority());
        Client {
            http: Http::new(!is_local),
            credentials: CredentialCache::of_environment(is_local),
            location,
        }
    }

    /// Calls an action, once more with new credentials where those at hand have just become invalid.
    pub(super) fn call<T: DeserializeOwned>(
        &self,
        action: &'static str,
        arguments: &impl Serialize,
        deadline: Instant,
    ) -> Result<T, Failure> {
        let body = serde_json::to_vec(arguments)
            .map_err(|error| Failure::Other(format!("cannot write a call of {action}: {error}")))?;
        let credentials = self.credentials.get(deadline)?;
        match self.call_as(&credentials, action, &body, deadline) {
            Err(failure) if failure.is_of_credentials() => {
                self.credentials.forget(&credentials);
                let credentials = self.credentials.get(deadline)?;
                self.call_as(&credentials, action, &body, deadline)
            }
            result => result,
        }
    }

    fn call_as<T: DeserializeOwned>(
        &self,
        credentials: &Credentials,
        action: &'static str,
        body: &[u8],
        deadline: Instant,
    ) -> Result<T, Failure> {
        let at = clock::now()
            .timestamp()
            .strftime("%Y%m%dT%H%M%SZ")
            .to_string();
        let target = format!("AmazonSQS.{action}");
        let mut headers = vec![
            ("content-type", CONTENT_TYPE),
            ("host", self.location.authority()),
            ("x-amz-date", &at),
        ];
        if let Some(token) = &credentials.token {
            headers.push(("x-amz-security-token", token));
        }
        headers.push(("x-amz-target", &target));
        let request = ToSign {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
            body,
        };
        let scope = Scope {
            region: &self.location.region,
            service: "sqs",
            at: &at,
        };
        let signature = sign(
            &request,
            &scope,
            &credentials.access_key,
            &credentials.secret,
        );
        headers.push(("authorization", &signature));
        let url = format!("{}/", self.location.endpoint);
        let answer = self.http.send("POST", &url, &headers, body, deadline)?;
        if answer.status != 200 {
            return Err(Failure::of_answer(action, answer.status, &answer.body));
        }
        // An action without a result may answer nothing at all.
        let text: &[u8] = if answer.body.is_empty() {
            b"{}"
        } else {
            &answer.body
        };
        serde_json::from_slice(text).map_err(|error| {
            Failure::Other(format!("cannot read SQS' answer to {action}: {error}"))
        })
    }
}
