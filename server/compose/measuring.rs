//! How a composed picture is measured: by what it changed, against where torso and face are. Shared by the
//! tests and the contact sheet.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use image::RgbImage;

/// Left, top, right, bottom as fractions of the picture.
pub type Box4 = [f64; 4];

#[derive(Clone, Copy, Debug)]
pub struct Boxes {
    pub torso: Box4,
    pub face: Option<Box4>,
}

/// A person's photo and where on it the torso and the face are.
pub struct Sample {
    pub name: String,
    pub bytes: Vec<u8>,
    pub boxes: Boxes,
}

/// The nearest `folder` in the package's directory or one above it, and so also in the workspace's
/// root; `None` where the samples were not delivered with the source.
pub fn folder(path: &str) -> Option<PathBuf> {
    let start = Path::new(env!("CARGO_MANIFEST_DIR"));
    start
        .ancestors()
        .take(3)
        .map(|base| base.join(path))
        .find(|found| found.is_dir())
}

/// The people of a folder: those that its `boxes.json` names.
pub fn people(folder: &Path) -> Result<Vec<Sample>, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(folder.join("boxes.json"))?;
    let entries: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text)?;
    let corners = |value: Option<&serde_json::Value>| -> Option<Box4> {
        value.and_then(|value| serde_json::from_value(value.clone()).ok())
    };
    let mut samples = Vec::new();
    for (name, entry) in entries {
        if let Some(torso) = corners(entry.get("torso")) {
            let boxes = Boxes {
                torso,
                face: corners(entry.get("face")),
            };
            samples.push(Sample {
                bytes: std::fs::read(folder.join(&name))?,
                name,
                boxes,
            });
        }
    }
    Ok(samples)
}

/// What the composed picture changed.
#[derive(Debug)]
pub struct Change {
    /// Of what was changed, in widths of the torso.
    pub width: f64,
    pub middle: (f64, f64),
    pub centroid: (f64, f64),
    /// How much of the torso was changed.
    pub torso_share: f64,
    pub face_pixels: usize,
}

pub fn is_inside((x, y): (f64, f64), [left, top, right, bottom]: Box4) -> bool {
    x >= left && x <= right && y >= top && y <= bottom
}

pub fn measure(before: &RgbImage, after: &RgbImage, boxes: &Boxes) -> Change {
    let (width, height) = (f64::from(before.width()), f64::from(before.height()));
    let (mut left, mut top, mut right, mut bottom) = (1.0_f64, 1.0_f64, 0.0_f64, 0.0_f64);
    let (mut count, mut sum_x, mut sum_y) = (0.0, 0.0, 0.0);
    let (mut torso, mut torso_changed, mut face_pixels) = (0.0, 0.0, 0);
    for ((x, y, old), new) in before.enumerate_pixels().zip(after.pixels()) {
        let place = ((f64::from(x) + 0.5) / width, (f64::from(y) + 0.5) / height);
        let in_torso = is_inside(place, boxes.torso);
        torso += f64::from(u8::from(in_torso));
        if old == new {
            continue;
        }
        torso_changed += f64::from(u8::from(in_torso));
        face_pixels += usize::from(boxes.face.is_some_and(|face| is_inside(place, face)));
        (left, right) = (left.min(place.0), right.max(place.0));
        (top, bottom) = (top.min(place.1), bottom.max(place.1));
        (count, sum_x, sum_y) = (count + 1.0, sum_x + place.0, sum_y + place.1);
    }
    Change {
        width: (right - left) / (boxes.torso[2] - boxes.torso[0]),
        middle: ((left + right) / 2.0, (top + bottom) / 2.0),
        centroid: (sum_x / count, sum_y / count),
        torso_share: torso_changed / torso,
        face_pixels,
    }
}
