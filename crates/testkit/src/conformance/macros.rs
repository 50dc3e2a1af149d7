//! The macros that make a reported test of every case.

/// One test for each of the cases of a module of [`conformance`](crate::conformance).
#[macro_export]
#[doc(hidden)]
macro_rules! conformance_cases {
    ($fixture:ident, $suite:ident: $($case:ident)+) => {
        mod $suite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::conformance::$suite::$case(super::$fixture().await).await;
                }
            )+
        }
    };
}

/// The cases of `KeyStore` and `TicketStore`; `fixture` names an async function that returns
/// [`Access`](crate::conformance::Access).
#[macro_export]
macro_rules! access_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, access:
            all_gives_the_keys_as_they_were_added_oldest_first
            adding_a_key_adds_its_entry_to_the_trail
            a_name_that_was_ever_used_is_refused
            of_equal_names_at_the_same_moment_one_is_added
            a_revoked_key_stays_with_the_moment
            revoking_twice_keeps_the_first_moment_and_adds_one_entry
            revoking_what_is_not_there_changes_nothing
            touch_notes_the_latest_use_and_goes_never_back
            touching_what_is_not_there_does_not_matter
            a_ticket_is_handed_over_once
            of_several_takers_at_the_same_moment_one_gets_the_ticket
            a_ticket_that_has_expired_is_not_handed_over
            tickets_that_have_expired_are_forgotten_by_the_next_one
        }
    };
}

/// The cases of `AuditLog`; `fixture` names an async function that returns
/// [`Jobs`](crate::conformance::Jobs).
#[macro_export]
macro_rules! audit_log_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, audit_log:
            a_cancellation_adds_its_entry
            changes_that_nobody_decided_add_no_entry
            a_removal_adds_its_entry
            a_change_or_removal_that_is_refused_adds_no_entry
            a_change_that_cannot_be_kept_adds_no_entry
            entries_come_back_as_they_were
            list_shows_entries_newest_first
            list_goes_on_before_an_entry_and_keeps_to_its_limit
            list_filters_by_actor_action_and_subject
            list_filters_by_request_and_by_time
            of_several_removals_those_that_were_done_add_entries
        }
    };
}

/// The cases of `DatasetCatalog`; `fixture` names an async function that returns
/// [`Catalog`](crate::conformance::Catalog).
#[macro_export]
macro_rules! dataset_catalog_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, dataset_catalog:
            add_returns_the_version_with_its_number
            the_number_of_a_version_is_the_catalogs_to_give
            the_same_content_under_the_same_name_changes_nothing
            other_content_under_the_same_name_is_a_new_version
            the_same_content_under_another_name_is_another_dataset
            additions_at_the_same_moment_get_numbers_of_their_own
            find_says_none_when_there_is_no_such_dataset
            find_by_symbol_gives_the_latest_versions_by_name
            list_gives_the_latest_versions_by_name
            list_goes_on_after_a_name_and_keeps_to_its_limit
        }
    };
}

/// The cases of `DatasetStore`; `fixture` names an async function that returns
/// [`Files`](crate::conformance::Files).
#[macro_export]
macro_rules! dataset_store_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, dataset_store:
            open_gives_the_bars_that_were_put
            several_bars_are_kept_side_by_side
            putting_the_same_bars_again_changes_nothing
            the_same_bars_can_be_put_at_the_same_moment
            open_says_none_when_the_bars_were_never_put
            bars_whose_content_is_not_that_of_the_hash_are_an_error
            damaged_bars_are_an_error
        }
    };
}

/// The cases of `ModuleStore`; `fixture` names an async function that returns
/// [`Modules`](crate::conformance::Modules).
#[macro_export]
macro_rules! module_store_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, module_store:
            put_names_a_module_by_its_content
            open_gives_the_module_that_was_put
            several_modules_are_kept_side_by_side
            putting_the_same_module_again_changes_nothing
            the_same_module_can_be_put_at_the_same_moment
            open_says_none_when_the_module_was_never_put
            a_name_that_is_no_hash_leads_nowhere
            a_damaged_module_is_an_error
        }
    };
}

/// The cases of `ReportStore`; `fixture` names an async function that returns
/// [`Reports`](crate::conformance::Reports).
#[macro_export]
macro_rules! report_store_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, report_store:
            open_gives_the_report_that_was_put_to_the_bit
            a_report_of_nothing_can_be_put
            manifest_gives_the_manifest_that_was_put
            putting_a_report_again_gives_the_same_name
            other_runs_and_other_content_have_other_names
            open_says_none_when_there_is_no_such_report
            remove_removes_the_report_and_its_manifest
            removing_what_is_not_there_is_no_error
            a_removed_report_can_be_put_again
            a_damaged_report_is_an_error
        }
    };
}

/// The cases of `ArtifactCatalog`; `fixture` names an async function that returns
/// [`Artifacts`](crate::conformance::Artifacts).
#[macro_export]
macro_rules! artifact_catalog_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, artifact_catalog:
            list_gives_reports_and_sweeps_in_the_order_of_their_names
            list_gives_every_artifact_of_a_job
            list_of_artifacts_goes_on_after_a_name_and_keeps_to_its_limit
            list_of_artifacts_goes_on_after_a_name_that_is_gone
            remove_removes_the_artifact_with_all_its_files
            removing_an_artifact_that_is_not_there_is_no_error
            sweep_unfinished_takes_nothing_that_is_whole
            usage_grows_with_a_report_and_shrinks_with_its_removal
        }
    };
}

/// The cases of `StrategyStore`; `fixture` names an async function that returns
/// [`Strategies`](crate::conformance::Strategies).
#[macro_export]
macro_rules! strategy_store_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, strategy_store:
            find_gives_the_version_that_was_added
            find_gives_the_latest_version_when_none_is_named
            find_says_none_when_there_is_no_such_strategy_or_version
            a_first_version_under_a_name_that_is_used_is_refused
            a_first_version_under_the_name_of_a_removed_strategy_is_refused
            a_version_that_does_not_follow_the_latest_is_refused
            a_version_of_a_removed_strategy_is_refused
            of_equal_numbers_at_the_same_moment_one_is_added
            versions_are_those_of_the_strategy_newest_first
            versions_go_on_before_a_number_and_keep_to_their_limit
            versions_are_none_when_there_is_no_such_strategy
            list_gives_the_latest_versions_newest_strategy_first
            list_goes_on_after_a_strategy_and_keeps_to_its_limit
            strategies_that_are_added_or_removed_meanwhile_shift_nothing
            a_removed_strategy_is_found_and_listed_no_more
            removing_another_version_than_the_latest_is_refused
            removing_what_is_not_there_is_refused
        }
    };
}

/// The cases of `SweepStore`; `fixture` names an async function that returns
/// [`Sweeps`](crate::conformance::Sweeps).
#[macro_export]
macro_rules! sweep_store_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, sweep_store:
            open_gives_the_sweep_that_was_put_to_the_bit
            a_sweep_without_rows_can_be_put
            parameters_may_have_any_name_and_any_value
            summary_says_what_the_rows_say
            putting_a_sweep_again_gives_the_same_name
            other_sweeps_and_other_content_have_other_names
            open_says_none_when_there_is_no_such_sweep
            remove_removes_the_sweep_and_its_summary
            a_damaged_sweep_is_an_error
        }
    };
}

/// The cases of `ScheduleStore`; `fixture` names an async function that returns
/// [`Schedules`](crate::conformance::Schedules).
#[macro_export]
macro_rules! schedule_store_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, schedule_store:
            list_gives_all_schedules_by_name
            a_schedule_comes_back_as_it_was
            a_change_of_another_revision_is_refused_whole
            a_schedule_that_is_there_is_not_added_again
            a_tick_has_one_run_whatever_the_clock_does
            the_same_tick_of_another_schedule_is_another_tick
            runs_that_were_asked_for_do_not_exclude_one_another
            the_history_has_runs_newest_first_as_they_are_now
            the_history_keeps_to_its_limit
            of_the_history_the_latest_runs_stay
            beat_counts_signs_of_life_of_the_run_that_goes_on
            a_decision_about_a_schedule_is_in_the_trail
            of_processes_that_begin_a_tick_at_the_same_moment_one_does
        }
    };
}

/// The cases of `OverrideStore`; `fixture` names an async function that returns
/// [`Jobs`](crate::conformance::Jobs).
#[macro_export]
macro_rules! override_store_suite {
    ($fixture:ident) => {
        $crate::conformance_cases! { $fixture, override_store:
            an_override_comes_back_as_it_was_set
            an_override_is_replaced_by_the_next
            an_override_that_is_taken_back_is_gone
            a_change_of_another_value_than_expected_changes_nothing
            a_change_of_an_override_adds_its_entry
            of_changes_of_one_override_at_the_same_moment_one_is_made
        }
    };
}
