use uuid::Uuid;

/// Makes identifiers.
pub trait Ids: Send + Sync {
    /// A UUIDv7 that no call made before, in this process or another; later ones sort higher
    /// within one process.
    fn next(&self) -> Uuid;
}
