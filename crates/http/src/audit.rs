//! `/audit`: who decided what, and whether that is still what was written down.

mod file;
mod list;
mod verify;

pub(crate) use list::list;
pub(crate) use verify::verify;
