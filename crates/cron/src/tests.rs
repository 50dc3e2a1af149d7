use super::*;

fn times(text: &str, zone: &str) -> CronTimes {
    CronTimes::parse(text, zone.parse().unwrap()).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The next ticks after a moment.
fn ticks(times: &CronTimes, after: &str, n: usize) -> Vec<String> {
    let mut moment = at(after);
    let next = || {
        moment = times.after(moment)?;
        Some(moment.to_string())
    };
    std::iter::from_fn(next).take(n).collect()
}

#[test]
fn a_tick_is_at_its_time_in_its_zone() {
    let daily = times("30 2 * * *", "Europe/Berlin");
    assert_eq!(ticks(&daily, "2026-01-10", 1), ["2026-01-10T01:30:00Z"]);
    assert_eq!(ticks(&daily, "2026-07-10", 1), ["2026-07-10T00:30:00Z"]);
}

#[test]
fn a_fixed_time_that_does_not_exist_is_the_first_moment_after_the_gap() {
    let daily = times("30 2 * * *", "Europe/Berlin");
    let found = ticks(&daily, "2026-03-28T12:00:00Z", 2);
    assert_eq!(found, ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
}

#[test]
fn a_fixed_time_that_exists_twice_is_the_first_of_them_alone() {
    let daily = times("30 2 * * *", "Europe/Berlin");
    let found = ticks(&daily, "2026-10-24T12:00:00Z", 2);
    assert_eq!(found, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
}

#[test]
fn what_repeats_within_the_day_goes_on_through_both_changes() {
    let hourly = times("0 * * * *", "Europe/Berlin");
    let hours = |from: &str| {
        let found = ticks(&hourly, from, 26);
        let found: Vec<i64> = found.iter().map(|text| at(text).as_nanos()).collect();
        found.windows(2).all(|pair| pair[1] - pair[0] == 3600 * SECOND_NS)
    };
    assert!(hours("2026-03-28T12:00:00Z") && hours("2026-10-24T12:00:00Z"));
}

#[test]
fn looking_back_finds_what_looking_ahead_does() {
    for (text, day) in [
        ("30 2 * * *", "2026-03-29"),
        ("30 2 * * *", "2026-10-25"),
        ("*/7 * * * *", "2026-10-25"),
        ("0 0 1 * *", "2026-10-25"),
    ] {
        let times = times(text, "Europe/Berlin");
        let mut tick = times.after(at(day).saturating_add_nanos(-86_400 * SECOND_NS)).unwrap();
        for _ in 0..50 {
            let next = times.after(tick).unwrap();
            assert_eq!(times.up_to(next), Some(next), "{text}: {next}");
            assert_eq!(times.up_to(next.saturating_add_nanos(-1)), Some(tick), "{text}: {tick}");
            tick = next;
        }
    }
}

#[test]
fn parts_of_a_second_do_not_matter() {
    let each = times("* * * * * *", "UTC");
    assert_eq!(ticks(&each, "2026-01-01T00:00:00.9Z", 1), ["2026-01-01T00:00:01Z"]);
    assert_eq!(each.up_to(at("2026-01-01T00:00:00.9Z")), Some(at("2026-01-01T00:00:00Z")));
}

#[test]
fn what_is_no_expression_is_refused() {
    for text in ["", "often", "* * * *", "60 * * * *", "* * * * * * *", "*/0 * * * *", "@yearn"] {
        let refused = CronTimes::parse(text, Zone(Tz::UTC));
        assert!(matches!(refused, Err(BadCron::Malformed(_))), "{text}: {refused:?}");
    }
    assert_eq!(CronTimes::parse("0 0 30 2 *", Zone(Tz::UTC)).err(), Some(BadCron::Never));
    assert!(CronTimes::parse("0 0 29 2 *", Zone(Tz::UTC)).is_ok());
    assert!("Mars/Olympus".parse::<Zone>().is_err());
}
