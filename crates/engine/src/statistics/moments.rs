//! Means, spreads and shapes of samples.

/// The sum, in four lanes: one after the other, each would wait for the one before.
pub(super) fn sum(x: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let chunks = x.chunks_exact(4);
    let rest: f64 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += x;
        }
    }
    lanes.iter().sum::<f64>() + rest
}

pub(super) fn mean(x: &[f64]) -> Option<f64> {
    if x.is_empty() { None } else { Some(sum(x) / x.len() as f64) }
}

/// Sum of the `k`-th powers of the distances from the mean.
fn central_sum(x: &[f64], mean: f64, k: u32) -> f64 {
    x.iter().map(|v| (0..k).fold(1.0, |product, _| product * (v - mean))).sum()
}

/// Standard deviation with `ddof` 1; `None` for fewer than two values, or for values that are
/// alike but for rounding.
pub(super) fn std(x: &[f64]) -> Option<f64> {
    let mean = mean(x)?;
    spread(mean, central_sum(x, mean, 2), x.len())
}

/// The standard deviation of `n` values with a given mean and sum of squared distances from it.
pub(super) fn spread(mean: f64, squares: f64, n: usize) -> Option<f64> {
    if n < 2 {
        return None;
    }
    let std = (squares / (n - 1) as f64).sqrt();
    (std > NOISE * (1.0 + mean.abs())).then_some(std)
}

/// A spread below this share of the values is rounding noise.
const NOISE: f64 = 1e-14;

/// Bias-corrected skewness, the G1 of pandas; needs three values.
pub(super) fn skew(x: &[f64]) -> Option<f64> {
    let n = x.len() as f64;
    std(x).filter(|_| x.len() >= 3)?;
    let mean = mean(x)?;
    let (m2, m3) = (central_sum(x, mean, 2), central_sum(x, mean, 3));
    Some(n * (n - 1.0).sqrt() / (n - 2.0) * m3 / (m2 * m2.sqrt()))
}

/// Bias-corrected excess kurtosis, the G2 of pandas; needs four values.
pub(super) fn kurtosis(x: &[f64]) -> Option<f64> {
    let n = x.len() as f64;
    std(x).filter(|_| x.len() >= 4)?;
    let mean = mean(x)?;
    let (m2, m4) = (central_sum(x, mean, 2), central_sum(x, mean, 4));
    let adjust = 3.0 * (n - 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0));
    let scaled = n * (n + 1.0) * (n - 1.0) * m4 / ((n - 2.0) * (n - 3.0) * m2 * m2);
    Some(scaled - adjust)
}

/// Probabilistic Sharpe ratio against 0, with population skewness and kurtosis.
pub(super) fn probabilistic_sharpe(x: &[f64]) -> Option<f64> {
    let n = x.len() as f64;
    let (mean, std) = (mean(x)?, std(x)?);
    let sharpe = mean / std;
    let m2 = central_sum(x, mean, 2) / n;
    let skew = central_sum(x, mean, 3) / n / (m2 * m2.sqrt());
    let kurtosis = central_sum(x, mean, 4) / n / (m2 * m2);
    let spread = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe * sharpe;
    let z = sharpe / (spread / (n - 1.0)).sqrt();
    z.is_finite().then(|| 0.5 * libm::erfc(-z / core::f64::consts::SQRT_2))
}

/// Quantile `q` with linear interpolation between the sorted values.
pub(super) fn quantile(x: &[f64], q: f64) -> Option<f64> {
    let mut values = x.to_vec();
    let at = q * values.len().checked_sub(1)? as f64;
    let (low, share) = (at.floor() as usize, at.fract());
    let (_, a, above) = values.select_nth_unstable_by(low, f64::total_cmp);
    let b = above.iter().copied().min_by(f64::total_cmp).unwrap_or(*a);
    Some(*a + (b - *a) * share)
}
