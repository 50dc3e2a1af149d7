//! Returns by month and year, from the last equity of each day.

use std::collections::BTreeMap;

use maud::{Markup, html};
use tapedeck_application::Finished;

use super::numbers;

const NAMES: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A year: the return of each month that has bars, and that of all of them.
#[derive(Debug, Clone, Default, PartialEq)]
struct Year {
    months: [Option<f64>; 12],
    total: f64,
}

/// The table, a row a year.
pub(super) fn table(run: &Finished) -> Markup {
    let years = years(run.job.submission.spec.capital.get(), &month_ends(run));
    html! {
        section {
            h2 { "Monthly returns" }
            div.wide {
                table.months {
                    thead {
                        tr {
                            th { "" }
                            @for name in NAMES { th { (name) } }
                            th { "Year" }
                        }
                    }
                    tbody {
                        @for (year, row) in &years {
                            tr {
                                th scope="row" { (year) }
                                @for month in row.months { (cell(month)) }
                                (cell(Some(row.total)))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn cell(value: Option<f64>) -> Markup {
    html! {
        @match value {
            Some(value) => td class=(heat(value)) { (numbers::grouped(value * 100.0, 1)) },
            None => td {},
        }
    }
}

/// A shade for each two percent, up to ten.
fn heat(value: f64) -> String {
    let shade = (value.abs() * 50.0).ceil().clamp(0.0, 5.0) as u32;
    format!("{}{shade}", if value < 0.0 { "loss" } else { "gain" })
}

/// Year, month from 0 and equity of the last day of each month.
fn month_ends(run: &Finished) -> Vec<(i32, usize, f64)> {
    let (bars, equity) = (run.bars(), &run.equity().equity);
    let day = |i: usize| bars.timestamp(i).utc_day();
    let day_ends = (0..bars.len()).filter(|i| i + 1 == bars.len() || day(*i) != day(i + 1));
    let mut ends: Vec<(i32, usize, f64)> = Vec::new();
    for i in day_ends {
        let text = bars.timestamp(i).to_string();
        let mut parts = text.splitn(3, '-');
        let year = parts.next().and_then(|year| year.parse().ok()).unwrap_or_default();
        let month: usize = parts.next().and_then(|month| month.parse().ok()).unwrap_or(1);
        let month = (month - 1).min(11);
        match ends.last_mut() {
            Some(last) if (last.0, last.1) == (year, month) => last.2 = equity[i],
            Some(_) | None => ends.push((year, month, equity[i])),
        }
    }
    ends
}

fn years(capital: f64, ends: &[(i32, usize, f64)]) -> BTreeMap<i32, Year> {
    let mut years: BTreeMap<i32, Year> = BTreeMap::new();
    let (mut before, mut year_start, mut current) = (capital, capital, None);
    for (year, month, equity) in ends {
        if current != Some(*year) {
            (current, year_start) = (Some(*year), before);
        }
        let row = years.entry(*year).or_default();
        row.months[*month] = Some(equity / before - 1.0);
        row.total = equity / year_start - 1.0;
        before = *equity;
    }
    years
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_measured_from_the_end_of_the_one_before() {
        let ends = [(2023, 10, 110.0), (2023, 11, 99.0), (2024, 0, 99.0), (2024, 2, 198.0)];
        let years = years(100.0, &ends);
        let rounded = |value: f64| (value * 1e6).round() / 1e6;
        let of = |year: i32, month: usize| years[&year].months[month].map(rounded);
        assert_eq!((of(2023, 10), of(2023, 11)), (Some(0.1), Some(-0.1)));
        assert_eq!((of(2024, 0), of(2024, 1), of(2024, 2)), (Some(0.0), None, Some(1.0)));
        assert_eq!((rounded(years[&2023].total), rounded(years[&2024].total)), (-0.01, 1.0));
    }

    #[test]
    fn shades_tell_gains_from_losses_and_small_from_large() {
        let shades = [0.0, 0.001, 0.05, 3.0, -0.001, -0.11].map(heat);
        assert_eq!(shades, ["gain0", "gain1", "gain3", "gain5", "loss1", "loss5"]);
    }
}
