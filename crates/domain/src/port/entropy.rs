/// Random bits that nobody can foretell.
pub trait Entropy: Send + Sync {
    /// 256 of them.
    ///
    /// # Errors
    /// The system gives none.
    fn bits(&self) -> Result<[u8; 32], NoEntropy>;
}

/// The system gives no random bits, so nothing secret can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bits")]
pub struct NoEntropy;
