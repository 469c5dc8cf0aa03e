//! Writing in a browser: signing in, the editor, and what keeps others out of both.

mod accessible;
mod deleting;
mod editing;
mod foreign_forms;
mod guesses;
mod hostile_text;
mod in_browser;
mod owner;
mod removing_hours;
mod session;
