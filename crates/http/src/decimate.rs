//! Fewer points for a chart, with every spike still on it.

/// Indexes of at most `max` values (at least 2), in order: the first, the last, and of each
/// stretch between them its lowest and its highest.
pub(crate) fn decimate(values: &[f64], max: usize) -> Vec<usize> {
    let n = values.len();
    if n <= max.max(2) {
        return (0..n).collect();
    }
    let stretches = (max - 2) / 2;
    let mut kept = vec![0];
    for k in 0..stretches {
        let start = 1 + k * (n - 2) / stretches;
        let end = 1 + (k + 1) * (n - 2) / stretches;
        let by_value = |a: &usize, b: &usize| values[*a].total_cmp(&values[*b]);
        let low = (start..end).min_by(by_value);
        let high = (start..end).max_by(by_value);
        let mut pair: Vec<usize> = low.into_iter().chain(high).collect();
        pair.sort_unstable();
        pair.dedup();
        kept.extend(pair);
    }
    kept.push(n - 1);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_the_extremes_stay() {
        let mut values: Vec<f64> = (0..1000).map(f64::from).collect();
        values[500] = -7.0;
        values[501] = 5000.0;
        for max in [4, 5, 10, 100, 999] {
            let kept = decimate(&values, max);
            assert!(kept.len() <= max, "{} of {max}", kept.len());
            assert!(kept.is_sorted_by(|a, b| a < b));
            for index in [0, 500, 501, 999] {
                assert!(kept.contains(&index), "{index} of {max}");
            }
        }
        assert_eq!(decimate(&values, 2), [0, 999]);
        assert_eq!(decimate(&values[..3], 10), [0, 1, 2]);
        assert!(decimate(&[], 10).is_empty());
    }
}
