//! Mappings: jq programs that turn a source row into records. The only folder that knows jq.
//!
//! A mapping sees its row and `$source` (name, url, time_zone, settings) and nothing else: no clock, environment, other
//! input, system time zone or output of its own.
//! What could reach them is absent, so using it is an error when the mapping is loaded. A row cannot take the program
//! down: outputs and steps are counted, nesting and recursion are bounded, and a defect of the interpreter costs that row
//! only. A mapping itself is trusted as configuration is: how much memory it takes is not bounded.

mod constants;
mod json;
mod natives;
mod prepared;
mod quick;
mod regexes;

use self::{
    constants::Constants,
    json::{MAX_DEPTH, to_json},
    natives::{BEYOND_THE_ROW, Data, Tables, definitions, natives},
    prepared::prepared,
};
use super::{bounds, zone};
use crate::error::{Problem, did_you_mean};
use data_encoding::HEXLOWER;
use jaq_core::{
    Compiler, Ctx, Vars,
    load::{self, Arena, File, Loader, parse::Def},
    unwrap_valr,
};
use jaq_json::Val;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
    rc::Rc,
    sync::Arc,
};

/// The most objects one row may become.
pub const MAX_OUTPUTS: usize = 1_000;

/// The most mappings of which a thread keeps what was made.
const MAX_MADE: usize = 100;

/// `$source`, and the constants of a program.
type Made = (Vars<Val>, Rc<[Val]>);

/// A compiled mapping, cheap to clone and to share between threads.
#[derive(Clone)]
pub struct Mapping(Arc<Program>);

struct Program {
    filter: jaq_core::Filter<Data>,
    constants: Constants,
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
        let mut constants = Constants::new();
        let modules = load::parse(program, |parser| parser.term())
            .and_then(|term| {
                let row = Def { name: "_row", args: Vec::new(), body: prepared(term, &mut constants) };
                #[expect(clippy::map_identity, reason = "it shortens a lifetime, without which nothing can be chained")]
                let definitions = definitions().map(|def| -> Def<&str> { def }).chain([row]);
                Loader::new(definitions).load(&arena, File { code: "_row", path: () }).ok()
            })
            .unwrap_or(modules);
        let compiled = Compiler::default().with_global_vars(["$source"]).with_funs(natives()).compile(modules);
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
        let (variables, constants) = self.made(source)?;
        let tables = Tables { lut: &self.0.filter.lut, constants: &constants };
        let context = Ctx::<Data>::new(tables, variables);
        let mut outputs = Vec::new();
        for output in self.0.filter.id.run((context, input)) {
            if outputs.len() == bound {
                return Err(format!("the mapping makes more than {bound} records of this row"));
            }
            outputs.push(to_json(&unwrap_valr(output).map_err(|error| error.to_string())?, MAX_DEPTH)?);
        }
        Ok(outputs)
    }

    /// `$source` and the constants as the interpreter has them, made once in each thread: they cannot pass from one to
    /// another.
    fn made(&self, source: &Value) -> Result<Made, String> {
        thread_local! {
            static MADE: RefCell<HashMap<String, (Value, Made)>> = RefCell::default();
        }
        MADE.with_borrow_mut(|all| {
            if let Some((_, made)) = all.get(&self.0.version).filter(|(of, _)| of == source) {
                return Ok(made.clone());
            }
            if all.len() >= MAX_MADE {
                all.clear();
            }
            let about = Val::deserialize(source).map_err(|error| error.to_string())?;
            let made = (Vars::new([about]), self.0.constants.values().collect());
            all.insert(self.0.version.clone(), (source.clone(), Made::clone(&made)));
            Ok(made)
        })
    }
}

fn undefined(name: &str, what: &str) -> String {
    let bare = name.trim_start_matches('$').to_lowercase();
    if BEYOND_THE_ROW.contains(&bare.as_str()) || bare.starts_with("input") {
        return format!("`{name}` is not available: a mapping sees its row and nothing else");
    }
    let names = definitions().map(|def| def.name).chain(natives().map(|(name, ..)| name));
    // Our own for prepared programs, and the interpreter's for its definitions, are not for mappings.
    let names: BTreeSet<_> = names.filter(|name| !name.starts_with([' ', '_'])).collect();
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
