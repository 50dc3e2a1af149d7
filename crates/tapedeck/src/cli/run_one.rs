use anyhow::Context as _;

/// Runs one backtest for a server that started this process, and says what came of it.
pub(super) fn run() -> anyhow::Result<()> {
    tapedeck_sandbox::run_one(std::io::stdin(), std::io::stdout()).context("running a backtest")
}
