//! The same program, quicker. What the interpreter would make anew each time it comes by is made once; keys are looked
//! up one after another, and objects put together, without the generality that only few programs need.

use super::constants::{Constant, Constants, text};
use jaq_core::{
    load::{
        lex::StrPart,
        parse::{BinaryOp, Def, Pattern, Term},
    },
    ops,
    path::{Opt, Part, Path},
};

/// The most fields of an object that are put together at once.
pub const MAX_FIELDS: usize = 64;

/// A program that makes the same of every row.
pub fn prepared<'a>(term: Term<&'a str>, constants: &mut Constants) -> Term<&'a str> {
    if let (Term::Obj(_) | Term::Arr(_), Some(constant)) = (&term, Constant::of(&term))
        && let Some(variable) = constants.variable(constant)
    {
        return variable;
    }
    let mut each = |term| prepared(term, constants);
    match term {
        Term::Obj(fields) => object(fields, constants),
        Term::Path(start, path) => looked_up(*start, path, constants),
        Term::Def(definitions, rest) => {
            let definitions =
                definitions.into_iter().map(|def| counting(Def { body: each(def.body), ..def })).collect();
            Term::Def(definitions, Box::new(each(*rest)))
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
        return Term::BinOp(Box::new(left), BinaryOp::Math(ops::Math::Add), Box::new(right));
    }
    let key = |(key, value): &Field<'a>| match (key, value) {
        (Term::Var(name), None) => name.strip_prefix('$').map(str::to_owned),
        (key, _) => text(key),
    };
    let keys: Option<Vec<_>> = fields.iter().map(|field| key(field).map(Constant::Text)).collect();
    let Some(keys) = keys.and_then(|keys| constants.variable(Constant::List(keys))) else {
        let mut each = |term| prepared(term, constants);
        return Term::Obj(fields.into_iter().map(|(key, value)| (each(key), value.map(&mut each))).collect());
    };
    let value = |(key, value): Field<'a>| match (key, value) {
        (_, Some(value)) => value,
        (Term::Var(name), None) => Term::Var(name),
        (key, None) => Term::Path(Box::new(Term::Id), Path(vec![(Part::Index(key), Opt::Essential)])),
    };
    let values = fields.into_iter().map(|field| prepared(value(field), constants));
    Term::Call("_object", values.chain([keys]).collect())
}

/// The keys at the start of a path that are the same for every row are looked up at once.
fn looked_up<'a>(start: Term<&'a str>, path: Path<Term<&'a str>>, constants: &mut Constants) -> Term<&'a str> {
    let Path(mut parts) = path;
    let key = |(part, opt): &(Part<Term<_>>, Opt)| match (part, opt) {
        (Part::Index(key), Opt::Essential) => Constant::of(key),
        _ => None,
    };
    let keys: Vec<Constant> = parts.iter().map_while(key).collect();
    let start = prepared(start, constants);
    let count = keys.len();
    let list = (count > 0).then(|| constants.variable(Constant::List(keys))).flatten();
    let start = match list.map(|list| Term::Call("_get", vec![list])) {
        None => start,
        Some(got) => {
            parts.drain(..count);
            match start {
                Term::Id => got,
                start => Term::BinOp(Box::new(start), BinaryOp::Pipe(None), Box::new(got)),
            }
        }
    };
    if parts.is_empty() {
        return start;
    }
    let mut each = |term| prepared(term, constants);
    let part = |(part, opt)| match part {
        Part::Index(index) => (Part::Index(each(index)), opt),
        Part::Range(from, to) => (Part::Range(from.map(&mut each), to.map(&mut each)), opt),
    };
    Term::Path(Box::new(start), Path(parts.into_iter().map(part).collect()))
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
pub fn counting_all(def: Def<&'static str>) -> Def<&'static str> {
    let body = match def.body {
        Term::Def(inner, rest) => Term::Def(inner.into_iter().map(counting_all).collect(), rest),
        other => other,
    };
    counting(Def { body, ..def })
}

