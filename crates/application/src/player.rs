//! Playback of a finished run: a cursor and a clock.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Frames go out at most this often; bars that fall due meanwhile are folded into one frame.
const FRAME_EVERY: Duration = Duration::from_nanos(1_000_000_000 / 30);
/// Seconds that a year of bars takes at speed 1.
const YEAR_AT_SPEED_1: f64 = 3600.0;
/// Nanoseconds of a mean year.
const YEAR_NS: f64 = 365.25 * 86_400.0 * 1e9;

/// Speeds that playback takes.
pub const SPEEDS: RangeInclusive<f64> = 0.0001..=1_000_000.0;
/// The speed when nothing is said: a year in a minute.
pub const DEFAULT_SPEED: f64 = 60.0;

/// Where playback stands, and when the next bar is due. All times are monotonic.
#[derive(Debug, Clone)]
pub struct Player {
    bars: usize,
    bars_a_year: f64,
    speed: f64,
    /// There while playing.
    anchor: Option<Anchor>,
    shown: Option<usize>,
    last_frame: Option<Duration>,
}

/// A moment at which the position was known, in bars and parts of a bar.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    at: Duration,
    bar: f64,
}

impl Player {
    /// Paused before the first of the bars that open at `times` (UTC nanoseconds).
    pub fn new(times: &[i64]) -> Self {
        let bars = times.len();
        let span = match (times.first(), times.last()) {
            // The last bar takes as long as the others do on average.
            (Some(first), Some(last)) if bars > 1 => {
                (last - first) as f64 * bars as f64 / (bars - 1) as f64
            }
            _ => YEAR_NS,
        };
        let bars_a_year = bars as f64 * YEAR_NS / span;
        Self {
            bars,
            bars_a_year,
            speed: DEFAULT_SPEED,
            anchor: None,
            shown: None,
            last_frame: None,
        }
    }

    /// Whether time passes.
    pub const fn is_playing(&self) -> bool {
        self.anchor.is_some()
    }

    /// How fast.
    pub const fn speed(&self) -> f64 {
        self.speed
    }

    /// The bar that was shown last; the first one before any was.
    pub fn position(&self) -> usize {
        self.shown.unwrap_or(0)
    }

    /// The bar that was shown last, if one was.
    pub const fn shown(&self) -> Option<usize> {
        self.shown
    }

    /// Whether the last bar was shown.
    pub fn is_at_end(&self) -> bool {
        self.first_unshown() >= self.bars
    }

    /// Lets time pass.
    pub fn play(&mut self, now: Duration) {
        if self.anchor.is_none() {
            self.anchor = Some(Anchor { at: now, bar: self.position() as f64 });
        }
    }

    /// Stops time.
    pub const fn pause(&mut self) {
        self.anchor = None;
    }

    /// Changes the speed; the position stays.
    pub fn set_speed(&mut self, now: Duration, speed: f64) {
        let bar = self.due(now);
        self.speed = speed.clamp(*SPEEDS.start(), *SPEEDS.end());
        self.anchor = bar.map(|bar| Anchor { at: now, bar });
    }

    /// Shows bar `i`, which must exist; time goes on from there if it was passing.
    pub fn seek(&mut self, now: Duration, i: usize) {
        self.shown = Some(i);
        self.last_frame = Some(now);
        if self.anchor.is_some() {
            self.anchor = Some(Anchor { at: now, bar: i as f64 });
        }
    }

    /// Pauses, and shows the next bar if there is one.
    pub fn step(&mut self, now: Duration) -> Option<usize> {
        self.pause();
        let next = self.first_unshown();
        (next < self.bars).then(|| {
            self.seek(now, next);
            next
        })
    }

    /// The bars that have fallen due and make up the next frame, if it is time for one.
    pub fn advance(&mut self, now: Duration) -> Option<RangeInclusive<usize>> {
        if self.next_frame()? > now {
            return None;
        }
        let first = self.first_unshown();
        let last = (self.due(now)?.floor() as usize).clamp(first, self.bars - 1);
        self.shown = Some(last);
        self.last_frame = Some(now);
        if self.is_at_end() {
            self.pause();
        }
        Some(first..=last)
    }

    /// When the next frame goes out; `None` while paused or at the end.
    pub fn next_frame(&self) -> Option<Duration> {
        let Anchor { at, bar } = self.anchor?;
        let next = self.first_unshown();
        if next >= self.bars {
            return None;
        }
        let seconds = (next as f64 - bar).max(0.0) / self.bars_a_second();
        // At the slowest speeds a bar may take longer than a Duration can say.
        let due = at + Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(1 << 40));
        Some(self.last_frame.map_or(due, |last| due.max(last + FRAME_EVERY)))
    }

    fn first_unshown(&self) -> usize {
        self.shown.map_or(0, |shown| shown + 1)
    }

    /// The position in bars and parts of a bar, while playing.
    fn due(&self, now: Duration) -> Option<f64> {
        let Anchor { at, bar } = self.anchor?;
        Some(bar + now.saturating_sub(at).as_secs_f64() * self.bars_a_second())
    }

    fn bars_a_second(&self) -> f64 {
        self.bars_a_year * self.speed / YEAR_AT_SPEED_1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// Bars of `years` years, so many a year.
    fn times(years: usize, a_year: usize) -> Vec<i64> {
        (0..years * a_year).map(|i| (i as f64 * YEAR_NS / a_year as f64) as i64).collect()
    }

    /// Plays on to `until` and gives the frames.
    fn frames(player: &mut Player, until: Duration) -> Vec<(Duration, RangeInclusive<usize>)> {
        let mut frames = Vec::new();
        while let Some(at) = player.next_frame().filter(|at| *at <= until) {
            // Timers may fire late, never early.
            let at = at + Duration::from_micros(50);
            frames.extend(player.advance(at).map(|range| (at, range)));
        }
        frames
    }

    #[test]
    fn the_default_speed_plays_a_year_in_a_minute_whatever_the_interval() {
        for a_year in [12, 252, 100_000] {
            let mut player = Player::new(&times(2, a_year));
            player.play(Duration::ZERO);
            frames(&mut player, MINUTE);
            let shown = player.position() as f64 / a_year as f64;
            assert!((shown - 1.0).abs() < 0.01, "{shown} of a year at {a_year} bars");
        }
    }

    #[test]
    fn at_most_thirty_frames_a_second_and_no_bar_is_left_out() {
        let mut player = Player::new(&times(1, 100_000));
        player.play(Duration::ZERO);
        let frames = frames(&mut player, 2 * MINUTE);
        let gaps = frames.windows(2).map(|pair| pair[1].0 - pair[0].0);
        assert!(gaps.min().unwrap() >= FRAME_EVERY);
        let all: Vec<usize> = frames.into_iter().flat_map(|(_, range)| range).collect();
        assert_eq!(all, (0..100_000).collect::<Vec<_>>());
        assert!(player.is_at_end() && !player.is_playing());
    }

    #[test]
    fn ten_times_the_speed_takes_a_tenth_of_the_time() {
        let end = |speed| {
            let mut player = Player::new(&times(1, 252));
            player.set_speed(Duration::ZERO, speed);
            player.play(Duration::ZERO);
            frames(&mut player, 100 * MINUTE).last().unwrap().0.as_secs_f64()
        };
        assert!((end(60.0) / end(600.0) - 10.0).abs() < 0.2);
    }

    #[test]
    fn seeks_pauses_and_speeds_end_where_straight_play_ends() {
        let mut player = Player::new(&times(1, 252));
        player.play(Duration::ZERO);
        frames(&mut player, MINUTE / 4);
        player.pause();
        assert_eq!(player.next_frame(), None);
        player.seek(MINUTE, 200);
        player.play(MINUTE);
        player.set_speed(MINUTE, 6000.0);
        player.seek(MINUTE, 3);
        frames(&mut player, 2 * MINUTE);
        assert!(player.is_at_end());
        assert_eq!(player.position(), 251);
        player.seek(3 * MINUTE, 0);
        assert!(!player.is_at_end(), "seeking back is possible");
    }

    #[test]
    fn a_step_pauses_and_shows_one_bar() {
        let mut player = Player::new(&times(1, 2));
        assert_eq!(player.step(Duration::ZERO), Some(0));
        player.play(Duration::ZERO);
        assert_eq!(player.step(Duration::ZERO), Some(1));
        assert!(!player.is_playing());
        assert_eq!(player.step(Duration::ZERO), None);
    }

    #[test]
    fn the_extremes_of_speed_neither_panic_nor_stall() {
        let mut player = Player::new(&times(1, 252));
        player.set_speed(Duration::ZERO, 0.0001);
        player.play(Duration::ZERO);
        assert_eq!(frames(&mut player, MINUTE).len(), 1);
        player.set_speed(MINUTE, 1_000_000.0);
        frames(&mut player, 2 * MINUTE);
        assert!(player.is_at_end());
        let mut one = Player::new(&[5]);
        one.play(Duration::ZERO);
        assert_eq!(one.advance(Duration::ZERO), Some(0..=0));
    }
}
