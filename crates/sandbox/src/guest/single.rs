//! A guest that looks at one bar a call.

use std::ops::Range;

use tapedeck_domain::bars::BarView;
use tapedeck_domain::spec::Direction;
use tapedeck_domain::trading::TradeSide;
use tapedeck_engine::strategy::{Context, Decision, Strategy};
use wasmtime::TypedFunc;

use super::abi::{EXIT, HOLD, LONG, ON_BAR, SHORT};
use super::broke::Broke;
use super::host::{Held, Host, Phase};
use super::instance::Instance;
use super::running::Running;

type OnBar = TypedFunc<(i32, i64, f64, f64, f64, f64, f64), i32>;

/// A guest that looks at one bar a call.
pub(super) struct Single {
    running: Running,
    on_bar: Option<OnBar>,
    refused: bool,
}

impl Single {
    pub(super) fn new(mut running: Running) -> Self {
        let on_bar = running.with(|| "at the start".to_owned(), |guest| guest.function(ON_BAR.0));
        Self { running, on_bar, refused: false }
    }

    /// Leaves out an entry on a side that is not traded, and says so once.
    fn allowed(&mut self, context: Context<'_>, decision: Decision) -> Decision {
        let side = match decision {
            Decision::Enter(side) | Decision::EnterBy { side, .. } => side,
            Decision::Hold | Decision::Stop | Decision::Exit | Decision::ExitBy { .. } => {
                return decision;
            }
        };
        if context.direction.allows(side) {
            return decision;
        }
        if !std::mem::replace(&mut self.refused, true) {
            self.running.with(String::new, |guest| {
                guest.host().log.warn(context.i, not_traded(side, context.direction));
                Ok(())
            });
        }
        Decision::Hold
    }
}

impl Strategy for Single {
    fn prepare(&mut self, bars: BarView<'_>, block: Range<usize>) {
        self.running.with(String::new, |guest| {
            guest.host().feeds.block(bars, &block);
            Ok(())
        });
    }

    fn on_close(&mut self, context: Context<'_>) -> Decision {
        let Self { running, on_bar, .. } = self;
        let place = || place(context.bars, context.i);
        let decision = on_bar
            .as_ref()
            .and_then(|on_bar| running.with(place, |guest| ask(guest, on_bar, context)));
        match decision {
            None => Decision::Stop,
            Some(Decision::Hold) => Decision::Hold,
            Some(decision) => self.allowed(context, decision),
        }
    }
}

/// What the guest says of a bar.
#[inline]
fn ask(guest: &mut Instance, on_bar: &OnBar, context: Context<'_>) -> Result<Decision, Broke> {
    let Context { bars, i, .. } = context;
    see(guest.host(), context);
    // A run has fewer bars than that.
    let index = i as i32;
    let bar = (bars.open[i], bars.high[i], bars.low[i], bars.close[i], bars.volume[i]);
    let params = (index, bars.time[i], bar.0, bar.1, bar.2, bar.3, bar.4);
    let code = guest.call(Phase::Bar, on_bar, params)?;
    let decision = match code {
        HOLD => Decision::Hold,
        LONG => Decision::Enter(TradeSide::Long),
        SHORT => Decision::Enter(TradeSide::Short),
        EXIT => Decision::Exit,
        _ => return Err(Broke::Fault(format!("on_bar returned {code}: 0 to 3 is wanted"))),
    };
    match (guest.host().order.take(), decision) {
        (None, decision) => Ok(decision),
        (Some(order), Decision::Hold) => Ok(order),
        (Some(_), _) => {
            Err(Broke::Fault(format!("on_bar returned {code} after an order: one a bar")))
        }
    }
}

/// What the guest may ask about.
#[inline]
fn see(host: &mut Host, context: Context<'_>) {
    let Context { bars, i, account, .. } = context;
    host.bar = i;
    host.held = Held {
        units: account.units(),
        cash: account.cash(),
        equity: account.equity(bars.close[i]),
        entry_price: account.entry_price().unwrap_or(f64::NAN),
    };
}

/// A bar, for people.
pub(super) fn place(bars: BarView<'_>, i: usize) -> String {
    let time = bars.timestamp(i).to_string();
    format!("at bar {i} ({})", time.trim_end_matches("T00:00:00Z"))
}

const fn not_traded(side: TradeSide, direction: Direction) -> &'static str {
    match (side, direction) {
        (TradeSide::Long, _) => "the strategy wants to go long, and this run does not: left out",
        (TradeSide::Short, _) => "the strategy wants to go short, and this run does not: left out",
    }
}
