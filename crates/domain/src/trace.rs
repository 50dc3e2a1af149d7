//! Which trace something belongs to, as W3C Trace Context writes it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where in a trace something happens: the trace, one span of it, and whether it is to be kept.
///
/// Its text is a `traceparent` of version 00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceContext {
    /// The trace; never 0.
    trace: u128,
    /// The span; never 0.
    span: u64,
    sampled: bool,
}

/// The text is no `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid traceparent")]
pub struct ParseTraceError;

impl TraceContext {
    /// The first span of a new trace, from an id that [`Ids`](crate::port::Ids) made.
    pub const fn root(id: Uuid) -> Self {
        Self { trace: id.as_u128() | 1, span: span_of(id), sampled: true }
    }

    /// Another span of the same trace.
    #[must_use]
    pub const fn child(self, id: Uuid) -> Self {
        Self { span: span_of(id), ..self }
    }

    /// The trace, as 32 digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// The span, as 16 digits.
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span)
    }

    /// Whether whoever began the trace wants it kept.
    pub const fn is_sampled(&self) -> bool {
        self.sampled
    }
}

/// The half of the id that is random; its two topmost bits, `10`, keep it from being 0.
const fn span_of(id: Uuid) -> u64 {
    id.as_u64_pair().1 | 1 << 63
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.sampled);
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace, self.span)
    }
}

impl FromStr for TraceContext {
    type Err = ParseTraceError;

    /// Strict, as the recommendation asks: lower-case digits, no id of zeros, and of version 00
    /// nothing after the flags. Of a later version the four parts that are known are read.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(5, '-');
        let mut digits = |count| parts.next().and_then(|part| hex(part, count));
        let version = digits(2).filter(|version| *version != 0xff);
        let (trace, span, flags) = (digits(32), digits(16), digits(2));
        let more = parts.next().is_some();
        match (version, trace, span, flags) {
            (Some(version), Some(trace), Some(span), Some(flags))
                if trace != 0 && span != 0 && !(version == 0 && more) =>
            {
                let span = u64::try_from(span).map_err(|_| ParseTraceError)?;
                Ok(Self { trace, span, sampled: flags & 1 == 1 })
            }
            _ => Err(ParseTraceError),
        }
    }
}

/// Exactly so many lower-case hexadecimal digits.
fn hex(text: &str, count: usize) -> Option<u128> {
    let is_digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    let fits = text.len() == count && text.bytes().all(is_digit);
    fits.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

impl TryFrom<String> for TraceContext {
    type Error = ParseTraceError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TraceContext> for String {
    fn from(context: TraceContext) -> Self {
        context.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_is_read_and_written_back() {
        let context: TraceContext = GIVEN.parse().unwrap();
        assert_eq!(context.to_string(), GIVEN);
        assert_eq!(context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(context.span_id(), "00f067aa0ba902b7");
        assert!(context.is_sampled());
        let not_sampled: TraceContext = GIVEN.replace("-01", "-00").parse().unwrap();
        assert!(!not_sampled.is_sampled());
        let document = serde_json::to_string(&context).unwrap();
        assert_eq!(serde_json::from_str::<TraceContext>(&document).unwrap(), context);
    }

    #[test]
    fn what_is_malformed_is_refused() {
        let upper = GIVEN.to_uppercase();
        let no_trace = GIVEN.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32));
        let no_span = GIVEN.replace("00f067aa0ba902b7", &"0".repeat(16));
        let forbidden_version = format!("ff{}", &GIVEN[2..]);
        let short = GIVEN.replace("4bf9", "bf9");
        let (longer, open) = (format!("{GIVEN}-00"), format!("{GIVEN}-"));
        let signed = GIVEN.replace("4bf9", "+bf9");
        let bad = [
            "",
            "00",
            "garbage",
            &upper,
            &no_trace,
            &no_span,
            &forbidden_version,
            &short,
            &longer,
            &open,
            &signed,
            &GIVEN[..54],
            &format!(" {GIVEN}"),
            &format!("{GIVEN}\n"),
            &GIVEN.replace('-', "_"),
        ];
        for text in bad {
            assert!(text.parse::<TraceContext>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn of_a_later_version_the_known_parts_are_read() {
        for text in [format!("cc{}", &GIVEN[2..]), format!("01{}-what-may-come", &GIVEN[2..])] {
            assert_eq!(text.parse::<TraceContext>().unwrap().to_string(), GIVEN, "{text}");
        }
        assert!(format!("01{}x", &GIVEN[2..]).parse::<TraceContext>().is_err());
    }

    #[test]
    fn a_child_stays_in_its_trace() {
        let (id, other) = (Uuid::from_u128(7), Uuid::from_u128(9));
        let root = TraceContext::root(id);
        let child = root.child(other);
        assert_eq!(child.trace_id(), root.trace_id());
        assert_ne!(child.span_id(), root.span_id());
        assert_eq!(root.to_string().parse::<TraceContext>().unwrap(), root);
        assert_ne!(TraceContext::root(Uuid::nil()).trace_id(), "0".repeat(32));
    }
}
