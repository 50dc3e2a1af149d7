//! Protective orders of a position, and which of them a bar touches first.

use tapedeck_domain::spec::{Intrabar, Risk};
use tapedeck_domain::trading::{ExitReason, OrderSide, TradeSide};

use super::working::{Ticket, Touch, Working};

/// The protective orders of a position.
#[derive(Clone, Copy, Default)]
pub(super) struct Protection {
    pub(super) stop: Option<Guard>,
    pub(super) target: Option<Guard>,
    pub(super) trail: Option<Guard>,
    /// The first bar in which they may be touched.
    pub(super) live_from: usize,
    /// The first bar whose extremes move the trailing stop.
    pub(super) trail_from: usize,
}

/// One protective order.
#[derive(Clone, Copy)]
pub(super) struct Guard {
    pub(super) order: usize,
    pub(super) ticket: Ticket,
    pub(super) reason: ExitReason,
}

/// A way out that a bar offers.
#[derive(Clone, Copy)]
pub(super) struct Way {
    pub(super) order: usize,
    pub(super) ticket: Ticket,
    /// Where the market is, before slippage.
    pub(super) price: f64,
    pub(super) slips: bool,
    pub(super) reason: ExitReason,
    /// Whether it is on the losing side of the market.
    is_stop: bool,
    level: f64,
}

/// Open, high and low of a bar.
#[derive(Clone, Copy)]
pub(super) struct Prices {
    pub(super) open: f64,
    pub(super) high: f64,
    pub(super) low: f64,
}

/// Levels are `base x (1 - f)` and `base x (1 + f)` in that form: `base - base x f` differs in
/// the last bit.
pub(super) fn levels(side: TradeSide, base: f64, risk: &Risk) -> [Option<Ticket>; 3] {
    let sign = side.sign();
    let below = |fraction: f64| base * (1.0 - sign * fraction);
    [
        risk.stop_loss.map(|loss| Ticket::Stop { stop: below(loss.get()) }),
        risk.take_profit.map(|gain| Ticket::Limit { limit: base * (1.0 + sign * gain.get()) }),
        risk.trailing_stop.map(|distance| Ticket::TrailingStop {
            stop: below(distance.get()),
            distance: distance.get(),
        }),
    ]
}

impl Protection {
    pub(super) fn guards(&self) -> impl Iterator<Item = Guard> {
        [self.stop, self.target, self.trail].into_iter().flatten()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.stop.is_none() && self.target.is_none() && self.trail.is_none()
    }
}

/// The way out of bar `i` that was taken, and whether it could have been another.
pub(super) fn way_out(
    side: TradeSide,
    protection: &Protection,
    exit: Option<&Working>,
    i: usize,
    prices: Prices,
    intrabar: Intrabar,
) -> Option<(Way, bool)> {
    let live = i >= protection.live_from;
    let guards = protection.guards().filter(|_| live).filter_map(|guard| {
        let level = guard.ticket.stop().or(guard.ticket.limit())?;
        touched(side, guard.order, guard.ticket, guard.reason, level, prices)
    });
    let exit = exit.and_then(|exit| {
        let level = exit.ticket.stop().or(exit.ticket.limit())?;
        touched(side, exit.order, exit.ticket, ExitReason::Signal, level, prices)
    });
    let (mut stop, mut target) = (None::<Way>, None::<Way>);
    for way in guards.chain(exit) {
        let kept = if way.is_stop { &mut stop } else { &mut target };
        // Of several on one side of the market, the nearest to it is touched first.
        let from_below = way.is_stop == (side == TradeSide::Long);
        let nearer = |held: Way| {
            if from_below { way.level > held.level } else { way.level < held.level }
        };
        if kept.is_none_or(nearer) {
            *kept = Some(way);
        }
    }
    match (stop, target) {
        (Some(stop), Some(target)) => {
            let first =
                if stop_first(side, stop, target, prices, intrabar) { stop } else { target };
            Some((first, true))
        }
        (stop, target) => stop.or(target).map(|way| (way, false)),
    }
}

fn touched(
    side: TradeSide,
    order: usize,
    ticket: Ticket,
    reason: ExitReason,
    level: f64,
    Prices { open, high, low }: Prices,
) -> Option<Way> {
    match ticket.touched(side.closed_by(), open, high, low) {
        Touch::At(price) => {
            let (slips, is_stop) = (ticket.slips(), ticket.stop().is_some());
            Some(Way { order, ticket, price, slips, reason, is_stop, level })
        }
        Touch::No | Touch::Armed => None,
    }
}

/// Whether the stop comes before the target where a bar touches both.
fn stop_first(
    side: TradeSide,
    stop: Way,
    target: Way,
    Prices { open, high, low }: Prices,
    intrabar: Intrabar,
) -> bool {
    let sells = side.closed_by() == OrderSide::Sell;
    let (past_stop, past_target) = if sells {
        (open <= stop.level, open >= target.level)
    } else {
        (open >= stop.level, open <= target.level)
    };
    // The open is the first price of all, whatever comes after it.
    match intrabar {
        Intrabar::Pessimistic => true,
        Intrabar::NearestExtreme | Intrabar::Optimistic if past_stop || past_target => past_stop,
        Intrabar::Optimistic => false,
        Intrabar::NearestExtreme if sells => open - low <= high - open,
        Intrabar::NearestExtreme => high - open <= open - low,
    }
}
