//! What a mapping may call: the definitions and natives of the interpreter without what reaches beyond the row, and ours.

use super::{bounds, prepared::prepared_definition, quick, zone};
use jaq_core::{
    DataT, Error, Lut, Native,
    data::HasLut,
    load::{self, parse::Def},
    native::{self, bome, v},
};
use jaq_json::{Val, ValR};
use std::sync::LazyLock;

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

/// What a program is run with.
pub struct Data;

/// A program's table of terms, and its constants by their numbers.
#[derive(Clone, Copy)]
pub struct Tables<'a> {
    pub lut: &'a Lut<Data>,
    pub constants: &'a [Val],
}

impl DataT for Data {
    type V<'a> = Val;
    type Data<'a> = Tables<'a>;
}

impl<'a> HasLut<'a, Data> for Tables<'a> {
    fn lut(&self) -> &'a Lut<Data> {
        self.lut
    }
}

/// A native with its name and arguments.
pub type Named = native::Fun<Data>;

/// The definitions, but for those that are natives here.
pub fn definitions() -> impl Iterator<Item = Def<&'static str>> {
    static ALL: LazyLock<Vec<Def>> = LazyLock::new(|| {
        let ours: Vec<_> = ours().map(|(name, arguments, _)| (name, arguments.len())).collect();
        let range = load::parse(RANGE, |parser| parser.defs()).into_iter().flatten();
        let all = range.chain(jaq_core::defs()).chain(jaq_std::defs()).chain(jaq_json::defs());
        let kept = |def: &Def| !BEYOND_THE_ROW.contains(&def.name) && !ours.contains(&(def.name, def.args.len()));
        all.filter(kept).map(prepared_definition).collect()
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

/// Ours.
fn ours() -> impl Iterator<Item = Named> {
    let ours: [Named; 3] = [
        (
            "_step",
            v(0),
            Native::new(|cv| {
                bounds::step();
                bome(Ok(cv.1))
            }),
        ),
        ("fromjson", v(0), Native::new(|cv| bome(from_json(&cv.1)))),
        (
            "to_utc",
            v(2),
            Native::new(|mut cv| {
                let zone = cv.0.pop_var();
                bome(to_utc(&cv.1, &cv.0.pop_var(), &zone))
            }),
        ),
    ];
    ours.into_iter().chain(quick::natives())
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
