//! Form bodies and query strings as Stripe takes them: `a[b][0]=c`, read into a tree.
//!
//! Indexes may be written out (`a[0]`) or left empty (`a[]`, each one a new element). Brackets and
//! spaces may be written plainly, as `+` or percent-encoded: clients differ.

use std::collections::BTreeMap;

use serde_json::Value;
use url::form_urlencoded;

use super::errors::Refusal;

/// The deepest name Stripe's clients send has five brackets.
const MAX_DEPTH: usize = 8;
const MAX_PAIRS: usize = 1_000;

/// Named values under each other.
pub type Fields = BTreeMap<String, Tree>;

/// One parameter: a text, or more parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    Leaf(String),
    Branch(Fields),
}

/// Reads a form body or a query string.
pub fn parse(text: &str) -> Result<Fields, Refusal> {
    let mut fields = Fields::new();
    for (count, (name, value)) in form_urlencoded::parse(text.as_bytes()).enumerate() {
        if count >= MAX_PAIRS {
            return Err(Refusal::invalid("Too many parameters."));
        }
        if name.contains('\0') || value.contains('\0') {
            return Err(Refusal::invalid("Parameters may not contain null bytes."));
        }
        let invalid = || Refusal::invalid(format!("Invalid parameter name: {name}"));
        let path = split(&name).ok_or_else(invalid)?;
        insert(&mut fields, &path, value.into_owned()).ok_or_else(invalid)?;
    }
    Ok(fields)
}

/// `a[b][0]` as `["a", "b", "0"]`.
fn split(name: &str) -> Option<Vec<&str>> {
    let (first, mut rest) = match name.find('[') {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    let mut path = vec![first];
    while let Some(inner) = rest.strip_prefix('[') {
        let (segment, after) = inner.split_once(']')?;
        path.push(segment);
        rest = after;
    }
    let sound = rest.is_empty() && !first.is_empty() && path.len() <= MAX_DEPTH;
    sound.then_some(path)
}

/// Puts `value` at `path`; a name said twice keeps its last value. `None` where a name is both a
/// text and a branch.
fn insert(fields: &mut Fields, path: &[&str], value: String) -> Option<()> {
    let (name, rest) = path.split_first()?;
    let name = if name.is_empty() {
        fields.len().to_string()
    } else {
        (*name).to_owned()
    };
    if rest.is_empty() {
        return match fields.insert(name, Tree::Leaf(value)) {
            None | Some(Tree::Leaf(_)) => Some(()),
            Some(Tree::Branch(_)) => None,
        };
    }
    match fields
        .entry(name)
        .or_insert_with(|| Tree::Branch(Fields::new()))
    {
        Tree::Branch(inner) => insert(inner, rest, value),
        Tree::Leaf(_) => None,
    }
}

/// Reads a JSON object into the same tree, so that one reader serves both ways of asking.
pub fn from_json(value: &Value) -> Result<Fields, Refusal> {
    match (value, tree_from_json(value, 0)) {
        (Value::Object(_), Some(Tree::Branch(fields))) => Ok(fields),
        _ => Err(Refusal::invalid("The body must be a JSON object.")),
    }
}

fn tree_from_json(value: &Value, depth: usize) -> Option<Tree> {
    if depth > MAX_DEPTH {
        return None;
    }
    let branch = |entries: Vec<(String, &Value)>| {
        let inner = entries.into_iter().filter(|(_, value)| !value.is_null());
        let inner = inner.map(|(name, value)| Some((name, tree_from_json(value, depth + 1)?)));
        inner.collect::<Option<Fields>>().map(Tree::Branch)
    };
    match value {
        Value::String(text) => (!text.contains('\0')).then(|| Tree::Leaf(text.clone())),
        Value::Object(map) => branch(map.iter().map(|(k, v)| (k.clone(), v)).collect()),
        Value::Array(items) => branch(
            items
                .iter()
                .enumerate()
                .map(|(i, v)| (i.to_string(), v))
                .collect(),
        ),
        plain => Some(Tree::Leaf(plain.to_string())),
    }
}

/// The tree as one text that does not depend on the order the parameters were sent in.
pub fn canonical(fields: &Fields) -> String {
    to_json(fields).to_string()
}

fn to_json(fields: &Fields) -> Value {
    let entries = fields.iter().map(|(name, tree)| match tree {
        Tree::Leaf(text) => (name.clone(), Value::from(text.as_str())),
        Tree::Branch(inner) => (name.clone(), to_json(inner)),
    });
    Value::Object(entries.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Value {
        to_json(&parse(text).unwrap())
    }

    #[test]
    fn reads_brackets_however_they_are_written() {
        let wanted =
            json!({"items": {"0": {"name": "10 & more", "n": "2"}}, "x": {"0": "a", "1": "b"}});
        assert_eq!(
            read("items[0][name]=10+%26+more&items[0][n]=2&x[]=a&x[]=b"),
            wanted
        );
        assert_eq!(
            read("x%5B0%5D=a&x%5B1%5D=b&items%5B0%5D%5Bn%5D=2&items[0][name]=10%20%26%20more"),
            wanted
        );
    }

    #[test]
    fn the_last_of_two_equal_names_counts() {
        assert_eq!(read("a=1&a=2"), json!({"a": "2"}));
        assert_eq!(
            read("u=http://x/s?id%3D{CHECKOUT_SESSION_ID}"),
            json!({"u": "http://x/s?id={CHECKOUT_SESSION_ID}"})
        );
    }

    #[test]
    fn refuses_what_makes_no_tree() {
        for text in [
            "a[b=1",
            "a]b[=1",
            "a[b]c=1",
            "=1",
            "[a]=1",
            "a=1&a[b]=2",
            "a[b]=1&a=2",
            "a=%00",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&format!("a{}=1", "[b]".repeat(8))).is_err());
        assert!(parse(&"a=1&".repeat(1_001)).is_err());
    }

    #[test]
    fn json_gives_the_same_tree() {
        let fields =
            from_json(&json!({"amount": 5, "list": ["a"], "none": null, "yes": true})).unwrap();
        assert_eq!(fields, parse("amount=5&list[0]=a&yes=true").unwrap());
        assert!(from_json(&json!([1])).is_err());
        assert!(from_json(&json!({"a": "\0"})).is_err());
    }

    #[test]
    fn the_canonical_text_ignores_order() {
        let one = parse("metadata[a]=1&metadata[b]=2").unwrap();
        let other = parse("metadata[b]=2&metadata[a]=1").unwrap();
        assert_eq!(canonical(&one), canonical(&other));
    }
}
