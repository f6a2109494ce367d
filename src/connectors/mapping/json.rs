//! From what a mapping made to JSON every database can keep.

use jaq_json::{Num, Val};
use serde_json::Value;

/// How deeply lists and objects may nest, as in the JSON reader.
pub const MAX_DEPTH: usize = 128;

/// A value in JSON, or why it has none.
pub fn to_json(value: &Val, depth: usize) -> Result<Value, String> {
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
