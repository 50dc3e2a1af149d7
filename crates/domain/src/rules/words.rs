//! A rule set in words.

use super::definition::{Definition, Named, Number, Term};
use super::tree::{Condition, Group, Node};
use crate::strategy::Params;

/// Longer summaries end in an ellipsis.
const LONGEST: usize = 1_000;

/// One sentence with the values of `params`.
pub(super) fn summary(definition: &Definition, params: &Params) -> String {
    let words = Words { definition, params };
    let [entry, exit, entry_short, exit_short] = definition.groups.each_ref().map(Option::as_ref);
    let clauses = [
        (entry, "enter long when"),
        (exit.filter(|_| entry.is_some()), "leave when"),
        (entry_short, "enter short when"),
        (exit_short.filter(|_| entry_short.is_some()), "leave the short when"),
    ]
    .map(|(group, lead): (Option<&Group<Term>>, _)| {
        Some(format!("{lead} {}", words.group(group?)))
    });
    let risks = ["stop loss", "take profit", "trailing stop"].into_iter().zip(&definition.risk);
    let risks = risks.filter_map(|(name, number)| Some(words.percent(name, number.as_ref()?)));
    let all: Vec<String> = clauses.into_iter().flatten().chain(risks).collect();
    sentence(&all.join("; "))
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    let mut sentence: String = first.into_iter().chain(letters).take(LONGEST).collect();
    sentence.push(if text.chars().count() > LONGEST { '…' } else { '.' });
    sentence
}

struct Words<'a> {
    definition: &'a Definition,
    params: &'a Params,
}

impl Words<'_> {
    fn group(&self, group: &Group<Term>) -> String {
        let parts: Vec<String> = group.nodes().iter().map(|node| self.node(node)).collect();
        match group {
            Group::All(_) => parts.join(" and "),
            Group::Any(_) => parts.join(" or "),
            Group::Not(_) => format!("not ({})", parts.join("")),
        }
    }

    fn node(&self, node: &Node<Term>) -> String {
        match node {
            Node::Group(group) if group.nodes().len() > 1 => format!("({})", self.group(group)),
            Node::Group(group) => self.group(group),
            Node::Condition(Condition { op, left, right }) => {
                format!("{} {} {}", self.term(left), op.words(), self.term(right))
            }
        }
    }

    fn term(&self, term: &Term) -> String {
        let (name, bars_ago) = match term {
            Term::Number(number) => return self.number(number),
            Term::Field { field, bars_ago } => (field.as_str().to_owned(), bars_ago),
            Term::Output { indicator, output, bars_ago } => {
                let named = self.definition.indicators.get(*indicator);
                (named.map(|named| self.output(named, *output)).unwrap_or_default(), bars_ago)
            }
        };
        match self.number(bars_ago).as_str() {
            "0" => name,
            "1" => format!("{name} 1 bar ago"),
            bars => format!("{name} {bars} bars ago"),
        }
    }

    /// `SMA(20)`, `SMA(20) of open`, `the lower line of Bollinger(20, 2)`.
    fn output(&self, named: &Named, output: usize) -> String {
        let Named { kind, source, numbers, .. } = named;
        let numbers: Vec<String> = numbers.iter().map(|number| self.number(number)).collect();
        let mut label = kind.label().to_owned();
        if !numbers.is_empty() {
            label = format!("{label}({})", numbers.join(", "));
        }
        if kind.source().is_some_and(|usual| usual != *source) {
            label = format!("{label} of {}", source.as_str());
        }
        match kind.outputs().get(output).copied().unwrap_or_default() {
            "" => label,
            "line" => format!("the line of {label}"),
            suffix => format!("the {suffix} line of {label}"),
        }
    }

    fn percent(&self, name: &str, fraction: &Number) -> String {
        match self.value(fraction) {
            // 0.07 is 7 percent and not 7.000000000000001.
            Some(value) => format!("{name} {} %", (value * 1e10).round() / 1e8),
            None => format!("{name} {}", self.number(fraction)),
        }
    }

    fn number(&self, number: &Number) -> String {
        match (self.value(number), number) {
            (Some(value), _) => value.to_string(),
            (None, Number::Literal(value)) => value.to_string(),
            (None, Number::Param(name)) => name.clone(),
        }
    }

    fn value(&self, number: &Number) -> Option<f64> {
        match number {
            Number::Literal(value) => Some(*value),
            Number::Param(name) => self.params.get(name).map(|value| value.as_f64()),
        }
    }
}
