use std::io::Result;

use super::{Child, refusal};
use crate::layers;
use crate::wire::{How, Probe};

/// Puts on the layers of a run, and says what became of them.
pub(super) fn answer(mut child: Child, probe: &Probe) -> Result<()> {
    let put_on = layers::bound(&child.plan, &probe.limits)
        .and_then(|bound| Ok(vec![bound, layers::seal(&child.plan)?]));
    match put_on {
        Ok(layers) => child.end(How::Probed(layers)),
        Err(refused) => child.end(refusal(&refused)),
    }
}
