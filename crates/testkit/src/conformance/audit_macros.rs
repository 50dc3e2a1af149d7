//! The macros of the suites around the audit trail's chain.

/// The cases of `AuditChain`; `fixture` names an async function that returns
/// [`Jobs`](crate::conformance::Jobs).
#[macro_export]
macro_rules! audit_chain_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, audit_chain:
            a_chain_without_links_ends_at_the_start
            tip_says_whether_entries_are_to_be_sealed
            seal_links_entries_in_the_order_of_their_numbers
            seal_takes_no_more_than_its_limit_and_goes_on_from_there
            seal_after_another_head_changes_nothing
            page_shows_links_after_a_position_in_order_with_their_entries
            entries_that_are_not_sealed_are_counted_with_the_oldest
            what_is_sealed_is_listed_with_its_hash
            of_several_sealers_at_once_each_entry_is_sealed_once
        }
    };
}

/// The cases of `HeadLog`; `fixture` names an async function that returns
/// [`Heads`](crate::conformance::Heads).
#[macro_export]
macro_rules! head_log_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, head_log:
            an_empty_log_has_no_last_head
            heads_come_back_as_they_were
            a_head_that_is_no_further_is_not_added
            pages_follow_each_other
            of_heads_that_are_added_at_once_none_goes_back
        }
    };
}

/// The cases of `AuditArchive`; `fixture` names an async function that returns
/// [`Archive`](crate::conformance::Archive).
#[macro_export]
macro_rules! audit_archive_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, audit_archive:
            an_empty_archive_ends_at_the_start
            segments_that_follow_are_kept
            segments_that_do_not_follow_change_nothing
        }
    };
}
