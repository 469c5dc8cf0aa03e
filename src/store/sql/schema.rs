//! The tables as Diesel sees them. The migrations of each database say what they mean.

diesel::table! {
    posts (id) {
        id -> BigInt,
        slug -> Text,
        title -> Text,
        summary -> Text,
        body -> Text,
        tags -> Text,
        published_at -> BigInt,
        updated_at -> BigInt,
        revision -> BigInt,
        source -> Nullable<Text>,
        source_path -> Nullable<Text>,
        address -> Nullable<Text>,
    }
}

diesel::table! {
    referrers (post, day, host) {
        post -> BigInt,
        day -> BigInt,
        host -> Text,
        views -> BigInt,
    }
}

diesel::table! {
    post_tags (tag, post) {
        tag -> Text,
        post -> BigInt,
    }
}

diesel::table! {
    counts (post) {
        post -> BigInt,
        views -> BigInt,
        viewers -> BigInt,
        trend -> Double,
        past_viewers -> BigInt,
    }
}

diesel::table! {
    viewers (id) {
        id -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    forgotten_viewers (name_hash) {
        name_hash -> BigInt,
        at -> BigInt,
    }
}

diesel::table! {
    viewings (post, viewer) {
        post -> BigInt,
        viewer -> BigInt,
        first -> BigInt,
        last -> BigInt,
        views -> BigInt,
        counted_at -> BigInt,
    }
}

diesel::table! {
    counted_windows (post, viewer, start) {
        post -> BigInt,
        viewer -> BigInt,
        start -> BigInt,
    }
}

diesel::table! {
    meta (key) {
        key -> Text,
        value -> Text,
    }
}

diesel::table! {
    salts (day) {
        day -> BigInt,
        salt -> Binary,
    }
}

diesel::table! {
    corrections (id) {
        id -> BigInt,
        post -> BigInt,
        at -> BigInt,
        views -> BigInt,
        viewers -> BigInt,
        reason -> Text,
        hour_views -> BigInt,
        from_hour -> Nullable<BigInt>,
        to_hour -> Nullable<BigInt>,
        takes_back -> Nullable<BigInt>,
    }
}

diesel::table! {
    removed_hours (post, correction, hour) {
        post -> BigInt,
        correction -> BigInt,
        hour -> BigInt,
        views -> BigInt,
    }
}

diesel::table! {
    removed_log_hours (post, correction, log, hour) {
        post -> BigInt,
        correction -> BigInt,
        log -> BigInt,
        hour -> BigInt,
        views -> BigInt,
    }
}

diesel::table! {
    imported_logs (id) {
        id -> BigInt,
        head -> Text,
        bytes -> BigInt,
        hash -> Text,
        at -> BigInt,
        undo -> BigInt,
    }
}

diesel::table! {
    log_hours (post, log, hour) {
        post -> BigInt,
        log -> BigInt,
        hour -> BigInt,
        views -> BigInt,
    }
}

diesel::table! {
    log_ledger (post, log, day, reason) {
        post -> BigInt,
        log -> BigInt,
        day -> BigInt,
        reason -> Text,
        count -> BigInt,
    }
}

diesel::table! {
    log_viewings (post, viewer, log) {
        post -> BigInt,
        viewer -> BigInt,
        log -> BigInt,
        first -> BigInt,
        last -> BigInt,
        views -> BigInt,
    }
}

diesel::table! {
    log_windows (post, viewer, start, log) {
        post -> BigInt,
        viewer -> BigInt,
        start -> BigInt,
        log -> BigInt,
        batch -> BigInt,
        at -> BigInt,
        counted -> BigInt,
    }
}

diesel::table! {
    log_past_viewers (post, log) {
        post -> BigInt,
        log -> BigInt,
        viewers -> BigInt,
    }
}

diesel::table! {
    log_posts (post, log) {
        post -> BigInt,
        log -> BigInt,
    }
}

diesel::table! {
    hourly_views (post, hour) {
        post -> BigInt,
        hour -> BigInt,
        views -> BigInt,
    }
}

diesel::table! {
    ledger (post, day, reason) {
        post -> BigInt,
        day -> BigInt,
        reason -> Text,
        count -> BigInt,
    }
}

diesel::table! {
    applied_spills (id) {
        id -> Text,
        applied_at -> BigInt,
    }
}

diesel::table! {
    journals (run) {
        run -> BigInt,
        committed -> Binary,
        dropped -> BigInt,
        closed -> BigInt,
    }
}

diesel::table! {
    drains (at) {
        at -> BigInt,
        took -> BigInt,
        written -> BigInt,
        unwritten -> BigInt,
    }
}

diesel::table! {
    deleted_posts (post) {
        post -> BigInt,
        at -> BigInt,
        slug -> Text,
    }
}

diesel::table! {
    site_numbers (name) {
        name -> Text,
        number -> BigInt,
    }
}

diesel::table! {
    queue_messages (id) {
        id -> Binary,
    }
}

diesel::table! {
    queue_partitions (queue, partition) {
        queue -> Text,
        partition -> BigInt,
        position -> Nullable<Text>,
        node -> Nullable<BigInt>,
        epoch -> BigInt,
    }
}

diesel::table! {
    queue_nodes (queue, node) {
        queue -> Text,
        node -> BigInt,
        until -> BigInt,
    }
}

diesel::table! {
    queue_set_aside (id) {
        id -> BigInt,
        queue -> Text,
        partition -> BigInt,
        position -> Text,
        at -> BigInt,
        reason -> Text,
        version -> Nullable<BigInt>,
        length -> BigInt,
        bytes -> Nullable<Binary>,
    }
}

diesel::joinable!(counts -> posts (post));
diesel::joinable!(deleted_posts -> posts (post));
diesel::joinable!(post_tags -> posts (post));
diesel::allow_tables_to_appear_in_same_query!(
    posts,
    counts,
    post_tags,
    ledger,
    hourly_views,
    viewers,
    viewings,
    corrections,
    deleted_posts
);
