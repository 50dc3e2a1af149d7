//! The process that runs one backtest and ends.

use std::collections::HashMap;
use std::io::{BufReader, BufWriter, Read, Result, Write};
use std::sync::Arc;

use tapedeck_domain::bars::Bars;
use tapedeck_domain::port::{RunControl, RunError};
use tapedeck_domain::spec::Specification;

use crate::in_process::simulated;
use crate::wire::{Answer, read_bars, read_header};

/// Reads a request, simulates it, and writes what came of it. A further byte of `input`, or its
/// end, stops the run: so it does not outlive the process that asked for it.
///
/// # Errors
/// The request cannot be read, or the answer not be written.
pub fn run_one(input: impl Read + Send + 'static, output: impl Write) -> Result<()> {
    let mut input = BufReader::with_capacity(1 << 20, input);
    let header = read_header(&mut input)?;
    let mut datasets = HashMap::new();
    for shape in &header.datasets {
        datasets.insert(shape.content_hash.clone(), read_bars(&mut input, shape)?);
    }
    let control = Arc::new(RunControl::default());
    let watched = Arc::clone(&control);
    std::thread::spawn(move || {
        let _ = input.read(&mut [0]);
        watched.stop();
    });
    let answer = answer(&header.specification, &datasets, &control);
    let mut output = BufWriter::new(output);
    serde_json::to_writer(&mut output, &answer)?;
    output.flush()
}

fn answer(spec: &Specification, datasets: &HashMap<String, Bars>, control: &RunControl) -> Answer {
    let Some(bars) = datasets.get(&spec.dataset.content_hash) else {
        return Answer::Data("its bars were not sent".to_owned());
    };
    let benchmark = spec.benchmark.as_ref().map(|benchmark| &benchmark.content_hash);
    let benchmark = match benchmark.map(|hash| datasets.get(hash)) {
        Some(None) => return Answer::Data("the bars of its benchmark were not sent".to_owned()),
        sent => sent.flatten(),
    };
    match simulated(bars, benchmark, spec, control) {
        Ok(report) => Answer::Report(Box::new(report)),
        Err(RunError::Data(detail)) => Answer::Data(detail),
        Err(RunError::Strategy(detail)) => Answer::Strategy(detail),
        Err(
            error @ (RunError::Unavailable(_)
            | RunError::Limit(..)
            | RunError::Stopped(_)
            | RunError::Internal(_)),
        ) => Answer::Strategy(error.to_string()),
    }
}
