//! Bars from CSV: `time,open,high,low,close,volume` with a header, and `bid_mean`, `ask_mean`,
//! `spread_mean` where quotes are known.

use std::io::Read;

use tapedeck_domain::bars::{Bars, BarsError, Columns, Quotes};
use tapedeck_domain::time::Timestamp;

const HEADER: [&str; 9] =
    ["time", "open", "high", "low", "close", "volume", "bid_mean", "ask_mean", "spread_mean"];
/// The first of the columns that may be missing, all or none of them.
const QUOTES: usize = 6;

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// It cannot be read as CSV.
    #[error("it cannot be read as CSV")]
    Unreadable(#[from] csv::Error),
    /// A column is missing.
    #[error("its header has no column `{column}`; it needs time,open,high,low,close,volume")]
    MissingColumn {
        /// The column.
        column: &'static str,
    },
    /// A cell is not what its column holds.
    #[error("line {line}, column `{column}`: {value:?} is not {expected}")]
    Cell {
        /// The line, from 1, the header included.
        line: u64,
        /// The column.
        column: &'static str,
        /// What it holds.
        value: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// The bars break a rule.
    #[error("line {line}: {error}", line = error.index + 2)]
    Bars {
        /// Which rule, and where.
        error: BarsError,
    },
}

/// Reads bars. Times are dates or ISO 8601, in UTC when they name no zone; the order of the
/// columns is free, and further columns are ignored. Quotes are taken when all three of their
/// columns are there.
///
/// # Errors
/// The first fault, with its line.
pub fn read_csv(input: impl Read) -> Result<Bars, CsvError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
    let places = places(reader.headers()?)?;
    let quotes = places.get(QUOTES).map(|_| Quotes::default());
    let mut columns = Columns { quotes, ..Columns::default() };
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |k: usize| record.get(places[k]).unwrap_or_default();
        let number =
            |k: usize| cell(k).parse::<f64>().map_err(|_| fault(line, k, cell(k), "a number"));
        let time: Timestamp =
            cell(0).parse().map_err(|_| fault(line, 0, cell(0), "a date or an ISO 8601 time"))?;
        columns.time.push(time.as_nanos());
        columns.open.push(number(1)?);
        columns.high.push(number(2)?);
        columns.low.push(number(3)?);
        columns.close.push(number(4)?);
        columns.volume.push(number(5)?);
        if let Some(quotes) = &mut columns.quotes {
            quotes.bid_mean.push(number(QUOTES)?);
            quotes.ask_mean.push(number(QUOTES + 1)?);
            quotes.spread_mean.push(number(QUOTES + 2)?);
        }
    }
    Bars::new(columns).map_err(|error| CsvError::Bars { error })
}

/// Where the columns stand, in the order of [`HEADER`].
fn places(header: &csv::StringRecord) -> Result<Vec<usize>, CsvError> {
    let place = |column: &str| {
        header
            .iter()
            .position(|name| name.trim_start_matches('\u{feff}').eq_ignore_ascii_case(column))
    };
    let (bars, quotes) = HEADER.split_at(QUOTES);
    let found = bars.iter().map(|column| place(column).ok_or(CsvError::MissingColumn { column }));
    let mut places = found.collect::<Result<Vec<_>, _>>()?;
    let quotes: Option<Vec<_>> = quotes.iter().map(|column| place(column)).collect();
    places.extend(quotes.unwrap_or_default());
    Ok(places)
}

fn fault(line: u64, k: usize, value: &str, expected: &'static str) -> CsvError {
    let value = value.chars().take(64).collect();
    CsvError::Cell { line, column: HEADER[k], value, expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_zoneless_times_and_fractional_volumes_are_read() {
        let text = "time,open,high,low,close,volume\n\
                    2024-01-02,1,2,0.5,1.5,0.25\n\
                    2024-01-03T14:30:00,1,2,0.5,1.5,3\n\
                    2024-01-03T16:00:00+01:00,1,2,0.5,1.5,3\n";
        let bars = read_csv(text.as_bytes()).unwrap();
        assert_eq!(bars.view().timestamp(1).to_string(), "2024-01-03T14:30:00Z");
        assert_eq!(bars.view().timestamp(2).to_string(), "2024-01-03T15:00:00Z");
        assert_eq!(bars.view().volume[0], 0.25);
    }

    #[test]
    fn columns_may_stand_in_any_order_among_others() {
        let text = "note,close,low,high,open,volume,Time\nx,1.5,0.5,2,1,9,2024-01-02\n";
        let bars = read_csv(text.as_bytes()).unwrap();
        assert_eq!((bars.view().open[0], bars.view().close[0]), (1.0, 1.5));
    }

    #[test]
    fn quotes_are_read_when_all_of_them_are_there() {
        let header = "time,open,high,low,close,volume,bid_mean,ask_mean";
        let row = "2024-01-02,1,2,0.5,1.5,9,1.4,1.6";
        let bars = read_csv(format!("{header}\n{row}\n").as_bytes()).unwrap();
        assert!(bars.view().quotes.is_none());
        let text = format!("{header},spread_mean\n{row},0.2\n");
        let bars = read_csv(text.as_bytes()).unwrap();
        assert_eq!(bars.view().quotes.unwrap().mid(0), 1.5);
        assert!(read_csv(format!("{header},spread_mean\n{row},-1\n").as_bytes()).is_err());
    }

    #[test]
    fn each_fault_names_its_line() {
        let header = "time,open,high,low,close,volume\n";
        let fault = |rows: &str| read_csv(format!("{header}{rows}").as_bytes()).unwrap_err();
        let good = "2024-01-02,1,2,0.5,1.5,1\n";
        let says = |error: CsvError, part: &str| {
            assert!(error.to_string().contains(part), "{error}");
        };
        says(fault(&format!("{good}yesterday,1,2,0.5,1.5,1\n")), "line 3, column `time`");
        says(fault(&format!("{good}2024-01-03,1,x,0.5,1.5,1\n")), "line 3, column `high`");
        says(fault(&format!("{good}{good}")), "line 3");
        says(fault("2024-01-02,1,0.9,0.5,1.5,1\n"), "line 2");
        says(fault(""), "no bars");
        says(read_csv("a,b\n1,2\n".as_bytes()).unwrap_err(), "no column `time`");
        assert!(read_csv(&b"\xff\xfe,\n"[..]).is_err());
    }
}
