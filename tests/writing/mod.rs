//! Writing in a browser: signing in, the editor, and what keeps others out of both.

mod editing;
mod foreign_forms;
mod guesses;
mod owner;
mod session;
