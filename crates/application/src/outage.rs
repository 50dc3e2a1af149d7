//! One line for a store that is away, however many parts of the server find out.

use tapedeck_domain::port::StorageError;

/// Warns of what a store could not do. Where the whole store is away, its adapter has said so and
/// will say when it is back: one clear line is worth more than one of every loop, every second.
pub fn warn_of(error: &StorageError, what: &str) {
    if error.is_away() {
        tracing::debug!(%error, "{what}");
    } else {
        tracing::warn!(%error, "{what}");
    }
}
