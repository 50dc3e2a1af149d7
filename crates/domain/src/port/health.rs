use async_trait::async_trait;

/// Looks at one thing that the server depends on.
#[async_trait]
pub trait HealthProbe: Send + Sync {
    /// The key under which readiness lists it, such as `database`.
    fn name(&self) -> &'static str;

    /// Looks once. It may hang: the caller sets the deadline.
    async fn probe(&self) -> Probe;
}

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Whether the dependency can be used.
    pub status: ProbeStatus,
    /// A sentence that helps an operator; never a secret.
    pub detail: Option<String>,
}

/// Whether a dependency can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeStatus {
    /// It answers.
    Up,
    /// It can be used, and somebody should see to it: readiness says so, and stays.
    Degraded,
    /// It is configured and does not answer.
    Down,
    /// Nothing is configured, so nothing is missing.
    NotConfigured,
}

impl Probe {
    /// It answers.
    pub fn up() -> Self {
        Self { status: ProbeStatus::Up, detail: None }
    }

    /// It can be used, and this is what somebody should see to.
    pub fn degraded(detail: impl Into<String>) -> Self {
        Self { status: ProbeStatus::Degraded, detail: Some(detail.into()) }
    }

    /// It does not, and this is what an operator should know.
    pub fn down(detail: impl Into<String>) -> Self {
        Self { status: ProbeStatus::Down, detail: Some(detail.into()) }
    }

    /// It is not configured.
    pub fn not_configured() -> Self {
        Self { status: ProbeStatus::NotConfigured, detail: None }
    }

    /// The same finding with a sentence.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}
