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
