//! One swept parameter: from what was asked for to the values that it takes.

use tapedeck_domain::strategy::{ParamKind, ParamSchema, ParamValue};
use tapedeck_domain::sweep::Values;

use crate::prepare::{escaped, param_code};
use crate::request::{FaultCode, FieldFault};

/// The values of a parameter, as they are asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Axis {
    /// One by one.
    List(Vec<f64>),
    /// Evenly spaced, both ends included.
    Range {
        /// The first.
        from: f64,
        /// Not exceeded.
        to: f64,
        /// From one to the next; that of the strategy's schema when nothing is said.
        step: Option<f64>,
    },
}

/// How large sweeps may be.
#[derive(Debug, Clone, Copy)]
pub struct SweepLimits {
    /// Combinations that are run.
    pub combinations: u64,
    /// Values of one parameter.
    pub values: u64,
}

/// The values of the parameter `schema` that `axis` asks for.
pub(super) fn values(
    schema: &ParamSchema,
    axis: &Axis,
    limits: SweepLimits,
) -> Result<Vec<ParamValue>, Vec<FieldFault>> {
    let at = format!("/parameters/{}", escaped(&schema.name));
    let asked = asked(schema, axis, &at)?;
    let count = asked.count();
    if count > limits.values {
        let detail = format!(
            "has {count} values; this server sweeps at most {} of a parameter",
            limits.values
        );
        return Err(vec![FieldFault { pointer: at, code: FaultCode::Range, detail }]);
    }
    let (mut values, mut faults) = (Vec::new(), Vec::new());
    for (i, number) in asked.expand().into_iter().enumerate() {
        let (pointer, said) = match axis {
            Axis::List(_) => (format!("{at}/values/{i}"), String::new()),
            Axis::Range { .. } => (at.clone(), format!("the value {number} ")),
        };
        let fault = |code, why: &str| {
            let detail = format!("{said}{why}");
            FieldFault { pointer: pointer.clone(), code, detail }
        };
        match schema.value(Some(number)) {
            Ok(value) if values.contains(&value) => {
                faults.push(fault(FaultCode::Range, "is there twice"));
            }
            Ok(value) => values.push(value),
            Err(wrong) => faults.push(fault(param_code(wrong.kind), &wrong.detail)),
        }
        // A range tells one fault; the others are of the same kind.
        if matches!(axis, Axis::Range { .. }) && !faults.is_empty() {
            break;
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(faults) }
}

/// The values, if they can be counted.
fn asked(schema: &ParamSchema, axis: &Axis, at: &str) -> Result<Values, Vec<FieldFault>> {
    let fault = |name: &str, detail: &str| {
        let (pointer, detail) = (format!("{at}/{name}"), detail.to_owned());
        Err(vec![FieldFault { pointer, code: FaultCode::Range, detail }])
    };
    match axis {
        Axis::List(values) if values.is_empty() => fault("values", "must have a value"),
        Axis::List(values) => Ok(Values::List(values.clone())),
        Axis::Range { from, to, .. } if to < from => fault("to", "must not be below `from`"),
        Axis::Range { from, to, step } => {
            let whole = if schema.kind == ParamKind::Integer { 1.0 } else { 0.0 };
            let usual = schema.step.max(whole);
            match step.unwrap_or(usual) {
                step if step > 0.0 => Ok(Values::Range { from: *from, to: *to, step }),
                _ => fault("step", "must be above 0"),
            }
        }
    }
}
