use std::collections::BTreeSet;

use leptos::prelude::*;
use serde_json::{Map, Value};

use crate::components::link::text_link;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Content, Visit};

const SHAPES: &str = "#/components/schemas/";
/// Asks for the shapes instead of the operations.
const SHAPES_PART: &str = "shapes";
/// The operator's chapter, which stands by itself: it is as long as the others together.
const OPERATORS: &str = "admin";

/// The HTTP API for people who read: every operation with what it takes and answers, and every shape. All of it comes
/// from the description that programs read.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Api(document) = &visit.content else {
        return None;
    };
    let w = visit.words();
    let description = Description {
        w,
        schemas: document["components"]["schemas"].as_object()?,
        everybodys: everybodys(document),
    };
    let tags = document["tags"].as_array()?;
    let contents: Vec<_> = tags
        .iter()
        .map(|tag| {
            let name = text(&tag["name"]);
            let part = if name == OPERATORS { "?admin" } else { "" };
            let href = format!("{}{part}#{name}", routes::API_DOCS);
            view! { <li><a href=href>{name.to_owned()}</a></li> }
        })
        .collect();
    // All at once would weigh more than a page may.
    let inside = if let Some(whose) = visit.query.get(SHAPES_PART) {
        description.shapes(whose == OPERATORS)
    } else {
        let operators = visit.query.contains_key(OPERATORS);
        let chapters = tags
            .iter()
            .filter(|tag| (tag["name"] == OPERATORS) == operators)
            .map(|tag| description.chapter(tag, &document["paths"]));
        chapters.collect::<Vec<_>>().into_any()
    };
    let address = text(&document["servers"][0]["url"]).to_owned();
    let example = format!("curl {address}/api/credits -H 'Authorization: Bearer atl_…'");
    let main = view! {
        <main id="main" class="wrap">
            <div class="head">
                <div>
                    <h1>{w.say("api-title")}</h1>
                    <p class="lead">{w.say("api-lead")}</p>
                    <p>{text_link(routes::API_DOCUMENT, w.say("api-document"))}</p>
                </div>
            </div>
            <div class="prose">
                <p lang="en">{prose(text(&document["info"]["description"]))}</p>
                <p>{w.say("api-token")}</p>
                <pre class="example"><code>{example}</code></pre>
            </div>
            <nav class="part" aria-label=w.say("api-contents")>
                <ul class="chapters">
                    {contents}
                    <li><a href=shapes_at(false)>{w.say("api-shapes")}</a></li>
                    <li><a href=shapes_at(true)>{w.say("api-shapes")}": "{OPERATORS}</a></li>
                </ul>
            </nav>
            {inside}
        </main>
    };
    Some(main.into_any())
}

/// The page of the shapes: of everybody's, or of those that the operator's operations alone have.
fn shapes_at(operators: bool) -> String {
    let whose = if operators { "=admin" } else { "" };
    format!("{}?{SHAPES_PART}{whose}", routes::API_DOCS)
}

/// The names of the shapes that an operation outside of the operator's chapter takes or answers with, and of all in them.
fn everybodys(document: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let paths = document["paths"].as_object().into_iter().flatten();
    let methods = paths.flat_map(|(_, methods)| methods.as_object().into_iter().flatten());
    for (_, operation) in methods.filter(|(_, operation)| operation["tags"][0] != OPERATORS) {
        collect(operation, &document["components"]["schemas"], &mut names);
    }
    names
}

fn collect(value: &Value, schemas: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            if let Some(name) = text.strip_prefix(SHAPES)
                && names.insert(name.to_owned())
            {
                collect(&schemas[name], schemas, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, schemas, names)),
        Value::Object(fields) => fields
            .values()
            .for_each(|field| collect(field, schemas, names)),
        _ => {}
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The schemas by name, and the language around them.
struct Description<'a> {
    w: Words,
    schemas: &'a Map<String, Value>,
    everybodys: BTreeSet<String>,
}

impl Description<'_> {
    /// The operations of one tag.
    fn chapter(&self, tag: &Value, paths: &Value) -> AnyView {
        let name = text(&tag["name"]);
        let all = paths.as_object().into_iter().flatten();
        let all = all.flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| (path, method, operation))
        });
        let operations: Vec<_> = all
            .filter(|(_, _, operation)| operation["tags"][0] == name)
            .map(|(path, method, operation)| self.operation(path, method, operation))
            .collect();
        view! {
            <section class="part" id=name.to_owned()>
                <h2>{name.to_owned()}</h2>
                <p lang="en" class="soft">{prose(text(&tag["description"]))}</p>
                {operations}
            </section>
        }
        .into_any()
    }

    fn operation(&self, path: &str, method: &str, operation: &Value) -> AnyView {
        let w = self.w;
        let description = operation.get("description").map(text);
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        // What every operation takes is told once, above.
        let parameters: Vec<_> = parameters
            .filter(|one| one["name"] != "Accept-Language")
            .map(|one| {
                let required = one["required"] == true;
                self.field(
                    text(&one["name"]),
                    &one["schema"],
                    text(&one["description"]),
                    required,
                )
            })
            .collect();
        let bodies = operation["requestBody"]["content"]
            .as_object()
            .into_iter()
            .flatten();
        let bodies: Vec<_> = bodies
            .map(|(media, body)| {
                view! { <p><code>{media.clone()}</code>" "{self.kind(&body["schema"])}</p> }
            })
            .collect();
        let answers = operation["responses"].as_object().into_iter().flatten();
        // That each may have nobody to answer is said once, above.
        let answers: Vec<_> = answers
            .filter(|(status, _)| *status != "503")
            .map(|(status, answer)| self.answer(status, answer))
            .collect();
        let takes = (!parameters.is_empty()).then(|| self.fields(parameters));
        let body = (!bodies.is_empty()).then(|| view! { <h3>{w.say("api-body")}</h3>{bodies} });
        view! {
            <details class="operation">
                <summary>
                    <code>{method.to_uppercase()}" "{path.to_owned()}</code>
                    " "<span lang="en">{text(&operation["summary"]).to_owned()}</span>
                </summary>
                <div id=text(&operation["operationId"]).to_owned()>
                {description.map(|text| view! { <p lang="en">{prose(text)}</p> })}
                <p class="soft">{self.who(&operation["security"])}</p>
                {takes}
                {body}
                <h3>{w.say("api-answers")}</h3>
                <ul>{answers}</ul>
                </div>
            </details>
        }
        .into_any()
    }

    /// Who may ask, in words.
    fn who(&self, security: &Value) -> String {
        let w = self.w;
        let Some(ways) = security.as_array() else {
            return w.say("api-anyone");
        };
        let scopes = ways.iter().filter_map(|way| way["token"].as_array());
        let scopes: Vec<String> = scopes
            .map(|scopes| scopes.iter().map(text).collect::<Vec<_>>().join(" + "))
            .collect();
        let operators = ways.iter().any(|way| way["session"][0] == "admin");
        let key = match (operators, scopes.is_empty()) {
            (false, true) => "api-session",
            (false, false) => "api-account",
            (true, _) => "api-operator",
        };
        w.say_with(key, &[("scopes", scopes.join(", ").into())])
    }

    fn answer(&self, status: &str, answer: &Value) -> AnyView {
        let bodies = answer["content"].as_object().into_iter().flatten();
        let bodies: Vec<_> = bodies
            .filter(|(media, _)| *media != "application/problem+json")
            .map(|(media, body)| view! { " "<code>{media.clone()}</code>" "{self.kind(&body["schema"])} })
            .collect();
        view! {
            <li>
                <code>{status.to_owned()}</code>
                " "<span lang="en">{prose(text(&answer["description"]))}</span>
                {bodies}
            </li>
        }
        .into_any()
    }

    /// Every shape that has fields: everybody's, or the operator's own.
    fn shapes(&self, operators: bool) -> AnyView {
        let w = self.w;
        let shapes = self.schemas.iter().filter(|(_, schema)| is_shape(schema));
        let shapes = shapes.filter(|(name, _)| self.everybodys.contains(*name) != operators);
        let shapes: Vec<_> = shapes
            .map(|(name, schema)| self.shape(name, schema))
            .collect();
        view! {
            <section class="part" id="shapes">
                <h2>{w.say("api-shapes")}</h2>
                {shapes}
            </section>
        }
        .into_any()
    }

    fn shape(&self, name: &str, schema: &Value) -> AnyView {
        let choices = ["oneOf", "anyOf"]
            .iter()
            .find_map(|key| schema[key].as_array());
        let ways = choices.map_or_else(|| vec![schema], |choices| choices.iter().collect());
        let tables: Vec<_> = ways
            .into_iter()
            .map(|way| {
                let required = way["required"].as_array().cloned().unwrap_or_default();
                let fields = way["properties"].as_object().into_iter().flatten();
                let rows = fields.map(|(name, field)| {
                    let always = required.iter().any(|known| known == name);
                    self.field(name, field, text(&field["description"]), always)
                });
                self.fields(rows.collect())
            })
            .collect();
        let description = prose(text(&schema["description"]));
        view! {
            <details class="operation">
                <summary><code>{name.to_owned()}</code>" "<span lang="en">{description}</span></summary>
                <div id=format!("shape-{name}")>{tables}</div>
            </details>
        }
        .into_any()
    }

    fn fields(&self, rows: Vec<AnyView>) -> AnyView {
        let w = self.w;
        view! {
            <table class="table cards">
                    <thead>
                        <tr>
                            <th scope="col">{w.say("api-field")}</th>
                            <th scope="col">{w.say("api-kind")}</th>
                            <th scope="col">{w.say("api-meaning")}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
        }
        .into_any()
    }

    fn field(&self, name: &str, schema: &Value, description: &str, always: bool) -> AnyView {
        let optional =
            (!always).then(|| view! { " "<span class="soft">{self.w.say("api-optional")}</span> });
        view! {
            <tr>
                <th scope="row" class="first"><code>{name.to_owned()}</code>{optional}</th>
                <td class="right">{self.kind(schema)}</td>
                <td lang="en" class="last">{prose(description)}</td>
            </tr>
        }
        .into_any()
    }

    /// What a value is, in the words of JSON Schema; a shape leads to where it is described.
    fn kind(&self, schema: &Value) -> AnyView {
        if let Some(name) = schema["$ref"]
            .as_str()
            .and_then(|path| path.strip_prefix(SHAPES))
        {
            let Some(shape) = self.schemas.get(name) else {
                return name.to_owned().into_any();
            };
            if is_shape(shape) {
                let operators = !self.everybodys.contains(name);
                let href = format!("{}#shape-{name}", shapes_at(operators));
                return view! { <a href=href><code>{name.to_owned()}</code></a> }.into_any();
            }
            return self.kind(shape);
        }
        if let Some(words) = schema["enum"].as_array() {
            let words = words
                .iter()
                .map(|word| word.as_str().map_or_else(|| word.to_string(), quoted));
            let words = words.collect::<Vec<_>>().join(" | ");
            return view! { <code>{words}</code> }.into_any();
        }
        let choices = ["oneOf", "anyOf"]
            .iter()
            .find_map(|key| schema[key].as_array());
        if let Some(choices) = choices {
            let choices: Vec<_> = choices
                .iter()
                .enumerate()
                .map(|(at, choice)| view! { {(at > 0).then_some(" | ")}{self.kind(choice)} })
                .collect();
            return choices.into_any();
        }
        if let Some(items) = schema.get("items") {
            return view! { "["{self.kind(items)}"]" }.into_any();
        }
        view! { <code>{plain(schema)}</code> }.into_any()
    }
}

/// A text with its names between backticks set as code.
fn prose(text: &str) -> Vec<AnyView> {
    let parts = text.split('`').enumerate();
    let parts = parts.filter(|(_, part)| !part.is_empty());
    parts
        .map(|(at, part)| match at % 2 {
            0 => part.to_owned().into_any(),
            _ => view! { <code>{part.to_owned()}</code> }.into_any(),
        })
        .collect()
}

fn quoted(word: &str) -> String {
    format!("\"{word}\"")
}

fn is_shape(schema: &Value) -> bool {
    let has_fields = |schema: &Value| schema["properties"].is_object();
    let choices = ["oneOf", "anyOf"]
        .iter()
        .find_map(|key| schema[key].as_array());
    has_fields(schema) || choices.is_some_and(|choices| choices.iter().any(has_fields))
}

/// `string date-time`, `integer ≥ 1 ≤ 500`.
fn plain(schema: &Value) -> String {
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" | "),
        Value::String(kind) => kind.clone(),
        _ => return "any".to_owned(),
    };
    let mut said = vec![kinds];
    if let Some(format) = schema["format"]
        .as_str()
        .filter(|format| !format.starts_with("int"))
    {
        said.push(format.to_owned());
    }
    for (key, sign) in [
        ("minimum", "≥"),
        ("maximum", "≤"),
        ("minLength", "length ≥"),
        ("maxLength", "length ≤"),
    ] {
        if let Some(bound) = schema[key].as_i64() {
            said.push(format!("{sign} {bound}"));
        }
    }
    said.join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_shape_inside_a_shape_is_everybodys_too() {
        let of = |name: &str| json!({"schema": {"$ref": format!("{SHAPES}{name}")}});
        let operation =
            |tag: &str, name: &str| json!({"get": {"tags": [tag], "responses": of(name)}});
        let document = json!({
            "paths": {"/a": operation("credits", "Wallet"), "/b": operation(OPERATORS, "Person")},
            "components": {"schemas": {
                "Wallet": {"properties": of("Figures")},
                "Figures": {"properties": {"wallet": of("Wallet")}},
                "Person": {"properties": of("Figures")},
            }},
        });
        let names: Vec<String> = everybodys(&document).into_iter().collect();
        assert_eq!(names, ["Figures", "Wallet"]);
    }
}
