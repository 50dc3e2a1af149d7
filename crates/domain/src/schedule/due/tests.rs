use super::*;
use crate::time::SECOND_NS;

/// A tick at each whole minute.
struct EachMinute;

const MINUTE_NS: i64 = 60 * SECOND_NS;

impl Timetable for EachMinute {
    fn after(&self, moment: Timestamp) -> Option<Timestamp> {
        let minute = moment.as_nanos().div_euclid(MINUTE_NS) + 1;
        Some(Timestamp::from_nanos(minute * MINUTE_NS))
    }

    fn up_to(&self, moment: Timestamp) -> Option<Timestamp> {
        let minute = moment.as_nanos().div_euclid(MINUTE_NS);
        Some(Timestamp::from_nanos(minute * MINUTE_NS))
    }
}

const NAME: ScheduleName = ScheduleName::Retention;

fn plan(jitter: u64, seed: u64) -> Plan<'static> {
    Plan { timetable: Some(&EachMinute), jitter: Duration::from_secs(jitter), seed }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn jitter_is_bounded_the_same_for_one_tick_and_differs_between_ticks_and_processes() {
    let mut seen = std::collections::BTreeSet::new();
    for minute in 0..50 {
        let tick = Timestamp::from_nanos(minute * MINUTE_NS);
        for seed in 0..10 {
            let found = jitter(NAME, &EachMinute, tick, plan(10, seed));
            assert!(found <= Duration::from_secs(10), "{found:?}");
            assert_eq!(found, jitter(NAME, &EachMinute, tick, plan(10, seed)));
            seen.insert(found);
        }
    }
    assert!(seen.len() > 400, "{} different ones of 500", seen.len());
    assert!(seen.first() < Some(&Duration::from_secs(1)));
    assert!(seen.last() > Some(&Duration::from_secs(9)));
}

#[test]
fn jitter_is_at_most_half_of_the_way_to_the_next_tick() {
    let late = (0..200).map(|seed| jitter(NAME, &EachMinute, at("2024-01-01"), plan(3600, seed)));
    let latest = late.max().unwrap();
    assert!(latest <= Duration::from_secs(30) && latest > Duration::from_secs(25), "{latest:?}");
    assert_eq!(jitter(NAME, &EachMinute, at("2024-01-01"), plan(0, 1)), Duration::ZERO);
}

#[test]
fn a_tick_is_begun_when_its_jitter_is_over() {
    let state = ScheduleState::new(NAME, at("2024-01-01T00:00:30Z"));
    let tick = at("2024-01-01T00:01:00Z");
    let plan = plan(10, 3);
    let begins = tick.plus(jitter(NAME, &EachMinute, tick, plan));
    assert!(begins > tick);
    assert_eq!(due(&state, plan, at("2024-01-01T00:00:40Z")), Due::Nothing(Some(tick)));
    assert_eq!(
        due(&state, plan, begins.minus(Duration::from_nanos(1))),
        Due::Nothing(Some(begins))
    );
    assert_eq!(due(&state, plan, begins), Due::Begin { tick, stands_for: None });
}

#[test]
fn what_is_off_or_paused_has_no_next_tick_and_no_run() {
    let mut state = ScheduleState::new(NAME, at("2024-01-01T00:00:30Z"));
    let now = at("2024-01-01T00:05:30Z");
    assert_eq!(due(&state, Plan { timetable: None, ..plan(0, 0) }, now), Due::Nothing(None));
    assert_eq!(next_tick(&state, &EachMinute, now), Some(at("2024-01-01T00:06:00Z")));
    let by = crate::actor::Actor::command_line();
    state.pause = Some(crate::port::Pause { at: now, by, request_id: None, reason: None });
    assert_eq!(due(&state, plan(0, 0), now), Due::Pass(at("2024-01-01T00:05:00Z")));
    assert_eq!(next_tick(&state, &EachMinute, now), None);
}
