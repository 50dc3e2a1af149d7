//! What clients ask for: few different things, so that equal ones meet.

use serde_json::{Value, json};

use super::history::Kind;
use super::seed::Chance;

const DATASETS: [&str; 3] = ["aapl-1d", "aapl-1d", "demo-1m"];
const LENGTHS: [(u32, u32); 4] = [(5, 20), (10, 30), (20, 50), (12, 26)];

/// A request of a kind.
pub fn body(kind: Kind, chance: &mut Chance) -> Value {
    match kind {
        Kind::Backtest => backtest(chance),
        Kind::Sweep => sweep(chance),
    }
}

fn backtest(chance: &mut Chance) -> Value {
    let (fast, slow) = *chance.pick(&LENGTHS);
    json!({
        "dataset_id": chance.pick(&DATASETS),
        "strategy_id": "sma_crossover",
        "params": {"fast": fast, "slow": slow},
        "capital": 1e6,
        "force_new": chance.percent(50),
    })
}

fn sweep(chance: &mut Chance) -> Value {
    let slow = *chance.pick(&[40, 60]);
    json!({
        "backtest": {"dataset_id": "aapl-1d", "strategy_id": "sma_crossover", "force_new": true},
        "parameters": {"fast": {"from": 5, "to": 25, "step": 10}, "slow": {"values": [30, slow]}},
    })
}

/// The same request in what matters to its results.
pub fn in_effect(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(members) = body.as_object_mut() {
        members.remove("force_new");
    }
    body
}
