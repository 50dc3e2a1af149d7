//! A definition as JSON, always in the same form, so that equal definitions are equal text.

use serde_json::{Map, Value, json};

use super::definition::{Definition, GROUPS, Named, Number, RISKS, Term};
use super::tree::{Condition, Group, Node};
use crate::indicator::Field;
use crate::strategy::ParamSchema;

impl Definition {
    pub(super) fn to_json(&self) -> Value {
        let mut set = Map::new();
        let params: Map<_, _> = self.params.iter().map(param).collect();
        if !params.is_empty() {
            set.insert("params".to_owned(), Value::Object(params));
        }
        let indicators: Map<_, _> = self.indicators.iter().map(indicator).collect();
        set.insert("indicators".to_owned(), Value::Object(indicators));
        for (name, written) in GROUPS.iter().zip(&self.groups) {
            let written = written.as_ref().map(|written| self.group(written));
            set.insert((*name).to_owned(), written.unwrap_or_default());
        }
        let distance = |written: &Option<Number>| written.as_ref().map(number).unwrap_or_default();
        let risk: Map<_, _> = RISKS
            .iter()
            .zip(&self.risk)
            .map(|(name, written)| ((*name).to_owned(), distance(written)))
            .collect();
        set.insert("risk".to_owned(), Value::Object(risk));
        Value::Object(set)
    }

    fn group(&self, group: &Group<Term>) -> Value {
        let mut nodes = group.nodes().iter().map(|node| match node {
            Node::Group(group) => self.group(group),
            Node::Condition(Condition { op, left, right }) => {
                json!({"op": op.as_str(), "left": self.term(left), "right": self.term(right)})
            }
        });
        let inner = match group {
            Group::All(_) | Group::Any(_) => Value::Array(nodes.collect()),
            Group::Not(_) => nodes.next().unwrap_or_default(),
        };
        json!({group.as_str(): inner})
    }

    fn term(&self, term: &Term) -> Value {
        let (name, bars_ago) = match term {
            Term::Number(constant) => return number(constant),
            Term::Field { field, bars_ago } => (field.as_str().to_owned(), bars_ago),
            Term::Output { indicator, output, bars_ago } => {
                let named = self.indicators.get(*indicator);
                (named.map(|named| named.output(*output)).unwrap_or_default(), bars_ago)
            }
        };
        if *bars_ago == Number::Literal(0.0) {
            return json!(name);
        }
        json!({"ref": name, "bars_ago": number(bars_ago)})
    }
}

fn indicator(named: &Named) -> (String, Value) {
    let Named { name, kind, source, numbers } = named;
    let mut members = Map::from_iter([("kind".to_owned(), json!(kind.as_str()))]);
    if kind.source().is_some() {
        members.insert("source".to_owned(), json!(Field::as_str(*source)));
    }
    let given = kind.members().iter().zip(numbers);
    members.extend(given.map(|(taken, written)| (taken.name.to_owned(), number(written))));
    (name.clone(), Value::Object(members))
}

fn param(schema: &ParamSchema) -> (String, Value) {
    let ParamSchema { name, kind, min, max, step, default, description } = schema;
    let members = json!({
        "type": kind.as_str(), "min": plain(*min), "max": plain(*max), "step": plain(*step),
        "default": plain(*default), "description": description,
    });
    (name.clone(), members)
}

fn number(written: &Number) -> Value {
    match written {
        Number::Literal(literal) => plain(*literal),
        Number::Param(name) => json!({"param": name}),
    }
}

/// Whole numbers without a point: 20 and 20.0 are the same.
fn plain(number: f64) -> Value {
    if number.fract() == 0.0 { json!(number as i64) } else { json!(number) }
}
