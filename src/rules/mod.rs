//! The rules: what is a view, and whose. They see plain values, no HTTP types.

mod agent_cache;
pub mod anonymous;
pub mod bot;
mod bot_words;
pub mod client_addr;
mod client_scheme;
mod forwarded;
mod local_host;
mod policy;
mod prefetch;

pub use agent_cache::AgentCache;
pub use anonymous::Salts;
pub use bot::BotRule;
pub use local_host::is_local;
pub use policy::ViewRules;
