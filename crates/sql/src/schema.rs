//! The tables, over types that both databases have: text and 64-bit integers.
#![expect(missing_docs, reason = "columns are described in the migrations")]

diesel::table! {
    datasets (id, version) {
        id -> Text,
        version -> BigInt,
        symbol -> Text,
        interval_ns -> BigInt,
        content_hash -> Text,
        info -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    backtests (id) {
        id -> Text,
        revision -> BigInt,
        status -> Text,
        state -> Text,
        submission -> Text,
        attempt -> BigInt,
        priority -> BigInt,
        lease_id -> Nullable<Text>,
        renewals -> BigInt,
        dedupe_key -> Nullable<Text>,
        dataset_id -> Text,
        symbol -> Text,
        strategy_id -> Text,
        created_at -> BigInt,
        last_seq -> BigInt,
        kind -> Text,
    }
}

diesel::table! {
    // More columns of the same table: the driver takes at most 16 of one, unless it is built for
    // twice as many, which takes twice as long.
    #[sql_name = "backtests"]
    queue_places (id) {
        id -> Text,
        status -> Text,
        priority -> BigInt,
        strategy_id -> Text,
        lease_id -> Nullable<Text>,
        position -> BigInt,
        not_before -> BigInt,
        retry_at -> BigInt,
        created_at -> BigInt,
        finished_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    queue_pauses (queue) {
        queue -> Text,
        pause -> Text,
    }
}

diesel::table! {
    overrides (key) {
        key -> Text,
        value -> Text,
        set_at -> BigInt,
        set_by -> Text,
        request_id -> Nullable<Text>,
    }
}

diesel::table! {
    audit_entries (seq) {
        seq -> BigInt,
        at -> BigInt,
        actor -> Text,
        action -> Text,
        subject -> Text,
        request_id -> Nullable<Text>,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
    }
}

diesel::table! {
    audit_chain (position) {
        position -> BigInt,
        entry_seq -> BigInt,
        anchor -> BigInt,
        sealed_at -> BigInt,
        hash -> Text,
    }
}

diesel::table! {
    backtest_tags (backtest_id, tag) {
        backtest_id -> Text,
        tag -> Text,
    }
}

diesel::table! {
    backtest_events (backtest_id, seq) {
        backtest_id -> Text,
        seq -> BigInt,
        at -> BigInt,
        body -> Text,
    }
}

diesel::table! {
    idempotency_keys (scope, key) {
        scope -> Text,
        key -> Text,
        body_hash -> Text,
        backtest_id -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    strategies (id) {
        id -> Text,
        latest_version -> BigInt,
        created_at -> BigInt,
        deleted_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    strategy_versions (strategy_id, version) {
        strategy_id -> Text,
        version -> BigInt,
        kind -> Text,
        name -> Text,
        description -> Text,
        definition -> Text,
        content_hash -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    schedules (name) {
        name -> Text,
        revision -> BigInt,
        running -> Nullable<Text>,
        beats -> BigInt,
        state -> Text,
    }
}

diesel::table! {
    schedule_runs (seq) {
        seq -> BigInt,
        id -> Text,
        schedule -> Text,
        tick -> Nullable<BigInt>,
        run -> Text,
    }
}

diesel::joinable!(strategy_versions -> strategies (strategy_id));
diesel::allow_tables_to_appear_in_same_query!(audit_entries, audit_chain);
diesel::allow_tables_to_appear_in_same_query!(strategies, strategy_versions);
diesel::allow_tables_to_appear_in_same_query!(queue_places, queue_pauses);
diesel::allow_tables_to_appear_in_same_query!(queue_places, backtests);
diesel::allow_tables_to_appear_in_same_query!(backtests, backtest_tags);
diesel::allow_tables_to_appear_in_same_query!(backtests, idempotency_keys);
