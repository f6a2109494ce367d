//! Natives that do at once what the interpreter would do in many steps: it follows even `.a` through a chain of boxed
//! iterators, and has `null`, `type` or `join` as definitions over values it makes each time.

use super::{
    natives::{Data, Named},
    prepared::MAX_FIELDS,
    regexes,
};
use jaq_core::{
    Ctx, Cv, Error, Exn, Native, RunPtr, ValT, ValXs,
    box_iter::box_once,
    native::{bome, v},
    path::Opt,
};
use jaq_json::{Val, ValR};
use jaq_std::ValT as _;
use std::{borrow::Borrow, iter};

/// All of them. Those that start with a space no program can name; prepared ones call them.
pub fn natives() -> impl Iterator<Item = Named> {
    // An object has as many arguments as fields, and the number of the list of its keys.
    let objects = (1..=MAX_FIELDS).map(|fields| -> Named { (" object", v(fields + 1), Native::<Data>::new(object)) });
    let simple: [(_, RunPtr<Data>); 13] = [
        ("isboolean", |cv| is(matches!(cv.1, Val::Bool(_)))),
        ("isnumber", |cv| is(matches!(cv.1, Val::Num(_)))),
        ("isstring", |cv| is(matches!(cv.1, Val::TStr(_) | Val::BStr(_)))),
        ("isarray", |cv| is(matches!(cv.1, Val::Arr(_)))),
        ("isobject", |cv| is(matches!(cv.1, Val::Obj(_)))),
        (" is null", |cv| is(matches!(cv.1, Val::Null))),
        (" is not null", |cv| is(!matches!(cv.1, Val::Null))),
        ("not", |cv| is(!cv.1.as_bool())),
        ("true", |_| is(true)),
        ("false", |_| is(false)),
        ("null", |_| bome(Ok(Val::Null))),
        ("type", |cv| bome(Ok(Val::utf8_str(type_of(&cv.1))))),
        ("tostring", |cv| bome(Ok(cv.1.into_string()))),
    ];
    let binary: [(_, RunPtr<Data>); 4] = [
        (" constant", |mut cv| bome(Ok(constant(&mut cv.0).clone()))),
        ("split", |mut cv| bome(split(cv.1, cv.0.pop_var()))),
        ("join", |mut cv| bome(join(cv.1, &cv.0.pop_var()))),
        ("test", |mut cv| bome(regexes::test(&cv.1, &cv.0.pop_var()))),
    ];
    let simple = simple.map(|(name, run)| -> Named { (name, v(0), Native::<Data>::new(run)) });
    let binary = binary.map(|(name, run)| -> Named { (name, v(1), Native::<Data>::new(run)) });
    paths().into_iter().chain(simple).chain(binary).chain(objects)
}

/// `.[key]`, of the key that is taken from the context.
macro_rules! lookup {
    ($take:expr) => {
        Native::<Data>::new(|mut cv| {
            let key = $take(&mut cv.0);
            bome(cv.1.index(key.borrow()))
        })
        .with_paths(|mut cv| {
            let (key, (value, path)) = ($take(&mut cv.0), cv.1);
            let value: ValR = ValT::index(value, key.borrow());
            box_once(value.map(|value| (value, path.cons(key.clone()))).map_err(Exn::from))
        })
        .with_update(|mut cv, f| {
            let key = $take(&mut cv.0);
            box_once(cv.1.map_index(key.borrow(), Opt::Essential, f))
        })
    };
}

/// Those that are paths too.
fn paths() -> [Named; 6] {
    [
        (" key", v(1), lookup!(constant)),
        (" at", v(1), lookup!(Ctx::pop_var)),
        (
            " at",
            v(2),
            Native::<Data>::new(|mut cv| {
                let key = cv.0.pop_var();
                bome(cv.0.pop_var().index(&key))
            }),
        ),
        (
            " each",
            v(0),
            Native::<Data>::new(|cv| Box::new(cv.1.values().map(|value| value.map_err(Exn::from))))
                .with_paths(|cv| {
                    let (value, path) = cv.1;
                    Box::new(value.key_values().map(move |each| {
                        let (key, value) = each?;
                        Ok((value, path.clone().cons(key)))
                    }))
                })
                .with_update(|cv, f| box_once(cv.1.map_values(Opt::Essential, f))),
        ),
        (
            "values",
            v(0),
            Native::<Data>::new(|cv| Box::new(Some(cv.1).filter(|value| *value != Val::Null).map(Ok).into_iter()))
                .with_paths(|cv| Box::new(Some(cv.1).filter(|(value, _)| *value != Val::Null).map(Ok).into_iter()))
                .with_update(|cv, f| match cv.1 {
                    Val::Null => bome(Ok(Val::Null)),
                    value => f(value),
                }),
        ),
        (
            "empty",
            v(0),
            Native::<Data>::new(|_| Box::new(iter::empty()))
                .with_paths(|_| Box::new(iter::empty()))
                .with_update(|cv, _| bome(Ok(cv.1))),
        ),
    ]
}

/// The constant whose number was bound last.
fn constant<'a>(context: &mut Ctx<'a, Data>) -> &'a Val {
    let number = context.pop_var().as_isize().and_then(|number| usize::try_from(number).ok());
    number.and_then(|number| context.data().constants.get(number)).unwrap_or(&Val::Null)
}

fn is<'a>(so: bool) -> ValXs<'a, Val> {
    bome(Ok(Val::Bool(so)))
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

/// `split(separator)`
fn split(text: Val, separator: Val) -> ValR {
    match (&text, &separator) {
        (Val::TStr(_) | Val::BStr(_), Val::TStr(_) | Val::BStr(_)) => text / separator,
        _ => Err(Error::str("split input and separator must be strings")),
    }
}

/// `join(separator)`
fn join(list: Val, separator: &Val) -> ValR {
    let mut joined = Val::utf8_str("");
    for (number, element) in list.values().enumerate() {
        if number > 0 {
            joined = (joined + separator.clone())?;
        }
        joined = (joined + element?.into_string())?;
    }
    Ok(joined)
}

/// An object of the values of a context under the keys whose number was bound last.
fn object<'a>(mut cv: Cv<'a, Data>) -> ValXs<'a, Val> {
    let Val::Arr(keys) = constant(&mut cv.0) else { return bome(Ok(Val::Null)) };
    let mut values: Vec<Val> = keys.iter().map(|_| cv.0.pop_var()).collect();
    values.reverse();
    bome(Ok(Val::obj(keys.iter().cloned().zip(values).collect())))
}
