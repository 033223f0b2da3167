use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::runs::{Order, RunError};
use super::{FashnSandbox, Outcome};

/// Two pictures of 10 MB as data URIs.
const MOST_BYTES: usize = 32 * 1024 * 1024;
const MODEL: &str = "tryon-v1.6";

#[derive(Deserialize)]
struct RunQuery {
    webhook_url: Option<String>,
}

#[derive(Deserialize)]
struct RunBody {
    model_name: String,
    inputs: Inputs,
}

#[derive(Deserialize)]
struct Inputs {
    model_image: String,
    garment_image: String,
    #[serde(default)]
    category: String,
}

#[derive(Deserialize)]
struct Script {
    outcome: String,
}

/// An answer that is no success: FASHN's `{"error", "message"}`.
struct Refusal(StatusCode, &'static str, &'static str);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1, "message": self.2}))).into_response()
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "the sandbox studio's book failed");
        Self(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            "the book failed",
        )
    }
}

impl From<RunError> for Refusal {
    fn from(error: RunError) -> Self {
        tracing::error!(%error, "the sandbox studio failed");
        Self(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            "the studio failed",
        )
    }
}

impl FashnSandbox {
    /// The provider's API, to be mounted at its base.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/v1/run", post(run))
            .route("/v1/status/{id}", get(status))
            .route("/outputs/{name}", get(output))
            .layer(DefaultBodyLimit::max(MOST_BYTES))
            .with_state(self.clone())
    }

    /// `POST /next`: scripts the next run.
    pub fn script_router(&self) -> Router {
        Router::new()
            .route("/next", post(script))
            .with_state(self.clone())
    }
}

async fn run(
    State(sandbox): State<FashnSandbox>,
    Query(query): Query<RunQuery>,
    headers: HeaderMap,
    Json(body): Json<RunBody>,
) -> Result<Response, Refusal> {
    check_key(&headers)?;
    let outcome = sandbox.take_script().await?;
    if Outcome::parse(&outcome) == Some(Outcome::Unavailable) {
        return Err(Refusal(
            StatusCode::SERVICE_UNAVAILABLE,
            "Unavailable",
            "scripted",
        ));
    }
    if body.model_name != MODEL {
        return Err(Refusal(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "unknown model_name",
        ));
    }
    let order = Order {
        person: data_uri(&body.inputs.model_image)?,
        garment: data_uri(&body.inputs.garment_image)?,
        category: body.inputs.category,
        webhook_url: query.webhook_url,
    };
    let id = sandbox.start(order, &outcome).await?;
    Ok(Json(json!({"id": id, "error": null})).into_response())
}

async fn status(
    State(sandbox): State<FashnSandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    check_key(&headers)?;
    match sandbox.status(&id).await? {
        Some(envelope) => Ok(Json(envelope).into_response()),
        None => Err(Refusal(
            StatusCode::NOT_FOUND,
            "NotFound",
            "prediction no longer tracked",
        )),
    }
}

async fn output(
    State(sandbox): State<FashnSandbox>,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    const GONE: Refusal = Refusal(StatusCode::NOT_FOUND, "NotFound", "no such output");
    let id = name.strip_suffix(".png").ok_or(GONE)?;
    // Only the id of a run that exists becomes part of a path.
    let run = sandbox
        .find(id)
        .await?
        .filter(|run| run.status == "completed")
        .ok_or(GONE)?;
    let bytes = tokio::fs::read(sandbox.file(&run.id, "png"))
        .await
        .map_err(|_| GONE)?;
    Ok(([(header::CONTENT_TYPE, "image/png")], bytes).into_response())
}

async fn script(
    State(sandbox): State<FashnSandbox>,
    Json(script): Json<Script>,
) -> Result<StatusCode, Refusal> {
    if Outcome::parse(&script.outcome).is_none() {
        return Err(Refusal(
            StatusCode::UNPROCESSABLE_ENTITY,
            "BadRequest",
            "unknown outcome",
        ));
    }
    sandbox.script_next(&script.outcome).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn check_key(headers: &HeaderMap) -> Result<(), Refusal> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    match bearer.and_then(|text| text.strip_prefix("Bearer ")) {
        Some(key) if !key.is_empty() => Ok(()),
        _ => Err(Refusal(
            StatusCode::UNAUTHORIZED,
            "UnauthorizedAccess",
            "no key",
        )),
    }
}

fn data_uri(text: &str) -> Result<Vec<u8>, Refusal> {
    const WANTED: Refusal = Refusal(
        StatusCode::BAD_REQUEST,
        "BadRequest",
        "pictures are base64 data URIs here",
    );
    let (head, data) = text.split_once(',').ok_or(WANTED)?;
    if !head.starts_with("data:image/") || !head.ends_with(";base64") {
        return Err(WANTED);
    }
    STANDARD.decode(data).map_err(|_| WANTED)
}
