//! Whether what a module says of itself can be shown and used. A module is written by anybody, so
//! nothing of it is believed.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::GuestMetadata;
use crate::strategy::{ParamKind, ParamSchema};

/// As many as a rule set may have.
const MAX_PARAMS: usize = 32;
/// Characters of a name, at most.
const NAME_LENGTH: usize = 100;
/// Characters of a description, at most.
const DESCRIPTION_LENGTH: usize = 2_000;
/// Characters of the description of a parameter, at most.
const PARAM_DESCRIPTION_LENGTH: usize = 500;
/// Bounds of parameters; whole numbers up to it are exact.
const LARGEST: f64 = 1e15;

impl GuestMetadata {
    /// Whether all of it can be shown and used.
    ///
    /// # Errors
    /// A sentence for each fault.
    pub fn check(&self) -> Result<(), Vec<String>> {
        let mut faults = Vec::new();
        text("the name", self.name.as_deref(), 1..=NAME_LENGTH, &[], &mut faults);
        let lengths = 0..=DESCRIPTION_LENGTH;
        let description = self.description.as_deref();
        text("the description", description, lengths, &['\n', '\t'], &mut faults);
        if self.params.len() > MAX_PARAMS {
            let count = self.params.len();
            faults.push(format!("there may be {MAX_PARAMS} parameters, and there are {count}"));
        }
        let mut names = BTreeSet::new();
        for (i, param) in self.params.iter().take(MAX_PARAMS).enumerate() {
            if !is_name(&param.name) {
                faults.push(format!("parameter {i}: {NAME_RULE}"));
                continue;
            }
            if !names.insert(&param.name) {
                faults.push(format!("there are two parameters `{}`", param.name));
            }
            self::param(param, &mut faults);
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// The rule for parameters of rule sets, too.
fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && name.len() <= 64
}

const NAME_RULE: &str =
    "a name is a letter or `_`, then letters, digits and `_`, at most 64 characters in all";

fn param(param: &ParamSchema, faults: &mut Vec<String>) {
    let ParamSchema { name, kind, min, max, step, default, description } = param;
    for (what, value) in [("min", min), ("max", max), ("step", step), ("default", default)] {
        if !value.is_finite() || value.abs() > LARGEST {
            faults.push(format!("`{name}`: {what} must be from -{LARGEST:e} to {LARGEST:e}"));
        } else if *kind == ParamKind::Integer && value.fract() != 0.0 {
            faults.push(format!("`{name}`: {what} must be a whole number"));
        }
    }
    if !(min <= default && default <= max) {
        let place = format!("{default} is not from {min} to {max}");
        faults.push(format!("`{name}`: the default must be from min to max, and {place}"));
    }
    // Also what is no number at all.
    if step.is_nan() || *step <= 0.0 {
        faults.push(format!("`{name}`: step must be above 0"));
    }
    let what = format!("`{name}`: the description");
    text(&what, Some(description), 0..=PARAM_DESCRIPTION_LENGTH, &['\n', '\t'], faults);
}

/// Text of some length; of control characters it may have those of `layout` alone.
fn text(
    what: &str,
    text: Option<&str>,
    lengths: RangeInclusive<usize>,
    layout: &[char],
    faults: &mut Vec<String>,
) {
    let Some(text) = text else { return };
    if !lengths.contains(&text.chars().count()) {
        let (least, most) = (lengths.start(), lengths.end());
        faults.push(format!("{what} must have {least} to {most} characters"));
    }
    if text.chars().any(|c| is_hidden(c) && !layout.contains(&c)) {
        faults.push(format!("{what} must have no control characters"));
    }
}

/// What is not seen and changes what is: control characters, and those that turn text around.
fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text that may hold anything, such as what a module made a compiler say, as it can be shown:
/// in one line, of so many characters at most.
pub fn printable(text: &str, limit: usize) -> String {
    let visible = |c: char| if is_hidden(c) { ' ' } else { c };
    let mut short: String = text.chars().take(limit).map(visible).collect();
    if text.chars().nth(limit).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::GuestForm;

    fn length() -> ParamSchema {
        ParamSchema {
            name: "length".to_owned(),
            kind: ParamKind::Integer,
            min: 2.0,
            max: 100.0,
            step: 1.0,
            default: 14.0,
            description: "Bars.".to_owned(),
        }
    }

    fn metadata(params: Vec<ParamSchema>) -> GuestMetadata {
        let (name, description) = (Some("Mine".to_owned()), Some("Two\nlines.".to_owned()));
        GuestMetadata { abi: 1, form: GuestForm::Single, name, description, params }
    }

    fn faults(metadata: &GuestMetadata) -> String {
        metadata.check().unwrap_err().join("; ")
    }

    #[test]
    fn what_a_module_may_say_is_accepted() {
        let number =
            ParamSchema { name: "_x2".to_owned(), kind: ParamKind::Number, min: -1.5, ..length() };
        assert_eq!(metadata(vec![length(), number]).check(), Ok(()));
        let silent = GuestMetadata { name: None, description: None, ..metadata(Vec::new()) };
        assert_eq!(silent.check(), Ok(()));
    }

    #[test]
    fn numbers_that_make_no_range_are_refused() {
        for (wrong, why) in [
            (ParamSchema { default: 1.0, ..length() }, "from min to max"),
            (ParamSchema { default: 101.0, ..length() }, "from min to max"),
            (ParamSchema { min: 200.0, ..length() }, "from min to max"),
            (ParamSchema { min: f64::NAN, ..length() }, "min must be from"),
            (ParamSchema { max: f64::INFINITY, ..length() }, "max must be from"),
            (ParamSchema { default: f64::NAN, ..length() }, "default must be from"),
            (ParamSchema { max: 2e15, ..length() }, "max must be from"),
            (ParamSchema { min: 2.5, ..length() }, "min must be a whole number"),
            (ParamSchema { step: 0.0, ..length() }, "step must be above 0"),
            (ParamSchema { step: f64::NAN, ..length() }, "step must be above 0"),
        ] {
            let found = faults(&metadata(vec![wrong.clone()]));
            assert!(found.contains("`length`") && found.contains(why), "{wrong:?}: {found}");
        }
    }

    #[test]
    fn names_that_are_none_or_that_are_used_twice_are_refused() {
        let long = "a".repeat(65);
        for name in ["", "1a", "a b", "a{b}", "/a", "é", "a\u{0}", &long] {
            let found = faults(&metadata(vec![ParamSchema { name: name.to_owned(), ..length() }]));
            assert!(found.starts_with("parameter 0: a name is"), "{name:?}: {found}");
        }
        let twice = faults(&metadata(vec![length(), length()]));
        assert_eq!(twice, "there are two parameters `length`");
    }

    #[test]
    fn more_than_can_be_shown_is_refused() {
        let many = |i: usize| ParamSchema { name: format!("p{i}"), ..length() };
        assert_eq!(metadata((0..32).map(many).collect()).check(), Ok(()));
        let found = faults(&metadata((0..100_000).map(many).collect()));
        assert_eq!(found, "there may be 32 parameters, and there are 100000");
        let long = GuestMetadata { name: Some("é".repeat(101)), ..metadata(Vec::new()) };
        assert_eq!(faults(&long), "the name must have 1 to 100 characters");
        let empty = GuestMetadata { name: Some(String::new()), ..metadata(Vec::new()) };
        assert_eq!(faults(&empty), "the name must have 1 to 100 characters");
        let long = GuestMetadata { description: Some("x".repeat(2_001)), ..metadata(Vec::new()) };
        assert_eq!(faults(&long), "the description must have 0 to 2000 characters");
        let long = ParamSchema { description: "x".repeat(501), ..length() };
        let found = faults(&metadata(vec![long]));
        assert_eq!(found, "`length`: the description must have 0 to 500 characters");
    }

    #[test]
    fn text_that_hides_something_is_refused() {
        for hidden in ["\u{1b}[2J", "a\u{0}", "a\nb", "\u{202e}evil", "\u{2066}a", "\u{9b}31m"] {
            let named = GuestMetadata { name: Some(hidden.to_owned()), ..metadata(Vec::new()) };
            assert_eq!(faults(&named), "the name must have no control characters", "{hidden:?}");
        }
        let described = ParamSchema { description: "\u{7}".to_owned(), ..length() };
        let found = faults(&metadata(vec![described]));
        assert_eq!(found, "`length`: the description must have no control characters");
    }

    #[test]
    fn what_is_printed_is_one_short_line_without_control_characters() {
        assert_eq!(printable("a\u{1b}[31m\nb", 100), "a [31m b");
        assert_eq!(printable("ééé", 3), "ééé");
        assert_eq!(printable("éééé", 3), "ééé…");
    }
}
