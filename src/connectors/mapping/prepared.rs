//! The same program, quicker. What the interpreter would make anew each time it comes by is made once; keys are looked
//! up one after another, and objects put together, without the generality that only few programs need.

use super::constants::{Constant, Constants, text};
use jaq_core::{
    load::{
        lex::StrPart,
        parse::{BinaryOp, Def, Pattern, Term},
    },
    ops::{Cmp, Math},
    path::{Opt, Part, Path},
};

/// The most fields of an object that are put together at once.
pub const MAX_FIELDS: usize = 64;

/// A definition of the interpreter's own that does the same.
pub fn prepared_definition(def: Def<&'static str>) -> Def<&'static str> {
    definition(def, &mut Constants::none())
}

fn definition<'a>(def: Def<&'a str>, constants: &mut Constants) -> Def<&'a str> {
    counting(Def { body: prepared(def.body, constants), ..def })
}

/// A program that makes the same of every row.
pub fn prepared<'a>(term: Term<&'a str>, constants: &mut Constants) -> Term<&'a str> {
    if let (Term::Obj(_) | Term::Arr(_), Some(constant)) = (&term, Constant::of(&term))
        && let Some(number) = constants.number(constant)
    {
        return Term::Call(" constant", vec![number]);
    }
    let mut each = |term| prepared(term, constants);
    match term {
        Term::Obj(fields) => object(fields, constants),
        Term::Path(start, path) => looked_up(*start, path, constants),
        Term::Def(definitions, rest) => {
            let definitions = definitions.into_iter().map(|def| definition(def, constants)).collect();
            Term::Def(definitions, Box::new(prepared(*rest, constants)))
        }
        Term::BinOp(left, BinaryOp::Cmp(operator @ (Cmp::Eq | Cmp::Ne)), right) if is_null(&right) => {
            let test = Term::Call(if matches!(operator, Cmp::Eq) { " is null" } else { " is not null" }, Vec::new());
            piped(each(*left), test)
        }
        Term::BinOp(left, operator, right) => {
            let left = Box::new(each(*left));
            Term::BinOp(left, operator, Box::new(each(*right)))
        }
        Term::Str(format, parts) => {
            let part = |part| match part {
                StrPart::Term(term) => StrPart::Term(each(term)),
                other => other,
            };
            Term::Str(format, parts.into_iter().map(part).collect())
        }
        Term::Arr(Some(list)) => Term::Arr(Some(Box::new(each(*list)))),
        Term::Call(name, arguments) => Term::Call(name, arguments.into_iter().map(each).collect()),
        Term::IfThenElse(cases, rest) => {
            let cases = cases.into_iter().map(|(condition, then)| (each(condition), each(then))).collect();
            Term::IfThenElse(cases, rest.map(|rest| Box::new(each(*rest))))
        }
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

type Field<'a> = (Term<&'a str>, Option<Term<&'a str>>);

/// The interpreter makes `{a, b, …}` of `{a} + ({b} + …)` and copies at each `+` what is to the right of it.
fn object<'a>(mut fields: Vec<Field<'a>>, constants: &mut Constants) -> Term<&'a str> {
    if fields.len() > MAX_FIELDS {
        let right = fields.split_off(fields.len() / 2);
        let (left, right) = (object(fields, constants), object(right, constants));
        return Term::BinOp(Box::new(left), BinaryOp::Math(Math::Add), Box::new(right));
    }
    let key = |(key, value): &Field<'a>| match (key, value) {
        (Term::Var(name), None) => name.strip_prefix('$').map(str::to_owned),
        (key, _) => text(key),
    };
    let keys: Option<Vec<_>> = fields.iter().map(|field| key(field).map(Constant::Text)).collect();
    let Some(keys) = keys.and_then(|keys| constants.number(Constant::List(keys))) else {
        let mut each = |term| prepared(term, constants);
        return Term::Obj(fields.into_iter().map(|(key, value)| (each(key), value.map(&mut each))).collect());
    };
    let value = |(key, value): Field<'a>| match (key, value) {
        (_, Some(value)) => value,
        (Term::Var(name), None) => Term::Var(name),
        (key, None) => Term::Path(Box::new(Term::Id), Path(vec![(Part::Index(key), Opt::Essential)])),
    };
    let values = fields.into_iter().map(|field| prepared(value(field), constants));
    Term::Call(" object", values.chain([keys]).collect())
}

fn is_null(term: &Term<&str>) -> bool {
    matches!(term, Term::Call("null", arguments) if arguments.is_empty())
}

fn piped<'a>(first: Term<&'a str>, then: Term<&'a str>) -> Term<&'a str> {
    match first {
        Term::Id => then,
        first => Term::BinOp(Box::new(first), BinaryOp::Pipe(None), Box::new(then)),
    }
}

/// What of the start of a path one native does at once.
fn looked_up<'a>(start: Term<&'a str>, path: Path<Term<&'a str>>, constants: &mut Constants) -> Term<&'a str> {
    let mut start = prepared(start, constants);
    let mut parts = path.0.into_iter().peekable();
    while let Some((part, _)) = parts.next_if(|part| is_simple(&start, part)) {
        start = match part {
            Part::Range(..) => piped(start, Term::Call(" each", Vec::new())),
            Part::Index(index) => {
                let constant = Constant::of(&index).and_then(|constant| constants.number(constant));
                match (constant, start) {
                    (Some(number), start) => piped(start, Term::Call(" key", vec![number])),
                    (None, Term::Id) => Term::Call(" at", vec![prepared(index, constants)]),
                    (None, start) => Term::Call(" at", vec![start, prepared(index, constants)]),
                }
            }
        };
    }
    if parts.peek().is_none() {
        return start;
    }
    let mut each = |term| prepared(term, constants);
    let part = |(part, opt)| match part {
        Part::Index(index) => (Part::Index(each(index)), opt),
        Part::Range(from, to) => (Part::Range(from.map(&mut each), to.map(&mut each)), opt),
    };
    Term::Path(Box::new(start), Path(parts.map(part).collect()))
}

/// Whether one native does what a part of a path does with what it starts from. A key is looked for in the row, not in
/// what the path starts from.
fn is_simple(start: &Term<&str>, part: &(Part<Term<&str>>, Opt)) -> bool {
    match part {
        (Part::Range(None, None), Opt::Essential) => true,
        (Part::Index(key), Opt::Essential) => matches!(start, Term::Id | Term::Var(_)) || Constant::of(key).is_some(),
        _ => false,
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
