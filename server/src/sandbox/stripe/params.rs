//! Reads parameters out of a tree, and refuses them in Stripe's words.

use serde_json::{Map, Value};

use super::errors::Refusal;
use super::form::{Fields, Tree};

const MAX_TEXT: usize = 5_000;
const MAX_METADATA: usize = 50;
const MAX_METADATA_NAME: usize = 40;
const MAX_METADATA_VALUE: usize = 500;

/// One level of parameters, which knows its own full name for messages.
pub struct Params<'a> {
    path: String,
    fields: &'a Fields,
}

impl<'a> Params<'a> {
    pub fn new(fields: &'a Fields) -> Self {
        Self {
            path: String::new(),
            fields,
        }
    }

    /// The name of `field` as the caller wrote it: `line_items[0][quantity]`.
    pub fn name(&self, field: &str) -> String {
        if self.path.is_empty() {
            field.to_owned()
        } else {
            format!("{}[{field}]", self.path)
        }
    }

    /// Refuses every parameter that is not among `known`.
    pub fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        self.only_or_unplayed(known, &[])
    }

    /// Like [`Params::only`], but says of those in `unplayed` that the real Stripe knows them.
    pub fn only_or_unplayed(&self, known: &[&str], unplayed: &[&str]) -> Result<(), Refusal> {
        for field in self.fields.keys().map(String::as_str) {
            let name = self.name(field);
            if unplayed.contains(&field) {
                return Err(Refusal::unplayed(&format!("the parameter `{name}`"), &name));
            }
            if !known.contains(&field) {
                let message = format!("Received unknown parameter: {name}");
                return Err(Refusal::invalid(message)
                    .code("parameter_unknown")
                    .param(name));
            }
        }
        Ok(())
    }

    pub fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// Whether the field is there and says nothing.
    pub fn is_empty(&self, field: &str) -> bool {
        matches!(self.fields.get(field), Some(Tree::Leaf(text)) if text.is_empty())
    }

    pub fn text(&self, field: &str) -> Result<Option<String>, Refusal> {
        self.text_up_to(field, MAX_TEXT)
    }

    /// A text of at most `max` characters; empty is refused, because Stripe takes it as "unset".
    pub fn text_up_to(&self, field: &str, max: usize) -> Result<Option<String>, Refusal> {
        let name = self.name(field);
        match self.fields.get(field) {
            None => Ok(None),
            Some(Tree::Branch(_)) => {
                Err(Refusal::invalid(format!("Invalid string: {name}")).param(name))
            }
            Some(Tree::Leaf(text)) if text.is_empty() => {
                let message = format!(
                    "You passed an empty string for '{name}'. We assume empty values are an \
                     attempt to unset a parameter; however '{name}' cannot be unset."
                );
                Err(Refusal::invalid(message)
                    .code("parameter_invalid_empty")
                    .param(name))
            }
            Some(Tree::Leaf(text)) if text.chars().count() > max => {
                let message = format!("Invalid string: {name} must be at most {max} characters");
                Err(Refusal::invalid(message).param(name))
            }
            Some(Tree::Leaf(text)) => Ok(Some(text.clone())),
        }
    }

    pub fn required(&self, field: &str) -> Result<String, Refusal> {
        self.text(field)?.ok_or_else(|| self.missing(field))
    }

    pub fn missing(&self, field: &str) -> Refusal {
        let name = self.name(field);
        let message = format!("Missing required param: {name}.");
        Refusal::invalid(message)
            .code("parameter_missing")
            .param(name)
    }

    pub fn integer(&self, field: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.text(field)? else {
            return Ok(None);
        };
        let invalid = |_| {
            let message = format!("Invalid integer: {text}");
            Refusal::invalid(message)
                .code("parameter_invalid_integer")
                .param(self.name(field))
        };
        text.parse().map(Some).map_err(invalid)
    }

    pub fn boolean(&self, field: &str) -> Result<Option<bool>, Refusal> {
        let text = self.one_of(field, &["true", "false"])?;
        Ok(text.map(|text| text == "true"))
    }

    pub fn one_of(&self, field: &str, allowed: &[&str]) -> Result<Option<String>, Refusal> {
        let text = self.text(field)?;
        match text {
            Some(text) if !allowed.contains(&text.as_str()) => {
                let name = self.name(field);
                let allowed = allowed.join(", ");
                let message = format!("Invalid {name}: must be one of {allowed}");
                Err(Refusal::invalid(message).param(name))
            }
            other => Ok(other),
        }
    }

    /// The parameters under `field`.
    pub fn child(&self, field: &str) -> Result<Option<Params<'a>>, Refusal> {
        let name = self.name(field);
        match self.fields.get(field) {
            None => Ok(None),
            Some(Tree::Branch(fields)) => Ok(Some(Params { path: name, fields })),
            Some(Tree::Leaf(_)) => {
                Err(Refusal::invalid(format!("Invalid object: {name}")).param(name))
            }
        }
    }

    /// The elements of the list `field`, in their order.
    pub fn items(&self, field: &str) -> Result<Vec<Params<'a>>, Refusal> {
        let Some(list) = self.child(field)? else {
            return Ok(Vec::new());
        };
        let mut items = Vec::new();
        for index in list.indexes()? {
            items.extend(list.child(index)?);
        }
        Ok(items)
    }

    /// The texts of the list `field`, in their order.
    pub fn texts(&self, field: &str) -> Result<Vec<String>, Refusal> {
        let Some(list) = self.child(field)? else {
            return Ok(Vec::new());
        };
        list.indexes()?
            .into_iter()
            .map(|index| list.required(index))
            .collect()
    }

    fn indexes(&self) -> Result<Vec<&'a str>, Refusal> {
        let mut indexes = Vec::new();
        for index in self.fields.keys() {
            let Ok(number) = index.parse::<u32>() else {
                return Err(
                    Refusal::invalid(format!("Invalid array: {}", self.path)).param(&self.path)
                );
            };
            indexes.push((number, index.as_str()));
        }
        indexes.sort_unstable();
        Ok(indexes.into_iter().map(|(_, index)| index).collect())
    }

    /// Names and texts of the caller's own, within Stripe's limits. An empty `metadata` means none.
    pub fn metadata(&self, field: &str) -> Result<Map<String, Value>, Refusal> {
        if self.is_empty(field) {
            return Ok(Map::new());
        }
        let Some(own) = self.child(field)? else {
            return Ok(Map::new());
        };
        let refuse = |message: String| Err(Refusal::invalid(message).param(self.name(field)));
        if own.fields.len() > MAX_METADATA {
            return refuse(format!("Metadata can have at most {MAX_METADATA} keys."));
        }
        let mut metadata = Map::new();
        for (name, value) in own.fields {
            let Tree::Leaf(value) = value else {
                return refuse(format!(
                    "Metadata values must be strings, but {name} is not."
                ));
            };
            if name.chars().count() > MAX_METADATA_NAME {
                return refuse(format!(
                    "Metadata keys can be at most {MAX_METADATA_NAME} characters long."
                ));
            }
            if value.chars().count() > MAX_METADATA_VALUE {
                return refuse(format!(
                    "Metadata values can be at most {MAX_METADATA_VALUE} characters long."
                ));
            }
            if !value.is_empty() {
                metadata.insert(name.clone(), Value::from(value.as_str()));
            }
        }
        Ok(metadata)
    }
}
