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
        restricted -> Bool,
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
        cause -> Text,
        pages -> BigInt,
        progress_at -> Timestamp,
        cancelling -> Bool,
        note -> Nullable<Text>,
        in_full -> Bool,
        accept_deletions -> Bool,
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
        mapping_version -> Text,
        key -> Text,
        of_record -> Bool,
        read_at -> Timestamp,
    }
}

diesel::table! {
    sync_cursor (source, stream) {
        source -> Text,
        stream -> Text,
        reached -> Nullable<Text>,
        full_read_at -> Nullable<Timestamp>,
        tested -> Nullable<Text>,
        digest -> Text,
    }
}

diesel::table! {
    sighting (record_id) { record_id -> Text, source -> Text, stream -> Text, seen_at -> Timestamp, }
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
    first_read (source) { source -> Text, judged_to -> Nullable<Text>, left -> BigInt, }
}

diesel::table! {
    contributing_items (service_id) { service_id -> Text, body -> Text, }
}

diesel::table! {
    supplier_decision (event_id, number) {
        event_id -> Text,
        number -> BigInt,
        decision -> Text,
        reason -> Text,
        decided_by -> Text,
        decided_at -> Timestamp,
    }
}

diesel::table! {
    supplier_turn (party) { party -> Text, at -> Timestamp, }
}

diesel::table! {
    edge (owner_id, relation, from_id, to_id) { owner_id -> Text, from_id -> Text, relation -> Text, to_id -> Text, }
}

diesel::table! {
    lookup (key, at, record_id) { key -> Text, at -> Timestamp, record_id -> Text, restricted -> Bool, }
}

diesel::table! {
    judgement (record_id) {
        record_id -> Text,
        kind -> Text,
        catalogue -> Text,
        outcomes -> Text,
        outcomes_general -> Nullable<Text>,
        gives -> Text,
        restricted -> Bool,
        due_at -> Nullable<Timestamp>,
        class -> Nullable<Text>,
    }
}

diesel::table! {
    shown (record_id, from_seq) {
        record_id -> Text,
        restricted -> Bool,
        body -> Text,
        valid_from -> Timestamp,
        from_seq -> BigInt,
        valid_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    catalogue (id) { id -> Text, indicators -> Text, }
}

diesel::table! {
    judged_under (kind) { kind -> Text, definitions -> Text, relations -> Text, scopes -> Text, }
}

diesel::table! {
    finding (indicator, record_id, views, opened_seq) {
        indicator -> Text,
        record_id -> Text,
        views -> Text,
        opened_at -> Timestamp,
        opened_seq -> BigInt,
        closed_at -> Nullable<Timestamp>,
        version -> Text,
        seen -> Text,
    }
}

diesel::table! {
    status (subject, view, from_seq) {
        subject -> Text,
        view -> Text,
        #[sql_name = "status"]
        value -> Text,
        valid_from -> Timestamp,
        from_seq -> BigInt,
        valid_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    change (seq, subject, view) {
        seq -> BigInt,
        subject -> Text,
        view -> Text,
        at -> Timestamp,
        before -> Nullable<Text>,
        after -> Text,
        because -> Text,
    }
}

diesel::table! {
    result (indicator, system, view, seq) {
        indicator -> Text,
        system -> Text,
        view -> Text,
        seq -> BigInt,
        at -> Timestamp,
        version -> Text,
        verdict -> Text,
        freshness -> Text,
        passing -> BigInt,
        failing -> BigInt,
        unknown -> BigInt,
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
    decision (id) {
        id -> Text,
        kind -> Text,
        subject -> Text,
        author -> Text,
        made_at -> Timestamp,
        effective_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        reason -> Text,
        body -> Text,
        made_seq -> BigInt,
    }
}

diesel::table! {
    decision_act (decision_id, act) {
        decision_id -> Text,
        act -> Text,
        author -> Text,
        at -> Timestamp,
        reason -> Text,
        seq -> BigInt,
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

diesel::table! {
    supplier_ticket (record_id, party, input, view) {
        record_id -> Text,
        party -> Text,
        cause -> Text,
        input -> Text,
        severity -> Text,
        reason -> Text,
        view -> Text,
        day -> BigInt,
        changed_seq -> BigInt,
    }
}

diesel::table! {
    supplier_input (party, view, cause, input, severity, reason, day) {
        party -> Text,
        cause -> Text,
        input -> Text,
        severity -> Text,
        reason -> Text,
        view -> Text,
        day -> BigInt,
        count -> BigInt,
    }
}

diesel::table! {
    supplier_sample (party, view, day) {
        party -> Text,
        view -> Text,
        day -> BigInt,
        status -> Text,
        residual -> Nullable<Double>,
        inherent -> Nullable<Double>,
        low -> Nullable<Double>,
        high -> Nullable<Double>,
        likelihood -> Double,
        exposure -> Double,
        changed_seq -> BigInt,
        known -> Nullable<BigInt>,
        of -> Nullable<BigInt>,
    }
}

diesel::table! {
    supplier_ticket_gone (record_id, party, input, view) {
        record_id -> Text,
        party -> Text,
        input -> Text,
        view -> Text,
        changed_seq -> BigInt,
    }
}

diesel::table! {
    supplier_gap (party, key) {
        party -> Text,
        key -> Text,
        body -> Text,
        gone -> Bool,
        changed_seq -> BigInt,
    }
}

diesel::table! {
    scored_under (id) { id -> BigInt, circumstances -> Text, }
}

diesel::table! {
    withheld (record_id) { record_id -> Text, kind -> Text, changed_seq -> BigInt, }
}

diesel::table! {
    moment (seq) { seq -> BigInt, at -> Timestamp, }
}

diesel::table! {
    supplier_event (id) {
        id -> Text,
        at -> Timestamp,
        kind -> Text,
        view -> Text,
        party -> Text,
        record_id -> Nullable<Text>,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
        decision -> Nullable<Text>,
        reason -> Nullable<Text>,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        services -> Nullable<Text>,
        because -> Nullable<Text>,
    }
}

diesel::table! {
    lease (name) { name -> Text, holder -> Text, fence -> BigInt, expires_at -> BigInt, }
}

diesel::table! {
    delivery (number) {
        number -> BigInt,
        id -> Text,
        source -> Text,
        key -> Text,
        received_at -> Timestamp,
        state -> Text,
        reason -> Nullable<Text>,
        body -> Binary,
    }
}

diesel::table! {
    outbox (id) {
        id -> Text,
        at -> Timestamp,
        #[sql_name = "type"]
        kind -> Text,
        subject -> Text,
        view -> Text,
        body -> Text,
    }
}

diesel::table! {
    stored_source (name) { name -> Text, settings -> Text, changed_at -> Timestamp, changed_by -> Text, }
}

diesel::table! {
    schedule (source) { source -> Text, due_at -> Timestamp, failures -> BigInt, }
}

diesel::allow_tables_to_appear_in_same_query!(first_read, judgement, record);
diesel::allow_tables_to_appear_in_same_query!(sighting, record);
