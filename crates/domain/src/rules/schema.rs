//! The JSON Schema of rule sets, from the same tables that they are read by.

use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::place::{MAX_BARS, MAX_CONSTANT, MAX_MULT, Place};
use super::tree::Op;
use crate::indicator::Field;

/// A JSON Schema (2020-12) of rule sets. What it cannot say (that names exist, that groups are at
/// most 16 deep) its descriptions say.
pub fn json_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rule set",
        "description": "A strategy as data: named indicators, and groups of conditions that say \
                        when to enter and when to leave. A group is false until everything named \
                        in it is defined. Rules are looked at on each close; orders fill at the \
                        next open.",
        "type": "object",
        "properties": {
            "params": {
                "description": "Parameters by name: {\"param\": NAME} stands for a number.",
                "type": ["object", "null"],
                "propertyNames": {"$ref": "#/$defs/name"},
                "additionalProperties": {"$ref": "#/$defs/parameter"},
                "maxProperties": 32,
            },
            "indicators": {
                "description": "Indicators by name; the names of columns are taken.",
                "type": ["object", "null"],
                "propertyNames": {"$ref": "#/$defs/name"},
                "additionalProperties": {"$ref": "#/$defs/indicator"},
                "maxProperties": 64,
            },
            "entry": group("When a long position is opened."),
            "exit": group("When a long position is closed."),
            "entry_short": group("When a short position is opened."),
            "exit_short": group("When a short position is closed."),
            "risk": {"anyOf": [{"$ref": "#/$defs/risk"}, {"type": "null"}]},
        },
        "additionalProperties": false,
        "anyOf": [
            {"required": ["entry"], "properties": {"entry": {"type": "object"}}},
            {"required": ["entry_short"], "properties": {"entry_short": {"type": "object"}}},
        ],
        "examples": [example()],
        "$defs": definitions(),
    })
}

fn group(description: &str) -> Value {
    json!({"description": description, "anyOf": [{"$ref": "#/$defs/group"}, {"type": "null"}]})
}

fn definitions() -> Value {
    let mut all = Map::new();
    let mut define = |name: &str, schema| all.insert(name.to_owned(), schema);
    define(
        "name",
        json!({
            "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,63}$",
        }),
    );
    define("parameter", parameter());
    define(
        "param",
        json!({
            "description": "The value of a parameter that `params` declares.",
            "type": "object", "properties": {"param": {"$ref": "#/$defs/name"}},
            "required": ["param"], "additionalProperties": false,
        }),
    );
    define(
        "source",
        json!({
            "description": "A column of the bars.", "enum": Field::ALL.map(Field::as_str),
        }),
    );
    define("group", groups());
    define("node", json!({"anyOf": [{"$ref": "#/$defs/group"}, {"$ref": "#/$defs/condition"}]}));
    define("condition", condition());
    define("operand", operand());
    define("risk", risk());
    define("indicator", json!({"oneOf": Kind::ALL.map(indicator)}));
    Value::Object(all)
}

fn parameter() -> Value {
    json!({
        "description": "A parameter: whole numbers, or any.",
        "type": "object",
        "properties": {
            "type": {"enum": ["integer", "number"]},
            "min": {"type": "number"},
            "max": {"type": "number"},
            "step": {"type": "number", "exclusiveMinimum": 0},
            "default": {"type": "number"},
            "description": {"type": ["string", "null"], "maxLength": 500},
        },
        "required": ["type", "min", "max", "default"],
        "additionalProperties": false,
    })
}

fn groups() -> Value {
    let one = |name: &str, schema: Value| {
        json!({
            "type": "object", "properties": {name: schema}, "required": [name],
            "additionalProperties": false,
        })
    };
    let many = json!({"type": "array", "items": {"$ref": "#/$defs/node"}, "minItems": 1});
    json!({
        "description": "Conditions and groups, nested at most 16 deep, at most 512 conditions in \
                        a rule set.",
        "oneOf": [
            one("all", many.clone()),
            one("any", many),
            one("not", json!({"$ref": "#/$defs/node"})),
        ],
    })
}

fn condition() -> Value {
    json!({
        "description": "A comparison at the close. Values that differ by no more than 1e-11 of \
                        the larger one are equal.",
        "type": "object",
        "properties": {
            "op": {"enum": Op::ALL.map(Op::as_str)},
            "left": {"$ref": "#/$defs/operand"},
            "right": {"$ref": "#/$defs/operand"},
        },
        "required": ["op", "left", "right"],
        "additionalProperties": false,
    })
}

fn operand() -> Value {
    let name = json!({
        "description": "A column of the bars, an indicator, or one of several outputs of an \
                        indicator as NAME.OUTPUT.",
        "type": "string",
        "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,63}(\\.[a-z]+)?$",
    });
    let earlier = json!({
        "description": "The same, so many bars before.",
        "type": "object",
        "properties": {"ref": name, "bars_ago": number(Place::BarsAgo, "Bars.")},
        "required": ["ref", "bars_ago"],
        "additionalProperties": false,
    });
    let constant = json!({"type": "number", "minimum": -MAX_CONSTANT, "maximum": MAX_CONSTANT});
    json!({"anyOf": [name, constant, {"$ref": "#/$defs/param"}, earlier]})
}

fn risk() -> Value {
    let distance =
        |place, description| json!({"anyOf": [number(place, description), {"type": "null"}]});
    json!({
        "description": "Protective exits, as fractions of a price; a run may ask for others.",
        "type": "object",
        "properties": {
            "stop_loss": distance(Place::Stop, "Distance of the stop."),
            "take_profit": distance(Place::Target, "Distance of the target."),
            "trailing_stop": distance(Place::Stop, "Distance of a stop that follows the price."),
        },
        "additionalProperties": false,
    })
}

fn indicator(kind: Kind) -> Value {
    let mut properties = Map::new();
    properties.insert("kind".to_owned(), json!({"const": kind.as_str()}));
    if let Some(usual) = kind.source() {
        let source = json!({"$ref": "#/$defs/source", "default": usual.as_str()});
        properties.insert("source".to_owned(), source);
    }
    let members = kind.members().iter();
    properties.extend(
        members.map(|taken| (taken.name.to_owned(), number(taken.place, taken.description))),
    );
    let mut required = vec!["kind"];
    required.extend(kind.members().iter().map(|taken| taken.name));
    let description = match kind.outputs() {
        [""] => kind.description().to_owned(),
        outputs => format!("{} Outputs: {}.", kind.description(), outputs.join(", ")),
    };
    json!({
        "title": kind.label(), "description": description, "type": "object",
        "properties": properties, "required": required, "additionalProperties": false,
    })
}

fn number(place: Place, description: &str) -> Value {
    let plain = match place {
        Place::Constant => json!({"type": "number"}),
        Place::Length(least) => json!({"type": "integer", "minimum": least, "maximum": MAX_BARS}),
        Place::BarsAgo => json!({"type": "integer", "minimum": 0, "maximum": MAX_BARS}),
        Place::Mult => json!({"type": "number", "exclusiveMinimum": 0, "maximum": MAX_MULT}),
        Place::Stop => json!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}),
        Place::Target => json!({"type": "number", "exclusiveMinimum": 0, "maximum": 10}),
    };
    json!({"description": description, "anyOf": [plain, {"$ref": "#/$defs/param"}]})
}

fn example() -> Value {
    json!({
        "params": {
            "length": {"type": "integer", "min": 2, "max": 200, "step": 1, "default": 20,
                       "description": "Length of the bands, in bars."},
        },
        "indicators": {
            "trend": {"kind": "ema", "length": 100},
            "bands": {"kind": "bollinger", "length": {"param": "length"}, "mult": 2},
        },
        "entry": {"all": [
            {"op": "gt", "left": "close", "right": "trend"},
            {"op": "crosses_above", "left": "close", "right": "bands.lower"},
        ]},
        "exit": {"any": [
            {"op": "gt", "left": "close", "right": "bands.upper"},
            {"op": "lt", "left": "close", "right": {"ref": "low", "bars_ago": 5}},
        ]},
        "risk": {"stop_loss": 0.05},
    })
}
