//! What holds for every indicator, whatever the bars and its numbers.

use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::select;
use tapedeck_domain::bars::{BarView, Bars, Columns};
use tapedeck_domain::indicator::{Field, Indicator, LineKind, RangeKind};
use tapedeck_engine::indicator::{Stream, columns};

/// More bars than between two fresh sums of a window.
const BARS: Range<usize> = 1..700;

/// What happens in one bar: hours passed, and changes as fractions of the price.
type Step = (i64, f64, f64, f64, f64, u32);

fn bars(price: f64, steps: &[Step]) -> Bars {
    let mut columns = Columns::default();
    let (mut hour, mut before) = (-9, price);
    for (hours, gap, change, above, below, volume) in steps {
        let (open, close) = (before * (1.0 + gap), before * (1.0 + gap) * (1.0 + change));
        (hour, before) = (hour + hours, close);
        columns.time.push(hour * 3_600_000_000_000);
        columns.open.push(open);
        columns.high.push(open.max(close) * (1.0 + above));
        columns.low.push(open.min(close) * (1.0 - below));
        columns.close.push(close);
        columns.volume.push(f64::from(*volume));
    }
    columns.volume[0] += 1.0;
    Bars::new(columns).unwrap()
}

/// Nothing often happens at all, so that there are flat stretches, ties and bars without volume.
fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let still = Just((1, 0.0, 0.0, 0.0, 0.0, 0));
    let moves = (1..20_i64, -0.01..0.01, -0.02..0.02, 0.0..0.01, 0.0..0.01, 0..1000_u32);
    let jump = (1..20_i64, -0.9..9.0, 0.0..0.01, 0.0..0.01, 0.0..0.01, 0..9_u32);
    let runs = prop_oneof![
        4 => prop::collection::vec(still, 1..60),
        8 => prop::collection::vec(moves, 1..90),
        1 => prop::collection::vec(jump, 1..3),
    ];
    prop::collection::vec(runs, 1..12).prop_map(|runs| {
        let mut steps = runs.concat();
        steps.truncate(BARS.end - 1);
        steps
    })
}

fn any_bars() -> impl Strategy<Value = Bars> {
    let price = select(vec![1e-9, 1e-6, 0.37, 100.1, 65_000.0, 1e9, 1e12]);
    (price, any_steps()).prop_map(|(price, steps)| bars(price, &steps))
}

fn any_indicator() -> impl Strategy<Value = Indicator> {
    let length = || prop_oneof![1..5_usize, 5..40_usize, 250..300_usize];
    let lines = select(vec![
        LineKind::Sma,
        LineKind::Ema,
        LineKind::Wma,
        LineKind::Rsi,
        LineKind::Roc,
        LineKind::Momentum,
        LineKind::Stddev,
        LineKind::Highest,
        LineKind::Lowest,
    ]);
    let ranges = select(vec![RangeKind::Atr, RangeKind::Adx, RangeKind::Cci]);
    let source = || select(Field::ALL.to_vec());
    let (mult, short) = (0.1..4.0, || 1..20_usize);
    prop_oneof![
        9 => (lines, source(), length())
            .prop_map(|(kind, source, length)| Indicator::Line { kind, source, length }),
        3 => (ranges, length()).prop_map(|(kind, length)| Indicator::Range { kind, length }),
        2 => (source(), short(), short(), short()).prop_map(|(source, fast, more, signal)| {
            Indicator::Macd { source, fast, slow: fast + more, signal }
        }),
        2 => (source(), length(), mult.clone())
            .prop_map(|(source, length, mult)| Indicator::Bollinger { source, length, mult }),
        2 => (length(), short(), short())
            .prop_map(|(k, smooth, d)| Indicator::Stochastic { k, smooth, d }),
        1 => length().prop_map(|length| Indicator::Donchian { length }),
        1 => (length(), mult).prop_map(|(length, mult)| Indicator::Keltner { length, mult }),
        1 => Just(Indicator::Obv),
        1 => Just(Indicator::Vwap),
    ]
}

/// Feeds blocks that end at the `cuts`, in order.
fn in_blocks(indicator: &Indicator, bars: BarView<'_>, cuts: &[usize]) -> Vec<Vec<f64>> {
    let mut values = vec![Vec::new(); indicator.outputs().len()];
    let mut stream = Stream::new(indicator);
    let mut start = 0;
    for end in cuts.iter().copied().chain([bars.len()]) {
        let mut block = vec![vec![0.0; end - start]; values.len()];
        let mut out: Vec<_> = block.iter_mut().map(Vec::as_mut_slice).collect();
        stream.block(bars, start..end, &mut out);
        values.iter_mut().zip(block).for_each(|(all, block)| all.extend(block));
        start = end;
    }
    values
}

/// Price and volume are always the same.
fn unmoving(price: f64) -> Bars {
    const N: usize = 620;
    let column = || vec![price; N];
    Bars::new(Columns {
        time: (0..N as i64).collect(),
        open: column(),
        high: column(),
        low: column(),
        close: column(),
        volume: column(),
        quotes: None,
    })
    .unwrap()
}

/// Whether it is 0, to the bit, when nothing moves.
fn measures_movement(indicator: &Indicator) -> bool {
    match indicator {
        Indicator::Line { kind, .. } => {
            matches!(kind, LineKind::Rsi | LineKind::Roc | LineKind::Momentum | LineKind::Stddev)
        }
        Indicator::Range { .. } | Indicator::Macd { .. } | Indicator::Stochastic { .. } => true,
        Indicator::Bollinger { .. }
        | Indicator::Donchian { .. }
        | Indicator::Keltner { .. }
        | Indicator::Obv
        | Indicator::Vwap => false,
    }
}

fn bits(columns: &[Vec<f64>], bars: usize) -> Vec<Vec<u64>> {
    columns.iter().map(|column| column[..bars].iter().map(|x| x.to_bits()).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn blocks_of_any_lengths_give_the_columns_to_the_bit(
        indicator in any_indicator(),
        bars in any_bars(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..9),
    ) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bars.len() + 1)).collect();
        cuts.sort_unstable();
        let whole = columns(&indicator, bars.view());
        let streamed = in_blocks(&indicator, bars.view(), &cuts);
        prop_assert_eq!(bits(&streamed, bars.len()), bits(&whole, bars.len()));
    }

    #[test]
    fn later_bars_change_no_value(
        indicator in any_indicator(),
        steps in any_steps(),
        other in any_steps(),
        keep in any::<prop::sample::Index>(),
    ) {
        let keep = keep.index(steps.len()) + 1;
        let altered = [&steps[..keep], &other[..]].concat();
        let (cut, whole, altered) =
            (bars(100.1, &steps[..keep]), bars(100.1, &steps), bars(100.1, &altered));
        let values = bits(&columns(&indicator, cut.view()), keep);
        prop_assert_eq!(&values, &bits(&columns(&indicator, whole.view()), keep));
        prop_assert_eq!(&values, &bits(&columns(&indicator, altered.view()), keep));
    }

    #[test]
    fn a_value_is_a_number_once_it_is_defined_and_not_before(
        indicator in any_indicator(), bars in any_bars(),
    ) {
        for column in columns(&indicator, bars.view()) {
            for (i, value) in column.iter().enumerate() {
                let quiet_day = indicator == Indicator::Vwap && value.is_nan();
                let defined = i >= indicator.first_defined() && !quiet_day;
                prop_assert_eq!(value.is_finite(), defined, "bar {}: {}", i, value);
                prop_assert!(i > 0 || !quiet_day);
            }
        }
    }

    #[test]
    fn no_value_is_infinite_however_extreme_the_prices(
        indicator in any_indicator(),
        powers in prop::collection::vec(-307..308_i32, 1..80),
    ) {
        let price: Vec<f64> = powers.iter().map(|p| format!("1e{p}").parse().unwrap()).collect();
        let bars = Bars::new(Columns {
            time: (0..price.len() as i64).collect(),
            open: price.clone(),
            high: price.clone(),
            low: price.clone(),
            volume: price.clone(),
            close: price,
            quotes: None,
        }).unwrap();
        let values = columns(&indicator, bars.view()).concat();
        prop_assert!(values.iter().all(|x| !x.is_infinite()), "{:?}", values);
    }

    #[test]
    fn what_never_moves_gives_values_that_never_move(
        indicator in any_indicator(), price in 1e-9..1e12,
    ) {
        let bars = unmoving(price);
        let first = indicator.first_defined().min(bars.len() - 1);
        for column in columns(&indicator, bars.view()) {
            let expected = if measures_movement(&indicator) { 0.0 } else { column[first] };
            for value in &column[first..] {
                let near = (value - expected).abs() <= 1e-13 * expected.abs();
                prop_assert!(near || value.is_nan(), "{} for {}", value, expected);
            }
        }
    }
}
