//! Mappings: what they see, what stops them, and where their errors are.

use concord::connectors::{MAX_OUTPUTS, Mapping};
use serde_json::{Value, json};

crate::harness::cases![
    rows_come_out_as_jq_makes_them,
    large_objects_are_as_small_ones,
    tables_are_made_once_and_are_the_same,
    what_is_quick_does_the_same,
    dates_without_a_zone_are_read,
    what_reaches_beyond_the_row_is_absent,
    errors_name_line_and_column,
    outputs_are_counted_lazily,
    what_json_cannot_hold_is_refused,
    nesting_is_bounded,
    a_defect_of_the_interpreter_costs_one_row,
    what_does_not_end_is_ended,
    mappings_are_shared_between_threads,
];

fn run(program: &str, row: Value) -> Result<Vec<Value>, String> {
    Mapping::compile("x.jq", program).unwrap_or_else(|problems| panic!("{problems:?}")).run(&row)
}

fn refused(program: &str) -> String {
    let problems = Mapping::compile("x.jq", program).err().expect("refused");
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn rows_come_out_as_jq_makes_them() {
    assert_eq!(run("empty", json!({})), Ok(vec![]));
    assert_eq!(
        run(".a[]", json!({"a": [1, "é", null, 2.5, true]})).unwrap(),
        [json!(1), json!("é"), json!(null), json!(2.5), json!(true)]
    );
    assert_eq!(run("6 / 2, (\"08\" | tonumber), 1e3", json!({})), Ok(vec![json!(3), json!(8), json!(1000)]));
    assert_eq!(run(".n", json!({"n": i64::MAX})), Ok(vec![json!(i64::MAX)]));
    assert_eq!(run(".t | fromjson", json!({"t": " {\"a\": [1]} "})), Ok(vec![json!({"a": [1]})]));
    assert_eq!(run("[.s | splits(\", *\")]", json!({"s": "a, b,c"})), Ok(vec![json!(["a", "b", "c"])]));
    let error = run("error(\"no such thing: \\(.a)\")", json!({"a": 1})).unwrap_err();
    assert!(error.contains("no such thing: 1"), "{error}");
}

fn large_objects_are_as_small_ones() {
    let program = "def twice: . * 2; . as $row | {a: (1, 2), b: .n, \"c\": ($row.n | twice), d: [3], (\"e\", \"f\"): {g: 1, h: 2, i: 3}, \
         a2: (4, 5), b: 7, $source, j: (if .n then {k: 1, l: 2, m: 3} else null end)}";
    let expected: Vec<Value> =
        [(1, "e", 4), (1, "e", 5), (1, "f", 4), (1, "f", 5), (2, "e", 4), (2, "e", 5), (2, "f", 4), (2, "f", 5)]
            .into_iter()
            .map(|(a, name, a2)| {
                json!({"a": a, "b": 7, "c": 12, "d": [3], name: {"g": 1, "h": 2, "i": 3}, "a2": a2, "source": null,
                "j": {"k": 1, "l": 2, "m": 3}})
            })
            .collect();
    assert_eq!(run(program, json!({"n": 6})), Ok(expected));
    assert_eq!(run(&format!("{program} | select(false)"), json!({"n": 6})), Ok(vec![]));
    assert!(refused("{a: 1, b: 2, c: 3,\n d: (.x | unheard_of)}").contains("x.jq line 2 column 11"));
}

fn tables_are_made_once_and_are_the_same() {
    let program = r#"def of($table): $table[.s];
        def words: {"é\u0041": [1, ["two", {three: 3}]], empty: {}, none: [], half: [0.5, -1], again: {a: 1, a: 2}};
        . as {s: $s} | [
          of({a: "first", b: [1, 2, {c: "x\ty"}]}), (words | to_entries[] | .key), words.again, words["éA"],
          ({a: 5} | .a), ([3, 1, 2] | sort), ({a: 1} + {b: $s}), [1, (2, 3), "\($s)"], ({x: 1} | .x = 2)
        ]"#;
    for (s, first) in [("a", json!("first")), ("b", json!([1, 2, {"c": "x\ty"}])), ("c", json!(null))] {
        let (one, table) = (run(program, json!({ "s": s })).unwrap().remove(0), json!([1, ["two", {"three": 3}]]));
        let keys = ["éA", "empty", "none", "half", "again"].map(Value::from);
        let expected = [
            vec![first],
            keys.to_vec(),
            vec![json!({"a": 2}), table, json!(5), json!([1, 2, 3]), json!({"a": 1, "b": s}), json!([1, 2, 3, s])],
            vec![json!({"x": 2})],
        ];
        assert_eq!(one, Value::from(expected.concat()));
    }
    // More of them than have names.
    let tables: Vec<String> = (0..50).map(|number| format!("{{a: {number}}}.a")).collect();
    let expected: Vec<Value> = (0..50).map(Value::from).collect();
    assert_eq!(run(&format!("[{}]", tables.join(", ")), json!({})), Ok(vec![Value::from(expected)]));
}

/// As jq's manual has them: values, paths, and changes along paths.
fn what_is_quick_does_the_same() {
    let row = json!({"a": {"b": 1}, "s": "hello", "n": 5, "l": [{"x": 1}, {"x": 2}, {}], "q": null});
    for (program, expected) in [
        ("[path(.a.b, .l[].x, .[\"s\"])]", json!([["a", "b"], ["l", 0, "x"], ["l", 1, "x"], ["l", 2, "x"], ["s"]])),
        ("[path((.a, .q) | values), path(empty)]", json!([["a"]])),
        (".a.b |= . + 1 | .a", json!({"b": 2})),
        (".a.c = 3 | .a", json!({"b": 1, "c": 3})),
        (".l[].x |= empty | .l", json!([{}, {}, {}])),
        (".l[] |= empty | .l", json!([])),
        ("map_values(values) | keys", json!(["a", "l", "n", "s"])),
        ("(.a, .q | values) |= 3 | [.a, .q]", json!([3, null])),
        ("del(.a, .l[0]) | [.a, (.l | length)]", json!([null, 2])),
        ("\"b\" as $k | .a[$k] |= 9 | . as $row | [$row.a[$k], .[(\"n\", \"q\")]]", json!([9, 5, null])),
        ("[.[] | type] | sort", json!(["array", "null", "number", "object", "string"])),
        ("[.[] | isstring, not, . == null, . != null] | map(select(.)) | length", json!(7)),
        ("[\"a\", null, 1, true, {}] | join(\"-\")", json!("a-null-1-true-{}")),
        (
            "[.s | split(\"l\"), split(\"\")[0], test(\"l+\"), test(\"L\"), test(\"L\"; \"i\")]",
            json!([["he", "", "o"], "h", true, false, true]),
        ),
        ("{a: (1, 2), s, \"t\": (.q // empty)} // {(.s): null, a: 1, a: 2}", json!({"hello": null, "a": 2})),
        ("[.l[]?.x, .s[]?, .a.b.c?]", json!([1, 2, null])),
    ] {
        assert_eq!(run(program, row.clone()), Ok(vec![expected]), "{program}");
    }
    for (program, error) in [
        (".s.x", "cannot index"),
        (".n[]", "cannot use 5 as iterable"),
        (".n | split(\"l\")", "must be strings"),
        (".n | test(\"x\")", "as string"),
        (".s | test(\"(\")", "invalid regex"),
        ("[\"a\", \"b\"] | join(1)", "cannot calculate"),
        (".n.x |= 1", "as iterable"),
    ] {
        let found = run(program, row.clone()).unwrap_err();
        assert!(found.contains(error), "{program}: {found}");
    }
}

fn dates_without_a_zone_are_read() {
    let program = ".at | strptime(\"%d-%m-%Y %H:%M\") | mktime | todate";
    assert_eq!(run(program, json!({"at": "29-02-2016 01:16"})), Ok(vec![json!("2016-02-29T01:16:00Z")]));
    assert!(run(program, json!({"at": "30-02-2016 01:16"})).is_err());
}

fn what_reaches_beyond_the_row_is_absent() {
    for program in [
        "env",
        "$ENV",
        "now",
        "input",
        "inputs",
        "debug",
        "stderr",
        "halt",
        "halt_error",
        "localtime",
        "input_filename",
    ] {
        let problem = refused(program);
        assert!(problem.starts_with("x.jq line 1 column 1: "), "{program}: {problem}");
        assert!(problem.contains("sees its row and nothing else"), "{program}: {problem}");
    }
    assert!(refused("include \"other\"; .").contains("cannot include others"));
    assert!(refused("$secret").contains("there is no variable `$secret`"));
}

fn errors_name_line_and_column() {
    let problem = refused("{\n  title: .t,\n  state: .s | to_dat\n}");
    assert!(problem.starts_with("x.jq line 3 column 15: "), "{problem}");
    assert!(problem.contains("did you mean `todate`?"), "{problem}");
    let problem = refused("{ a: .b\n  c: .d }");
    assert!(problem.starts_with("x.jq line 2 column 3: expected "), "{problem}");
    assert!(refused("if . then").starts_with("x.jq line 1 column 10: expected "), "{}", refused("if . then"));
    assert!(refused(". | \"open").contains("closing quote"));
    assert!(refused("").contains("expected term"));
    assert!(refused(". | map").contains("there is no filter `map` taking that many arguments"));
    // What prepared programs call is nobody else's, and a mapping's own of a similar name is its own.
    assert!(!refused(".s | key(0)").contains("`_key`") && !refused(". | constan(0)").contains("constant"));
    assert_eq!(
        run("def _key(k): 7; def _at(k): 8; [.a, _key(0), _at(0)]", json!({"a": 1})),
        Ok(vec![json!([1, 7, 8])])
    );
}

fn outputs_are_counted_lazily() {
    assert_eq!(run(&format!("range({MAX_OUTPUTS})"), json!({})).map(|outputs| outputs.len()), Ok(MAX_OUTPUTS));
    for endless in [format!("range({MAX_OUTPUTS} + 1)"), "repeat(1)".into()] {
        assert!(run(&endless, json!({})).unwrap_err().contains("more than 1000 records"));
    }
}

fn what_json_cannot_hold_is_refused() {
    assert!(run("nan", json!({})).unwrap_err().contains("NaN"));
    assert!(run("infinite", json!({})).unwrap_err().contains("not a finite number"));
    assert!(run("{(1 | tostring): 1}", json!({})).is_ok());
    assert!(run("{(.a): 1}", json!({"a": 5})).unwrap_err().contains("a key is a text"));
    assert!(run(".a", json!({"a": "x\0y"})).unwrap_err().contains("U+0000"));
    assert!(run("\"a\" | tobytes", json!({})).unwrap_err().contains("byte string"));
}

fn nesting_is_bounded() {
    assert!(run("reduce range(200) as $i (.; [.])", json!({})).unwrap_err().contains("deeper than 128"));
    assert!(run("reduce range(100) as $i (.; [.])", json!({})).is_ok());
    for opening in ["[", "{\"a\":", "#\n[", " ["] {
        let deep = opening.repeat(100_000);
        assert!(run(".t | fromjson", json!({ "t": deep })).unwrap_err().contains("as JSON"));
    }
}

fn a_defect_of_the_interpreter_costs_one_row() {
    let mapping = Mapping::compile("x.jq", ".t | mktime").expect("a mapping");
    assert!(mapping.run(&json!({"t": [2026, 127, 1, 0, 0, 0]})).is_err(), "the month overflows");
    assert_eq!(mapping.run(&json!({"t": [1970, 0, 2, 0, 0, 0]})), Ok(vec![json!(86_400)]));
}

fn what_does_not_end_is_ended() {
    // Whatever goes round and whatever calls itself, in definitions of one's own and in those of jq.
    for (program, rule) in [
        ("first(range(0; 1e15) | select(. < 0))", "goes round too often"),
        ("try (def f: f; f) catch .", "goes round too often"),
        ("reduce 1 as $x (0; def f: f; f)", "goes round too often"),
        ("0 | until(false; . + 1)", "goes round too often"),
        ("def f: 1 + f; f", "calls itself too deeply"),
        ("{a: {b: (def f: [f]; f | tostring)}}", "calls itself too deeply"),
        ("def f(x): def g: f(x + 1) + 1; g; f(1)", "calls itself too deeply"),
        ("def f: if . == 0 then f else f | f end; 1 | f", "calls itself too deeply"),
    ] {
        let ended = run(program, json!({})).expect_err(program);
        assert!(
            [format!("the mapping {rule}").as_str(), "the mapping takes too long"].contains(&ended.as_str()),
            "{program}: {ended}"
        );
    }
    assert_eq!(run("0 | until(. == 100000; . + 1)", json!({})), Ok(vec![json!(100_000)]));
    assert_eq!(run("[limit(3; repeat(1))], last(range(5; 0; -2))", json!({})), Ok(vec![json!([1, 1, 1]), json!(1)]));
    assert_eq!(run("[1, [[2]]] | flatten, walk(.), [recurse(.[]?)]", json!({})).map(|made| made.len()), Ok(3));
    assert_eq!(run("path(.a | recurse)", json!({"a": {"b": 1}})), Ok(vec![json!(["a"]), json!(["a", "b"])]));
    assert_eq!(run("def f: if . > 50 then . else . + 1 | f + 0 end; 1 | f", json!({})), Ok(vec![json!(51)]));
}

fn mappings_are_shared_between_threads() {
    let mapping = Mapping::compile("x.jq", ".n * 2").expect("a mapping");
    let double = |n: i64| mapping.run(&json!({ "n": n }));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|n| scope.spawn(move || (n, double(n)))).collect();
        for thread in threads {
            let (n, doubled) = thread.join().expect("a result");
            assert_eq!(doubled, Ok(vec![json!(n * 2)]));
        }
    });
}
