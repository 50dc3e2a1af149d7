//! What a guest says.

use tapedeck_domain::job::{Exceeded, LimitKind};
use tapedeck_domain::report::{LogLevel, LogLine, Report};

use super::abi::MAX_LINE;
use super::broke::Broke;

/// Lines that are kept; the rest is counted.
const KEPT: usize = 10_000;

/// The lines of a guest, in the order in which it said them.
#[derive(Debug, Default)]
pub(super) struct Log {
    kept: Vec<LogLine>,
    said: u64,
    limit: u64,
}

impl Log {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, ..Self::default() }
    }

    /// A line of the guest's.
    pub(super) fn line(&mut self, bar: usize, bytes: &[u8]) -> Result<(), Broke> {
        if self.said >= self.limit {
            let (kind, limit) = (LimitKind::LogLines, self.limit);
            return Err(Broke::Limit(Exceeded { kind, limit, observed: limit + 1 }));
        }
        self.said += 1;
        self.keep(bar, LogLevel::Info, &String::from_utf8_lossy(bytes));
        Ok(())
    }

    /// A line about the guest.
    pub(super) fn warn(&mut self, bar: usize, text: &str) {
        self.said += 1;
        self.keep(bar, LogLevel::Warn, text);
    }

    fn keep(&mut self, bar: usize, level: LogLevel, text: &str) {
        if self.kept.len() < KEPT {
            let text = cut(text, MAX_LINE);
            let message = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            self.kept.push(LogLine { bar, level, message });
        }
    }

    /// Puts the lines among those of the run: what the market said of a bar comes first.
    pub(super) fn into_report(self, report: &mut Report) {
        report.log_dropped += self.said - self.kept.len() as u64;
        report.log.extend(self.kept);
        report.log.sort_by_key(|line| line.bar);
    }
}

/// The first `most` bytes of a text, or a little less: no character is cut in two.
pub(super) fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}
