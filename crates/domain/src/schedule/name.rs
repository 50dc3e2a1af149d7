use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::ParseIdError;

/// What the server does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleName {
    /// Gets new bars from the market-data service.
    MarketDataRefresh,
    /// Removes what was kept long enough.
    Retention,
    /// Looks for jobs whose worker is gone.
    ReapLostJobs,
    /// Writes the audit trail to files.
    AuditExport,
    /// Keeps the database quick, and checks it.
    DatabaseMaintenance,
    /// Repeats a finished run and compares.
    VerifySample,
}

/// What becomes of a tick that comes while a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// It is left out.
    Skip,
    /// One of them runs after that; others are left out.
    QueueOne,
}

/// What becomes of ticks that came while no server was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// They are left out.
    Skip,
    /// One run stands for all of them.
    RunOnce,
}

impl ScheduleName {
    /// All of them, by name.
    pub const ALL: [Self; 6] = [
        Self::AuditExport,
        Self::DatabaseMaintenance,
        Self::MarketDataRefresh,
        Self::ReapLostJobs,
        Self::Retention,
        Self::VerifySample,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MarketDataRefresh => "market_data_refresh",
            Self::Retention => "retention",
            Self::ReapLostJobs => "reap_lost_jobs",
            Self::AuditExport => "audit_export",
            Self::DatabaseMaintenance => "database_maintenance",
            Self::VerifySample => "verify_sample",
        }
    }

    /// What it does, for people.
    pub const fn description(self) -> &'static str {
        match self {
            Self::MarketDataRefresh => "Adds new bars of the market-data service to datasets.",
            Self::Retention => "Removes backtests and sweeps that were kept long enough.",
            Self::ReapLostJobs => "Looks over all running jobs for those whose worker is gone.",
            Self::AuditExport => "Writes new entries of the audit trail to files.",
            Self::DatabaseMaintenance => "Keeps the database's statistics current and checks it.",
            Self::VerifySample => {
                "Repeats a finished backtest, chosen at random, and raises an alarm if it differs."
            }
        }
    }

    /// What becomes of a tick while a run goes on.
    pub const fn overlap(self) -> Overlap {
        match self {
            Self::AuditExport => Overlap::QueueOne,
            Self::MarketDataRefresh
            | Self::Retention
            | Self::ReapLostJobs
            | Self::DatabaseMaintenance
            | Self::VerifySample => Overlap::Skip,
        }
    }

    /// What becomes of ticks that nobody was there for.
    pub const fn missed(self) -> Missed {
        match self {
            Self::MarketDataRefresh | Self::Retention | Self::AuditExport => Missed::RunOnce,
            Self::ReapLostJobs | Self::DatabaseMaintenance | Self::VerifySample => Missed::Skip,
        }
    }
}

impl Overlap {
    /// As text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::QueueOne => "queue_one",
        }
    }
}

impl Missed {
    /// As text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::RunOnce => "run_once",
        }
    }
}

impl fmt::Display for ScheduleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ScheduleName {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|name| name.as_str() == text);
        found.ok_or(ParseIdError::new("schedule", "the name of a schedule"))
    }
}
