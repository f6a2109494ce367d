//! A macro for enumerations whose variants have one spelling everywhere: JSON, database, expressions, OpenAPI.

/// Declares an enumeration with its spellings: `as_str`, `NAMES`, `ALL`, `Display`, `FromStr`, serde and `ToSchema`.
macro_rules! names {
    ($(#[doc = $doc:literal])* pub enum $Name:ident { $($(#[$vmeta:meta])* $Variant:ident = $text:literal,)+ }) => {
        $(#[doc = $doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        pub enum $Name {
            $($(#[$vmeta])* #[doc = concat!("Spelled `", $text, "`.")] #[serde(rename = $text)] $Variant,)+
        }

        impl $Name {
            /// Every value, in the order of declaration.
            #[allow(dead_code, reason = "not every enumeration is walked")]
            pub const ALL: &'static [Self] = &[$(Self::$Variant),+];
            /// Every spelling, in the order of declaration.
            pub const NAMES: &'static [&'static str] = &[$($text),+];

            /// The one spelling of this value.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$Variant => $text),+ }
            }
        }

        // Not derived: the derive does not see through a macro's `rename` and would document the variants' names.
        impl utoipa::PartialSchema for $Name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::Type::String)
                    .description(Some(concat!("" $(, $doc, "\n")*).replace("\n ", "\n").trim()))
                    .enum_values(Some(Self::NAMES.iter().copied()))
                    .into()
            }
        }

        impl utoipa::ToSchema for $Name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($Name).into()
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $Name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$Variant),)+
                    _ => Err(format!(
                        "`{text}` is not one of {}{}",
                        Self::NAMES.join(", "),
                        $crate::error::did_you_mean(text, Self::NAMES.iter().copied()),
                    )),
                }
            }
        }
    };
}

pub(crate) use names;
