//! Shapes of what is asked for that no type has: filters, addresses, files.

use std::borrow::Cow;

use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    AnyOfBuilder, KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat, Type,
};
use utoipa::{PartialSchema, ToSchema};

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn whole_number() -> ObjectBuilder {
    let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(format))
}

/// An address as `accounts::Email` reads it.
pub fn email() -> Object {
    const PART: &str = r#"[^\s@.<>(),;:\\"\u0000-\u001f\u007f-\u009f]+"#;
    const LOCAL: &str = r#"[^\s@<>(),;:\\"\u0000-\u001f\u007f-\u009f]+"#;
    let pattern = format!(r"^{LOCAL}@{PART}(\.{PART})+$");
    text().pattern(Some(pattern)).max_length(Some(254)).build()
}

/// A picture as a `data:` address in base64.
pub fn data_uri() -> Object {
    let pattern = r"^data:image/[a-z]+;base64,[A-Za-z0-9+/]*={0,2}$";
    text().pattern(Some(pattern)).build()
}

/// The lengths of a video.
pub fn seconds() -> Object {
    whole_number().enum_values(Some([5, 10])).build()
}

/// The id of a batch, chosen by whoever sends it.
pub fn batch_id() -> Object {
    let named = text().min_length(Some(1)).max_length(Some(100));
    named.pattern(Some(r"\S")).build()
}

/// The length of a page of a list.
pub fn limit() -> Object {
    whole_number().build()
}

/// Where a list goes on, or what it is filtered by: an id, or nothing.
pub fn cursor() -> Object {
    let pattern = r"^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?$";
    text().pattern(Some(pattern)).build()
}

/// Where the statement goes on: a number, or nothing.
pub fn count() -> Object {
    text().pattern(Some("^[0-9]{0,18}$")).build()
}

/// A day or a moment, or nothing.
pub fn moment() -> Schema {
    let date = SchemaFormat::KnownFormat(KnownFormat::Date);
    let moment = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    AnyOfBuilder::new()
        .item(text().format(Some(date)))
        .item(text().format(Some(moment)))
        .item(text().max_length(Some(0)))
        .into()
}

/// A word of a filter, or nothing.
pub fn word_of<T: PartialSchema>() -> Object {
    let words = match T::schema() {
        RefOr::T(Schema::Object(object)) => object.enum_values.unwrap_or_default(),
        _ => Vec::new(),
    };
    let words = words.into_iter().chain([json!("")]);
    text().enum_values(Some(words)).build()
}

/// The bytes of a file.
pub struct File;

impl PartialSchema for File {
    fn schema() -> RefOr<Schema> {
        let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
        text().format(Some(binary)).into()
    }
}

impl ToSchema for File {
    fn name() -> Cow<'static, str> {
        "File".into()
    }
}
