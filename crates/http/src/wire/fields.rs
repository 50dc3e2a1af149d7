//! Fields of a body, read one by one, with every fault that they have.

use tapedeck_application::{FaultCode, FieldFault};
use tapedeck_domain::number::OutOfRange;

#[derive(Default)]
pub(super) struct Faults(pub(super) Vec<FieldFault>);

impl Faults {
    pub(super) fn add(&mut self, pointer: &str, code: FaultCode, detail: impl Into<String>) {
        let (pointer, detail) = (pointer.to_owned(), detail.into());
        self.0.push(FieldFault { pointer, code, detail });
    }

    pub(super) fn required<'a>(
        &mut self,
        pointer: &str,
        value: Option<&'a str>,
    ) -> Option<&'a str> {
        if value.is_none() {
            let name = pointer.trim_start_matches('/');
            self.add(pointer, FaultCode::Missing, format!("`{name}` is required"));
        }
        value
    }

    pub(super) fn parsed<T, E: std::fmt::Display>(
        &mut self,
        pointer: &str,
        text: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(text?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(pointer, FaultCode::Range, error.to_string());
                None
            }
        }
    }

    pub(super) fn number<T: TryFrom<f64, Error = OutOfRange>>(
        &mut self,
        pointer: &str,
        value: Option<f64>,
    ) -> Option<T> {
        match T::try_from(value?) {
            Ok(number) => Some(number),
            Err(error) => {
                self.add(pointer, FaultCode::Range, error.to_string());
                None
            }
        }
    }
}
