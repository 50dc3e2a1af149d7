//! Reports to the byte: the same in every process, at every optimisation level, on every machine
//! of an architecture. A hash that changes is a new `ENGINE_VERSION`.
//!
//! `cargo test --release -p tapedeck-engine --test golden` shows the same for a release build.

#[expect(dead_code, reason = "shared with other tests")]
mod support;

use sha2::{Digest as _, Sha256};
use support::{aapl, oracle, spec};
use tapedeck_domain::rules::RuleSet;
use tapedeck_domain::spec::{Check, Direction, Sizing, Specification};
use tapedeck_engine::{ENGINE_VERSION, Unattended, simulate};

fn number<T: TryFrom<f64, Error: std::fmt::Debug>>(value: f64) -> T {
    T::try_from(value).unwrap()
}

fn guarded() -> Specification {
    let mut spec = spec(5, 20, 0.001);
    spec.direction = Direction::Both;
    spec.sizing = Sizing::RiskToStop { value: number(0.01) };
    spec.risk.stop_loss = Some(number(0.02));
    spec.risk.take_profit = Some(number(0.04));
    spec.risk.trailing_stop = Some(number(0.03));
    spec.execution.max_volume_share = Some(number(0.0001));
    spec.execution.lot_size = Some(number(1.0));
    spec.execution.close_at_end = true;
    spec.checks = vec![Check::Lookahead];
    spec
}

fn by_rules() -> Specification {
    let rules = RuleSet::parse(&oracle("rules/r1_trend_pullback_AAPL.json")["rules"]).unwrap();
    let mut spec = spec(5, 20, 0.001);
    spec.params = rules.defaults();
    spec.rules = Some(rules);
    spec
}

fn hash(spec: &Specification) -> String {
    let report = simulate(aapl().view().into(), spec, &mut Unattended).unwrap();
    hex::encode(Sha256::digest(serde_json::to_vec(&report).unwrap()))
}

#[test]
fn reports_are_the_same_to_the_byte_everywhere() {
    let found = [hash(&spec(20, 50, 0.001)), hash(&guarded()), hash(&by_rules())];
    let expected = [
        "1f94f635df9108f70fcbb7698eaef4ed14e21f9724d0ad21923ff498da9d0bc6",
        "53710ddb3e89f8e520be9f222aca8dd954270830d5fae57f2e8702b48b5ac436",
        "e174fbb9af60f6bc035fc0fb6045058f6f675d76cf8c15690be0e27f97434f2f",
    ];
    assert_eq!(found, expected, "engine version {ENGINE_VERSION}");
}

#[test]
fn threads_change_nothing() {
    let here = hash(&guarded());
    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(|| hash(&guarded()))).collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), here);
    }
}
