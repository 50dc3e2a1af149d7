//! The macros of the suites around jobs and their queue.

/// The cases of `JobStore`; `fixture` names an async function that returns
/// [`Jobs`](crate::conformance::Jobs).
#[macro_export]
macro_rules! job_store_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, job_store:
            submit_adds_the_job
            submit_keeps_every_part_of_the_submission
            submit_keeps_the_plan_of_a_sweep
            submit_adds_the_first_entry_of_the_log
            submit_adds_all_or_nothing
            a_submission_that_fails_midway_leaves_nothing
            submit_refuses_when_the_queue_is_full
            a_full_queue_still_answers_repeated_requests
            of_many_submissions_at_once_no_more_than_the_limit_are_queued
            find_says_none_when_there_is_no_such_job
            an_equal_request_shares_a_queued_job
            an_equal_request_shares_a_running_job
            an_equal_request_shares_a_job_that_was_handed_back
            an_equal_request_shares_a_job_that_succeeded
            an_equal_request_does_not_share_a_job_that_failed
            an_equal_request_does_not_share_a_job_that_was_cancelled
            an_equal_request_does_not_share_a_job_that_timed_out
            the_job_after_a_failed_one_is_shared_again
            a_request_with_other_inputs_is_added
            a_run_of_its_own_is_always_added_and_never_shared
            a_request_with_a_key_is_never_deduplicated
            a_job_made_with_a_key_is_shared_without_one
            of_equal_requests_at_the_same_moment_one_is_added
            a_key_with_the_same_body_replays_its_job
            a_key_replays_a_job_that_failed
            a_key_with_another_body_is_refused
            keys_of_other_scopes_do_not_matter
            other_keys_are_other_requests
            of_requests_with_one_key_at_the_same_moment_one_is_added
            of_other_bodies_with_one_key_at_the_same_moment_one_is_added
            equal_requests_with_and_without_a_key_at_the_same_moment_share_what_they_may
            keys_that_are_forgotten_while_they_are_used_make_one_job_each
            commit_applies_the_whole_change
            a_change_that_cannot_be_kept_changes_nothing
            commit_keeps_every_part_of_a_state
            a_change_of_a_job_that_is_gone_is_refused
            a_change_of_another_revision_is_refused
            a_change_of_another_lease_is_refused
            a_fenced_change_of_a_job_without_a_lease_is_refused
            a_lease_outlives_a_wish_to_cancel
            the_others_of_a_batch_are_applied_all_the_same
            changes_of_a_batch_see_those_before_them
            a_batch_of_nothing_changes_nothing
            of_changes_at_the_same_moment_one_is_applied
            delete_removes_the_job_with_its_log
            delete_removes_the_keys_of_the_job
            delete_removes_the_tags_of_the_job
            delete_of_another_revision_is_refused
            each_of_several_removals_is_decided_on_its_own
            of_a_change_and_a_removal_at_the_same_moment_one_is_done
        }
    };
}

/// The cases of `JobQueue`; `fixture` names an async function that returns
/// [`Jobs`](crate::conformance::Jobs).
#[macro_export]
macro_rules! job_queue_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, job_queue:
            claim_starts_a_queued_job_under_the_lease
            claim_takes_higher_priorities_first_then_older_jobs
            claim_gives_one_job_to_each_lease
            claim_gives_fewer_when_fewer_are_queued
            claim_takes_nothing_that_is_not_queued
            claim_takes_what_was_queued_again
            no_two_claims_get_the_same_job
            claim_takes_jobs_in_the_order_in_which_they_were_added_whatever_the_clocks_said
            a_job_is_not_claimed_before_its_moment
            a_job_is_not_claimed_before_it_is_to_be_tried_again
            a_retry_that_seems_far_away_holds_no_job_up
            a_job_that_is_queued_again_keeps_its_place
            claim_gives_as_many_leases_to_batch_jobs_first_as_it_is_told
            no_more_jobs_are_claimed_than_may_run_together
            no_more_jobs_of_a_strategy_are_claimed_than_may_run_together
            a_job_that_may_not_be_started_takes_no_lease
            both_limits_hold_together
            a_strategy_that_is_full_keeps_no_other_waiting
            limits_hold_over_all_priorities
            claims_at_the_same_moment_keep_to_the_limits
            nothing_is_claimed_while_the_queue_is_paused
            claims_go_on_when_the_pause_is_over
            a_pause_does_not_touch_what_runs
            renew_returns_the_leases_that_are_still_held
            renew_leaves_the_revision_of_the_jobs
            leased_lists_all_leases_that_are_held
            leased_says_how_often_each_lease_was_renewed
            changes_of_a_job_do_not_set_back_its_renewals
        }
    };
}

/// The cases of `JobCatalog`; `fixture` names an async function that returns
/// [`Jobs`](crate::conformance::Jobs).
#[macro_export]
macro_rules! job_catalog_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, job_catalog:
            list_shows_jobs_newest_first
            list_shows_at_most_the_limit
            list_goes_on_after_the_job_that_the_page_names
            jobs_that_are_added_meanwhile_shift_nothing
            list_filters_by_kind
            list_filters_by_status
            list_filters_by_dataset_symbol_and_strategy
            list_filters_by_tag
            list_filters_by_the_moment_of_submission
            every_condition_of_a_filter_must_hold
            count_says_how_many_jobs_match
        }
    };
}

/// The cases of `JobFeed`; `fixture` names an async function that returns
/// [`Jobs`](crate::conformance::Jobs).
#[macro_export]
macro_rules! job_feed_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, job_feed:
            the_log_counts_from_one_without_gaps
            events_are_those_after_seq
            events_are_empty_when_there_is_no_such_job
            each_job_has_a_log_of_its_own
            every_change_after_the_call_is_signalled_when_it_can_be_seen
            signals_say_what_became_of_the_job
            every_change_of_a_batch_is_signalled
            every_listener_gets_every_signal
        }
    };
}

/// The cases of `QueueControl`; `fixture` names an async function that returns
/// [`Jobs`](crate::conformance::Jobs).
#[macro_export]
macro_rules! queue_control_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, queue_control:
            status_counts_jobs_that_wait_and_jobs_that_are_worked_on
            status_tells_jobs_for_later_apart
            status_tells_priorities_apart
            status_says_since_when_the_oldest_job_that_is_due_waits
            status_gives_the_pause_as_it_was_said
            pausing_twice_keeps_the_first_pause
            resuming_says_whether_it_changed_anything
            the_trail_has_the_pauses_that_changed_something
            of_pauses_at_the_same_moment_one_changes_something
            a_resume_is_signalled_as_changes_that_were_missed
        }
    };
}

/// The cases of `RetentionStore`; `fixture` names an async function that returns
/// [`Jobs`](crate::conformance::Jobs).
#[macro_export]
macro_rules! retention_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, retention:
            jobs_that_ended_before_the_moment_have_expired
            jobs_beyond_the_latest_have_expired
            either_condition_is_enough_to_expire
            nothing_expires_without_a_condition
            exactly_so_many_are_kept_even_of_equal_ends
            only_jobs_of_the_state_expire
            jobs_that_have_not_ended_never_expire
            expired_gives_the_oldest_ends_first_and_keeps_to_its_limit
            old_keys_are_counted_and_forgotten
            a_forgotten_key_makes_a_new_job
        }
    };
}

/// The cases over the rows of the previous build; `fixture` names an async function that returns
/// [`Jobs`](crate::conformance::Jobs) with them.
#[macro_export]
macro_rules! previous_build_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, previous_build:
            every_job_of_the_previous_build_can_be_read
            jobs_of_the_previous_build_are_found_by_what_they_were
            cancellations_of_the_previous_build_keep_their_request
            jobs_that_waited_are_claimed_in_their_old_order
            jobs_that_ran_can_be_finished_or_reaped
            keys_of_the_previous_build_are_known
            equal_requests_share_the_jobs_of_the_previous_build
            jobs_that_ended_under_the_previous_build_expire
        }
    };
}
