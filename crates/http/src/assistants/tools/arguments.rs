//! Arguments of tools that are not bodies of routes: described once, so that what is described is
//! what is read.

use rmcp::model::JsonObject;
use serde_json::{Value, json};
use tapedeck_application::{FaultCode, FieldFault};

use crate::wire::Refusal;

/// One argument.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) description: &'static str,
}

/// What an argument is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A text that must be there.
    Text,
    /// A text that may be there.
    OptionalText,
    /// A whole number of a range.
    Whole { least: u64, most: u64, default: Option<u64> },
}

/// Arguments that are as they are described.
#[derive(Debug)]
pub(super) struct Arguments {
    given: JsonObject,
    fields: &'static [Field],
}

impl Field {
    fn schema(&self) -> Value {
        let mut schema = match self.kind {
            Kind::Text => json!({"type": "string"}),
            Kind::OptionalText => json!({"type": ["string", "null"]}),
            Kind::Whole { least, most, .. } => {
                json!({"type": ["integer", "null"], "minimum": least, "maximum": most})
            }
        };
        if let Kind::Whole { default: Some(default), .. } = self.kind {
            schema["default"] = json!(default);
        }
        schema["description"] = json!(self.description);
        schema
    }

    /// What is wrong with a value, if anything is.
    fn fault(&self, value: Option<&Value>) -> Option<(FaultCode, String)> {
        let name = self.name;
        match (self.kind, value) {
            (Kind::Text, None | Some(Value::Null)) => {
                Some((FaultCode::Missing, format!("`{name}` is required")))
            }
            (Kind::Text | Kind::OptionalText, Some(Value::String(_)))
            | (Kind::OptionalText | Kind::Whole { .. }, None | Some(Value::Null)) => None,
            (Kind::Text | Kind::OptionalText, Some(_)) => {
                Some((FaultCode::Type, format!("`{name}` must be a text")))
            }
            (Kind::Whole { least, most, .. }, Some(value)) => match value.as_f64() {
                Some(number) if number.fract() == 0.0 => {
                    let inside = (least as f64..=most as f64).contains(&number);
                    let detail = || format!("`{name}` must be from {least} to {most}");
                    (!inside).then(|| (FaultCode::Range, detail()))
                }
                Some(_) | None => {
                    Some((FaultCode::Type, format!("`{name}` must be a whole number")))
                }
            },
        }
    }
}

/// A JSON Schema of these arguments, and of no others.
pub(super) fn schema(fields: &[Field]) -> Value {
    let properties: JsonObject =
        fields.iter().map(|field| (field.name.to_owned(), field.schema())).collect();
    let required = fields.iter().filter(|field| matches!(field.kind, Kind::Text));
    json!({
        "type": "object",
        "properties": properties,
        "required": required.map(|field| field.name).collect::<Vec<_>>(),
        "additionalProperties": false,
    })
}

impl Arguments {
    /// Holds what was sent against what is described; every fault is named at once.
    pub(super) fn read(given: JsonObject, fields: &'static [Field]) -> Result<Self, Refusal> {
        let mut faults: Vec<FieldFault> = Vec::new();
        let mut add = |name: &str, code, detail| {
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            faults.push(FieldFault { pointer, code, detail });
        };
        for field in fields {
            if let Some((code, detail)) = field.fault(given.get(field.name)) {
                add(field.name, code, detail);
            }
        }
        let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
        for name in given.keys().filter(|name| !known.contains(&name.as_str())) {
            let detail = match known.as_slice() {
                [] => "this tool takes no arguments".to_owned(),
                names => format!("not an argument: there are {}", names.join(", ")),
            };
            add(name, FaultCode::Unknown, detail);
        }
        if faults.is_empty() { Ok(Self { given, fields }) } else { Err(Refusal::Invalid(faults)) }
    }

    /// A text, empty where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.given.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A text that is there.
    pub(super) fn given_text(&self, name: &str) -> Option<&str> {
        self.given.get(name).and_then(Value::as_str)
    }

    /// A whole number, or what is taken in its place.
    pub(super) fn whole(&self, name: &str) -> Option<u64> {
        let given = self.given.get(name).and_then(Value::as_f64).map(|number| number as u64);
        let mut defaults = self.fields.iter().filter(|field| field.name == name);
        given.or_else(|| match defaults.next()?.kind {
            Kind::Whole { default, .. } => default,
            Kind::Text | Kind::OptionalText => None,
        })
    }
}
