//! The HTTP front against RFC 9110 and RFC 9112: tables of bytes sent and statuses wanted, pipelines, a proxy in front.

mod bodies;
mod case;
mod chunked;
mod codings;
mod conditional;
mod connection;
mod content_length;
mod deadlines;
mod expect;
mod fields;
mod head_and_options;
mod host;
mod lingering;
mod methods;
mod names;
mod pipelines;
mod proxied;
mod request_line;
mod stopped;
mod table;
mod targets;
mod transfer_coding;
mod versions;
