/// How a running simulation is watched and stopped.
pub trait Control {
    /// Told every 1,024 bars how many are done; `false` stops the run there.
    fn go_on(&mut self, bars_done: usize) -> bool;
}

/// Nobody watches: the run goes to its end.
pub struct Unattended;

impl Control for Unattended {
    fn go_on(&mut self, _: usize) -> bool {
        true
    }
}
