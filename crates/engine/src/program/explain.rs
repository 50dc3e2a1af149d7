use tapedeck_domain::bars::BarView;
use tapedeck_domain::rules::{
    Condition, ConditionTruth, Explanation, Group, GroupTruth, Node, NodeTruth, Op, Operand,
    Resolved, RuleTruth,
};

use super::evaluation::column;
use super::kernel::{ABOVE, BELOW, TIED, relation};
use crate::indicator::columns;

/// What rules said of bar `i`, value by value, from the bars up to `i`.
///
/// It is computed apart from the program, the plain way.
pub fn explain(bars: BarView<'_>, rules: &Resolved, i: usize) -> Explanation {
    let bars = bars.first(i + 1);
    let values = rules.indicators.iter().map(|(_, indicator)| columns(indicator, bars)).collect();
    let reader = Reader { bars, rules, values };
    let groups = [
        ("entry", &rules.entry),
        ("exit", &rules.exit),
        ("entry_short", &rules.entry_short),
        ("exit_short", &rules.exit_short),
    ];
    let rule = |(name, group): (&str, &Option<Group<Operand>>)| {
        Some((name.to_owned(), reader.rule(group.as_ref()?, i)))
    };
    Explanation {
        indicators: reader.outputs(i),
        rules: groups.into_iter().filter_map(rule).collect(),
    }
}

struct Reader<'a> {
    bars: BarView<'a>,
    rules: &'a Resolved,
    /// For each indicator, for each output, a value a bar.
    values: Vec<Vec<Vec<f64>>>,
}

impl Reader<'_> {
    fn outputs(&self, i: usize) -> std::collections::BTreeMap<String, Option<f64>> {
        let outputs = self.values.iter().enumerate().flat_map(|(indicator, outputs)| {
            outputs.iter().enumerate().map(move |(output, values)| (indicator, output, values))
        });
        outputs
            .map(|(indicator, output, values)| {
                (self.rules.output(indicator, output), defined(values[i]))
            })
            .collect()
    }

    fn rule(&self, group: &Group<Operand>, i: usize) -> RuleTruth {
        let group = self.group(group, i);
        RuleTruth { truth: group.truth && group.defined, defined: group.defined, group }
    }

    fn group(&self, group: &Group<Operand>, i: usize) -> GroupTruth {
        let children: Vec<NodeTruth> =
            group.nodes().iter().map(|node| self.node(node, i)).collect();
        let mut truths = children.iter().map(NodeTruth::truth);
        let truth = match group {
            Group::All(_) => truths.all(|truth| truth),
            Group::Any(_) => truths.any(|truth| truth),
            Group::Not(_) => !truths.all(|truth| truth),
        };
        let defined = children.iter().all(NodeTruth::defined);
        GroupTruth { kind: group.as_str(), truth, defined, children }
    }

    fn node(&self, node: &Node<Operand>, i: usize) -> NodeTruth {
        match node {
            Node::Group(group) => NodeTruth::Group(self.group(group, i)),
            Node::Condition(condition) => NodeTruth::Condition(self.condition(condition, i)),
        }
    }

    fn condition(&self, condition: &Condition<Operand>, i: usize) -> ConditionTruth {
        let Condition { op, left, right } = *condition;
        let related = |i: usize| self.relation(left, right, i);
        let crossed = |to: u8| {
            let differed =
                (0..i).rev().map(related).find(|relation| relation & (ABOVE | BELOW) != 0);
            related(i) == to && differed.is_some_and(|before| before != to)
        };
        let truth = match op {
            Op::Gt => related(i) == ABOVE,
            Op::Gte => related(i) & (ABOVE | TIED) != 0,
            Op::Lt => related(i) == BELOW,
            Op::Lte => related(i) & (BELOW | TIED) != 0,
            Op::CrossesAbove => crossed(ABOVE),
            Op::CrossesBelow => crossed(BELOW),
        };
        ConditionTruth {
            text: format!("{} {} {}", self.name(left), op.words(), self.name(right)),
            op: op.as_str(),
            left: self.value(left, i),
            right: self.value(right, i),
            truth,
            defined: related(i) != 0,
        }
    }

    fn relation(&self, left: Operand, right: Operand, i: usize) -> u8 {
        match (self.value(left, i), self.value(right, i)) {
            (Some(left), Some(right)) => relation(left, right),
            (None, _) | (_, None) => 0,
        }
    }

    fn value(&self, operand: Operand, i: usize) -> Option<f64> {
        match operand {
            Operand::Number(number) => Some(number),
            Operand::Field { field, bars_ago } => {
                Some(column(self.bars, field)[i.checked_sub(bars_ago)?])
            }
            Operand::Output { indicator, output, bars_ago } => {
                let values = self.values.get(indicator)?.get(output)?;
                defined(*values.get(i.checked_sub(bars_ago)?)?)
            }
        }
    }

    fn name(&self, operand: Operand) -> String {
        let name = self.rules.name(operand);
        match operand {
            Operand::Field { bars_ago, .. } | Operand::Output { bars_ago, .. } if bars_ago > 0 => {
                format!("{name}[{bars_ago}]")
            }
            Operand::Number(_) | Operand::Field { .. } | Operand::Output { .. } => name,
        }
    }
}

fn defined(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}
