use std::fs::File;
use std::io::{Error, Result, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use tapedeck_domain::bars::{BarView, Columns, QuoteView};
use tapedeck_domain::dataset::DatasetRef;
use tapedeck_domain::job::{Exceeded, LimitKind, Limits};
use tapedeck_domain::port::{BrokeOff, RunControl, RunError};
use tapedeck_domain::report::Report;
use tapedeck_domain::spec::Specification;
use tapedeck_engine::Market;

use super::meter::{Meter, too_many};
use super::parts::Parts;
use super::{Child, Sealed, refusal};
use crate::guest::Guest;
use crate::in_process::built_in;
use crate::layers;
use crate::wire::{How, Kind, Link, Run, read_range, short};

/// What a run works with.
struct Loaded {
    datasets: Vec<Columns>,
    bars: usize,
    benchmark: Option<usize>,
    artifact: Option<Vec<u8>>,
}

impl Loaded {
    fn market(&self) -> Market<'_> {
        let view = |which: usize| view(&self.datasets[which]);
        Market { bars: view(self.bars), benchmark: self.benchmark.map(view) }
    }
}

/// Simulates, and hands the report over.
pub(super) fn answer(mut child: Child, request: Run, files: Vec<OwnedFd>) -> Result<()> {
    if let Err(refused) = layers::bound(&child.plan, &request.limits) {
        return child.end(refusal(&refused));
    }
    let loaded = match load(&request, files)? {
        Ok(loaded) => loaded,
        Err(detail) => return child.end(How::Data(detail.to_owned())),
    };
    let (limit, observed) = (request.limits.bars, loaded.market().bars.len() as u64);
    if observed > limit {
        let exceeded = Exceeded { kind: LimitKind::Bars, limit, observed };
        return child.end(How::Limit(exceeded));
    }
    let guest = match loaded.artifact.as_deref().map(Guest::load).transpose() {
        Ok(guest) => guest,
        Err(error) => return child.end(unable(error)),
    };
    let control = Arc::new(RunControl::default());
    end_with_the_socket(&child.link, Some(Arc::clone(&control)))?;
    if let Err(refused) = layers::seal(&child.plan) {
        return child.end(refusal(&refused));
    }
    (child.sealed)(Sealed::Run(&request.spec));
    match simulated(&mut child.link, &loaded, guest.as_ref(), &request, &control) {
        Ok((report, broke_off)) => hand_over(child, &report, broke_off, &request.limits),
        Err(error) => child.end(unable(error)),
    }
}

fn load(request: &Run, files: Vec<OwnedFd>) -> Result<std::result::Result<Loaded, &'static str>> {
    let mut files = files.into_iter();
    let Specification { from, to, .. } = request.spec;
    let mut datasets = Vec::new();
    for shape in &request.datasets {
        let file = files.next().ok_or_else(|| Error::other("a dataset was not sent"))?;
        datasets.push(read_range(file, shape, from, to)?);
    }
    let artifact = match (request.guest, files.next()) {
        (Some(bytes), Some(file)) => Some(read_all(file, bytes)?),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(Error::other("not the files of its run")),
    };
    let sent = |dataset: &DatasetRef| {
        request.datasets.iter().position(|shape| shape.content_hash == dataset.content_hash)
    };
    let Some(bars) = sent(&request.spec.dataset) else {
        return Ok(Err("its bars were not sent"));
    };
    let benchmark = request.spec.benchmark.as_ref().map(sent);
    if benchmark == Some(None) {
        return Ok(Err("the bars of its benchmark were not sent"));
    }
    Ok(Ok(Loaded { datasets, bars, benchmark: benchmark.flatten(), artifact }))
}

/// The bytes of a file whose offset others share.
pub(super) fn read_all(file: OwnedFd, bytes: u64) -> Result<Vec<u8>> {
    let mut all = vec![0; usize::try_from(bytes).map_err(Error::other)?];
    File::from(file).read_exact_at(&mut all, 0)?;
    Ok(all)
}

/// Stack of the thread that listens, in bytes: it counts as memory of the run.
const STACK: usize = 1 << 16;

/// From now on the server can stop the run, and the process ends with the socket.
pub(super) fn end_with_the_socket(link: &Link, control: Option<Arc<RunControl>>) -> Result<()> {
    let mut link = link.again()?;
    let listen = move || {
        while let Ok(kind) = link.heed() {
            if let (Kind::Stop, Some(control)) = (kind, &control) {
                control.stop();
            }
        }
        std::process::exit(0)
    };
    std::thread::Builder::new().stack_size(STACK).spawn(listen).map(drop)
}

fn simulated(
    link: &mut Link,
    loaded: &Loaded,
    guest: Option<&Guest>,
    request: &Run,
    control: &Arc<RunControl>,
) -> std::result::Result<(Report, Option<BrokeOff>), RunError> {
    let market = loaded.market();
    let (spec, limits) = (&request.spec, request.limits);
    let mut meter = Meter { link, control, bars: market.bars, limits, said: None, over: None };
    let (report, broke_off) = match guest {
        None => (built_in(market, spec, &mut meter)?, None),
        Some(guest) => guest.simulate(market, spec, &limits, control, &mut meter)?,
    };
    let over = meter.over.or_else(|| too_many(report.orders.len(), &limits));
    Ok((report, broke_off.or_else(|| over.map(BrokeOff::Limit))))
}

fn view(columns: &Columns) -> BarView<'_> {
    let Columns { time, open, high, low, close, volume, quotes } = columns;
    let quotes = quotes.as_ref().map(|quotes| QuoteView {
        bid_mean: &quotes.bid_mean,
        ask_mean: &quotes.ask_mean,
        spread_mean: &quotes.spread_mean,
    });
    BarView { time, open, high, low, close, volume, quotes }
}

fn hand_over(
    mut child: Child,
    report: &Report,
    broke_off: Option<BrokeOff>,
    limits: &Limits,
) -> Result<()> {
    let limit = limits.output_bytes;
    let mut parts = Parts::new(&mut child.link, limit);
    let written = rmp_serde::encode::write_named(&mut parts, report).map_err(Error::other);
    let sent = written.and_then(|()| parts.flush());
    if let Some(observed) = parts.over() {
        let exceeded = Exceeded { kind: LimitKind::OutputBytes, limit, observed };
        return child.end(How::Limit(exceeded));
    }
    sent?;
    child.end(How::Ran(broke_off.map(Into::into)))
}

fn unable(error: RunError) -> How {
    match error {
        RunError::Data(detail) => How::Data(short(detail)),
        RunError::Strategy(detail) => How::Strategy(short(detail)),
        RunError::Limit(exceeded, _) => How::Limit(exceeded),
        RunError::Stopped(_) => How::Stopped,
        RunError::Refused(layer) => How::Refused(short(layer)),
        error @ (RunError::Unavailable(_) | RunError::Internal(_)) => {
            How::Failed(short(format!("{error:?}")))
        }
    }
}
