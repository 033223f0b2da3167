//! What can be asked of the studio.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Category, Tool};
use crate::credits::{Price, Prices};
use crate::words::words;

words! {
    /// The shape of a video, width to height.
    Aspect { Tall = "9:16", Wide = "16:9", Square = "1:1" }
}

impl Aspect {
    /// Width by height.
    pub const fn ratio(self) -> f64 {
        match self {
            Self::Tall => 9.0 / 16.0,
            Self::Wide => 16.0 / 9.0,
            Self::Square => 1.0,
        }
    }
}

/// What somebody wants made. In JSON it is the job's `tool` and what belongs to that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "tool", rename_all = "snake_case")]
pub enum Work {
    TryOn { category: Category },
    Video(Video),
}

/// A video, as far as it is described without its picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Video {
    /// At most [`Video::LONGEST_PROMPT`] characters; may be empty where a picture says it all.
    pub prompt: String,
    pub aspect: Aspect,
    /// One of [`Video::SECONDS`].
    pub seconds: i64,
}

impl Video {
    pub const LONGEST_PROMPT: usize = 1_000;
    pub const SECONDS: [i64; 2] = [5, 10];

    /// `None` when the prompt is too long or has a NUL in it, or no video has that length. Blanks around it go.
    pub fn new(prompt: &str, aspect: Aspect, seconds: i64) -> Option<Self> {
        let prompt = prompt.trim();
        // A NUL cannot be stored by every database.
        let fits = prompt.chars().count() <= Self::LONGEST_PROMPT && !prompt.contains('\0');
        (fits && Self::SECONDS.contains(&seconds)).then(|| Self {
            prompt: prompt.to_owned(),
            aspect,
            seconds,
        })
    }
}

impl Tool {
    /// What a job of it costs.
    pub const fn price(self, prices: Prices) -> Price {
        match self {
            Self::TryOn => prices.try_on,
            Self::Video => prices.video,
        }
    }
}

impl Work {
    pub const fn tool(&self) -> Tool {
        match self {
            Self::TryOn { .. } => Tool::TryOn,
            Self::Video(_) => Tool::Video,
        }
    }
}

/// A wish, as far as it decides which provider can fulfil it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    TryOn,
    /// From what a video is to be made: at least one of the two.
    Video {
        picture: bool,
        prompt: bool,
    },
}

/// From what the providers that are up just now make videos.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VideoWays {
    pub picture_alone: bool,
    pub prompt_alone: bool,
    pub both: bool,
}

impl VideoWays {
    pub fn any(self) -> bool {
        self.picture_alone || self.prompt_alone || self.both
    }
}

/// The columns in which a job or a draft keeps its work.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct WorkRow {
    #[sqlx(try_from = "String")]
    pub tool: Tool,
    #[sqlx(try_from = "String")]
    pub category: Category,
    pub prompt: Option<String>,
    pub aspect: Option<String>,
    pub seconds: Option<i64>,
}

impl From<WorkRow> for Work {
    fn from(row: WorkRow) -> Self {
        let aspect = row.aspect.as_deref().and_then(Aspect::parse);
        match row.tool {
            Tool::TryOn => Self::TryOn {
                category: row.category,
            },
            Tool::Video => Self::Video(Video {
                prompt: row.prompt.unwrap_or_default(),
                aspect: aspect.unwrap_or(Aspect::Tall),
                seconds: row.seconds.unwrap_or(Video::SECONDS[0]),
            }),
        }
    }
}

impl From<&Work> for WorkRow {
    fn from(work: &Work) -> Self {
        let (category, video) = match work {
            Work::TryOn { category } => (*category, None),
            Work::Video(video) => (Category::Auto, Some(video)),
        };
        Self {
            tool: work.tool(),
            category,
            prompt: video.map(|video| video.prompt.clone()),
            aspect: video.map(|video| video.aspect.as_str().to_owned()),
            seconds: video.map(|video| video.seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_survives_the_way_through_its_columns() {
        let works = [
            Work::TryOn {
                category: Category::OnePiece,
            },
            Work::Video(Video::new(" snow ", Aspect::Wide, 10).unwrap()),
        ];
        for work in works {
            assert_eq!(Work::from(WorkRow::from(&work)), work);
        }
    }

    #[test]
    fn a_video_has_a_length_we_sell_and_a_prompt_that_fits() {
        let longest = "雪".repeat(Video::LONGEST_PROMPT);
        assert!(Video::new(&longest, Aspect::Tall, 5).is_some());
        assert!(Video::new(&format!("{longest}!"), Aspect::Tall, 5).is_none());
        assert!(Video::new("snow", Aspect::Tall, 7).is_none());
    }
}
