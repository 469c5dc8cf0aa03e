//! Where keys are looked for, in the order of Amazon's own tools.

use std::time::Instant;

use super::super::failure::Failure;
use super::super::http::Http;
use super::keys::Credentials;
use super::variables::Variables;
use super::{container, files, instance};

/// The places to look.
pub(super) struct Chain {
    variables: Variables,
    is_local: bool,
    http: Http,
}

impl Chain {
    /// Keys for an emulator on this machine if `is_local`.
    pub(super) fn new(variables: Variables, is_local: bool) -> Chain {
        Chain {
            variables,
            is_local,
            // These addresses lead no further than this machine.
            http: Http::new(false),
        }
    }

    /// The keys of the first place that has any.
    ///
    /// # Errors
    /// When no place has, or one has something else.
    pub(super) fn find(&self, deadline: Instant) -> Result<Credentials, Failure> {
        self.try_find(deadline).map_err(|why| {
            Failure::Other(format!(
                "cannot sign calls to SQS: {why}; try AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile in \
                 ~/.aws/credentials, or a role of the container or the machine"
            ))
        })
    }

    fn try_find(&self, deadline: Instant) -> Result<Credentials, String> {
        if let Some(found) = self.variables.credentials() {
            return Ok(found);
        }
        if let Some(found) = files::credentials(&self.variables)? {
            return Ok(found);
        }
        if let Some(found) = container::credentials(&self.variables, &self.http, deadline)? {
            return Ok(found);
        }
        if self.is_local {
            // Emulators want a signature, and take anybody's.
            return Ok(Credentials {
                access_key: "local".to_owned(),
                secret: "local".to_owned(),
                token: None,
                expires: None,
            });
        }
        instance::credentials(&self.variables, &self.http, deadline)
    }
}
