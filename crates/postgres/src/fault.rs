use diesel::result::Error as DieselError;
use tapedeck_domain::port::StorageError;

use crate::reach::SaysAway;

/// What a transaction may end with: the driver's fault, or a row that cannot be read.
pub(crate) struct Fault(pub(crate) StorageError);

impl From<DieselError> for Fault {
    fn from(error: DieselError) -> Self {
        if let DieselError::DeserializationError(error) = error {
            return Self(StorageError::corrupt(error));
        }
        match error.away() {
            Some(reason) => Self(StorageError::away(reason)),
            None => Self(StorageError::unavailable(error)),
        }
    }
}

impl From<StorageError> for Fault {
    fn from(error: StorageError) -> Self {
        Self(error)
    }
}

impl From<Fault> for StorageError {
    fn from(fault: Fault) -> Self {
        fault.0
    }
}

impl SaysAway for Fault {
    fn away(&self) -> Option<String> {
        self.0.away()
    }
}
