//! The tables as diesel sees them; the same on both databases.

diesel::table! {
    ledger (id) { id -> BigInt, seq -> BigInt, at -> Timestamp, concluded_seq -> BigInt, }
}

diesel::table! {
    record (id) {
        id -> Text,
        kind -> Text,
        source -> Text,
        external_id -> Text,
        name -> Text,
        url -> Nullable<Text>,
        source_updated_at -> Timestamp,
        source_version -> BigInt,
        synced_at -> Timestamp,
        deleted_at -> Nullable<Timestamp>,
        changed_seq -> BigInt,
        canonical_id -> Text,
        content_hash -> Text,
        fields -> Text,
        relations -> Text,
        attributes -> Text,
    }
}

diesel::table! {
    checkpoint (source, stream) { source -> Text, stream -> Text, completed_at -> Timestamp, }
}

diesel::table! {
    sync_run (id) {
        id -> Text,
        source -> Text,
        state -> Text,
        started_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        rows_read -> BigInt,
        created -> BigInt,
        changed -> BigInt,
        unchanged -> BigInt,
        tombstoned -> BigInt,
        set_aside -> BigInt,
        error -> Nullable<Text>,
    }
}

diesel::table! {
    set_aside_row (id) {
        id -> Text,
        run_id -> Text,
        source -> Text,
        stream -> Text,
        position -> Text,
        reason -> Text,
        content -> Text,
    }
}

diesel::table! {
    tally (indicator, system, view) {
        indicator -> Text,
        system -> Text,
        view -> Text,
        passing -> BigInt,
        failing -> BigInt,
        unknown -> BigInt,
    }
}

diesel::table! {
    finding (indicator, view, record_id) {
        indicator -> Text,
        record_id -> Text,
        view -> Text,
        outcome -> Text,
        opened_at -> Timestamp,
        seen -> Text,
    }
}

diesel::table! {
    conclusion (subject, view) { subject -> Text, view -> Text, status -> Text, since -> Timestamp, body -> Text, }
}

diesel::table! {
    plan (id) {
        id -> Text,
        title -> Text,
        created_at -> Timestamp,
        created_by -> Text,
        changed_seq -> BigInt,
        assessment -> Text,
        body -> Text,
    }
}

diesel::table! {
    classification (record_id, changed_seq) {
        record_id -> Text,
        changed_seq -> BigInt,
        class -> Nullable<Text>,
        reason -> Text,
        author -> Text,
        made_at -> Timestamp,
    }
}

diesel::allow_tables_to_appear_in_same_query!(finding, record);
