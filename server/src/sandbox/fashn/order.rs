//! What a run is asked for.

use atelier_compose::clip::Size;

pub(super) const TRY_ON_MODEL: &str = "tryon-v1.6";
pub(super) const VIDEO_MODEL: &str = "image-to-video";

/// The shape of a video that no picture gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Tall,
    Wide,
    Square,
}

impl Shape {
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Tall, Self::Wide, Self::Square]
            .into_iter()
            .find(|shape| shape.as_str() == text)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tall => "9:16",
            Self::Wide => "16:9",
            Self::Square => "1:1",
        }
    }

    pub const fn size(self) -> Size {
        match self {
            Self::Tall => Size::TALL,
            Self::Wide => Size::WIDE,
            Self::Square => Size::SQUARE,
        }
    }

    /// The one that is nearest to a picture's.
    pub fn nearest(width: u32, height: u32) -> Self {
        let ratio = f64::from(width) / f64::from(height.max(1));
        if ratio > 4.0 / 3.0 {
            Self::Wide
        } else if ratio < 3.0 / 4.0 {
            Self::Tall
        } else {
            Self::Square
        }
    }
}

/// A run as it is posted.
pub(super) struct Order {
    pub wanted: Wanted,
    pub webhook_url: Option<String>,
}

pub(super) enum Wanted {
    TryOn {
        person: Vec<u8>,
        garment: Vec<u8>,
        category: String,
    },
    Video {
        picture: Option<Vec<u8>>,
        prompt: String,
        shape: Option<Shape>,
        seconds: u32,
    },
}

/// What a model gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutputKind {
    pub extension: &'static str,
    pub media_type: &'static str,
}

impl OutputKind {
    pub fn of(model: &str) -> Self {
        let (extension, media_type) = match model {
            VIDEO_MODEL => ("mp4", "video/mp4"),
            _ => ("png", "image/png"),
        };
        Self {
            extension,
            media_type,
        }
    }
}
