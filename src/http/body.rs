//! Bodies of API requests: JSON objects whose fields are read one by one, so that every bad field is
//! named in one answer.

use std::collections::BTreeMap;

use atelier_app::i18n::Text;
use atelier_server::idempotency::BodyHash;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::problem::Problem;

/// The fields of a JSON object, and what was wrong with those read so far.
#[derive(Debug)]
pub struct Fields {
    values: Map<String, Value>,
    errors: BTreeMap<String, Text>,
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let media = request.headers().get(CONTENT_TYPE).cloned();
        let is_json = media
            .as_ref()
            .and_then(|value| value.to_str().ok())
            .is_some_and(|media| media.starts_with("application/json"));
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| Problem::too_large())?;
        // Who sends nothing sends no fields.
        if bytes.is_empty() && (is_json || media.is_none()) {
            return Ok(Self {
                values: Map::new(),
                errors: BTreeMap::new(),
            });
        }
        if !is_json {
            return Err(Problem::unsupported_media("problem-unsupported-media-json"));
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(values)) => Ok(Self {
                values,
                errors: BTreeMap::new(),
            }),
            _ => Err(Problem::validation([("body", "wrong-object")])),
        }
    }
}

/// What is asked behind the `?`. A value that cannot be read is named.
pub struct Queried<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Queried<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // A NUL cannot be asked of every database.
        let nul = parts.uri.query().and_then(|query| {
            let pairs = query.split('&');
            pairs
                .filter(|pair| pair.contains("%00"))
                .find_map(|pair| pair.split('=').next())
        });
        if let Some(field) = nul {
            return Err(unreadable(&format!("query string: {field}:")));
        }
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(rejection) => Err(unreadable(&rejection.body_text())),
        }
    }
}

/// axum says `…: FIELD: what is wrong` or ``…duplicate field `FIELD` ``.
fn unreadable(said: &str) -> Problem {
    let words = said
        .rsplit_once("query string: ")
        .map_or(said, |(_, rest)| rest);
    let field = match words.split_once('`') {
        Some((_, rest)) => rest.split('`').next().unwrap_or_default(),
        None => words.split(':').next().unwrap_or_default(),
    };
    let errors = [(field.trim().to_owned(), "wrong-unreadable".into())];
    Problem::validation_of(errors.into())
}

/// A whole number: `5` and `5.0` are the same one (JSON Schema, 6.1.1).
fn whole(value: &Value) -> Option<i64> {
    /// Beyond it a floating-point number leaves out some.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        let is_whole = number.fract() == 0.0 && number.abs() <= EXACT;
        is_whole.then_some(number as i64)
    })
}

impl Fields {
    /// Text that has to be there.
    pub fn text(&mut self, name: &str) -> String {
        match self.optional_text(name) {
            Some(text) => text,
            None => {
                self.refuse_once(name, "wrong-missing");
                String::new()
            }
        }
    }

    pub fn optional_text(&mut self, name: &str) -> Option<String> {
        match self.values.get(name) {
            None | Some(Value::Null) => None,
            // A NUL cannot be stored by every database.
            Some(Value::String(text)) if !text.contains('\0') => Some(text.clone()),
            Some(_) => {
                self.refuse(name, "wrong-text");
                Some(String::new())
            }
        }
    }

    /// A list of texts, empty when it is not there.
    pub fn texts(&mut self, name: &str) -> Vec<String> {
        let texts: Option<Vec<String>> = match self.values.get(name) {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect(),
            Some(_) => None,
        };
        texts.unwrap_or_else(|| {
            self.refuse(name, "wrong-texts");
            Vec::new()
        })
    }

    /// A list of anything, which has to be there.
    pub fn list(&mut self, name: &str) -> Vec<Value> {
        match self.values.get(name) {
            None | Some(Value::Null) => self.refuse(name, "wrong-missing"),
            Some(Value::Array(items)) => return items.clone(),
            Some(_) => self.refuse(name, "wrong-list"),
        }
        Vec::new()
    }

    /// `true` or `false`, which has to be there.
    pub fn boolean(&mut self, name: &str) -> bool {
        match self.values.get(name) {
            None | Some(Value::Null) => self.refuse(name, "wrong-missing"),
            Some(Value::Bool(value)) => return *value,
            Some(_) => self.refuse(name, "wrong-boolean"),
        }
        false
    }

    /// A whole number, if it is there.
    pub fn optional_integer(&mut self, name: &str) -> Option<i64> {
        match self.values.get(name) {
            None | Some(Value::Null) => None,
            Some(_) => Some(self.integer(name)),
        }
    }

    /// A whole number that has to be there.
    pub fn integer(&mut self, name: &str) -> i64 {
        match self.values.get(name) {
            None | Some(Value::Null) => self.refuse(name, "wrong-missing"),
            Some(value) => match whole(value) {
                Some(number) => return number,
                None => self.refuse(name, "wrong-whole-number"),
            },
        }
        0
    }

    /// Reads a text by `parse`; what it refuses is an error of the field.
    pub fn parsed<T>(
        &mut self,
        name: &str,
        wants: impl Into<Text>,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name);
        let parsed = parse(&text);
        if parsed.is_none() {
            self.refuse_once(name, wants);
        }
        parsed
    }

    pub fn refuse(&mut self, name: &str, wrong: impl Into<Text>) {
        self.errors.insert(name.to_owned(), wrong.into());
    }

    fn refuse_once(&mut self, name: &str, wrong: impl Into<Text>) {
        self.errors
            .entry(name.to_owned())
            .or_insert_with(|| wrong.into());
    }

    /// Everything wrong so far, as one answer.
    pub fn check(&self) -> Result<(), Problem> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::validation_of(self.errors.clone()))
        }
    }

    /// A digest of all fields, for idempotency keys: the order of fields does not matter.
    pub fn hash(&self) -> BodyHash {
        let texts: Vec<(String, String)> = self
            .values
            .iter()
            .map(|(name, value)| (name.clone(), value.to_string()))
            .collect();
        let fields: Vec<(&str, &[u8])> = texts
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        BodyHash::of(&fields)
    }
}
