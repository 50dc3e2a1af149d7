/// How a running simulation is watched and stopped.
pub trait Control {
    /// Told every 1,024 bars how many are done; `false` stops the run there.
    fn go_on(&mut self, bars_done: usize) -> bool;

    /// Whether the run goes on, asked while no bars are counted.
    fn still_wanted(&mut self) -> bool {
        true
    }
}

/// Passes on whether to stop, and keeps to itself how far it is: for runs beside the run.
pub(crate) struct OnlyStop<'a>(pub(crate) &'a mut dyn Control);

impl Control for OnlyStop<'_> {
    fn go_on(&mut self, _: usize) -> bool {
        self.0.still_wanted()
    }
}

/// Nobody watches: the run goes to its end.
pub struct Unattended;

impl Control for Unattended {
    fn go_on(&mut self, _: usize) -> bool {
        true
    }
}
