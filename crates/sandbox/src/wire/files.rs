//! Bars and bytes in sealed memory: written once by the server, read by any of its processes,
//! changed by nobody.

use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use serde::{Deserialize, Serialize};
use tapedeck_domain::bars::{BarView, Columns, Quotes};
use tapedeck_domain::time::Timestamp;

/// What the file of a dataset holds: its columns in their order, little-endian.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shape {
    pub(crate) content_hash: String,
    pub(crate) bars: usize,
    pub(crate) quotes: bool,
}

impl Shape {
    pub(crate) fn of(content_hash: &str, bars: BarView<'_>) -> Self {
        let (content_hash, quotes) = (content_hash.to_owned(), bars.quotes.is_some());
        Self { content_hash, bars: bars.len(), quotes }
    }

    /// Bytes of the file.
    pub(crate) const fn bytes(&self) -> u64 {
        let columns = if self.quotes { 9 } else { 6 };
        self.bars as u64 * columns * CELL
    }
}

/// Bytes of a value.
const CELL: u64 = 8;

/// The columns of `bars`, sealed.
pub(crate) fn seal_bars(bars: BarView<'_>) -> Result<OwnedFd> {
    sealed(|out| {
        bars.time.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))?;
        let prices = [bars.open, bars.high, bars.low, bars.close, bars.volume];
        let quotes = bars.quotes.map(|all| [all.bid_mean, all.ask_mean, all.spread_mean]);
        let mut columns = prices.into_iter().chain(quotes.into_iter().flatten());
        columns.try_for_each(|column| {
            column.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))
        })
    })
}

/// `bytes`, sealed.
pub(crate) fn seal_bytes(bytes: &[u8]) -> Result<OwnedFd> {
    sealed(|out| out.write_all(bytes))
}

fn sealed(write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = File::from(memfd_create("tapedeck", flags)?);
    let mut out = BufWriter::with_capacity(1 << 18, file);
    write(&mut out)?;
    let file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    let all = SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
    fcntl_add_seals(&file, all)?;
    Ok(file.into())
}

/// The columns of the bars whose time lies from `from` to `to`; no others take memory. Who sealed
/// them had checked them.
pub(crate) fn read_range(
    file: OwnedFd,
    shape: &Shape,
    from: Timestamp,
    to: Timestamp,
) -> Result<Columns> {
    let (file, n) = (File::from(file), shape.bars);
    // Positions and not the file's own offset, which all its readers share.
    let mut time = column(&file, 0, n, i64::from_le_bytes)?;
    let start = time.partition_point(|t| *t < from.as_nanos());
    let end = time.partition_point(|t| *t <= to.as_nanos()).max(start);
    time.truncate(end);
    time.drain(..start);
    time.shrink_to_fit();
    let numbers = |k: usize| column(&file, k * n + start, end - start, f64::from_le_bytes);
    let (open, high, low) = (numbers(1)?, numbers(2)?, numbers(3)?);
    let (close, volume) = (numbers(4)?, numbers(5)?);
    let quotes = if shape.quotes {
        Some(Quotes { bid_mean: numbers(6)?, ask_mean: numbers(7)?, spread_mean: numbers(8)? })
    } else {
        None
    };
    Ok(Columns { time, open, high, low, close, volume, quotes })
}

fn column<T>(file: &File, from: usize, n: usize, of: fn([u8; 8]) -> T) -> Result<Vec<T>> {
    let mut values = Vec::with_capacity(n);
    let mut buffer = vec![0; (n * 8).min(1 << 18)];
    let (mut at, end) = (from as u64 * CELL, (from + n) as u64 * CELL);
    while at < end {
        let left = usize::try_from(end - at).unwrap_or(usize::MAX);
        let some = left.min(buffer.len());
        file.read_exact_at(&mut buffer[..some], at)?;
        values.extend(buffer[..some].as_chunks::<8>().0.iter().map(|cell| of(*cell)));
        at += some as u64;
    }
    Ok(values)
}
