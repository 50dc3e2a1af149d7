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
        "a69eb966a62bb661babe0c8d27d146e9438a83cd313ee465c3bea12c51566ff2",
        "b001ddbcdeafde4aacce78e4c0d220fa4224f21e81aba6a7e217fb6cfb22533a",
        "94672aa01f493bff12ec2331d9bb389434f2375aad189003f2ea503e7378da1e",
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
