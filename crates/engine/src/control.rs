/// How a running simulation is watched and stopped.
pub trait Control {
    /// Told every 256 bars how many are done; `false` stops the run there.
    fn go_on(&mut self, bars_done: usize) -> bool;
}

/// Bars between two looks at the control: few enough that a cancellation takes effect within
/// microseconds, enough that looking costs nothing.
pub(crate) const CHECK_EVERY: usize = 256;

/// Nobody watches: the run goes to its end.
pub struct Unattended;

impl Control for Unattended {
    fn go_on(&mut self, _: usize) -> bool {
        true
    }
}
