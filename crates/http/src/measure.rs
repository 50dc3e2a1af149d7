//! What is counted of streams.

/// An open stream, counted for as long as this lives.
pub(crate) struct OpenStream(&'static str);

/// Sockets of playback.
pub(crate) const SOCKET: &str = "playback_ws";
/// Event streams of playback.
pub(crate) const PLAYBACK: &str = "playback_sse";
/// Event logs.
pub(crate) const EVENTS: &str = "events";

impl OpenStream {
    /// Counts one of this kind.
    pub(crate) fn new(kind: &'static str) -> Self {
        metrics::counter!("tapedeck_streams_opened_total", "kind" => kind).increment(1);
        metrics::gauge!("tapedeck_streams_open", "kind" => kind).increment(1.0);
        Self(kind)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        metrics::gauge!("tapedeck_streams_open", "kind" => self.0).decrement(1.0);
    }
}

/// Counts a frame that the client was sent, or was not since it had gone.
pub(crate) fn frame(kind: &'static str, was_sent: bool) {
    let name = if was_sent {
        "tapedeck_playback_frames_sent_total"
    } else {
        "tapedeck_playback_frames_dropped_total"
    };
    metrics::counter!(name, "kind" => kind).increment(1);
}

/// Counts the bars that share a frame with the last one of them.
pub(crate) fn folded(kind: &'static str, bars: &std::ops::RangeInclusive<usize>) {
    let others = bars.end().saturating_sub(*bars.start()) as u64;
    metrics::counter!("tapedeck_playback_bars_folded_total", "kind" => kind).increment(others);
}
