//! What a stop could not write, and what becomes of it.

use std::fmt;
use std::path::PathBuf;

use crate::queue::QueueLeft;

/// Events that could not be written to the store.
#[derive(Debug)]
pub enum Unwritten {
    /// None.
    None,
    /// They are in the journal, and counted by the next start.
    Journaled {
        /// How many.
        events: u64,
        /// Where.
        path: PathBuf,
        /// What the store said.
        why: String,
    },
    /// They are lost.
    Lost {
        /// How many.
        events: u64,
        /// What the store and the file system said.
        why: String,
    },
}

impl Unwritten {
    /// Adds what the queue did not accept.
    pub fn and_left(self, left: Option<QueueLeft>) -> Unwritten {
        let Some(QueueLeft { events, path, why }) = left else {
            return self;
        };
        match (self, path) {
            (Unwritten::None, Some(path)) => Unwritten::Journaled { events, path, why },
            (Unwritten::None, None) => Unwritten::Lost { events, why },
            (
                Unwritten::Journaled {
                    events: kept,
                    path,
                    why: said,
                },
                _,
            ) => Unwritten::Journaled {
                events: kept + events,
                path,
                why: format!("{said}; {why}"),
            },
            (
                Unwritten::Lost {
                    events: lost,
                    why: said,
                },
                None,
            ) => Unwritten::Lost {
                events: lost + events,
                why: format!("{said}; {why}"),
            },
            (Unwritten::Lost { events, why: said }, Some(_)) => Unwritten::Lost {
                events,
                why: format!("{said}; what waits for the queue is kept: {why}"),
            },
        }
    }

    /// Adds the events that were lost because a counter panicked.
    pub fn and_lost(self, lost: u64) -> Unwritten {
        if lost == 0 {
            return self;
        }
        match self {
            Unwritten::None => Unwritten::Lost {
                events: lost,
                why: "a counter panicked".to_owned(),
            },
            Unwritten::Journaled { events, path, why } => Unwritten::Journaled {
                events,
                path,
                why: format!("{why}; {lost} more are lost because a counter panicked"),
            },
            Unwritten::Lost { events, why } => Unwritten::Lost {
                events: events + lost,
                why: format!("{why}; a counter panicked"),
            },
        }
    }

    /// How many.
    pub fn events(&self) -> u64 {
        match self {
            Unwritten::None => 0,
            Unwritten::Journaled { events, .. } | Unwritten::Lost { events, .. } => *events,
        }
    }
}

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unwritten::None => f.write_str("everything was written"),
            Unwritten::Journaled { events, path, why } => write!(
                f,
                "{events} views could not be written ({why}) and are kept in {}; the next start on this store counts them",
                path.display()
            ),
            Unwritten::Lost { events, why } => {
                write!(
                    f,
                    "{events} views could not be written ({why}) and are lost"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_lost_to_a_panic_are_told_whatever_else_there_is_to_tell() {
        assert!(matches!(Unwritten::None.and_lost(0), Unwritten::None));
        let lost = Unwritten::None.and_lost(2);
        assert!(
            matches!(lost, Unwritten::Lost { events: 2, .. }),
            "{lost:?}"
        );
        let kept = Unwritten::Journaled {
            events: 3,
            path: "a.db.journal".into(),
            why: "locked".to_owned(),
        };
        let text = kept.and_lost(2).to_string();
        assert!(
            text.contains("2 more are lost") && text.contains("3 views"),
            "{text}"
        );
        assert_eq!(lost.and_lost(1).events(), 3);
    }
}
