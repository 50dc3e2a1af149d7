//! A guest that looks at a block of bars a call.

use std::ops::Range;

use tapedeck_domain::bars::BarView;
use tapedeck_domain::spec::Direction;
use tapedeck_domain::trading::TradeSide;
use tapedeck_engine::program::{BLOCK, Signals};
use tapedeck_engine::strategy::{BySignals, Context, Decision, Strategy};
use wasmtime::TypedFunc;

use super::abi::{BAR_COLUMNS, ON_BARS, SIGNALS};
use super::broke::Broke;
use super::host::Phase;
use super::instance::{Instance, put};
use super::running::Running;
use super::single::place;

/// Bytes of a column.
const COLUMN: usize = BLOCK * 8;

/// A guest that looks at a block of bars a call; its signals are followed as those of rules.
pub(super) struct Batch(BySignals<Blocks>);

impl Batch {
    pub(super) fn new(running: Running, direction: Direction) -> Self {
        Self(BySignals::new(Blocks::new(running), direction))
    }

    fn has_ended(&self) -> bool {
        self.0.signals().running.has_ended()
    }
}

impl Strategy for Batch {
    fn prepare(&mut self, bars: BarView<'_>, block: Range<usize>) {
        self.0.prepare(bars, block);
    }

    fn next(&self, i: usize, end: usize, position: Option<TradeSide>) -> usize {
        if self.has_ended() { i } else { self.0.next(i, end, position) }
    }

    fn on_close(&mut self, context: Context<'_>) -> Decision {
        if self.has_ended() { Decision::Stop } else { self.0.on_close(context) }
    }
}

/// The signals of a guest.
struct Blocks {
    running: Running,
    desk: Option<Desk>,
}

/// Where the guest reads bars and writes signals.
struct Desk {
    on_bars: TypedFunc<(i32, i32, i32), ()>,
    bars: Range<usize>,
    out: Range<usize>,
}

impl Blocks {
    fn new(mut running: Running) -> Self {
        let desk = running.with(|| "before the first bar".to_owned(), desk);
        Self { running, desk }
    }
}

fn desk(guest: &mut Instance) -> Result<Desk, Broke> {
    let columns = BAR_COLUMNS + guest.host().feeds.columns().count();
    Ok(Desk {
        on_bars: guest.function(ON_BARS.0)?,
        bars: guest.room(columns * COLUMN)?,
        out: guest.room(BLOCK)?,
    })
}

impl Signals for Blocks {
    fn block(&mut self, bars: BarView<'_>, range: Range<usize>, out: &mut [u8]) {
        out.fill(0);
        let Some(desk) = &self.desk else { return };
        for (start, out) in range.step_by(BLOCK).zip(out.chunks_mut(BLOCK)) {
            let part = start..start + out.len();
            let place = || format!("in the block from {}", &place(bars, start)[3..]);
            self.running.with(place, |guest| ask(guest, desk, bars, part, out));
        }
    }
}

/// Has the guest look at bars `range`.
fn ask(
    guest: &mut Instance,
    desk: &Desk,
    bars: BarView<'_>,
    range: Range<usize>,
    out: &mut [u8],
) -> Result<(), Broke> {
    guest.host().bar = range.start;
    guest.host().feeds.block(bars, &range);
    let (memory, host) = guest.memory();
    memory[desk.out.clone()].fill(0);
    let (time, rest) = memory[desk.bars.clone()].split_at_mut(COLUMN);
    put(time, &bars.time[range.clone()], i64::to_le_bytes);
    let columns = [bars.open, bars.high, bars.low, bars.close, bars.volume];
    let columns = columns.into_iter().map(|column| &column[range.clone()]);
    let columns = columns.chain(host.feeds.columns().map(|column| &column[..out.len()]));
    for (place, column) in rest.chunks_exact_mut(COLUMN).zip(columns) {
        put(place, column, f64::to_le_bytes);
    }
    // All fit: the memory has 32-bit addresses.
    let params = [desk.bars.start, out.len(), desk.out.start];
    let [at, count, to] = params.map(|number| (number as u32).cast_signed());
    guest.call(Phase::Block, &desk.on_bars, (at, count, to))?;
    let (memory, _) = guest.memory();
    out.copy_from_slice(&memory[desk.out.start..desk.out.start + out.len()]);
    match out.iter().position(|flags| flags & !SIGNALS != 0) {
        None => Ok(()),
        Some(k) => {
            let (i, flags) = (range.start + k, out[k]);
            out.fill(0);
            Err(Broke::Fault(format!(
                "on_bars wrote {flags} for bar {i}: 0 to {SIGNALS} is wanted"
            )))
        }
    }
}
