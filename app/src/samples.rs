//! The drawn sample pictures, so that nobody needs photos of their own to begin.

/// A picture below `public/samples`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What the form sends.
    pub id: &'static str,
    pub file: &'static str,
    /// The text that describes it.
    pub text: &'static str,
}

pub const PEOPLE: &[Sample] = &[
    Sample {
        id: "person-ada",
        file: "person-ada.jpg",
        text: "tryon-sample-ada",
    },
    Sample {
        id: "person-noor",
        file: "person-noor.jpg",
        text: "tryon-sample-noor",
    },
];

pub const GARMENTS: &[Sample] = &[
    Sample {
        id: "garment-tee",
        file: "garment-tee.png",
        text: "tryon-sample-tee",
    },
    Sample {
        id: "garment-stripes",
        file: "garment-stripes.jpg",
        text: "tryon-sample-stripes",
    },
    Sample {
        id: "garment-dress",
        file: "garment-dress.webp",
        text: "tryon-sample-dress",
    },
    Sample {
        id: "garment-trousers",
        file: "garment-trousers.webp",
        text: "tryon-sample-trousers",
    },
];

/// What a form says instead of a sample to use a picture of an earlier job; its id follows.
pub const EARLIER: &str = "job:";

/// The example of the home page: before, the garment, after.
pub const BEFORE: &str = "example-before.jpg";
pub const GARMENT: &str = "garment-tee.png";
pub const AFTER: &str = "example-after.jpg";

/// The sample with this id.
pub fn find(id: &str) -> Option<Sample> {
    PEOPLE
        .iter()
        .chain(GARMENTS)
        .find(|sample| sample.id == id)
        .copied()
}
