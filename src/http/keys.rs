//! The `Idempotency-Key` header and answers given again.

use std::borrow::Cow;
use std::future::Future;

use atelier_server::idempotency::{
    self, Answer, BodyHash, Claim, Key, KeyRefused, Patience, Scope,
};
use atelier_server::ids::UserId;
use atelier_server::services::Services;
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::problem::Problem;

/// The scope of the request's key, if it has one.
pub fn scope(
    headers: &HeaderMap,
    user: &UserId,
    endpoint: impl Into<Cow<'static, str>>,
    body: BodyHash,
) -> Result<Option<Scope>, Problem> {
    Ok(key(headers)?.map(|key| Scope {
        user: user.clone(),
        endpoint: endpoint.into(),
        key,
        body,
    }))
}

/// Whether the request's key was used before: then what matters is what was answered then, not
/// whether the request could be begun now.
pub async fn is_known(
    services: &Services,
    headers: &HeaderMap,
    user: &UserId,
    endpoint: &str,
) -> Result<bool, Problem> {
    let Some(key) = key(headers)? else {
        return Ok(false);
    };
    let now = services.clock.now();
    let used = idempotency::find(&services.db, user, endpoint, &key, now).await?;
    Ok(used.is_some())
}

/// The request's key, if it has one.
pub fn key(headers: &HeaderMap) -> Result<Option<Key>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().ok().and_then(Key::parse);
    let wanted = "wrong-printable";
    key.map(Some)
        .ok_or_else(|| Problem::validation([("Idempotency-Key", wanted)]))
}

/// Does `work` under the key of `scope`, if there is one. For work of several transactions that by its nature is done once however
/// often it is begun: a refusal frees the key, and whoever comes with it after a crash begins the work again, which finds what
/// of it is done. It goes on where whoever asked hangs up, and keeps its key for as long as it takes.
pub async fn once<T: Serialize + Send>(
    services: &Services,
    scope: Option<Scope>,
    work: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<Response, Problem> {
    let services = services.clone();
    let doing = tokio::spawn(async move {
        match scope {
            Some(scope) => once_under(&services, &scope, work).await,
            None => Ok(Json(work.await?).into_response()),
        }
    });
    doing.await.map_err(Problem::internal)?
}

async fn once_under<T: Serialize>(
    services: &Services,
    scope: &Scope,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<Response, Problem> {
    let db = &services.db;
    let patience = Patience::default();
    let mut claimed_at = loop {
        let now = services.clock.now();
        let mut tx = db.begin().await?;
        let claim = idempotency::claim(&mut tx, scope, now).await?;
        tx.commit().await?;
        match claim {
            Claim::New | Claim::Resume(_) => break now,
            Claim::Done(answer) => return Ok(respond(answer)),
            Claim::Refused(KeyRefused::InFlight) if patience.wait().await => {}
            Claim::Refused(refused) => return Err(refused.into()),
        }
    };
    tokio::pin!(work);
    let done = loop {
        tokio::select! {
            done = &mut work => break done,
            () = tokio::time::sleep(idempotency::RENEWED_EVERY) => {
                let now = services.clock.now();
                if idempotency::renew(db, scope, claimed_at, now).await? {
                    claimed_at = now;
                }
            }
        }
    };
    let done = match done {
        Ok(done) => done,
        Err(problem) => {
            idempotency::give_up(db, scope, claimed_at).await?;
            return Err(problem);
        }
    };
    let answer = Answer {
        status: StatusCode::OK.as_u16(),
        body: serde_json::to_string(&done).map_err(Problem::internal)?,
        replayed: false,
    };
    let mut tx = db.begin().await?;
    idempotency::keep(&mut tx, scope, claimed_at, &answer).await?;
    tx.commit().await?;
    Ok(respond(answer))
}

/// A kept answer as a response; one given again says so.
pub fn respond(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let media = [(header::CONTENT_TYPE, "application/json")];
    let mut response = (status, media, answer.body).into_response();
    if answer.replayed {
        let replayed = HeaderValue::from_static("true");
        response
            .headers_mut()
            .insert("idempotency-replayed", replayed);
    }
    response
}
