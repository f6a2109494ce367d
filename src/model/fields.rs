//! What a record's field can be: its three states, its type, and how it is read by name.

use super::{RecordKind, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::openapi::{self, KnownFormat, ObjectBuilder, RefOr, SchemaFormat, schema::Schema};

/// A field of a record. A source that cannot supply it leaves the key out; one that can, but has nothing, says null.
/// The difference decides whether `has(field)` is unknown or false.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Field<T> {
    /// The stream has no such field.
    #[default]
    Unsupplied,
    /// The stream has the field; it is empty here.
    Empty,
    /// The value.
    Value(T),
}

impl<T> Field<T> {
    /// True if the stream has no such field: the key is left out.
    pub const fn is_unsupplied(&self) -> bool {
        matches!(self, Self::Unsupplied)
    }

    /// The value, if there is one.
    pub const fn get(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }
}

impl<T: FieldValue> Field<T> {
    /// The field as expressions see it.
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Unsupplied => Value::Unsupplied,
            Self::Empty => Value::Empty,
            Self::Value(value) => value.value(),
        }
    }
}

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de> + FieldValue> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::<T>::deserialize(deserializer)? {
            Some(value) if !value.is_blank() => Self::Value(value),
            _ => Self::Empty,
        })
    }
}

/// A field's value as an expression reads it.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// The source cannot supply it.
    Unsupplied,
    /// Supplied, and empty.
    Empty,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any finite number.
    Number(f64),
    /// An instant.
    Time(Timestamp),
    /// Text, a name of an enumeration, or the external id of a reference.
    Text(&'a str),
    /// Several values.
    List(&'a dyn List),
}

/// A list-valued field: its size, and whether it holds a text.
pub trait List {
    /// Number of elements.
    fn len(&self) -> usize;
    /// True if an element is spelled like this.
    fn contains(&self, text: &str) -> bool;
    /// True if there is no element.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The type of a field, as mappings, expressions and the OpenAPI document state it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FieldType {
    /// True or false.
    Bool,
    /// Whole numbers from `min` to `max`.
    Integer {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// Any finite number.
    Number,
    /// An instant.
    Time,
    /// Any text.
    Text,
    /// One of these spellings.
    Name(&'static [&'static str]),
    /// A record of this kind, by source and external id.
    Reference(RecordKind),
    /// A record of any kind, by kind, source and external id.
    AnyReference,
    /// Any number of texts.
    TextList,
    /// Several of these spellings.
    NameList(&'static [&'static str]),
    /// Records of this kind.
    ReferenceList(RecordKind),
    /// Certificates with what they cover and until when.
    Certificates,
}

/// One field of a record kind.
#[derive(Clone, Copy, Debug)]
pub struct FieldDef {
    /// Its name in JSON, mappings, expressions and filters.
    pub name: &'static str,
    /// What it means, with its unit.
    pub doc: &'static str,
    /// What it can hold.
    pub field_type: FieldType,
}

/// A Rust type that can be a field.
pub trait FieldValue {
    /// The type mappings and expressions see.
    const TYPE: FieldType;
    /// As an expression sees it.
    fn value(&self) -> Value<'_>;
    /// True for a text of white space only, which counts as empty.
    fn is_blank(&self) -> bool {
        false
    }
}

impl FieldValue for bool {
    const TYPE: FieldType = FieldType::Bool;
    fn value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}

impl FieldValue for f64 {
    const TYPE: FieldType = FieldType::Number;
    fn value(&self) -> Value<'_> {
        Value::Number(*self)
    }
}

impl FieldValue for Timestamp {
    const TYPE: FieldType = FieldType::Time;
    fn value(&self) -> Value<'_> {
        Value::Time(*self)
    }
}

impl FieldValue for String {
    const TYPE: FieldType = FieldType::Text;
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
    fn is_blank(&self) -> bool {
        self.trim().is_empty()
    }
}

/// A whole number from `MIN` to `MAX`, checked when it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Ranged<const MIN: i64, const MAX: i64>(i64);

impl<const MIN: i64, const MAX: i64> Ranged<MIN, MAX> {
    /// The number, or `None` outside the range.
    pub const fn new(number: i64) -> Option<Self> {
        if MIN <= number && number <= MAX { Some(Self(number)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Ranged<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        Self::new(number).ok_or_else(|| D::Error::custom(format!("{number} is not a whole number from {MIN} to {MAX}")))
    }
}

impl<const MIN: i64, const MAX: i64> FieldValue for Ranged<MIN, MAX> {
    const TYPE: FieldType = FieldType::Integer { min: MIN, max: MAX };
    fn value(&self) -> Value<'_> {
        Value::Integer(self.0)
    }
}

impl List for Vec<String> {
    fn len(&self) -> usize {
        self.len()
    }
    fn contains(&self, text: &str) -> bool {
        self.iter().any(|element| element == text)
    }
}

impl FieldValue for Vec<String> {
    const TYPE: FieldType = FieldType::TextList;
    fn value(&self) -> Value<'_> {
        Value::List(self)
    }
}

impl FieldType {
    /// The type in words, for messages and documentation.
    pub fn describe(self) -> String {
        match self {
            Self::Bool => "true or false".into(),
            Self::Integer { min, max } => format!("whole number from {min} to {max}"),
            Self::Number => "number".into(),
            Self::Time => "RFC 3339 time, or a date".into(),
            Self::Text => "text".into(),
            Self::Name(names) => format!("one of {}", names.join(", ")),
            Self::Reference(kind) => format!("external id of a {kind}, or {{source, external_id}}"),
            Self::AnyReference => "`kind/external_id`, or {kind, source, external_id}".into(),
            Self::TextList => "list of texts".into(),
            Self::NameList(names) => format!("list out of {}", names.join(", ")),
            Self::ReferenceList(kind) => format!("list of external ids of a {kind}, or of {{source, external_id}}"),
            Self::Certificates => "list of {standard, scope, services, expires_at}".into(),
        }
    }

    /// The type in the OpenAPI document.
    pub fn schema(self) -> RefOr<Schema> {
        let names = |names: &'static [&'static str]| {
            ObjectBuilder::new().schema_type(openapi::Type::String).enum_values(Some(names.iter().copied()))
        };
        let list = |items: RefOr<Schema>| openapi::ArrayBuilder::new().items(items).build().into();
        match self {
            Self::Bool => ObjectBuilder::new().schema_type(openapi::Type::Boolean).into(),
            Self::Integer { min, max } => ObjectBuilder::new()
                .schema_type(openapi::Type::Integer)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
                .minimum(Some(min as f64))
                .maximum(Some(max as f64))
                .into(),
            Self::Number => ObjectBuilder::new().schema_type(openapi::Type::Number).into(),
            Self::Time => ObjectBuilder::new()
                .schema_type(openapi::Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
                .into(),
            Self::Text => ObjectBuilder::new().schema_type(openapi::Type::String).into(),
            Self::Name(spellings) => names(spellings).into(),
            Self::Reference(_) | Self::AnyReference => openapi::Ref::from_schema_name("Reference").into(),
            Self::TextList => list(Self::Text.schema()),
            Self::NameList(spellings) => list(names(spellings).into()),
            Self::ReferenceList(kind) => list(Self::Reference(kind).schema()),
            Self::Certificates => list(openapi::Ref::from_schema_name("Certificate").into()),
        }
    }
}
