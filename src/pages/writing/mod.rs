//! What the owner of the token does in a browser: sign in, write, edit, delete.

mod draft;
pub mod edit;
mod editor;
mod form;
pub mod sign_in;
