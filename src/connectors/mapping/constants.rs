//! What is the same for every row: lists and objects of a program's text, and the keys it looks up.

use jaq_core::load::{
    lex::StrPart,
    parse::{BinaryOp, Term},
};
use jaq_json::Val;
use std::sync::LazyLock;

/// The numbers of constants as a program writes them; there are no more constants than numbers.
static NUMBERS: LazyLock<Vec<String>> = LazyLock::new(|| (0..1_000).map(|number: u16| number.to_string()).collect());

/// The constants of a program, each once. A program knows them by their numbers.
pub struct Constants {
    all: Vec<Constant>,
    most: usize,
}

impl Constants {
    /// Room for the constants of a program.
    pub fn new() -> Self {
        Self { all: Vec::new(), most: NUMBERS.len() }
    }

    /// Room for none.
    pub fn none() -> Self {
        Self { all: Vec::new(), most: 0 }
    }

    /// Keeps a constant and writes its number; `None` if there are too many.
    pub fn number<'a>(&mut self, constant: Constant) -> Option<Term<&'a str>> {
        let known = self.all.iter().position(|known| *known == constant);
        let number = NUMBERS[..self.most].get(known.unwrap_or(self.all.len()))?;
        if known.is_none() {
            self.all.push(constant);
        }
        Some(Term::Num(number))
    }

    /// The constants as the interpreter has them, by their numbers.
    pub fn values(&self) -> impl Iterator<Item = Val> {
        self.all.iter().map(Constant::value)
    }
}

/// A value that is the same for every row.
#[derive(PartialEq)]
pub enum Constant {
    Number(isize),
    Text(String),
    List(Vec<Constant>),
    Object(Vec<(String, Constant)>),
}

impl Constant {
    /// What a term stands for, if it is the same for every row.
    pub fn of(term: &Term<&str>) -> Option<Self> {
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
            Self::Text(text) => Val::utf8_str(text.clone()),
            Self::List(list) => list.iter().map(Self::value).collect(),
            Self::Object(fields) => {
                let fields = fields.iter().map(|(key, value)| (Val::utf8_str(key.clone()), value.value()));
                Val::obj(fields.collect())
            }
        }
    }
}

/// A text without anything in it that depends on the row.
pub fn text(term: &Term<&str>) -> Option<String> {
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
