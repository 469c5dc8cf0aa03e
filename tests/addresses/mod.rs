//! Pages elsewhere, counted and read by their addresses.

mod beacons;
mod flood;
mod joins;
mod referrers;

/// The path of a beacon or of numbers by a page's address.
pub fn views_of(url: &str) -> String {
    let encoded: String = url.bytes().map(|byte| format!("%{byte:02x}")).collect();
    format!("/views?url={encoded}")
}
