//! Answers are described closed: nothing is in them that is not named, and all
//! that is named is there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

const SCHEMAS: &str = "#/components/schemas/";

/// Closes every schema that an answer is made of.
pub fn close(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    for name in answered(document, &schemas) {
        let Some(schema) = schemas.get(&name) else {
            continue;
        };
        document["components"]["schemas"][&name] = closed(schema, &schemas);
    }
}

/// The names of the schemas that answers refer to, and what those refer to.
fn answered(document: &Value, schemas: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let operations = document["paths"].as_object().into_iter().flatten();
    for operation in operations.flat_map(|(_, methods)| methods.as_object().into_iter().flatten()) {
        collect(&operation.1["responses"], schemas, &mut names);
    }
    names
}

fn collect(value: &Value, schemas: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(name) = fields.get("$ref").and_then(named)
                && names.insert(name.to_owned())
            {
                collect(&schemas[name], schemas, names);
            }
            fields
                .values()
                .for_each(|value| collect(value, schemas, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, schemas, names)),
        _ => {}
    }
}

fn named(reference: &Value) -> Option<&str> {
    reference.as_str()?.strip_prefix(SCHEMAS)
}

/// The schema with its objects closed. What is put together of parts (`allOf`) becomes one object, or one of several,
/// because a closed part would refuse the fields of the others.
fn closed(schema: &Value, schemas: &Value) -> Value {
    if let Some(items) = schema.get("items") {
        let mut list = schema.clone();
        list["items"] = closed(items, schemas);
        return list;
    }
    let is_object = ["properties", "allOf", "oneOf"]
        .iter()
        .any(|key| schema.get(key).is_some());
    let Some(ways) = is_object.then(|| ways(schema, schemas)).flatten() else {
        return schema.clone();
    };
    let mut objects: Vec<Value> = ways.into_iter().map(|way| way.close(schemas)).collect();
    let mut whole = match objects.len() {
        1 => objects.remove(0),
        _ => json!({ "oneOf": objects }),
    };
    if let Some(description) = schema.get("description") {
        whole["description"] = description.clone();
    }
    whole
}

/// One way an object may look: each property, and whether it is always there.
#[derive(Clone, Default)]
struct Way(BTreeMap<String, (Value, bool)>);

impl Way {
    /// A field that may be `null` is there as `null`; one that may not be is left out.
    fn of(schema: &Value) -> Option<Self> {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let properties = schema.get("properties")?.as_object()?;
        let fields = properties.iter().map(|(name, property)| {
            let always = required.contains(&json!(name)) || is_nullable(property);
            (name.clone(), (property.clone(), always))
        });
        Some(Self(fields.collect()))
    }

    fn with(&self, other: &Self) -> Self {
        let fields = self.0.iter().chain(&other.0);
        Self(
            fields
                .map(|(name, field)| (name.clone(), field.clone()))
                .collect(),
        )
    }

    fn close(&self, schemas: &Value) -> Value {
        let properties = self
            .0
            .iter()
            .map(|(name, (property, _))| (name.clone(), closed(property, schemas)));
        let required = self
            .0
            .iter()
            .filter(|(_, (_, always))| *always)
            .map(|(name, _)| name);
        json!({
            "type": "object",
            "properties": properties.collect::<Map<_, _>>(),
            "required": required.collect::<Vec<_>>(),
            "additionalProperties": false,
        })
    }
}

fn is_nullable(property: &Value) -> bool {
    let null = json!("null");
    let in_type = property["type"]
        .as_array()
        .is_some_and(|types| types.contains(&null));
    let choices = property["oneOf"].as_array();
    in_type || choices.is_some_and(|choices| choices.iter().any(|choice| choice["type"] == null))
}

/// Every way an object may look; `None` for what is no object.
fn ways(schema: &Value, schemas: &Value) -> Option<Vec<Way>> {
    if let Some(name) = schema.get("$ref").and_then(named) {
        return ways(&schemas[name], schemas);
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        return parts.iter().try_fold(vec![Way::default()], |whole, part| {
            let part = ways(part, schemas)?;
            let both = whole
                .iter()
                .flat_map(|first| part.iter().map(|second| first.with(second)));
            Some(both.collect())
        });
    }
    if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
        let ways: Option<Vec<_>> = choices.iter().map(|choice| ways(choice, schemas)).collect();
        return ways.map(|ways| ways.into_iter().flatten().collect());
    }
    Way::of(schema).map(|way| vec![way])
}
