//! What a mapping may call: the definitions and natives of the interpreter without what reaches beyond the row, and ours.

use super::{
    bounds,
    prepared::{MAX_FIELDS, counting_all},
    regexes, zone,
};
use jaq_core::{
    Cv, Error, Exn, Native, ValT, ValX, ValXs,
    box_iter::box_once,
    data::JustLut,
    load::{self, parse::Def},
    native::{self, bome, v},
    path::Opt,
};
use jaq_json::{Val, ValR};
use jaq_std::ValT as _;
use std::{iter, sync::LazyLock};

/// What is removed because it reaches beyond the row.
pub const BEYOND_THE_ROW: &[&str] = &[
    "debug",
    "debug_empty",
    "env",
    "halt",
    "halt_error",
    "localtime",
    "now",
    "stderr",
    "stderr_empty",
    "strflocaltime",
];

/// What counts on without calling itself.
const RANGE: &str = "def range(from; to; by): _range(from; to; by) | _step;";

/// What a program is run with: its table of terms.
pub type Data = JustLut<Val>;

type Named = native::Fun<Data>;

/// The definitions, but for those that are natives here.
pub fn definitions() -> impl Iterator<Item = Def<&'static str>> {
    static ALL: LazyLock<Vec<Def>> = LazyLock::new(|| {
        let ours: Vec<_> = ours().into_iter().map(|(name, arguments, _)| (name, arguments.len())).collect();
        let range = load::parse(RANGE, |parser| parser.defs()).into_iter().flatten();
        let all = range.chain(jaq_core::defs()).chain(jaq_std::defs()).chain(jaq_json::defs());
        let kept = |def: &Def| !BEYOND_THE_ROW.contains(&def.name) && !ours.contains(&(def.name, def.args.len()));
        all.filter(kept).map(counting_all).collect()
    });
    ALL.iter().cloned()
}

/// The natives.
pub fn natives() -> impl Iterator<Item = Named> {
    jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs())
        .filter(|(name, ..)| !BEYOND_THE_ROW.contains(name) && *name != "fromjson")
        .map(|(name, arguments, native)| (if name == "range" { "_range" } else { name }, arguments, native))
        .chain(ours())
}

/// Ours. Much of what the interpreter defines by comparing with values it makes each time is one look at the value here.
fn ours() -> Vec<Named> {
    let mut all: Vec<Named> = vec![
        ("_get", v(1), Native::new(|mut cv| bome(get(cv.0.pop_var(), cv.1))).with_paths(|mut cv| {
            let list = cv.0.pop_var();
            box_once(get_with_path(list, cv.1, |path, key| path.cons(key)).map_err(Exn::from))
        }).with_update(|mut cv, f| {
            let list = cv.0.pop_var();
            box_once(get_update(keys(&list), cv.1, &*f))
        })),
        ("_step", v(0), Native::new(|cv| {
            bounds::step();
            bome(Ok(cv.1))
        })),
        ("empty", v(0), Native::new(|_| Box::new(iter::empty())).with_paths(|_| Box::new(iter::empty())).with_update(|cv, _| bome(Ok(cv.1)))),
        ("null", v(0), Native::new(|_| bome(Ok(Val::Null)))),
        ("true", v(0), Native::new(|_| bome(Ok(Val::Bool(true))))),
        ("false", v(0), Native::new(|_| bome(Ok(Val::Bool(false))))),
        ("not", v(0), Native::new(|cv| bome(Ok(Val::Bool(!cv.1.as_bool()))))),
        ("tostring", v(0), Native::new(|cv| bome(Ok(cv.1.into_string())))),
        ("type", v(0), Native::new(|cv| bome(Ok(Val::utf8_str(type_of(&cv.1)))))),
        ("test", v(1), Native::new(|mut cv| {
            let expression = cv.0.pop_var();
            bome(regexes::test(&cv.1, &expression))
        })),
        ("fromjson", v(0), Native::new(|cv| bome(from_json(&cv.1)))),
        ("to_utc", v(2), Native::new(|mut cv| {
            let zone = cv.0.pop_var();
            bome(to_utc(&cv.1, &cv.0.pop_var(), &zone))
        })),
    ];
    // An object has as many arguments as fields, and its keys.
    let objects = (1..=MAX_FIELDS).map(|fields| ("_object", v(fields + 1), Native::new(|cv| bome(Ok(object(cv))))));
    all.extend(objects);
    all
}

/// The name of a value's type.
fn type_of(value: &Val) -> &'static str {
    match value {
        Val::Null => "null",
        Val::Bool(_) => "boolean",
        Val::Num(_) => "number",
        Val::BStr(_) | Val::TStr(_) => "string",
        Val::Arr(_) => "array",
        Val::Obj(_) => "object",
    }
}

/// The keys of a list, which is what the natives for keys are called with.
fn keys(list: &Val) -> &[Val] {
    match list {
        Val::Arr(keys) => keys,
        _ => &[],
    }
}

/// `.a.b.c`
fn get(list: Val, value: Val) -> ValR {
    keys(&list).iter().try_fold(value, |value, key| value.index(key))
}

/// The same with the path that leads there.
fn get_with_path<P>(list: Val, (value, path): (Val, P), longer: impl Fn(P, Val) -> P) -> Result<(Val, P), Error<Val>> {
    keys(&list).iter().try_fold((value, path), |(value, path), key| Ok((value.index(key)?, longer(path, key.clone()))))
}

/// `.a.b.c |= f`
fn get_update<'a>(keys: &[Val], value: Val, f: &dyn Fn(Val) -> ValXs<'a, Val>) -> ValX<'a, Val> {
    match keys {
        [] => Ok(value),
        [last] => value.map_index(last, Opt::Essential, f),
        [first, rest @ ..] => value.map_index(first, Opt::Essential, |value| iter::once(get_update(rest, value, f))),
    }
}

/// An object of the values of a context under the keys bound last.
fn object(mut cv: Cv<Data>) -> Val {
    let list = cv.0.pop_var();
    let keys = keys(&list);
    let mut values: Vec<Val> = keys.iter().map(|_| cv.0.pop_var()).collect();
    values.reverse();
    Val::obj(keys.iter().cloned().zip(values).collect())
}

/// `fromjson` for texts of a source: jq's own reader would follow any nesting until the stack ends.
fn from_json(input: &Val) -> ValR {
    let text = input.try_as_utf8_bytes_owned()?;
    let fail = |error: String| Error::str(format!("cannot parse {input} as JSON: {error}"));
    match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[' | b'{' | b'#') => serde_json::from_slice(&text).map_err(|error| fail(error.to_string())),
        _ => jaq_json::read::parse_single(&text).map_err(|error| fail(error.to_string())),
    }
}

/// `to_utc(pattern; zone)`: a time as a system writes it, in RFC 3339.
fn to_utc(input: &Val, pattern: &Val, zone: &Val) -> ValR {
    let text = |value: &Val| -> Result<String, Error<Val>> {
        Ok(String::from_utf8_lossy(&value.try_as_utf8_bytes_owned()?).into_owned())
    };
    let (input, pattern, zone) = (text(input)?, text(pattern)?, text(zone)?);
    let time = zone::zone(&zone).and_then(|zone| zone::read(&input, &pattern, zone));
    time.map(|time| Val::utf8_str(time.to_string())).map_err(Error::str)
}
