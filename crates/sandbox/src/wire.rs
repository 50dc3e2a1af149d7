//! What passes between the server and a process that runs one backtest.
//!
//! In: the length of a JSON header in 8 bytes, the header, then the columns of each dataset, as
//! the header counts them, little-endian. After that any byte, or the end, means: stop. Out: one
//! JSON document.

use std::io::{Error, Read, Result, Write};

use serde::{Deserialize, Serialize};
use tapedeck_domain::bars::{BarView, Bars, Columns, Quotes};
use tapedeck_domain::report::Report;
use tapedeck_domain::spec::Specification;

/// The version of this protocol. Both sides are one program, unless that was replaced on disk while
/// the server ran on: then the server is of the build before.
pub(crate) const VERSION: u32 = 1;

/// The oldest version that is read: the one that the build before this writes.
pub(crate) const OLDEST: u32 = 1;

/// Longest header, in bytes.
const MAX_HEADER: u64 = 16 << 20;

/// What to run.
#[derive(Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) version: u32,
    pub(crate) specification: Specification,
    pub(crate) datasets: Vec<Shape>,
}

/// What every version of the header has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// The columns of a dataset that follow.
#[derive(Serialize, Deserialize)]
pub(crate) struct Shape {
    pub(crate) content_hash: String,
    pub(crate) bars: usize,
    pub(crate) quotes: bool,
}

/// What came of it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// The run ended, or was stopped.
    Report(Box<Report>),
    /// The bars are not what the specification says.
    Data(String),
    /// The engine does not have the strategy.
    Strategy(String),
}

impl Shape {
    pub(crate) fn of(content_hash: &str, bars: BarView<'_>) -> Self {
        let (content_hash, quotes) = (content_hash.to_owned(), bars.quotes.is_some());
        Self { content_hash, bars: bars.len(), quotes }
    }
}

pub(crate) fn write_header(out: &mut impl Write, header: &Header) -> Result<()> {
    let text = serde_json::to_vec(header)?;
    out.write_all(&(text.len() as u64).to_le_bytes())?;
    out.write_all(&text)
}

pub(crate) fn read_header(input: &mut impl Read) -> Result<Header> {
    let mut length = [0; 8];
    input.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER {
        return Err(Error::other("the header is too long"));
    }
    let mut text = Vec::new();
    input.take(length).read_to_end(&mut text)?;
    // First, because of other versions nothing more is known.
    let Versioned { version } = serde_json::from_slice(&text)?;
    if !(OLDEST..=VERSION).contains(&version) {
        let known =
            if OLDEST == VERSION { format!("{VERSION}") } else { format!("{OLDEST} to {VERSION}") };
        return Err(Error::other(format!(
            "the request is of version {version}, and this program reads {known}"
        )));
    }
    Ok(serde_json::from_slice(&text)?)
}

pub(crate) fn write_bars(out: &mut impl Write, bars: BarView<'_>) -> Result<()> {
    bars.time.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))?;
    let prices = [bars.open, bars.high, bars.low, bars.close, bars.volume];
    let quotes = bars.quotes.map(|quotes| [quotes.bid_mean, quotes.ask_mean, quotes.spread_mean]);
    for column in prices.into_iter().chain(quotes.into_iter().flatten()) {
        column.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))?;
    }
    Ok(())
}

/// The bars of a shape, if they are those of its hash.
pub(crate) fn read_bars(input: &mut impl Read, shape: &Shape) -> Result<Bars> {
    let n = shape.bars;
    let time = column(input, n, i64::from_le_bytes)?;
    let mut numbers = || column(input, n, f64::from_le_bytes);
    let (open, high, low) = (numbers()?, numbers()?, numbers()?);
    let (close, volume) = (numbers()?, numbers()?);
    let quotes = if shape.quotes {
        Some(Quotes { bid_mean: numbers()?, ask_mean: numbers()?, spread_mean: numbers()? })
    } else {
        None
    };
    let bars = Bars::new(Columns { time, open, high, low, close, volume, quotes });
    let bars = bars.map_err(Error::other)?;
    if bars.content_hash() == shape.content_hash {
        Ok(bars)
    } else {
        Err(Error::other("the bars are not those of their hash"))
    }
}

fn column<T>(input: &mut impl Read, n: usize, of: fn([u8; 8]) -> T) -> Result<Vec<T>> {
    // Grows as values arrive: a header that lies takes no memory.
    let mut values = Vec::new();
    let mut cell = [0; 8];
    for _ in 0..n {
        input.read_exact(&mut cell)?;
        values.push(of(cell));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use tapedeck_testkit::builders;

    use super::*;

    fn header() -> Header {
        let bars = builders::bars();
        let shape = Shape::of(&bars.content_hash(), bars.view());
        Header {
            version: VERSION,
            specification: builders::specification(7),
            datasets: vec![shape],
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let (header, bars) = (header(), builders::bars());
        let mut bytes = Vec::new();
        write_header(&mut bytes, &header).unwrap();
        write_bars(&mut bytes, bars.view()).unwrap();
        let input = &mut bytes.as_slice();
        let read = read_header(input).unwrap();
        assert_eq!(read.specification, header.specification);
        assert_eq!(read_bars(input, &read.datasets[0]).unwrap(), bars);
        assert!(input.is_empty());
    }

    #[test]
    fn a_header_of_another_version_is_refused_by_its_number_whatever_else_it_has() {
        for version in [0, VERSION + 1] {
            let text = serde_json::json!({"version": version, "shape": "unheard of"}).to_string();
            let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
            bytes.extend(text.into_bytes());
            let error = read_header(&mut bytes.as_slice()).err().unwrap().to_string();
            assert!(error.contains(&format!("version {version}")), "{error}");
        }
    }

    /// As the builds that introduced version 1 wrote it.
    #[test]
    fn a_header_of_the_build_before_is_read() {
        let text = include_str!("../tests/fixtures/header-1.json").trim_end();
        let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(text.as_bytes());
        let read = read_header(&mut bytes.as_slice()).unwrap();
        let written = header();
        assert_eq!(read.specification, written.specification);
        assert_eq!(read.datasets[0].content_hash, written.datasets[0].content_hash);
    }

    #[test]
    fn a_report_comes_back_to_the_last_bit() {
        let text = serde_json::to_vec(&Answer::Report(Box::new(builders::report()))).unwrap();
        let Answer::Report(report) = serde_json::from_slice(&text).unwrap() else { panic!() };
        // Text, because -0.0 equals 0.0.
        assert_eq!(format!("{report:?}"), format!("{:?}", builders::report()));
    }

    #[test]
    fn bars_that_were_changed_or_cut_on_the_way_are_refused() {
        let bars = builders::bars();
        let shape = Shape::of(&bars.content_hash(), bars.view());
        let mut bytes = Vec::new();
        write_bars(&mut bytes, bars.view()).unwrap();
        let last = bytes.len() - 2;
        bytes[last] ^= 1;
        assert!(read_bars(&mut bytes.as_slice(), &shape).is_err());
        assert!(read_bars(&mut &bytes[..40], &shape).is_err());
        let long = u64::MAX.to_le_bytes();
        assert!(read_header(&mut long.as_slice()).is_err());
    }
}
