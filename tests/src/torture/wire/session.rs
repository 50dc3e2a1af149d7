//! What a client of Postgres says, as far as that is needed to tell what makes something last.

use std::collections::BTreeSet;

/// One session, as it is heard on the way to the server.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// Bytes of a message that has not come whole.
    rest: Vec<u8>,
    /// Whether the messages have types already; the first ones have none.
    started: bool,
    /// Prepared statements that write.
    writers: BTreeSet<Vec<u8>>,
    /// Whether a transaction was begun.
    open: bool,
}

/// The version of the protocol, in the message that starts the session.
const VERSION: [u8; 4] = [0, 3, 0, 0];

impl Session {
    /// Whether these bytes end a transaction, or are one in themselves, and so make something
    /// last.
    pub(super) fn hear(&mut self, bytes: &[u8]) -> bool {
        self.rest.extend_from_slice(bytes);
        let mut commits = false;
        while let Some((kind, body)) = self.take() {
            commits |= self.weigh(kind, &body);
        }
        commits
    }

    /// The next whole message: its type and what it says.
    fn take(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = usize::from(self.started);
        let length = self.rest.get(head..head + 4)?;
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
        let end = head + length;
        if self.rest.len() < end {
            return None;
        }
        let message: Vec<u8> = self.rest.drain(..end).collect();
        let body = message[head + 4..].to_vec();
        let kind = if self.started { message[0] } else { 0 };
        self.started |= body.starts_with(&VERSION);
        Some((kind, body))
    }

    fn weigh(&mut self, kind: u8, body: &[u8]) -> bool {
        let mut texts = body.split(|byte| *byte == 0);
        let (first, second) = (texts.next().unwrap_or(&[]), texts.next().unwrap_or(&[]));
        match kind {
            b'Q' => self.query(first),
            // Parse: a name and a statement.
            b'P' => {
                if writes(second) {
                    self.writers.insert(first.to_vec());
                } else {
                    self.writers.remove(first);
                }
                false
            }
            // Bind: a portal and the name of a statement.
            b'B' => !self.open && self.writers.contains(second),
            _ => false,
        }
    }

    fn query(&mut self, text: &[u8]) -> bool {
        if has(text, "begin") {
            self.open = true;
        }
        let ends = has(text, "commit");
        if ends || has(text, "rollback") {
            self.open = false;
        }
        ends || (!self.open && writes(text))
    }
}

fn writes(text: &[u8]) -> bool {
    ["insert into", "update ", "delete from"].iter().any(|word| has(text, word))
}

fn has(text: &[u8], word: &str) -> bool {
    text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind][..], &length, body].concat()
    }

    fn started() -> Session {
        let mut session = Session::default();
        // A question for encryption, and the start.
        assert!(!session.hear(&[0, 0, 0, 8, 4, 210, 22, 47]));
        assert!(!session.hear(&[0, 0, 0, 9, 0, 3, 0, 0, 0]));
        session
    }

    #[test]
    fn the_end_of_a_transaction_counts_and_not_what_is_in_it() {
        let mut session = started();
        assert!(!session.hear(&message(b'P', b"s1\0INSERT INTO backtests\0\0\0")));
        assert!(!session.hear(&message(b'Q', b"BEGIN\0")));
        assert!(!session.hear(&message(b'B', b"\0s1\0\0")));
        assert!(session.hear(&message(b'Q', b"COMMIT\0")));
        assert!(session.hear(&message(b'B', b"\0s1\0\0")), "a transaction in itself");
    }

    #[test]
    fn a_message_may_come_in_parts() {
        let mut session = started();
        let commit = message(b'Q', b"COMMIT\0");
        assert!(!session.hear(&commit[..3]));
        assert!(session.hear(&commit[3..]));
        assert!(!session.hear(&message(b'Q', b"SELECT 1\0")));
    }
}
