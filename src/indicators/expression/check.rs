//! Checks names and types of a parsed expression against a record kind, and builds the closures that evaluate it.
//! Every problem is collected with its line and column.

use super::{
    comparison::{Comparison, Refusal},
    kleene::{Place, Truth},
    operand::{Linear, Operand, Read, Test},
    source::Source,
};
use crate::{
    error::{Problem, did_you_mean},
    indicators::facts_of,
    model::{RecordKind, Value},
};
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};
use std::collections::BTreeSet;

const ALLOWED: &str = "allowed are names of fields and facts, true, false, numbers, 'texts', == != < <= > >=, && || !, \
                       in, ?:, + -, has(), size(), days(), hours() and now";
const FUNCTIONS: [&str; 4] = ["days", "has", "hours", "size"];
const HOUR: i64 = 3_600_000;

/// Walks one expression.
pub(super) struct Checker<'s> {
    source: &'s Source<'s>,
    kind: RecordKind,
    places: BTreeSet<Place>,
    problems: Vec<Problem>,
}

impl<'s> Checker<'s> {
    pub(super) fn new(source: &'s Source<'s>, kind: RecordKind) -> Self {
        Self { source, kind, places: BTreeSet::new(), problems: Vec::new() }
    }

    /// The places that are read, and what is wrong.
    pub(super) fn finish(self) -> (Vec<Place>, Vec<Problem>) {
        (self.places.into_iter().collect(), self.problems)
    }

    pub(super) fn refuse<T>(&mut self, node: u64, rule: impl Into<String>) -> Option<T> {
        self.problems.push(Problem::new(self.source.position(node), rule));
        None
    }

    /// An expression that has to be a condition.
    pub(super) fn test(&mut self, node: &IdedExpr) -> Option<Test> {
        match self.operand(node)? {
            Operand::Bool(test) => Some(test),
            other => self.refuse(node.id, format!("true or false is expected here, not {}", other.describe())),
        }
    }

    pub(super) fn operand(&mut self, node: &IdedExpr) -> Option<Operand> {
        match &node.expr {
            Expr::Literal(literal) => self.literal(node.id, literal),
            Expr::Ident(name) if name == "now" => {
                Some(Operand::Time(Linear { factor: 1, rest: Box::new(|_| Some(0)), now: Some(node.id) }))
            }
            Expr::Ident(name) => self.place(node.id, name).map(|(_, operand)| operand),
            Expr::Call(call) if call.target.is_none() => self.call(node, call),
            Expr::List(_) => self.refuse(node.id, format!("a list can only stand to the right of `in`; {ALLOWED}")),
            _ => self.refuse(node.id, format!("this is not supported; {ALLOWED}")),
        }
    }

    fn literal(&mut self, node: u64, literal: &LiteralValue) -> Option<Operand> {
        Some(match literal {
            LiteralValue::Boolean(value) => {
                let truth = Truth::from(*value.inner());
                Operand::Bool(Box::new(move |_| truth))
            }
            LiteralValue::Int(value) => Operand::integer(*value.inner()),
            LiteralValue::Double(value) => {
                let value = *value.inner();
                Operand::Number(Box::new(move |_| Some(value)))
            }
            LiteralValue::String(value) => Operand::TextLiteral(value.inner().into()),
            _ => return self.refuse(node, format!("this kind of literal is not supported; {ALLOWED}")),
        })
    }

    /// A field or fact by its name.
    fn place(&mut self, node: u64, name: &str) -> Option<(Place, Operand)> {
        let fields = self.kind.fields();
        let facts = facts_of(self.kind);
        let found = if let Some(position) = fields.iter().position(|field| field.name == name) {
            Some((Place::Field(position), fields[position].field_type))
        } else {
            let position = facts.iter().position(|fact| fact.name == name);
            position.map(|position| (Place::Fact(position), facts[position].fact_type))
        };
        let Some((place, field_type)) = found else {
            let names = fields.iter().map(|field| field.name).chain(facts.iter().map(|fact| fact.name)).chain(["now"]);
            let nearest = did_you_mean(name, names);
            return self.refuse(node, format!("a {} has no field or fact `{name}`{nearest}", self.kind));
        };
        self.places.insert(place);
        Some((place, Operand::read(place, field_type)))
    }

    fn call(&mut self, node: &IdedExpr, call: &CallExpr) -> Option<Operand> {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, _) => self.connective(node, Truth::False),
            (operators::LOGICAL_OR, _) => self.connective(node, Truth::True),
            (operators::LOGICAL_NOT, [inner]) => {
                let test = self.test(inner)?;
                Some(Operand::Bool(Box::new(move |moment| !test(moment))))
            }
            (operators::CONDITIONAL, [condition, yes, no]) => self.choice(condition, yes, no),
            (operators::IN, [element, list]) => self.membership(node.id, element, list),
            (operators::ADD, [left, right]) => self.sum(node.id, left, 1, right),
            (operators::SUBSTRACT, [left, right]) => self.sum(node.id, left, -1, right),
            (operators::NEGATE, [inner]) => {
                let operand = self.operand(inner)?;
                let described = operand.describe();
                operand.negated().or_else(|| self.refuse(node.id, format!("- has no meaning before {described}")))
            }
            ("has", [inner]) => self.presence(inner),
            ("size", [inner]) => self.size(inner),
            ("days", [inner]) => self.duration(inner, 24 * HOUR),
            ("hours", [inner]) => self.duration(inner, HOUR),
            (operator, [left, right]) if Comparison::of(operator).is_some() => {
                self.comparison(node.id, Comparison::of(operator)?, left, right)
            }
            (name, _) if FUNCTIONS.contains(&name) => self.refuse(node.id, format!("`{name}` takes one argument")),
            (name, _) if name.starts_with(char::is_alphabetic) => {
                let nearest = did_you_mean(name, FUNCTIONS);
                self.refuse(node.id, format!("there is no function `{name}`{nearest}; {ALLOWED}"))
            }
            _ => self.refuse(node.id, format!("this operator is not supported; {ALLOWED}")),
        }
    }

    /// A chain of `&&` or `||`, which ends early at `decisive`: False for "and", True for "or".
    fn connective(&mut self, node: &IdedExpr, decisive: Truth) -> Option<Operand> {
        let Expr::Call(CallExpr { func_name, .. }) = &node.expr else { return None };
        let mut terms = Vec::new();
        chain(node, func_name, &mut terms);
        let tests: Vec<Option<Test>> = terms.into_iter().map(|term| self.test(term)).collect();
        let tests: Vec<Test> = tests.into_iter().collect::<Option<_>>()?;
        Some(Operand::Bool(Box::new(move |moment| {
            let mut truth = !decisive;
            for test in &tests {
                let next = test(moment);
                truth = if decisive == Truth::False { truth.and(next) } else { truth.or(next) };
                if truth == decisive {
                    break;
                }
            }
            truth
        })))
    }

    /// `condition ? yes : no` between conditions. Under an unknown condition it is known where both sides agree.
    fn choice(&mut self, condition: &IdedExpr, yes: &IdedExpr, no: &IdedExpr) -> Option<Operand> {
        let (condition, yes, no) = (self.test(condition), self.test(yes), self.test(no));
        let (condition, yes, no) = (condition?, yes?, no?);
        Some(Operand::Bool(Box::new(move |moment| match condition(moment) {
            Truth::True => yes(moment),
            Truth::False => no(moment),
            Truth::Unknown => match (yes(moment), no(moment)) {
                (yes, no) if yes == no => yes,
                _ => Truth::Unknown,
            },
        })))
    }

    fn comparison(&mut self, node: u64, comparison: Comparison, left: &IdedExpr, right: &IdedExpr) -> Option<Operand> {
        let (left, right) = (self.operand(left), self.operand(right));
        match comparison.test(left?, right?) {
            Ok(test) => Some(Operand::Bool(test)),
            Err(refusal) => self.refused(node, refusal),
        }
    }

    pub(super) fn refused<T>(&mut self, node: u64, refusal: Refusal) -> Option<T> {
        match refusal {
            Refusal::Types(left, right) => self.refuse(node, format!("{left} cannot be compared with {right}")),
            Refusal::Unordered(described) => {
                self.refuse(node, format!("{described}: only == and != can be used, for it has no order"))
            }
            Refusal::Now(now) => {
                let rule = "`now` has to come down to `now` compared with something free of it, as in \
                            now - closed_at > days(10)";
                self.refuse(now, rule)
            }
            Refusal::Spelling(text, spellings) => {
                let nearest = did_you_mean(&text, spellings.iter().copied());
                self.refuse(node, format!("`{text}` is not one of {}{nearest}", spellings.join(", ")))
            }
            Refusal::Range(number, min, max) => {
                self.refuse(node, format!("{number} is outside of {min} to {max}, the values it is compared with"))
            }
            Refusal::Constants => self.refuse(node, "both sides are written out: the comparison says nothing"),
        }
    }

    fn sum(&mut self, node: u64, left: &IdedExpr, sign: i32, right: &IdedExpr) -> Option<Operand> {
        let (left, right) = (self.operand(left), self.operand(right));
        let (left, right) = (left?, right?);
        let (before, after) = (left.describe(), right.describe());
        let operator = if sign > 0 { '+' } else { '-' };
        left.plus(sign, right)
            .or_else(|| self.refuse(node, format!("{operator} has no meaning between {before} and {after}")))
    }

    /// `has(name)`: false where the source could supply it and has nothing, unknown where it cannot.
    fn presence(&mut self, node: &IdedExpr) -> Option<Operand> {
        let (place, _) = self.named(node, "has")?;
        Some(Operand::Bool(Box::new(move |moment| match moment.read(place) {
            Value::Unsupplied => Truth::Unknown,
            Value::Empty => Truth::False,
            _ => Truth::True,
        })))
    }

    /// `size(list)`.
    fn size(&mut self, node: &IdedExpr) -> Option<Operand> {
        let (place, operand) = self.named(node, "size")?;
        if !matches!(operand, Operand::List { .. }) {
            return self.refuse(node.id, format!("`size` takes a list, not {}", operand.describe()));
        }
        let read: Read<i64> = Box::new(move |moment| match moment.read(place) {
            Value::List(list) => i64::try_from(list.len()).ok(),
            _ => None,
        });
        Some(Operand::Integer { read, range: None, literal: None })
    }

    /// The argument of a function that takes the name of a field or fact.
    fn named(&mut self, node: &IdedExpr, function: &str) -> Option<(Place, Operand)> {
        match &node.expr {
            Expr::Ident(name) if name != "now" => self.place(node.id, name),
            _ => self.refuse(node.id, format!("`{function}` takes the name of a field or fact")),
        }
    }

    fn duration(&mut self, node: &IdedExpr, unit: i64) -> Option<Operand> {
        match self.operand(node)? {
            Operand::Integer { read, .. } => Some(Operand::Duration(Linear::free(Box::new(move |moment| {
                read(moment).map(|number| number.saturating_mul(unit))
            })))),
            other => self.refuse(node.id, format!("a whole number is expected here, not {}", other.describe())),
        }
    }
}

/// The terms of a chain of one connective, in order.
fn chain<'e>(node: &'e IdedExpr, operator: &str, terms: &mut Vec<&'e IdedExpr>) {
    match &node.expr {
        Expr::Call(call) if call.target.is_none() && call.func_name == operator => {
            for argument in &call.args {
                chain(argument, operator, terms);
            }
        }
        _ => terms.push(node),
    }
}
