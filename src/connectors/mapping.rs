//! Mappings: jq programs that turn a source row into records. The only file that knows jq.
//!
//! A mapping sees its row and `$source` (name, url, time_zone, settings) and nothing else: no clock, environment, other
//! input, system time zone or output of its own.
//! What could reach them is absent, so using it is an error when the mapping is loaded. A row cannot take the program
//! down: outputs and steps are counted, nesting and recursion are bounded, and a defect of the interpreter costs that row
//! only. A mapping itself is trusted as configuration is: how much memory it takes is not bounded.

use super::{bounds, zone};
use crate::error::{Problem, did_you_mean};
use data_encoding::HEXLOWER;
use jaq_core::{
    Compiler, Ctx, Vars,
    data::JustLut,
    load::{
        self, Arena, File, Loader,
        lex::StrPart,
        parse::{BinaryOp, Def, Pattern, Term},
    },
    native, ops, unwrap_valr,
};
use jaq_json::{Num, Val};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock},
};

/// The most objects one row may become.
pub const MAX_OUTPUTS: usize = 1_000;

/// How deeply lists and objects may nest, as in the JSON reader.
const MAX_DEPTH: usize = 128;

/// What is removed because it reaches beyond the row.
const BEYOND_THE_ROW: &[&str] = &[
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

/// Names of constants, which no program can write; there are no more constants than names.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| (0..32).map(|number| format!("$ {number}")).collect());

/// What counts on without calling itself.
const RANGE: &str = "def range(from; to; by): _range(from; to; by) | _step;";

/// The most mappings whose constants a thread keeps.
const MAX_MADE: usize = 100;

type Data = JustLut<Val>;
type Native = native::Fun<Data>;

/// A compiled mapping, cheap to clone and to share between threads.
#[derive(Clone)]
pub struct Mapping(Arc<Program>);

struct Program {
    filter: jaq_core::Filter<Data>,
    /// The constants of the program, which it sees as variables after `$source`.
    constants: Vec<Constant>,
    /// A digest of the text.
    version: String,
}

impl Mapping {
    /// Compiles a program. `place` names its file; the problems add line and column.
    pub fn compile(place: &str, program: &str) -> Result<Self, Vec<Problem>> {
        let at = |part: &str, rule: String| {
            let (line, column) = position(program, load::span(program, part).start);
            Problem::new(format!("{place} line {line} column {column}"), rule)
        };
        let arena = Arena::default();
        let modules = Loader::new(definitions()).load(&arena, File { code: program, path: () }).map_err(|errors| {
            let mut problems = Vec::new();
            for (_, error) in errors {
                match error {
                    load::Error::Io(errors) => problems.extend(
                        errors
                            .iter()
                            .map(|(part, _)| at(part, "a mapping is one file and cannot include others".into())),
                    ),
                    load::Error::Lex(errors) => {
                        problems.extend(errors.iter().map(|(e, part)| at(part, format!("expected {}", e.as_str()))));
                    }
                    load::Error::Parse(errors) => {
                        problems.extend(errors.iter().map(|(e, part)| at(part, format!("expected {}", e.as_str()))));
                    }
                }
            }
            // One bracket that stays open may be told several times.
            problems.dedup();
            problems
        })?;
        let mut constants = Vec::new();
        let modules = load::parse(program, |parser| parser.term())
            .and_then(|term| {
                let row = Def { name: "_row", args: Vec::new(), body: prepared(term, &mut constants) };
                #[expect(clippy::map_identity, reason = "it shortens a lifetime, without which nothing can be chained")]
                let definitions = definitions().map(|def| -> Def<&str> { def }).chain([row]);
                Loader::new(definitions).load(&arena, File { code: "_row", path: () }).ok()
            })
            .unwrap_or(modules);
        let variables = ["$source"].into_iter().chain(NAMES.iter().map(String::as_str).take(constants.len()));
        let compiled = Compiler::default().with_global_vars(variables).with_funs(natives()).compile(modules);
        let filter = compiled.map_err(|errors| {
            let unknown = errors.into_iter().flat_map(|(_, errors)| errors);
            unknown.map(|(name, what)| at(name, undefined(name, what.as_str()))).collect::<Vec<_>>()
        })?;
        Ok(Self(Arc::new(Program { filter, constants, version: Self::digest(program) })))
    }

    /// A digest of a text, which tells whether it is another.
    pub(super) fn digest(text: &str) -> String {
        HEXLOWER.encode(&Sha256::digest(text)[..8])
    }

    /// A digest of its text, which changes when the text does.
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// What the program makes of a row, or why it could not, in words.
    pub fn run(&self, row: &Value) -> Result<Vec<Value>, String> {
        self.outputs(row, &Value::Null, MAX_OUTPUTS)
    }

    /// The same with `$source`, and another bound on the number of outputs.
    pub(super) fn outputs(&self, input: &Value, source: &Value, bound: usize) -> Result<Vec<Value>, String> {
        bounds::within(|| self.run_unguarded(input, source, bound))
    }

    fn run_unguarded(&self, row: &Value, source: &Value, bound: usize) -> Result<Vec<Value>, String> {
        let input = Val::deserialize(row).map_err(|error| error.to_string())?;
        let source = Val::deserialize(source).map_err(|error| error.to_string())?;
        let variables = [source].into_iter().chain(self.constants());
        let context = Ctx::<Data>::new(&self.0.filter.lut, Vars::new(variables));
        let mut outputs = Vec::new();
        for output in self.0.filter.id.run((context, input)) {
            if outputs.len() == bound {
                return Err(format!("the mapping makes more than {bound} records of this row"));
            }
            outputs.push(to_json(&unwrap_valr(output).map_err(|error| error.to_string())?, MAX_DEPTH)?);
        }
        Ok(outputs)
    }

    /// The constants as the interpreter has them, made once in each thread: they cannot pass from one to another.
    fn constants(&self) -> Vec<Val> {
        thread_local! {
            static MADE: RefCell<HashMap<String, Vec<Val>>> = RefCell::default();
        }
        if self.0.constants.is_empty() {
            return Vec::new();
        }
        MADE.with_borrow_mut(|made| {
            if let Some(found) = made.get(&self.0.version) {
                return found.clone();
            }
            if made.len() >= MAX_MADE {
                made.clear();
            }
            let values: Vec<Val> = self.0.constants.iter().map(Constant::value).collect();
            made.insert(self.0.version.clone(), values.clone());
            values
        })
    }
}

/// A list or an object of a program's text that is the same for every row.
enum Constant {
    Number(isize),
    Text(String),
    List(Vec<Constant>),
    Object(Vec<(String, Constant)>),
}

impl Constant {
    /// What a term stands for, if it is the same for every row.
    fn of(term: &Term<&str>) -> Option<Self> {
        match term {
            Term::Num(number) => number.parse().ok().map(Self::Number),
            Term::Str(..) => text(term).map(Self::Text),
            Term::Arr(None) => Some(Self::List(Vec::new())),
            Term::Arr(Some(elements)) => {
                let mut list = Vec::new();
                Self::elements(elements, &mut list)?;
                Some(Self::List(list))
            }
            Term::Obj(fields) => {
                let field = |(key, value): &(Term<_>, Option<Term<_>>)| Some((text(key)?, Self::of(value.as_ref()?)?));
                fields.iter().map(field).collect::<Option<_>>().map(Self::Object)
            }
            _ => None,
        }
    }

    /// Adds what a list is made of, if all of it is the same for every row.
    fn elements(term: &Term<&str>, list: &mut Vec<Self>) -> Option<()> {
        match term {
            Term::BinOp(left, BinaryOp::Comma, right) => {
                Self::elements(left, list)?;
                Self::elements(right, list)
            }
            element => Self::of(element).map(|element| list.push(element)),
        }
    }

    fn value(&self) -> Val {
        match self {
            Self::Number(number) => Val::from(*number),
            Self::Text(text) => Val::from(text.clone()),
            Self::List(list) => list.iter().map(Self::value).collect(),
            Self::Object(fields) => {
                let fields = fields.iter().map(|(key, value)| (Val::from(key.clone()), value.value()));
                Val::obj(fields.collect())
            }
        }
    }
}

/// A text without anything in it that depends on the row.
fn text(term: &Term<&str>) -> Option<String> {
    let Term::Str(None, parts) = term else { return None };
    let mut text = String::new();
    for part in parts {
        match part {
            StrPart::Str(part) => text.push_str(part),
            StrPart::Char(char) => text.push(*char),
            StrPart::Term(_) => return None,
        }
    }
    Some(text)
}

/// The same program, quicker. Tables, which the interpreter would make anew each time it comes by, become variables; and
/// large objects are put together from halves. The interpreter makes `{a, b, …}` of
/// `{a} + ({b} + …)` and copies at each `+` what is to the right of it.
fn prepared<'a>(term: Term<&'a str>, constants: &mut Vec<Constant>) -> Term<&'a str> {
    if let (Term::Obj(_) | Term::Arr(_), Some(name)) = (&term, NAMES.get(constants.len()))
        && let Some(constant) = Constant::of(&term)
    {
        constants.push(constant);
        return Term::Var(name);
    }
    let mut each = |term| prepared(term, constants);
    match term {
        Term::Obj(mut fields) if fields.len() > 2 => {
            let right = fields.split_off(fields.len() / 2);
            let (left, right) = (Box::new(each(Term::Obj(fields))), Box::new(each(Term::Obj(right))));
            Term::BinOp(left, BinaryOp::Math(ops::Math::Add), right)
        }
        Term::Obj(fields) => {
            Term::Obj(fields.into_iter().map(|(key, value)| (each(key), value.map(&mut each))).collect())
        }
        Term::Def(definitions, rest) => {
            let definitions =
                definitions.into_iter().map(|def| counting(Def { body: each(def.body), ..def })).collect();
            Term::Def(definitions, Box::new(each(*rest)))
        }
        Term::BinOp(left, operator, right) => {
            let left = Box::new(each(*left));
            Term::BinOp(left, operator, Box::new(each(*right)))
        }
        Term::Arr(Some(list)) => Term::Arr(Some(Box::new(each(*list)))),
        Term::Call(name, arguments) => Term::Call(name, arguments.into_iter().map(each).collect()),
        Term::IfThenElse(cases, rest) => {
            let cases = cases.into_iter().map(|(condition, then)| (each(condition), each(then))).collect();
            Term::IfThenElse(cases, rest.map(|rest| Box::new(each(*rest))))
        }
        Term::Path(start, path) => Term::Path(Box::new(each(*start)), path),
        Term::Fold(name, over, pattern, steps) => {
            let over = Box::new(each(*over));
            Term::Fold(name, over, pattern, steps.into_iter().map(each).collect())
        }
        Term::TryCatch(tried, caught) => {
            let tried = Box::new(each(*tried));
            Term::TryCatch(tried, caught.map(|caught| Box::new(each(*caught))))
        }
        Term::Label(name, inner) => Term::Label(name, Box::new(each(*inner))),
        Term::Neg(inner) => Term::Neg(Box::new(each(*inner))),
        other => other,
    }
}

/// The definition, counting each time it comes by if it calls itself, which shows in how it is written.
fn counting(def: Def<&str>) -> Def<&str> {
    if !format!("{:?}", def.body).contains(&format!("Call({:?}", def.name)) {
        return def;
    }
    let step = Box::new(Term::Call("_step", Vec::new()));
    Def { body: Term::BinOp(step, BinaryOp::Pipe(Some(Pattern::Var("$ step"))), Box::new(def.body)), ..def }
}

/// The same for all within a definition.
fn counting_all(def: Def<&'static str>) -> Def<&'static str> {
    let body = match def.body {
        Term::Def(inner, rest) => Term::Def(inner.into_iter().map(counting_all).collect(), rest),
        other => other,
    };
    counting(Def { body, ..def })
}

fn definitions() -> impl Iterator<Item = Def<&'static str>> {
    static ALL: LazyLock<Vec<Def>> = LazyLock::new(|| {
        let range = load::parse(RANGE, |parser| parser.defs()).into_iter().flatten();
        let all = range.chain(jaq_core::defs()).chain(jaq_std::defs()).chain(jaq_json::defs());
        all.filter(|def| !BEYOND_THE_ROW.contains(&def.name)).map(counting_all).collect()
    });
    ALL.iter().cloned()
}

fn natives() -> impl Iterator<Item = Native> {
    let fromjson = native::run(("fromjson", native::v(0), |cv| native::bome(from_json(&cv.1))));
    let step = native::run(("_step", native::v(0), |cv| {
        bounds::step();
        native::bome(Ok(cv.1))
    }));
    let to_utc = native::run(("to_utc", native::v(2), |mut cv| {
        let zone = cv.0.pop_var();
        let pattern = cv.0.pop_var();
        native::bome(to_utc(&cv.1, &pattern, &zone))
    }));
    jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs())
        .filter(|(name, ..)| !BEYOND_THE_ROW.contains(name) && *name != "fromjson")
        .map(|(name, arguments, native)| (if name == "range" { "_range" } else { name }, arguments, native))
        .chain([fromjson, to_utc, step])
}

/// `fromjson` for texts of a source: jq's own reader would follow any nesting until the stack ends.
fn from_json(input: &Val) -> jaq_json::ValR {
    let text = input.try_as_utf8_bytes_owned()?;
    let fail = |error: String| jaq_core::Error::str(format!("cannot parse {input} as JSON: {error}"));
    match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[' | b'{' | b'#') => serde_json::from_slice(&text).map_err(|error| fail(error.to_string())),
        _ => jaq_json::read::parse_single(&text).map_err(|error| fail(error.to_string())),
    }
}

/// `to_utc(pattern; zone)`: a time as a system writes it, in RFC 3339.
fn to_utc(input: &Val, pattern: &Val, zone: &Val) -> jaq_json::ValR {
    let text = |value: &Val| -> Result<String, jaq_core::Error<Val>> {
        Ok(String::from_utf8_lossy(&value.try_as_utf8_bytes_owned()?).into_owned())
    };
    let (input, pattern, zone) = (text(input)?, text(pattern)?, text(zone)?);
    let time = zone::zone(&zone).and_then(|zone| zone::read(&input, &pattern, zone));
    time.map(|time| Val::from(time.to_string())).map_err(jaq_core::Error::str)
}

fn undefined(name: &str, what: &str) -> String {
    let bare = name.trim_start_matches('$').to_lowercase();
    if BEYOND_THE_ROW.contains(&bare.as_str()) || bare.starts_with("input") {
        return format!("`{name}` is not available: a mapping sees its row and nothing else");
    }
    let names: BTreeSet<_> = definitions().map(|def| def.name).chain(natives().map(|(name, ..)| name)).collect();
    format!(
        "there is no {what} `{name}` taking that many arguments{}",
        match names.contains(name) {
            true => String::new(),
            false => did_you_mean(name, names),
        }
    )
}

/// Line and column, from 1, of a byte offset.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

fn to_json(value: &Val, depth: usize) -> Result<Value, String> {
    let deeper = || depth.checked_sub(1).ok_or_else(|| format!("the mapping nests deeper than {MAX_DEPTH} levels"));
    Ok(match value {
        Val::Null => Value::Null,
        Val::Bool(value) => Value::Bool(*value),
        Val::Num(number) => number_to_json(number)?,
        Val::TStr(text) => Value::String(to_text(text)?),
        Val::BStr(_) => return Err("the mapping makes a byte string; JSON has none".into()),
        Val::Arr(list) => {
            let depth = deeper()?;
            list.iter().map(|element| to_json(element, depth)).collect::<Result<_, _>>()?
        }
        Val::Obj(object) => {
            let depth = deeper()?;
            let member = |(key, value): (&Val, &Val)| match key {
                Val::TStr(key) => Ok((to_text(key)?, to_json(value, depth)?)),
                key => Err(format!("the mapping makes an object with the key {key}; a key is a text")),
            };
            Value::Object(object.iter().map(member).collect::<Result<_, String>>()?)
        }
    })
}

/// Text for every database: PostgreSQL has no U+0000.
fn to_text(bytes: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "the mapping makes a text that is not UTF-8".to_owned())?;
    if text.contains('\0') {
        return Err("the text contains the character U+0000, which cannot be stored".into());
    }
    Ok(text.into())
}

/// jq knows one sort of number, so 6 / 2 is the whole number 3.
fn number_to_json(number: &Num) -> Result<Value, String> {
    if let Num::Int(whole) = number {
        return Ok(Value::from(*whole as i64));
    }
    let text = number.to_string();
    let float: f64 = text.parse().map_err(|_| format!("{text} is not a number JSON can hold"))?;
    if float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0 {
        return Ok(Value::from(float as i64));
    }
    serde_json::Number::from_f64(float).map(Value::Number).ok_or_else(|| format!("{text} is not a finite number"))
}
