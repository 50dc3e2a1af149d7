//! The contract of `JobQueue`.

mod claim;
mod lease;
mod limits;
mod order;
mod pause;

pub use claim::*;
pub use lease::*;
pub use limits::*;
pub use order::*;
pub use pause::*;
