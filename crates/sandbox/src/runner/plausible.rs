use tapedeck_domain::report::Report;

/// Holds a report against itself: who reads it later trusts its indexes. A process that was taken
/// over can say what it likes, and is not to break what reads it.
pub(super) fn plausible(report: &Report) -> Result<(), &'static str> {
    let Report { bars_done, bars_total, orders, fills, trades, open_trade, .. } = report;
    if bars_done > bars_total {
        return Err("the report has more bars done than there are");
    }
    let known = |bar: usize| bar < *bars_done;
    let rises = |bars: &mut dyn Iterator<Item = usize>| bars.is_sorted();
    if !orders.iter().all(|order| known(order.bar)) {
        return Err("the report has orders of bars that were not done");
    }
    if !fills.iter().all(|fill| known(fill.bar)) || !rises(&mut fills.iter().map(|fill| fill.bar)) {
        return Err("the report has fills of bars that were not done, or not in their order");
    }
    if !trades.iter().all(|trade| trade.entry_bar <= trade.exit_bar && known(trade.exit_bar)) {
        return Err("the report has trades of bars that were not done");
    }
    if open_trade.as_ref().is_some_and(|open| !known(open.entry_bar)) {
        return Err("the report has an open trade of a bar that was not done");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tapedeck_testkit::builders;

    use super::*;

    #[test]
    fn a_report_that_names_bars_which_were_not_done_is_refused() {
        let sound = builders::report();
        assert_eq!(plausible(&sound), Ok(()));
        let changes: [fn(&mut Report); 4] = [
            |report| report.bars_total = 0,
            |report| report.orders[0].bar = report.bars_done,
            |report| report.fills[0].bar = usize::MAX,
            |report| report.trades[0].exit_bar = report.bars_total,
        ];
        for change in changes {
            let mut report = sound.clone();
            change(&mut report);
            assert!(plausible(&report).is_err());
        }
    }
}
