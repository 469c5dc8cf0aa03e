//! What every store must do, tried on each: the same tests, on SQLite in a file and in memory, and on PostgreSQL.
//!
//! Part of the crate's unit tests, because the store is no public interface. A database of another kind implements
//! [`Database`](database::Database) and adds one line at the end of this file.

mod batches;
mod brought_numbers;
mod concurrency;
mod corrections;
mod database;
mod dedup;
mod deleted_posts;
mod imports;
mod integrity;
mod lists;
mod log_imports;
mod log_undo;
mod maintenance;
mod page_posts;
#[cfg(feature = "postgres")]
mod postgres;
mod posts;
mod queue;
mod rankings;
mod referrers;
mod removed_hours;
mod removed_log_hours;
mod samples;
mod search;
mod site_numbers;
mod stats;
mod transfer;
mod viewers;
mod window_sets;

/// Runs every test against a kind of database. A test that is missing here is dead code, which the compiler reports.
macro_rules! conformance {
    ($kind:ident: $database:expr) => {
        mod $kind {
            conformance! { $database;
                posts: a_created_post_is_found_by_id_and_slug, a_slug_belongs_to_one_post,
                    an_update_keeps_id_and_counts, an_unexpected_revision_changes_nothing,
                    a_missing_post_is_reported, a_deleted_post_takes_its_rows_along,
                    an_id_is_never_given_twice, any_text_comes_back_as_it_was;
                deleted_posts: a_deleted_post_is_found_nowhere, it_comes_back_with_all_its_numbers,
                    a_slug_that_is_taken_meanwhile_gets_a_number,
                    its_viewers_are_pruned_and_forgotten_like_others,
                    after_its_time_it_goes_for_good, importing_its_file_brings_it_back;
                lists: each_order_lists_every_post_once, ties_go_to_the_higher_id,
                    a_post_added_between_two_pages_shifts_nothing, tags_and_titles_filter,
                    thousands_that_pass_a_filter_are_in_order,
                    summaries_are_of_the_posts_asked_for, neighbours_are_the_next_in_time,
                    addresses_are_in_the_order_of_ids;
                search: random_terms_find_what_has_them, a_search_goes_by_the_text_a_post_has_now,
                    an_index_out_of_step_is_found_and_mended;
                imports: a_file_creates_updates_and_leaves_its_post, a_taken_slug_gets_a_number,
                    a_moved_file_keeps_its_post, missing_dates_are_those_of_the_import;
                page_posts: a_page_makes_one_post_and_no_more_than_a_days,
                    pages_of_one_slug_are_two_posts, a_post_gets_the_address_of_its_page,
                    a_file_joins_the_post_of_its_page, a_file_says_its_address,
                    a_log_finds_the_pages_of_a_site, a_deleted_post_keeps_its_address;
                brought_numbers: what_is_new_is_added_once, what_was_taken_out_stays_out,
                    a_missing_post_gets_nothing;
                referrers: hosts_add_up_by_post_and_day, of_many_hosts_the_rest_has_no_name,
                    a_post_that_goes_for_good_takes_its_hosts_along,
                    hosts_without_a_name_go_with_their_post_too, a_missing_post_has_no_hosts;
                log_imports: slugs_are_found_or_created, a_log_continues_where_it_ended,
                    two_importers_of_one_log_do_not_both_count;
                log_undo: random_imports_without_one_are_as_if_it_had_never_been,
                    what_is_pruned_can_be_taken_back_unless_logs_share_it,
                    only_posts_that_nothing_else_has_touched_go_with_their_log,
                    what_cannot_be_exact_is_refused_and_changes_nothing;
                batches: a_batch_counts_views_hours_and_site, events_of_a_missing_post_are_dropped,
                    uncounted_events_keep_their_reason_and_day, a_batch_returns_the_new_totals,
                    an_empty_batch_changes_nothing, a_large_batch_is_applied_whole;
                dedup: without_a_window_every_read_counts, a_repeat_within_the_window_is_a_duplicate,
                    the_window_holds_across_batches, viewers_do_not_hide_each_other,
                    a_viewer_counts_once_however_often;
                window_sets: a_thousand_random_sequences_count_as_the_set_does,
                    many_reads_of_few_viewers_lose_none,
                    a_clock_that_is_set_back_makes_no_view_of_a_repeat,
                    a_window_of_another_length_does_not_count_its_start_again,
                    forgotten_viewers_and_posts_lose_their_windows;
                stats: unknown_posts_have_no_numbers, hours_begin_where_asked, hours_end_where_asked,
                    steps_are_counted_from_the_start_of_the_time, some_posts_have_views_since_an_hour,
                    ranks_are_of_each_period, a_ranking_can_be_stopped;
                site_numbers: they_follow_every_change, they_are_not_summed_up_by_a_read,
                    they_end_at_the_largest_number;
                rankings: a_large_site_is_listed_before_it_is_ranked;
                corrections: a_correction_sets_the_numbers_given, corrections_are_listed_latest_first, a_correct_number_adds_no_row,
                    a_missing_post_cannot_be_corrected, views_go_on_from_a_correction;
                removed_hours: hours_are_taken_out_and_come_back, what_is_taken_out_no_longer_ranks,
                    a_second_range_takes_what_is_left, what_is_not_there_changes_nothing,
                    a_number_set_below_its_hours_does_not_go_below_zero,
                    they_go_with_their_post_and_come_back_with_it,
                    damage_to_what_was_taken_out_is_found_and_repaired,
                    random_removals_keep_every_sum;
                removed_log_hours: hours_taken_out_go_with_their_log,
                    random_logs_with_hours_taken_out_are_taken_back_exactly;
                viewers: viewers_are_listed_latest_first, a_viewing_is_found_by_name_and_number,
                    the_posts_of_a_viewer_are_listed_latest_first,
                    a_deleted_viewer_leaves_the_numbers,
                    what_was_on_its_way_brings_no_forgotten_viewer_back,
                    where_a_window_decides_the_views_of_a_forgotten_viewer_are_dropped,
                    names_go_with_the_last_viewing;
                maintenance: old_viewings_are_pruned_step_by_step, old_windows_are_pruned,
                    a_days_salt_stays_and_is_forgotten,
                    a_spill_is_applied_once, the_latest_drain_is_kept,
                    changes_from_elsewhere_are_reported;
                queue: a_message_is_applied_once, partitions_are_shared_evenly,
                    who_says_nothing_is_followed_by_another, what_is_given_back_is_not_read_on,
                    of_two_readers_of_one_partition_one_commits,
                    what_is_set_aside_waits_for_a_decision, ids_are_forgotten_when_they_are_old;
                transfer: an_export_restores_to_the_same, an_export_can_be_stopped,
                    only_an_empty_store_is_restored, an_incomplete_export_leaves_nothing,
                    ids_go_on_after_a_restore, numbers_are_one_row_a_post;
                integrity: a_store_in_use_is_consistent, every_damage_is_found_and_repaired,
                    rows_that_cannot_be_are_found_and_repaired,
                    hosts_that_do_not_add_up_are_found_and_repaired, many_hosts_are_summed_up_again,
                    addresses_by_which_no_post_is_found_are_found_and_repaired, what_no_row_tells_how_to_mend_is_left,
                    findings_can_be_stopped;
                concurrency: no_update_is_lost, of_many_editors_of_one_revision_one_wins,
                    an_export_sees_one_moment, a_name_gets_one_id;
            }
        }
    };
    ($database:expr; $($topic:ident: $($test:ident),+;)+) => {
        $(mod $topic {
            $(#[test]
            fn $test() {
                // Where the database is missing, that was said.
                if let Some(database) = $database {
                    super::super::$topic::$test(&database);
                }
            })+
        })+
    };
}

conformance! { sqlite_file: Some(crate::store::conformance::database::Sqlite::in_a_file()) }
conformance! { sqlite_memory: Some(crate::store::conformance::database::Sqlite::in_memory()) }
#[cfg(feature = "postgres")]
conformance! { postgresql: crate::store::conformance::postgres::private() }
