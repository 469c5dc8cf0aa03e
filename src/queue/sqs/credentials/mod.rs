//! Who signs calls: the keys that the environment, files, the container or the machine give.

mod cache;
mod chain;
mod container;
mod document;
mod files;
mod instance;
mod keys;
mod variables;

pub(super) use cache::CredentialCache;
pub(super) use keys::Credentials;
