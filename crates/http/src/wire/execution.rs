//! Sizing, costs and execution of a backtest's body.

use serde::Deserialize;
use tapedeck_application::FaultCode;
use tapedeck_domain::spec::{
    Commission, Costs, EntryOrder, Execution, FillAt, Intrabar, Sizing, Slippage,
};

use super::fields::Faults;
use super::object::Object;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SizingBody {
    kind: SizingKind,
    value: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SizingKind {
    FixedQuantity,
    FixedCash,
    PercentOfEquity,
    RiskToStop,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CostsBody {
    commission_bps: Option<f64>,
    slippage_bps: Option<f64>,
    commission: Option<Object<CommissionBody>>,
    slippage: Option<Object<SlippageBody>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommissionBody {
    kind: CommissionKind,
    value: f64,
    minimum: Option<f64>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CommissionKind {
    Bps,
    PerShare,
    Fixed,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SlippageBody {
    kind: SlippageKind,
    value: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SlippageKind {
    Bps,
    Ticks,
    KSpread,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ExecutionBody {
    fill: FillAt,
    close_at_end: bool,
    intrabar: Intrabar,
    entry: Option<Object<EntryBody>>,
    max_volume_share: Option<f64>,
    lot_size: Option<f64>,
    tick_size: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryBody {
    kind: EntryKind,
    offset_bps: Option<f64>,
    limit_offset_bps: Option<f64>,
    valid_bars: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EntryKind {
    Market,
    Limit,
    Stop,
    StopLimit,
}

pub(super) fn sizing(body: Option<&SizingBody>, faults: &mut Faults) -> Option<Sizing> {
    let (kind, value) =
        body.map_or((SizingKind::FixedQuantity, 1.0), |body| (body.kind, body.value));
    let (at, value) = ("/sizing/value", Some(value));
    Some(match kind {
        SizingKind::FixedQuantity => Sizing::FixedQuantity { value: faults.number(at, value)? },
        SizingKind::FixedCash => Sizing::FixedCash { value: faults.number(at, value)? },
        SizingKind::PercentOfEquity => Sizing::PercentOfEquity { value: faults.number(at, value)? },
        SizingKind::RiskToStop => Sizing::RiskToStop { value: faults.number(at, value)? },
    })
}

pub(super) fn costs(body: &CostsBody, faults: &mut Faults) -> Option<Costs> {
    let commission = commission(body, faults);
    let slippage = slippage(body, faults);
    Some(Costs { commission: commission?, slippage: slippage? })
}

fn commission(body: &CostsBody, faults: &mut Faults) -> Option<Commission> {
    let Some(Object(tagged)) = &body.commission else {
        let value = Some(body.commission_bps.unwrap_or(0.0));
        let value = faults.number("/costs/commission_bps", value)?;
        return Some(Commission::Bps { value, minimum: None });
    };
    alone("commission", body.commission_bps, faults)?;
    let (at, value) = ("/costs/commission/value", Some(tagged.value));
    let before = faults.0.len();
    let minimum = faults.number("/costs/commission/minimum", tagged.minimum);
    let commission = match tagged.kind {
        CommissionKind::Bps => Commission::Bps { value: faults.number(at, value)?, minimum },
        CommissionKind::PerShare => {
            Commission::PerShare { value: faults.number(at, value)?, minimum }
        }
        CommissionKind::Fixed => Commission::Fixed { value: faults.number(at, value)? },
    };
    if tagged.minimum.is_some() && matches!(commission, Commission::Fixed { .. }) {
        let detail = "a fixed commission has no minimum";
        faults.add("/costs/commission/minimum", FaultCode::Unknown, detail);
    }
    (faults.0.len() == before).then_some(commission)
}

fn slippage(body: &CostsBody, faults: &mut Faults) -> Option<Slippage> {
    let Some(Object(tagged)) = &body.slippage else {
        let value = Some(body.slippage_bps.unwrap_or(0.0));
        return Some(Slippage::Bps { value: faults.number("/costs/slippage_bps", value)? });
    };
    alone("slippage", body.slippage_bps, faults)?;
    let (at, value) = ("/costs/slippage/value", Some(tagged.value));
    Some(match tagged.kind {
        SlippageKind::Bps => Slippage::Bps { value: faults.number(at, value)? },
        SlippageKind::Ticks => Slippage::Ticks { value: faults.number(at, value)? },
        SlippageKind::KSpread => Slippage::KSpread { value: faults.number(at, value)? },
    })
}

/// The shorthand and the tagged form exclude one another.
fn alone(name: &str, shorthand: Option<f64>, faults: &mut Faults) -> Option<()> {
    if shorthand.is_none() {
        return Some(());
    }
    let detail = format!("give `{name}_bps` or `{name}`, not both");
    faults.add(&format!("/costs/{name}"), FaultCode::Range, detail);
    None
}

pub(super) fn execution(body: &ExecutionBody, faults: &mut Faults) -> Option<Execution> {
    let entry = match &body.entry {
        Some(Object(entry)) => entry_order(entry, faults),
        None => Some(EntryOrder::Market),
    };
    Some(Execution {
        fill: body.fill,
        close_at_end: body.close_at_end,
        intrabar: body.intrabar,
        max_volume_share: faults.number("/execution/max_volume_share", body.max_volume_share),
        lot_size: faults.number("/execution/lot_size", body.lot_size),
        tick_size: faults.number("/execution/tick_size", body.tick_size),
        entry: entry?,
    })
}

fn entry_order(body: &EntryBody, faults: &mut Faults) -> Option<EntryOrder> {
    let before = faults.0.len();
    let mut unknown = |name: &str, given: bool| {
        if given {
            let detail = format!("this kind of entry has no `{name}`");
            faults.add(&format!("/execution/entry/{name}"), FaultCode::Unknown, detail);
        }
    };
    let market = body.kind == EntryKind::Market;
    unknown("offset_bps", market && body.offset_bps.is_some());
    unknown("valid_bars", market && body.valid_bars.is_some());
    let limited = body.kind == EntryKind::StopLimit;
    unknown("limit_offset_bps", !limited && body.limit_offset_bps.is_some());
    let offset_bps = faults.number("/execution/entry/offset_bps", body.offset_bps.or(Some(0.0)));
    let limit =
        faults.number("/execution/entry/limit_offset_bps", body.limit_offset_bps.or(Some(0.0)));
    let valid_bars = faults.number("/execution/entry/valid_bars", body.valid_bars.or(Some(1.0)));
    let (offset_bps, limit_offset_bps, valid_bars) = (offset_bps?, limit?, valid_bars?);
    let order = match body.kind {
        EntryKind::Market => EntryOrder::Market,
        EntryKind::Limit => EntryOrder::Limit { offset_bps, valid_bars },
        EntryKind::Stop => EntryOrder::Stop { offset_bps, valid_bars },
        EntryKind::StopLimit => EntryOrder::StopLimit { offset_bps, limit_offset_bps, valid_bars },
    };
    (faults.0.len() == before).then_some(order)
}
