//! From the errors of the use cases to problems: each match is exhaustive, so a new error does
//! not compile until somebody has chosen its code.

use tapedeck_application::{
    CancelError, EventsError, FieldFault, KeyError, RemoveError, RerunError, ResultError,
    SetLevelError, StrategyError, SubmitBacktestError, SweepResultError, TriggerError, VerifyError,
};
use tapedeck_domain::port::{RunError, StorageError, SubmitError};

use crate::problem::{Code, FieldError, Problem};
use crate::wire::Refusal;

fn no_backtest() -> Problem {
    Problem::new(Code::BacktestNotFound, "no backtest has this id")
}

impl From<FieldFault> for FieldError {
    fn from(fault: FieldFault) -> Self {
        let FieldFault { pointer, code, detail } = fault;
        Self { pointer, code: code.as_str().to_owned(), detail }
    }
}

fn invalid(faults: Vec<FieldFault>) -> Problem {
    Problem::validation(faults.into_iter().map(Into::into).collect())
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotJson(why) => Self::new(Code::MalformedRequest, why),
            Refusal::Invalid(faults) => invalid(faults),
            Refusal::DatasetNotFound => {
                Self::new(Code::DatasetNotFound, "no dataset has this name")
            }
            Refusal::StrategyNotFound => {
                Self::new(Code::StrategyNotFound, "no strategy has this name")
            }
        }
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        match &error {
            StorageError::Unavailable(_) => Self::new(Code::Unavailable, "a store does not answer")
                .because(&error)
                .reported(error.is_away()),
            StorageError::Full { .. } => {
                Self::new(Code::Unavailable, "the server has no room for more results")
                    .because(&error)
            }
            StorageError::Corrupt { .. } => Self::internal(&error),
        }
    }
}

impl From<SetLevelError> for Problem {
    fn from(error: SetLevelError) -> Self {
        match error {
            SetLevelError::Invalid => Self::invalid(
                "/level",
                "range",
                "must be error, warn, info, debug, trace or off; per target as in \
                 info,tapedeck_http=debug",
            ),
            SetLevelError::Storage(error) => error.into(),
        }
    }
}

impl From<SubmitBacktestError> for Problem {
    fn from(error: SubmitBacktestError) -> Self {
        match error {
            SubmitBacktestError::Invalid(faults) => invalid(faults),
            SubmitBacktestError::DatasetNotFound => Refusal::DatasetNotFound.into(),
            SubmitBacktestError::StrategyNotFound => Refusal::StrategyNotFound.into(),
            SubmitBacktestError::IdempotencyConflict => SubmitError::IdempotencyConflict.into(),
            SubmitBacktestError::QueueFull => SubmitError::QueueFull.into(),
            SubmitBacktestError::Storage(error) => error.into(),
        }
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::IdempotencyConflict => {
                let detail = "this key came with another body before";
                Self::new(Code::IdempotencyConflict, detail)
            }
            SubmitError::QueueFull => {
                Self::new(Code::QueueFull, "no more backtests can be queued just now")
            }
            SubmitError::Storage(error) => error.into(),
        }
    }
}

impl From<RerunError> for Problem {
    fn from(error: RerunError) -> Self {
        match error {
            RerunError::Source(error) => error.into(),
            RerunError::Submit(error) => error.into(),
        }
    }
}

impl From<VerifyError> for Problem {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Source(error) => error.into(),
            VerifyError::NotSucceeded => {
                let detail = "only a backtest that succeeded can be verified";
                Self::new(Code::Conflict, detail)
            }
            VerifyError::TimedOut => {
                Self::new(Code::Unavailable, "the repeated run took longer than its limit")
            }
            VerifyError::Run(RunError::Data(detail)) => {
                Self::new(Code::ArtifactNotFound, format!("the dataset cannot be used: {detail}"))
            }
            VerifyError::Run(RunError::Strategy(detail)) => {
                Self::new(Code::Conflict, format!("this server cannot run the strategy: {detail}"))
            }
            VerifyError::Run(RunError::Unavailable(error)) => error.into(),
            VerifyError::Run(RunError::Limit(exceeded, _)) => {
                let limit = exceeded.kind.as_str();
                Self::new(Code::Unavailable, format!("the repeated run hit its limit of {limit}"))
            }
            VerifyError::Run(error @ RunError::Refused(_)) => {
                Self::new(Code::Unavailable, error.to_string())
            }
            VerifyError::Run(error @ (RunError::Stopped(_) | RunError::Internal(_))) => {
                Self::internal(&error)
            }
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::NameTaken => Self::new(Code::Conflict, error.to_string()),
            KeyError::Expiry => Self::invalid("/expires_in_ms", "range", error.to_string()),
            KeyError::NotFound => Self::new(Code::NotFound, "no key has this id"),
            KeyError::NoEntropy => Self::internal(&error),
            KeyError::Storage(error) => error.into(),
        }
    }
}

impl From<TriggerError> for Problem {
    fn from(error: TriggerError) -> Self {
        match error {
            TriggerError::NotConfigured => Self::new(Code::Conflict, error.to_string()),
            TriggerError::Storage(error) => error.into(),
        }
    }
}

impl From<CancelError> for Problem {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::NotFound => no_backtest(),
            CancelError::Storage(error) => error.into(),
        }
    }
}

impl From<EventsError> for Problem {
    fn from(error: EventsError) -> Self {
        match error {
            EventsError::NotFound => no_backtest(),
            EventsError::BeyondTheEnd { .. } => Self::new(Code::OutOfRange, error.to_string()),
            EventsError::Storage(error) => error.into(),
        }
    }
}

impl From<RemoveError> for Problem {
    fn from(error: RemoveError) -> Self {
        match error {
            RemoveError::NotFound => no_backtest(),
            RemoveError::NotEnded => {
                Self::new(Code::Conflict, "the backtest has not ended; cancel it first")
            }
            RemoveError::Storage(error) => error.into(),
        }
    }
}

impl From<ResultError> for Problem {
    fn from(error: ResultError) -> Self {
        match error {
            ResultError::NotFound => no_backtest(),
            ResultError::NotReady => Self::new(Code::NotReady, "the backtest has not ended"),
            ResultError::Nothing => {
                Self::new(Code::ArtifactNotFound, "the backtest left no results")
            }
            ResultError::BarsGone => {
                let detail = "the bars that the backtest ran on are gone";
                Self::new(Code::ArtifactNotFound, detail)
            }
            ResultError::Storage(error) => error.into(),
        }
    }
}

impl From<StrategyError> for Problem {
    fn from(error: StrategyError) -> Self {
        match error {
            StrategyError::Invalid(faults) => invalid(faults),
            StrategyError::NotFound => Refusal::StrategyNotFound.into(),
            StrategyError::NoSuchVersion { .. } => {
                Self::new(Code::StrategyNotFound, error.to_string())
            }
            StrategyError::NoModule => {
                let detail = "the strategy is no module: it is described by its definition";
                Self::new(Code::NotFound, detail)
            }
            StrategyError::Inspection(error) => Self::internal(&error),
            StrategyError::Conflict(conflict) => Self::new(Code::Conflict, conflict.to_string()),
            StrategyError::Storage(error) => error.into(),
        }
    }
}

/// The same error, of a sweep.
pub(crate) struct OfSweep<E>(pub(crate) E);

fn no_sweep() -> Problem {
    Problem::new(Code::NotFound, "no sweep has this id")
}

impl From<OfSweep<CancelError>> for Problem {
    fn from(OfSweep(error): OfSweep<CancelError>) -> Self {
        match error {
            CancelError::NotFound => no_sweep(),
            CancelError::Storage(error) => error.into(),
        }
    }
}

impl From<OfSweep<EventsError>> for Problem {
    fn from(OfSweep(error): OfSweep<EventsError>) -> Self {
        match error {
            EventsError::NotFound => no_sweep(),
            EventsError::BeyondTheEnd { .. } | EventsError::Storage(_) => error.into(),
        }
    }
}

impl From<OfSweep<RemoveError>> for Problem {
    fn from(OfSweep(error): OfSweep<RemoveError>) -> Self {
        match error {
            RemoveError::NotFound => no_sweep(),
            RemoveError::NotEnded => {
                Self::new(Code::Conflict, "the sweep has not ended; cancel it first")
            }
            RemoveError::Storage(error) => error.into(),
        }
    }
}

impl From<SweepResultError> for Problem {
    fn from(error: SweepResultError) -> Self {
        match error {
            SweepResultError::NotFound => no_sweep(),
            SweepResultError::NotReady => Self::new(Code::NotReady, "the sweep has not ended"),
            SweepResultError::Nothing => {
                Self::new(Code::ArtifactNotFound, "the sweep left no results")
            }
            SweepResultError::Storage(error) => error.into(),
        }
    }
}
