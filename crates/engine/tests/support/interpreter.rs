//! Rules read the plain way: bar by bar, straight from their JSON.

use std::collections::BTreeMap;

use serde_json::Value;
use tapedeck_domain::bars::BarView;
use tapedeck_domain::rules::Resolved;
use tapedeck_engine::indicator::columns;

pub(crate) struct Interpreter<'a> {
    bars: BarView<'a>,
    values: BTreeMap<String, Vec<f64>>,
}

impl<'a> Interpreter<'a> {
    pub(crate) fn new(bars: BarView<'a>, resolved: &Resolved) -> Self {
        let mut values = BTreeMap::new();
        for (name, indicator) in &resolved.indicators {
            for (suffix, column) in indicator.outputs().iter().zip(columns(indicator, bars)) {
                let dot = if suffix.is_empty() { "" } else { "." };
                values.insert(format!("{name}{dot}{suffix}"), column);
            }
        }
        Self { bars, values }
    }

    /// The flags of a bar: the entries and exits that hold there.
    pub(crate) fn flags(&self, rules: &Value, i: usize) -> u8 {
        let names = ["entry", "exit", "entry_short", "exit_short"];
        let holds = |name: &str| self.defined(&rules[name], i) && self.holds(&rules[name], i);
        names.iter().enumerate().map(|(bit, name)| u8::from(holds(name)) << bit).sum()
    }

    fn holds(&self, node: &Value, i: usize) -> bool {
        if let Some(nodes) = node["all"].as_array() {
            return nodes.iter().all(|node| self.holds(node, i));
        }
        if let Some(nodes) = node["any"].as_array() {
            return nodes.iter().any(|node| self.holds(node, i));
        }
        if node["not"].is_object() {
            return !self.holds(&node["not"], i);
        }
        let sign = self.sign(node, i);
        let before = || (0..i).rev().filter_map(|i| self.sign(node, i)).find(|sign| *sign != 0);
        match node["op"].as_str().unwrap() {
            "gt" => sign == Some(1),
            "gte" => sign.is_some_and(|sign| sign >= 0),
            "lt" => sign == Some(-1),
            "lte" => sign.is_some_and(|sign| sign <= 0),
            "crosses_above" => sign == Some(1) && before() == Some(-1),
            "crosses_below" => sign == Some(-1) && before() == Some(1),
            other => panic!("{other}"),
        }
    }

    fn defined(&self, node: &Value, i: usize) -> bool {
        let many = node["all"].as_array().or_else(|| node["any"].as_array());
        if let Some(nodes) = many {
            return nodes.iter().all(|node| self.defined(node, i));
        }
        if node["not"].is_object() {
            return self.defined(&node["not"], i);
        }
        self.sign(node, i).is_some()
    }

    fn sign(&self, condition: &Value, i: usize) -> Option<i32> {
        let (a, b) = (self.value(&condition["left"], i)?, self.value(&condition["right"], i)?);
        if (a - b).abs() <= 1e-11 * a.abs().max(b.abs()) {
            return Some(0);
        }
        Some(if a > b { 1 } else { -1 })
    }

    fn value(&self, operand: &Value, i: usize) -> Option<f64> {
        if let Some(number) = operand.as_f64() {
            return Some(number);
        }
        if operand.is_object() {
            let back = operand["bars_ago"].as_u64().unwrap() as usize;
            return self.value(&operand["ref"], i.checked_sub(back)?);
        }
        let value = match operand.as_str().unwrap() {
            "open" => self.bars.open[i],
            "high" => self.bars.high[i],
            "low" => self.bars.low[i],
            "close" => self.bars.close[i],
            "volume" => self.bars.volume[i],
            name => self.values[name][i],
        };
        (!value.is_nan()).then_some(value)
    }
}
