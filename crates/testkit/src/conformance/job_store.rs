//! The contract of `JobStore`.

mod change;
mod dedupe;
mod keys;
mod submit;

pub use change::*;
pub use dedupe::*;
pub use keys::*;
pub use submit::*;
