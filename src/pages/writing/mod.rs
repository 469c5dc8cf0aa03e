//! What the owner of the token does in a browser: sign in, write, edit, delete.

mod delete;
mod draft;
pub mod edit;
mod editor;
mod form;
mod line_diff;
pub mod removal;
mod save;
mod sent_form;
pub mod sign_in;
