use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::order::{Order, Shape, TRY_ON_MODEL, VIDEO_MODEL, Wanted};
use super::runs::RunError;
use super::{FashnSandbox, Outcome};

/// Two pictures of 10 MB as data URIs.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// On the answer that says that a run ended well.
const COST_HEADER: &str = "x-fashn-credits-used";

#[derive(Deserialize)]
struct RunQuery {
    webhook_url: Option<String>,
}

#[derive(Deserialize)]
struct RunBody {
    model_name: String,
    inputs: Inputs,
}

/// Of try-on and image-to-video. A picture may be missing for a video here, which FASHN would refuse:
/// then `aspect_ratio` gives its shape.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Inputs {
    model_image: String,
    garment_image: String,
    category: String,
    image: Option<String>,
    prompt: String,
    duration: Option<u32>,
    aspect_ratio: Option<String>,
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
    let order = Order {
        wanted: wanted(&body)?,
        webhook_url: query.webhook_url,
    };
    let id = sandbox.start(order, &outcome).await?;
    Ok(Json(json!({"id": id, "error": null})).into_response())
}

fn wanted(body: &RunBody) -> Result<Wanted, Refusal> {
    const fn bad(message: &'static str) -> Refusal {
        Refusal(StatusCode::BAD_REQUEST, "BadRequest", message)
    }
    let inputs = &body.inputs;
    match body.model_name.as_str() {
        TRY_ON_MODEL => Ok(Wanted::TryOn {
            person: data_uri(&inputs.model_image)?,
            garment: data_uri(&inputs.garment_image)?,
            category: inputs.category.clone(),
        }),
        VIDEO_MODEL => {
            let picture = inputs.image.as_deref().map(data_uri).transpose()?;
            let prompt = inputs.prompt.trim();
            if picture.is_none() && prompt.is_empty() {
                return Err(bad("image or prompt is missing"));
            }
            let seconds = inputs.duration.unwrap_or(5);
            if !matches!(seconds, 5 | 10) {
                return Err(bad("duration is 5 or 10"));
            }
            Ok(Wanted::Video {
                picture,
                prompt: prompt.to_owned(),
                shape: inputs.aspect_ratio.as_deref().and_then(Shape::parse),
                seconds,
            })
        }
        _ => Err(bad("unknown model_name")),
    }
}

async fn status(
    State(sandbox): State<FashnSandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    check_key(&headers)?;
    match sandbox.status(&id).await? {
        Some((envelope, cost)) => {
            let mut answer = Json(envelope).into_response();
            if let Some(cost) = cost {
                answer.headers_mut().insert(COST_HEADER, cost.into());
            }
            Ok(answer)
        }
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
    let (id, kind) = name.rsplit_once('.').ok_or(GONE)?;
    // Only the id of a run that exists becomes part of a path.
    let run = sandbox
        .find(id)
        .await?
        .filter(|run| run.status == "completed" && run.output_kind().extension == kind)
        .ok_or(GONE)?;
    let kind = run.output_kind();
    let bytes = tokio::fs::read(sandbox.file(&run.id, kind.extension))
        .await
        .map_err(|_| GONE)?;
    Ok(([(header::CONTENT_TYPE, kind.media_type)], bytes).into_response())
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
