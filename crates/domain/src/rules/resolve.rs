//! A rule set with the values of its parameters: what an engine runs.

use super::definition::{Definition, Named, Number, Term};
use super::kind::Kind;
use super::place::Place;
use super::tree::Group;
use crate::indicator::{Field, Indicator};
use crate::spec::Direction;
use crate::strategy::{ParamFault, ParamFaultKind, Params};
use crate::trading::TradeSide;

/// A rule set without anything open.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// The indicators with their names.
    pub indicators: Vec<(String, Indicator)>,
    /// When a long position is opened.
    pub entry: Option<Group<Operand>>,
    /// When a long position is closed.
    pub exit: Option<Group<Operand>>,
    /// When a short position is opened.
    pub entry_short: Option<Group<Operand>>,
    /// When a short position is closed.
    pub exit_short: Option<Group<Operand>>,
    /// Protective exits, where a run says nothing else.
    pub risk: Protection,
}

/// A value at a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operand {
    /// The same at every bar.
    Number(f64),
    /// A column of the bars.
    Field {
        /// Which.
        field: Field,
        /// So many bars before.
        bars_ago: usize,
    },
    /// An output of an indicator.
    Output {
        /// Its index among the indicators.
        indicator: usize,
        /// The index of the output.
        output: usize,
        /// So many bars before.
        bars_ago: usize,
    },
}

/// Protective exits, as fractions of a price.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Protection {
    /// Distance of the stop.
    pub stop_loss: Option<f64>,
    /// Distance of the target.
    pub take_profit: Option<f64>,
    /// Distance of a stop that follows the price.
    pub trailing_stop: Option<f64>,
}

impl Resolved {
    /// The same rules without those of sides that are not traded.
    #[must_use]
    pub fn only(self, direction: Direction) -> Self {
        let side = |group: Option<_>, side| group.filter(|_| direction.allows(side));
        Self {
            entry: side(self.entry, TradeSide::Long),
            exit: side(self.exit, TradeSide::Long),
            entry_short: side(self.entry_short, TradeSide::Short),
            exit_short: side(self.exit_short, TradeSide::Short),
            ..self
        }
    }

    /// The name of an operand, as it is written in rules; of a number, its digits.
    pub fn name(&self, operand: Operand) -> String {
        match operand {
            Operand::Number(number) => number.to_string(),
            Operand::Field { field, .. } => field.as_str().to_owned(),
            Operand::Output { indicator, output, .. } => self.output(indicator, output),
        }
    }

    /// The name of an output: that of its indicator, and its own where there are several.
    pub fn output(&self, indicator: usize, output: usize) -> String {
        let Some((name, indicator)) = self.indicators.get(indicator) else { return String::new() };
        match indicator.outputs().get(output).copied().unwrap_or_default() {
            "" => name.clone(),
            suffix => format!("{name}.{suffix}"),
        }
    }
}

/// Puts the values of the parameters in.
pub(super) fn resolve(
    definition: &Definition,
    params: &Params,
) -> Result<Resolved, Vec<ParamFault>> {
    let mut values = Values { params, faults: Vec::new() };
    let indicators = definition.indicators.iter().map(|named| values.indicator(named)).collect();
    let groups = definition.groups.each_ref().map(|group| values.group(group.as_ref()));
    let [stop, target, trailing] = definition.risk.each_ref();
    let mut distance = |number: &Option<Number>, place| {
        number.as_ref().and_then(|number| values.number(number, place))
    };
    let risk = Protection {
        stop_loss: distance(stop, Place::Stop),
        take_profit: distance(target, Place::Target),
        trailing_stop: distance(trailing, Place::Stop),
    };
    let [entry, exit, entry_short, exit_short] = groups;
    let resolved = Resolved { indicators, entry, exit, entry_short, exit_short, risk };
    let mut faults = values.faults;
    // One value may stand in many places.
    faults.dedup();
    if faults.is_empty() { Ok(resolved) } else { Err(faults) }
}

struct Values<'a> {
    params: &'a Params,
    faults: Vec<ParamFault>,
}

impl Values<'_> {
    fn number(&mut self, number: &Number, place: Place) -> Option<f64> {
        let name = match number {
            Number::Literal(value) => return Some(*value),
            Number::Param(name) => name,
        };
        let Some(value) = self.params.get(name) else {
            self.fault(name, ParamFaultKind::Unknown, "it has no value".to_owned());
            return None;
        };
        let value = value.as_f64();
        let checked = place.check(value);
        if checked.is_err() {
            let accepts = place.accepts();
            let detail = format!("stands where {accepts} is needed, and it is {value}");
            self.fault(name, ParamFaultKind::Range, detail);
        }
        checked.ok()
    }

    fn indicator(&mut self, named: &Named) -> (String, Indicator) {
        let Named { name, kind, source, numbers } = named;
        let members = kind.members().iter();
        let given = numbers.iter().zip(members);
        let values: Vec<f64> =
            given.map(|(number, taken)| self.number(number, taken.place).unwrap_or(1.0)).collect();
        if let (Kind::Macd, [fast, slow, _], [from, or_from, _]) = (kind, &values[..], &numbers[..])
            && fast >= slow
            && self.faults.is_empty()
            && let Some(param) = [from, or_from].into_iter().find_map(Number::param)
        {
            let detail = format!(
                "makes the fast average of `{name}` {fast} bars, which is not below the slow \
                 one's {slow}"
            );
            self.fault(param, ParamFaultKind::Range, detail);
        }
        (name.clone(), kind.with(*source, &values))
    }

    fn group(&mut self, group: Option<&Group<Term>>) -> Option<Group<Operand>> {
        group?.try_map(&mut |term| self.operand(term).ok_or(())).ok()
    }

    fn operand(&mut self, term: &Term) -> Option<Operand> {
        let mut bars = |number| self.number(number, Place::BarsAgo).map(|bars| bars as usize);
        Some(match term {
            Term::Number(number) => Operand::Number(self.number(number, Place::Constant)?),
            Term::Field { field, bars_ago } => {
                Operand::Field { field: *field, bars_ago: bars(bars_ago)? }
            }
            Term::Output { indicator, output, bars_ago } => Operand::Output {
                indicator: *indicator,
                output: *output,
                bars_ago: bars(bars_ago)?,
            },
        })
    }

    fn fault(&mut self, name: &str, kind: ParamFaultKind, detail: String) {
        self.faults.push(ParamFault { name: name.to_owned(), kind, detail });
    }
}
