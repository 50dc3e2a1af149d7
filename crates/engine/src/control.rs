/// What a running simulation has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Bars simulated.
    pub bars: usize,
    /// Orders placed.
    pub orders: usize,
}

/// How a running simulation is watched and stopped.
pub trait Control {
    /// Told every 1,024 bars what is done; `false` stops the run there.
    fn go_on(&mut self, done: Done) -> bool;

    /// Whether the run goes on, asked while no bars are counted.
    fn still_wanted(&mut self) -> bool {
        true
    }
}

/// Passes on whether to stop, and keeps to itself how far it is: for runs beside the run.
pub(crate) struct OnlyStop<'a>(pub(crate) &'a mut dyn Control);

impl Control for OnlyStop<'_> {
    fn go_on(&mut self, _: Done) -> bool {
        self.0.still_wanted()
    }
}

/// Nobody watches: the run goes to its end.
pub struct Unattended;

impl Control for Unattended {
    fn go_on(&mut self, _: Done) -> bool {
        true
    }
}
