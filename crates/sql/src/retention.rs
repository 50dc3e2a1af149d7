//! Which jobs have expired.

use tapedeck_domain::time::Timestamp;

/// An end of a job among others: of those that ended at one moment, the lower ids come first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// When.
    pub moment: i64,
    /// Of which job.
    pub id: String,
}

impl End {
    /// Before all that ended at this moment.
    pub const fn at(moment: Timestamp) -> Self {
        Self { moment: moment.as_nanos(), id: String::new() }
    }

    /// After all.
    pub const fn of_all() -> Self {
        Self { moment: i64::MAX, id: String::new() }
    }
}

mod fragments {
    #![expect(missing_docs, reason = "items that the macros of diesel make")]

    use diesel::prelude::*;

    use crate::schema::queue_places;

    /// Jobs whose end comes before one.
    #[diesel::dsl::auto_type]
    pub fn ended_before<'a>(moment: i64, id: &'a str) -> _ {
        let then =
            queue_places::finished_at.assume_not_null().eq(moment).and(queue_places::id.lt(id));
        queue_places::finished_at.assume_not_null().lt(moment).or(then)
    }
}

pub use fragments::ended_before;
