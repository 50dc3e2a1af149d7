//! Bars, specifications and reference results for the tests of the engine.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tapedeck_domain::bars::{Bars, Columns};
use tapedeck_domain::dataset::DatasetRef;
use tapedeck_domain::number::{BasisPoints, Capital, Quantity};
use tapedeck_domain::spec::{
    Commission, Costs, Direction, Execution, Risk, Sizing, Slippage, Specification,
};
use tapedeck_domain::strategy::{StrategyRef, built_ins};
use tapedeck_domain::time::Timestamp;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn aapl() -> Bars {
    let path = project().join("crates/tapedeck/samples/aapl-1d.csv");
    let mut columns = Columns::default();
    for row in csv::Reader::from_path(path).unwrap().records() {
        let row = row.unwrap();
        let number = |k: usize| row[k].parse::<f64>().unwrap();
        columns.time.push(row[0].parse::<Timestamp>().unwrap().as_nanos());
        columns.open.push(number(1));
        columns.high.push(number(2));
        columns.low.push(number(3));
        columns.close.push(number(4));
        columns.volume.push(number(5));
    }
    Bars::new(columns).unwrap()
}

pub(crate) fn oracle(name: &str) -> Value {
    let path = project().join("tests/fixtures/oracle").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The columns of a compressed CSV file by their names.
pub(crate) fn oracle_columns(name: &str) -> BTreeMap<String, Vec<f64>> {
    let path = project().join("tests/fixtures/oracle").join(name);
    let mut text = String::new();
    let file = std::fs::File::open(path).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let mut columns = vec![Vec::new(); names.len()];
    for row in reader.records() {
        for (column, cell) in columns.iter_mut().zip(row.unwrap().iter()).skip(1) {
            column.push(if cell.is_empty() { f64::NAN } else { cell.parse().unwrap() });
        }
    }
    names.into_iter().zip(columns).skip(1).collect()
}

/// A crossover of 100 units from 100,000 with `commission` as a fraction.
pub(crate) fn spec(fast: u32, slow: u32, commission: f64) -> Specification {
    let strategy = &built_ins()[0];
    let given = BTreeMap::from([
        ("fast".to_owned(), f64::from(fast)),
        ("slow".to_owned(), f64::from(slow)),
    ]);
    let bps = |value: f64| BasisPoints::try_from(value).unwrap();
    Specification {
        dataset: DatasetRef {
            id: "aapl-1d".parse().unwrap(),
            version: 1,
            content_hash: String::new(),
            periods_per_year: 252,
        },
        from: Timestamp::from_nanos(i64::MIN),
        to: Timestamp::from_nanos(i64::MAX),
        strategy: StrategyRef { id: strategy.reference.id.clone(), version: 1 },
        rules: None,
        guest: None,
        params: strategy.params(&given).unwrap(),
        seed: 0,
        capital: Capital::try_from(100_000.0).unwrap(),
        direction: Direction::Long,
        sizing: Sizing::FixedQuantity { value: Quantity::try_from(100.0).unwrap() },
        costs: Costs {
            commission: Commission::Bps { value: bps(commission * 10_000.0), minimum: None },
            slippage: Slippage::Bps { value: bps(0.0) },
        },
        risk: Risk::default(),
        execution: Execution::default(),
        benchmark: None,
        checks: Vec::new(),
    }
}
