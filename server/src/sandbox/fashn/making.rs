//! The work itself: a picture composed or a clip rendered, away from the threads that answer requests.

use std::io;

use atelier_compose::clip::{self, ClipError};
use atelier_compose::{Category, ComposeError, compose};
use tokio::sync::OwnedSemaphorePermit;

use super::FashnSandbox;
use super::order::{Shape, VIDEO_MODEL};
use super::runs::{Run, RunError};

/// What was made, or the name of FASHN's error.
type Made = Result<Vec<u8>, &'static str>;

impl FashnSandbox {
    /// Makes what a run is about. `place` is given back when it is made.
    pub(super) async fn make(
        &self,
        run: &Run,
        place: OwnedSemaphorePermit,
    ) -> Result<Made, RunError> {
        let work: Box<dyn FnOnce() -> Made + Send> = match run.model.as_str() {
            VIDEO_MODEL => Box::new(self.clip(run).await?),
            _ => Box::new(self.try_on(run).await?),
        };
        let made = tokio::task::spawn_blocking(move || {
            let made = work();
            drop(place);
            made
        });
        Ok(made.await.map_err(io::Error::other)?)
    }

    async fn try_on(&self, run: &Run) -> io::Result<impl FnOnce() -> Made + Send + use<>> {
        let person = tokio::fs::read(self.file(&run.id, "person")).await?;
        let garment = tokio::fs::read(self.file(&run.id, "garment")).await?;
        let category = category(&run.category);
        Ok(move || match compose(&person, &garment, category) {
            Ok(composed) => Ok(composed.png),
            Err(error) => Err(compose_error(&error)),
        })
    }

    async fn clip(&self, run: &Run) -> io::Result<impl FnOnce() -> Made + Send + use<>> {
        let picture = match tokio::fs::read(self.file(&run.id, "picture")).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            read => Some(read?),
        };
        let prompt = run.prompt.clone();
        let asked = run.aspect.as_deref().and_then(Shape::parse);
        let seconds = u32::try_from(run.seconds).unwrap_or(5);
        Ok(move || {
            let shape = match &picture {
                Some(picture) => shape_of(picture)?,
                None => asked.unwrap_or(Shape::Tall),
            };
            let order = clip::Order {
                picture: picture.as_deref(),
                prompt: &prompt,
                size: shape.size(),
                seconds,
            };
            clip::render(&order).map_err(|error| clip_error(&error))
        })
    }
}

/// A video has the shape of its picture, which is read from its head.
fn shape_of(picture: &[u8]) -> Result<Shape, &'static str> {
    let reader = image::ImageReader::new(io::Cursor::new(picture)).with_guessed_format();
    let size = reader.ok().and_then(|reader| reader.into_dimensions().ok());
    let (width, height) = size.ok_or("ImageLoadError")?;
    Ok(Shape::nearest(width, height))
}

fn category(text: &str) -> Category {
    match text {
        "tops" => Category::Tops,
        "bottoms" => Category::Bottoms,
        "one-pieces" => Category::OnePiece,
        _ => Category::Auto,
    }
}

/// The error names FASHN publishes (docs.fashn.ai, "Runtime errors").
fn compose_error(error: &ComposeError) -> &'static str {
    match error {
        ComposeError::Person(_) | ComposeError::Garment(_) => "ImageLoadError",
        ComposeError::NoPerson => "PoseError",
        ComposeError::NoGarment => "InputValidationError",
        ComposeError::Encode(_) => "PipelineError",
    }
}

fn clip_error(error: &ClipError) -> &'static str {
    match error {
        ClipError::Picture(_) => "ImageLoadError",
        ClipError::Encode(_) | ClipError::Pack(_) => "PipelineError",
    }
}
