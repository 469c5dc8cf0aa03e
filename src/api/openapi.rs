//! The API's description of itself, in OpenAPI 3.1. Tests hold it equal to the routes, and README's table to it.

use super::embed;
use crate::endpoint::Exchange;
use crate::http::Problem;

const DOCUMENT: &str = include_str!("openapi.json");

/// An hour, as for the script: a new version of the server is a new description.
const CACHING: &str = "public, max-age=3600";

pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    embed::cached(exchange, "application/json", CACHING, DOCUMENT.as_bytes());
    Ok(())
}
