//! The functions that a guest may call.

use tapedeck_domain::trading::TradeSide;
use tapedeck_engine::strategy::{Decision, Ticket};
use wasmtime::{Caller, Engine, Error, Linker};

use super::abi::{HOST, LONG, MAX_EXPRESSION, MAX_LINE, SHORT};
use super::broke::fault;
use super::host::{Held, Host, Phase};

type Called<'a> = Caller<'a, Host>;

/// All of them.
pub(super) fn linker(engine: &Engine) -> Result<Linker<Host>, Error> {
    let mut linker = Linker::new(engine);
    linker.func_wrap(HOST, "indicator", indicator)?;
    linker.func_wrap(HOST, "value", value)?;
    linker.func_wrap(HOST, "log", log)?;
    held(&mut linker, "position", |held| held.units)?;
    held(&mut linker, "cash", |held| held.cash)?;
    held(&mut linker, "equity", |held| held.equity)?;
    held(&mut linker, "entry_price", |held| held.entry_price)?;
    entries(&mut linker)?;
    exits(&mut linker)?;
    Ok(linker)
}

fn held(linker: &mut Linker<Host>, name: &'static str, of: fn(&Held) -> f64) -> Result<(), Error> {
    let function = move |caller: Called<'_>| -> Result<f64, Error> {
        caller.data().allow(name, Phase::Bar)?;
        Ok(of(&caller.data().held))
    };
    linker.func_wrap(HOST, name, function).map(drop)
}

fn indicator(mut caller: Called<'_>, ptr: i32, len: i32) -> Result<i32, Error> {
    caller.data().allow("indicator", Phase::Init)?;
    let (expression, host) = bytes(&mut caller, "indicator", ptr, len, MAX_EXPRESSION)?;
    let handle = host.feeds.add(expression);
    handle.map_err(|why| fault(format!("`indicator` was given what cannot be computed: {why}")))
}

fn value(caller: Called<'_>, handle: i32, output: i32) -> Result<f64, Error> {
    let host = caller.data();
    host.allow("value", Phase::Bar)?;
    host.feeds.value(handle, output, host.bar).map_err(fault)
}

fn log(mut caller: Called<'_>, ptr: i32, len: i32) -> Result<(), Error> {
    let (line, host) = bytes(&mut caller, "log", ptr, len, usize::MAX)?;
    let line = &line[..line.len().min(MAX_LINE)];
    host.log.line(host.bar, line).map_err(Error::new)
}

/// Bytes of the guest's memory.
fn bytes<'a>(
    caller: &'a mut Called<'_>,
    function: &str,
    ptr: i32,
    len: i32,
    most: usize,
) -> Result<(&'a [u8], &'a mut Host), Error> {
    let Some(memory) = caller.data().memory else {
        return Err(fault(format!("`{function}` may not be called in the start function")));
    };
    let (data, host) = memory.data_and_store_mut(caller);
    // Addresses have 32 bits and no sign.
    let (start, length) = (ptr.cast_unsigned() as usize, len.cast_unsigned() as usize);
    if length > most {
        return Err(fault(format!(
            "`{function}` was given {length} bytes, and at most {most} may be"
        )));
    }
    let size = data.len();
    let bytes = data.get(start..start.saturating_add(length)).ok_or_else(|| {
        fault(format!(
            "`{function}` was given {length} bytes at {start}, and memory ends at {size}"
        ))
    })?;
    Ok((bytes, host))
}

fn entries(linker: &mut Linker<Host>) -> Result<(), Error> {
    linker.func_wrap(HOST, "enter_limit", |c: Called<'_>, side: i32, limit: f64, bars: i32| {
        enter(c, "enter_limit", side, Ticket::Limit { limit }, bars)
    })?;
    linker.func_wrap(HOST, "enter_stop", |c: Called<'_>, side: i32, stop: f64, bars: i32| {
        enter(c, "enter_stop", side, Ticket::Stop { stop }, bars)
    })?;
    linker.func_wrap(
        HOST,
        "enter_stop_limit",
        |c: Called<'_>, side: i32, stop: f64, limit: f64, bars: i32| {
            enter(c, "enter_stop_limit", side, Ticket::StopLimit { stop, limit }, bars)
        },
    )?;
    linker.func_wrap(
        HOST,
        "enter_trailing",
        |c: Called<'_>, side: i32, stop: f64, distance: f64, bars: i32| {
            enter(c, "enter_trailing", side, Ticket::TrailingStop { stop, distance }, bars)
        },
    )?;
    Ok(())
}

fn exits(linker: &mut Linker<Host>) -> Result<(), Error> {
    linker.func_wrap(HOST, "exit_limit", |c: Called<'_>, limit: f64, bars: i32| {
        exit(c, "exit_limit", Ticket::Limit { limit }, bars)
    })?;
    linker.func_wrap(HOST, "exit_stop", |c: Called<'_>, stop: f64, bars: i32| {
        exit(c, "exit_stop", Ticket::Stop { stop }, bars)
    })?;
    linker.func_wrap(
        HOST,
        "exit_stop_limit",
        |c: Called<'_>, stop: f64, limit: f64, bars: i32| {
            exit(c, "exit_stop_limit", Ticket::StopLimit { stop, limit }, bars)
        },
    )?;
    linker.func_wrap(
        HOST,
        "exit_trailing",
        |c: Called<'_>, stop: f64, distance: f64, bars: i32| {
            exit(c, "exit_trailing", Ticket::TrailingStop { stop, distance }, bars)
        },
    )?;
    Ok(())
}

fn enter(
    caller: Called<'_>,
    function: &str,
    side: i32,
    ticket: Ticket,
    bars: i32,
) -> Result<(), Error> {
    let side = match side {
        LONG => TradeSide::Long,
        SHORT => TradeSide::Short,
        _ => {
            return Err(fault(format!(
                "`{function}` was given side {side}: 1 is long, 2 is short"
            )));
        }
    };
    let valid_bars = lives(function, ticket, bars)?;
    order(caller, function, Decision::EnterBy { side, ticket, valid_bars })
}

fn exit(caller: Called<'_>, function: &str, ticket: Ticket, bars: i32) -> Result<(), Error> {
    let valid_bars = lives(function, ticket, bars)?;
    order(caller, function, Decision::ExitBy { ticket, valid_bars })
}

/// The bars that an order lives. Prices are the market's to judge.
fn lives(function: &str, ticket: Ticket, bars: i32) -> Result<usize, Error> {
    if let Ticket::TrailingStop { distance, .. } = ticket
        && !(distance > 0.0 && distance < 1.0)
    {
        let what = format!("`{function}` was given distance {distance}: above 0 and below 1");
        return Err(fault(what));
    }
    let bars = usize::try_from(bars).ok().filter(|bars| *bars > 0);
    bars.ok_or_else(|| fault(format!("`{function}` was given valid_bars below 1")))
}

fn order(mut caller: Called<'_>, function: &str, decision: Decision) -> Result<(), Error> {
    let host = caller.data_mut();
    host.allow(function, Phase::Bar)?;
    if host.order.replace(decision).is_some() {
        return Err(fault(format!("`{function}` was called after another order: one a bar")));
    }
    Ok(())
}
