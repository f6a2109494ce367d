//! `in`: a value among those written out, or a text among the elements of a list field.

use super::{
    check::Checker,
    comparison::{in_range, spelled},
    kleene::{Moment, Place, Truth},
    operand::Operand,
};
use crate::model::Value;
use cel::common::ast::{Expr, IdedExpr, LiteralValue};

impl Checker<'_> {
    /// `element in list`.
    pub(super) fn membership(&mut self, node: u64, element: &IdedExpr, list: &IdedExpr) -> Option<Operand> {
        let element = self.operand(element);
        if let Expr::List(list) = &list.expr {
            return self.among(node, element?, &list.elements);
        }
        match (element?, self.operand(list)?) {
            (Operand::TextLiteral(text), Operand::List { place, spellings }) => {
                if let Err(refusal) = spelled(&text, spellings) {
                    return self.refused(node, refusal);
                }
                Some(Operand::Bool(Box::new(move |moment| contains(moment, place, Some(&text)))))
            }
            (Operand::Text { read, spellings: left }, Operand::List { place, spellings }) if left == spellings => {
                Some(Operand::Bool(Box::new(move |moment| contains(moment, place, read(moment)))))
            }
            (element, list) => {
                let rule = format!("{} cannot be looked for in {}", element.describe(), list.describe());
                self.refuse(node, rule)
            }
        }
    }

    /// `element in ['a', 'b']`, of literals.
    fn among(&mut self, node: u64, element: Operand, listed: &[IdedExpr]) -> Option<Operand> {
        if listed.is_empty() {
            return self.refuse(node, "nothing is in an empty list");
        }
        match element {
            Operand::Text { read, spellings } => {
                let mut texts = Vec::new();
                for item in listed {
                    let Expr::Literal(LiteralValue::String(text)) = &item.expr else {
                        return self.refuse(item.id, "a 'text' is expected in this list");
                    };
                    if let Err(refusal) = spelled(text.inner(), spellings) {
                        self.refused::<()>(item.id, refusal);
                    }
                    texts.push(text.inner().to_owned());
                }
                let among = move |text: &str| texts.iter().any(|listed| listed == text);
                Some(Operand::Bool(Box::new(move |moment| read(moment).map(&among).into())))
            }
            Operand::Integer { read, range, literal: None } => {
                let mut numbers = Vec::new();
                for item in listed {
                    let Expr::Literal(LiteralValue::Int(number)) = &item.expr else {
                        return self.refuse(item.id, "a whole number is expected in this list");
                    };
                    if let Err(refusal) = in_range(Some(*number.inner()), range) {
                        self.refused::<()>(item.id, refusal);
                    }
                    numbers.push(*number.inner());
                }
                let among = move |number| numbers.contains(&number);
                Some(Operand::Bool(Box::new(move |moment| read(moment).map(&among).into())))
            }
            other => {
                let rule =
                    format!("a text or whole number of the record is expected before `in`, not {}", other.describe());
                self.refuse(node, rule)
            }
        }
    }
}

fn contains(moment: &Moment<'_>, place: Place, text: Option<&str>) -> Truth {
    match (moment.read(place), text) {
        (Value::List(list), Some(text)) => list.contains(text).into(),
        _ => Truth::Unknown,
    }
}
