//! How the small types of this crate look in a description of JSON.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};

/// A text of this format, by its name in JSON Schema.
pub(crate) fn formatted(format: &str) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    text.format(Some(SchemaFormat::Custom(format.to_owned())))
        .into()
}

/// One of these words.
pub(crate) fn one_of(words: impl Iterator<Item = &'static str>) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    text.enum_values(Some(words)).into()
}
