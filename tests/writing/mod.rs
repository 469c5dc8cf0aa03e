//! Writing in a browser: signing in, the editor, and what keeps others out of both.

mod deleting;
mod editing;
mod foreign_forms;
mod guesses;
mod in_browser;
mod owner;
mod session;
