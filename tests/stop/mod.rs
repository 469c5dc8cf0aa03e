//! How the process ends, and what is in the database then.

mod deadline;
mod drain;
