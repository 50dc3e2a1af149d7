//! What a notification says: who sent it, then jobs with their states.

use std::collections::BTreeMap;

use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::Status;
use tapedeck_domain::port::Signal;
use uuid::Uuid;

/// The channel of the notifications.
pub(super) const CHANNEL: &str = "tapedeck_jobs";

/// The server takes less than 8,000 bytes at once.
const MOST_BYTES: usize = 7_500;

/// Beyond so many notifications, those who listen had better look for themselves.
const MOST_PAYLOADS: usize = 8;

/// Stands for changes of jobs that are not named.
const LOOK: char = '*';

const REMOVED: char = '-';

/// Payloads that say so much; of each job only the last.
pub(super) fn write(sender: Uuid, signals: &[Signal]) -> Vec<String> {
    let mut last = BTreeMap::new();
    for signal in signals {
        match *signal {
            Signal::Changed(id, status) => last.insert(id, letter(status)),
            Signal::Removed(id) => last.insert(id, REMOVED),
            Signal::Missed => return vec![look(sender)],
        };
    }
    let mut payloads: Vec<String> = Vec::new();
    for (id, letter) in last {
        let entry = format!(" {}{letter}", id.as_uuid().simple());
        match payloads.last_mut().filter(|text| text.len() + entry.len() <= MOST_BYTES) {
            Some(text) => text.push_str(&entry),
            None => payloads.push(format!("{}{entry}", sender.simple())),
        }
    }
    if payloads.len() > MOST_PAYLOADS { vec![look(sender)] } else { payloads }
}

/// Tells others to look for themselves.
pub(super) fn look(sender: Uuid) -> String {
    format!("{} {LOOK}", sender.simple())
}

/// What a payload says, unless `own` sent it. Whatever a build of another version may mean by
/// what this one cannot read, something has changed.
pub(super) fn read(own: Uuid, payload: &str) -> Vec<Signal> {
    let (sender, entries) = payload.split_once(' ').unwrap_or((payload, ""));
    if Uuid::try_parse(sender).is_ok_and(|sender| sender == own) {
        return Vec::new();
    }
    let signals = entries.split(' ').map(entry).collect::<Option<Vec<_>>>();
    signals.unwrap_or_else(|| vec![Signal::Missed])
}

fn entry(text: &str) -> Option<Signal> {
    let (at, letter) = text.char_indices().next_back()?;
    let id = BacktestId::from_uuid(Uuid::try_parse(&text[..at]).ok()?);
    if letter == REMOVED {
        return Some(Signal::Removed(id));
    }
    let status = Status::ALL.into_iter().find(|status| self::letter(*status) == letter)?;
    Some(Signal::Changed(id, status))
}

const fn letter(status: Status) -> char {
    match status {
        Status::Queued => 'q',
        Status::Running => 'r',
        Status::Cancelling => 'c',
        Status::Succeeded => 's',
        Status::Failed => 'f',
        Status::Cancelled => 'x',
        Status::TimedOut => 't',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn id(n: u128) -> BacktestId {
        BacktestId::from_uuid(Uuid::from_u128(n))
    }

    fn heard(signals: &[Signal]) -> Vec<Signal> {
        write(OTHER, signals).iter().flat_map(|payload| read(OWN, payload)).collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let changed = (1..).zip(Status::ALL).map(|(n, status)| Signal::Changed(id(n), status));
        let signals: Vec<_> = changed.chain([Signal::Removed(id(99))]).collect();
        assert_eq!(heard(&signals), signals);
        assert_eq!(heard(&[]), []);
    }

    #[test]
    fn of_one_job_only_the_last_is_said() {
        let signals = [Status::Queued, Status::Running].map(|now| Signal::Changed(id(1), now));
        assert_eq!(heard(&signals), signals[1..]);
    }

    #[test]
    fn what_oneself_said_is_not_heard() {
        let payloads = write(OWN, &[Signal::Removed(id(1))]);
        assert_eq!(payloads.iter().flat_map(|payload| read(OWN, payload)).count(), 0);
    }

    #[test]
    fn many_jobs_take_several_payloads_and_very_many_are_not_named() {
        let jobs = |n| (0..n).map(|n| Signal::Removed(id(n))).collect::<Vec<_>>();
        let payloads = write(OTHER, &jobs(500));
        assert!(payloads.len() > 1 && payloads.iter().all(|payload| payload.len() < 8_000));
        assert_eq!(heard(&jobs(500)), jobs(500));
        assert_eq!(heard(&jobs(5_000)), [Signal::Missed]);
    }

    #[test]
    fn whatever_cannot_be_read_says_that_something_changed() {
        let unknown = format!("{} {}?", OTHER.simple(), OTHER.simple());
        for payload in ["", "nonsense", "a b c", "ä ö", &unknown, &look(OTHER)] {
            assert_eq!(read(OWN, payload), [Signal::Missed], "{payload:?}");
        }
    }
}
