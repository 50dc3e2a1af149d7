//! What the server says on the playback channel.

use std::ops::RangeInclusive;

use serde_json::{Value, json};
use tapedeck_application::{Finished, Player};
use tapedeck_domain::job::Backtest;
use tapedeck_domain::time::Timestamp;

use super::message::Position;
use crate::render::items;
use crate::wire::rows;

/// A finished run with what its frames are numbered by.
pub(super) struct Reel<'a>(pub(super) &'a Finished);

impl Reel<'_> {
    /// One frame for all of `bars`: the last one, with the orders and fills of each.
    pub(super) fn frame(&self, bars: &RangeInclusive<usize>) -> Value {
        let (run, i) = (self.0, *bars.end());
        let (view, curve) = (run.bars(), run.equity());
        let orders = items(&rows::orders(run, &run.orders_of(bars).collect::<Vec<_>>()));
        let fills = items(&rows::fills(run, &run.fills_of(bars).collect::<Vec<_>>()));
        json!({
            "t": "frame",
            "seq": self.seq(i),
            "i": i,
            "ts": view.timestamp(i).to_string(),
            "ohlc": {
                "o": view.open[i], "h": view.high[i], "l": view.low[i], "c": view.close[i],
                "v": view.volume[i],
            },
            "orders": orders,
            "fills": fills,
            "equity": curve.equity[i],
            "position": curve.position[i],
            // Bars that fall due while a client is slow are folded, so nothing is ever dropped.
            "dropped": 0,
        })
    }

    /// The number of the frame of bar `i`: frames go on where the event log ends, so that a
    /// number means the same on every channel and in every process.
    pub(super) fn seq(&self, i: usize) -> u64 {
        self.0.job.last_seq + 1 + i as u64
    }

    /// The number of the frame that was shown last, if one was.
    pub(super) fn shown(&self, player: &Player) -> Option<u64> {
        player.shown().map(|i| self.seq(i))
    }

    /// The bar whose frame has this number.
    pub(super) fn bar(&self, seq: u64) -> Option<usize> {
        let i = usize::try_from(seq.checked_sub(self.0.job.last_seq + 1)?).ok()?;
        (i < self.0.bars().len()).then_some(i)
    }

    /// The bar of a position: an index, or the one nearest to a time.
    pub(super) fn find(&self, position: &Position) -> Result<usize, SeekFault> {
        let bars = self.0.bars();
        match position {
            Position::Bar(i) => {
                usize::try_from(*i).ok().filter(|i| *i < bars.len()).ok_or(SeekFault::Range)
            }
            Position::Time(text) => {
                let at: Timestamp = text.parse().map_err(|_| SeekFault::NotATime)?;
                nearest(bars.time, at.as_nanos()).ok_or(SeekFault::Range)
            }
        }
    }

    /// What a position may be.
    pub(super) fn range(&self) -> Value {
        let bars = self.0.bars();
        let last = bars.len() - 1;
        json!({
            "min": 0, "max": last,
            "from": bars.timestamp(0).to_string(), "to": bars.timestamp(last).to_string(),
        })
    }

    /// `state`, after each change.
    pub(super) fn state(&self, player: &Player) -> Value {
        let i = player.position();
        json!({
            "t": "state", "playing": player.is_playing(), "speed": player.speed(), "i": i,
            "ts": self.0.bars().timestamp(i).to_string(),
        })
    }
}

/// Why a position is none.
pub(super) enum SeekFault {
    Range,
    NotATime,
}

/// The index of the time nearest to `at`; `None` outside of all times.
fn nearest(times: &[i64], at: i64) -> Option<usize> {
    let after = times.partition_point(|time| *time < at);
    let (first, last) = (*times.first()?, *times.last()?);
    // A bar covers the time up to the next; the last one covers as much as the one before.
    let covered = last + (last - first) / (times.len() as i64 - 1).max(1);
    if at < first || at > covered.max(last) {
        return None;
    }
    let before = after.saturating_sub(1);
    match times.get(after) {
        Some(next) if next - at < at - times[before] => Some(after),
        _ if times[before] > at => Some(after),
        _ => Some(before),
    }
}

/// `hello`, at once.
pub(super) fn hello(job: &Backtest, speed: f64) -> Value {
    let spec = &job.submission.spec;
    json!({
        "t": "hello",
        "proto": 1,
        "backtest_id": job.id.to_string(),
        "status": job.state.status().as_str(),
        "bars": job.submission.bars,
        "from": spec.from.to_string(),
        "to": spec.to.to_string(),
        "speed": speed,
        "playing": false,
    })
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_time_snaps_to_the_nearest_bar() {
        let times = [100, 200, 400];
        for (at, bar) in
            [(100, 0), (140, 0), (160, 1), (200, 1), (290, 1), (310, 2), (400, 2), (450, 2)]
        {
            assert_eq!(nearest(&times, at), Some(bar), "{at}");
        }
        assert_eq!(nearest(&times, 99), None);
        assert_eq!(nearest(&times, 551), None);
        assert_eq!(nearest(&[5], 5), Some(0));
    }
}
