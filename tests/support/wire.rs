//! PostgreSQL's messages as they pass, told apart so far as a commit can be seen; nothing is encrypted.

/// The version of the protocol that a first message asks for; other numbers there ask for encryption, or to cancel.
const VERSION_3: u32 = 196_608;

/// What a client says.
#[derive(Default)]
pub struct Requests {
    rest: Vec<u8>,
    has_begun: bool,
}

/// What passed in one go.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// How often encryption was asked for: each is answered by a byte that is no message.
    pub for_encryption: usize,
    /// Whether a transaction was to be committed.
    pub for_commit: bool,
}

/// What a server answers.
#[derive(Default)]
pub struct Answers {
    rest: Vec<u8>,
    bare_bytes: usize,
}

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    Done,
    /// An error, or rolled back.
    Refused,
}

impl Requests {
    pub fn pass(&mut self, bytes: &[u8]) -> Asked {
        self.rest.extend_from_slice(bytes);
        let (mut asked, mut at) = (Asked::default(), 0);
        while let Some(length) = self.length_at(at) {
            let message = &self.rest[at..at + length];
            if self.has_begun {
                asked.for_commit |= is_commit(message);
            } else if number(&message[4..]) == Some(VERSION_3) {
                self.has_begun = true;
            } else {
                asked.for_encryption += 1;
            }
            at += length;
        }
        self.rest.drain(..at);
        asked
    }

    /// The length of the message that is whole there. The first ones have no type before their length.
    fn length_at(&self, at: usize) -> Option<usize> {
        let rest = &self.rest[at..];
        let before = usize::from(self.has_begun);
        whole(rest, before).filter(|length| self.has_begun || *length >= 8)
    }
}

impl Answers {
    /// So many bytes, which are no messages, come next.
    pub fn expect_bare_bytes(&mut self, count: usize) {
        self.bare_bytes += count;
    }

    /// The commit that was answered in this, if one was.
    pub fn pass(&mut self, bytes: &[u8]) -> Option<Commit> {
        self.rest.extend_from_slice(bytes);
        let mut at = self.bare_bytes.min(self.rest.len());
        self.bare_bytes -= at;
        let mut commit = None;
        while let Some(length) = whole(&self.rest[at..], 1) {
            let message = &self.rest[at..at + length];
            match message[0] {
                b'C' if &message[5..] == b"COMMIT\0" => commit = Some(Commit::Done),
                b'C' | b'E' => commit = Some(Commit::Refused),
                _ => {}
            }
            at += length;
        }
        self.rest.drain(..at);
        commit
    }
}

/// The length of a message that is whole, with the bytes before its own length.
fn whole(bytes: &[u8], before: usize) -> Option<usize> {
    let length = before + usize::try_from(number(bytes.get(before..)?)?).ok()?;
    (length >= before + 4 && bytes.len() >= length).then_some(length)
}

fn number(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?))
}

/// Whether a message is the simple query `COMMIT`.
fn is_commit(message: &[u8]) -> bool {
    let text = message[5..].strip_suffix(b"\0").unwrap_or_default();
    let text = text.strip_suffix(b";").unwrap_or(text);
    message[0] == b'Q' && text.trim_ascii().eq_ignore_ascii_case(b"COMMIT")
}

#[test]
fn commits_are_seen_however_the_bytes_come() {
    let query = |text: &str| {
        let length = u32::try_from(text.len() + 5).expect("short");
        [b"Q", &length.to_be_bytes()[..], text.as_bytes(), b"\0"].concat()
    };
    let first = |code: u32| [8_u32.to_be_bytes(), code.to_be_bytes()].concat();
    let bytes = [
        first(80_877_103),
        first(VERSION_3),
        query("SELECT 'COMMIT'"),
        query("commit;"),
    ]
    .concat();
    let expected = Asked {
        for_encryption: 1,
        for_commit: true,
    };
    for size in [1, 3, bytes.len()] {
        let (mut requests, mut all) = (Requests::default(), Asked::default());
        for part in bytes.chunks(size) {
            let asked = requests.pass(part);
            all.for_encryption += asked.for_encryption;
            all.for_commit |= asked.for_commit;
        }
        assert_eq!(all, expected, "{size} at a time");
    }
    let mut requests = Requests::default();
    let asked = requests.pass(&bytes[..bytes.len() - 1]);
    assert!(!asked.for_commit, "it is not whole");
}

#[test]
fn answers_to_commits_are_told_apart() {
    let complete = |tag: &str| {
        let length = u32::try_from(tag.len() + 5).expect("short");
        [b"C", &length.to_be_bytes()[..], tag.as_bytes(), b"\0"].concat()
    };
    let mut answers = Answers::default();
    answers.expect_bare_bytes(1);
    assert_eq!(answers.pass(b"N"), None);
    assert_eq!(answers.pass(&complete("COMMIT")), Some(Commit::Done));
    let (rolled_back, mut commit) = (complete("ROLLBACK"), None);
    for byte in &rolled_back {
        commit = answers.pass(std::slice::from_ref(byte));
    }
    assert_eq!(commit, Some(Commit::Refused));
}
