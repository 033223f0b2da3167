//! Finding the torso without a trained model: a simple figure of head, neck and torso is laid
//! over the maps of person and skin at every sensible place and size, and the best fit wins. The
//! silhouette around it then tells where the neck ends and where the axis of the body runs.

use super::plane::{Colour, Colours, Plane, Sums, mix, squared_distance};
use super::silhouette;

/// Longer side of the working copy, in pixels.
pub(super) const WORKING_SIZE: usize = 160;
/// Root mean square contrast (0 to 1) below which a picture shows nothing at all.
const LEAST_CONTRAST: f32 = 0.012;

/// Worth of a filled middle of the picture when two opinions on the person are weighed.
const FULL_MIDDLE: f32 = 0.2;

/// Where the torso is. All lengths are in widths of the picture it was found in, also the
/// vertical ones, so that they hold for any copy of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Torso {
    /// Column of the body's axis.
    pub centre: f32,
    /// Row where a collar lies, just below the chin and above the shoulders.
    pub collar: f32,
    /// Shoulder to shoulder.
    pub width: f32,
    /// Row where the worn top ends, if that is seen.
    pub hem: Option<f32>,
    /// Row where the feet end, if they are in the picture.
    pub feet: Option<f32>,
}

impl Torso {
    /// The torso in pixels of a picture of the given width.
    pub fn scaled(&self, picture_width: f32) -> Self {
        Self {
            centre: self.centre * picture_width,
            collar: self.collar * picture_width,
            width: self.width * picture_width,
            hem: self.hem.map(|row| row * picture_width),
            feet: self.feet.map(|row| row * picture_width),
        }
    }
}

/// A torso and the map of the person it was found with, at the size of the working copy.
pub(super) struct Found {
    pub torso: Torso,
    pub person: Plane,
}

/// Finds the torso on a working copy; `None` when the picture is empty of any subject.
pub(super) fn find(photo: &Colours) -> Option<Found> {
    let content = Frame::around(photo);
    let inner = photo.cropped(content.left, content.top, content.width, content.height);
    if contrast(&inner) < LEAST_CONTRAST {
        return None;
    }
    let (skin, trust) = silhouette::skin_map(&inner);
    let opinions = silhouette::person(&inner).map(|person| {
        let maps = Maps::new(&person, &skin, trust);
        let fit = best_fit(&maps);
        (fit.score + FULL_MIDDLE * maps.middle(), fit, person)
    });
    let (_, fit, person) = opinions.into_iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    let placed = Placed::refined(fit, &person);
    let hem = hem(&inner, &skin, &placed);

    let unit = photo.width as f32;
    let torso = Torso {
        centre: (placed.centre + content.left as f32) / unit,
        collar: (placed.collar + content.top as f32) / unit,
        width: placed.width / unit,
        hem: hem.map(|row| (row + content.top as f32) / unit),
        feet: feet(&person, &placed).map(|row| (row + content.top as f32) / unit),
    };
    Some(Found {
        torso,
        person: content.restored(&person, photo),
    })
}

/// Mean difference of the pixels from their wider surroundings: near zero for an empty page and
/// for a smooth gradient.
fn contrast(photo: &Colours) -> f32 {
    let radius = (photo.width.min(photo.height) / 6).max(1);
    let channel = |axis: usize| {
        let plane = photo.plane(|colour| colour.get(axis).copied().unwrap_or(0.0));
        plane
            .zip(&plane.box_blur(radius), |value, around| {
                (value - around).powi(2)
            })
            .mean()
    };
    (channel(0) + channel(1) + channel(2)).sqrt()
}

/// The part of a picture inside an even frame (letterbox, passe-partout).
struct Frame {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl Frame {
    fn around(photo: &Colours) -> Self {
        let (width, height) = (photo.width, photo.height);
        let column = |x: usize| (0..height).map(move |y| y * width + x);
        let row = |y: usize| (0..width).map(move |x| y * width + x);
        let left = frame_depth(photo, width / 3, column);
        let right = frame_depth(photo, width / 3, |x| column(width - 1 - x));
        let top = frame_depth(photo, height / 3, row);
        let bottom = frame_depth(photo, height / 3, |y| row(height - 1 - y));
        Self {
            left,
            top,
            width: width - left - right,
            height: height - top - bottom,
        }
    }

    /// Puts a plane of the content back to its place in the whole picture, zero around it.
    fn restored(&self, plane: &Plane, whole: &Colours) -> Plane {
        Plane::from_fn(whole.width, whole.height, |x, y| {
            let column = x.checked_sub(self.left).filter(|&x| x < self.width);
            let row = y.checked_sub(self.top).filter(|&y| y < self.height);
            column
                .zip(row)
                .and_then(|(x, y)| plane.values.get(y * self.width + x))
                .copied()
                .unwrap_or(0.0)
        })
    }
}

/// How many lines from an edge inwards are of one even colour and then end in a straight step. A
/// plain studio wall is even too, but the subject does not begin along a whole line at once.
fn frame_depth<I>(photo: &Colours, most: usize, line: impl Fn(usize) -> I) -> usize
where
    I: Iterator<Item = usize>,
{
    let colour = |index: usize| photo.pixels.get(index).copied().unwrap_or_default();
    let Some(first) = line(0).next().map(colour) else {
        return 0;
    };
    let is_frame = |pixel: Colour| squared_distance(pixel, first) < 0.0005;
    for depth in 0..most {
        let length = line(depth).count().max(1);
        let even = line(depth).filter(|&index| is_frame(colour(index))).count();
        if even == length {
            continue;
        }
        // One line may be a mixture of frame and picture because of the reduction.
        let beyond = line(depth + 1)
            .filter(|&index| !is_frame(colour(index)))
            .count();
        return if beyond * 10 > length * 6 && depth > 0 {
            depth + 1
        } else {
            0
        };
    }
    0
}

/// The maps prepared for quick means over rectangles.
struct Maps {
    width: f32,
    height: f32,
    person: Sums,
    skin: Sums,
    /// How far the map of skin can be believed, from 0 to 1.
    skin_trust: f32,
}

impl Maps {
    fn new(person: &Plane, skin: &Plane, skin_trust: f32) -> Self {
        let skin_of_person = skin.zip(person, |skin, person| skin * person);
        Self {
            width: person.width as f32,
            height: person.height as f32,
            person: Sums::new(person),
            skin: Sums::new(&skin_of_person),
            skin_trust,
        }
    }
}

impl Maps {
    /// Share of the person in the middle of the picture, where something of a person must be.
    fn middle(&self) -> f32 {
        let (width, height) = (self.width, self.height);
        self.person
            .mean(0.35 * width, 0.4 * height, 0.65 * width, 0.85 * height)
            .0
    }
}

/// A part of the figure: a rectangle in units of the torso's width, from the axis and the shoulder
/// line, and what is expected to be seen in it.
struct Part {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
    expects: Expects,
    weight: f32,
}

#[derive(Clone, Copy)]
enum Expects {
    Person,
    Background,
    Skin,
    Cloth,
}

const fn part(left: f32, top: f32, right: f32, bottom: f32, expects: Expects, weight: f32) -> Part {
    Part {
        left,
        top,
        right,
        bottom,
        expects,
        weight,
    }
}

/// Proportions of a standing or seated adult seen from the front.
const FIGURE: [Part; 16] = [
    // Chest, belly, and cloth on both.
    part(-0.35, 0.08, 0.35, 0.38, Expects::Person, 1.8),
    part(-0.33, 0.38, 0.33, 0.75, Expects::Person, 1.2),
    part(-0.25, 0.13, 0.25, 0.67, Expects::Cloth, 0.6),
    // Nothing above the shoulders, neck and face between.
    part(-0.63, -0.38, -0.25, -0.05, Expects::Background, 1.2),
    part(0.25, -0.38, 0.63, -0.05, Expects::Background, 1.2),
    part(-0.10, -0.12, 0.10, 0.03, Expects::Person, 0.8),
    part(-0.10, -0.13, 0.10, 0.03, Expects::Skin, 1.0),
    part(-0.14, -0.48, 0.14, -0.12, Expects::Person, 1.0),
    part(-0.13, -0.38, 0.13, -0.12, Expects::Skin, 1.0),
    // Nothing beside and above the head.
    part(-0.40, -0.50, -0.22, -0.15, Expects::Background, 1.2),
    part(0.22, -0.50, 0.40, -0.15, Expects::Background, 1.2),
    part(-0.58, -0.63, -0.25, -0.33, Expects::Background, 0.5),
    part(0.25, -0.63, 0.58, -0.33, Expects::Background, 0.5),
    part(-0.25, -0.85, 0.25, -0.66, Expects::Background, 1.2),
    // Nothing beyond the arms.
    part(-0.92, 0.00, -0.55, 0.58, Expects::Background, 0.7),
    part(0.55, 0.00, 0.92, 0.58, Expects::Background, 0.7),
];

/// What a part counts that is outside the picture or cannot be judged: a figure must not win by
/// hiding.
const UNSEEN: f32 = 0.55;

/// The figure at one place and size, in pixels of the working copy.
#[derive(Clone, Copy)]
struct Fit {
    centre: f32,
    top: f32,
    width: f32,
    score: f32,
}

/// Tries the figure everywhere coarsely, then finely around the best place.
fn best_fit(maps: &Maps) -> Fit {
    let widest = 1.1 * maps.width.min(1.2 * maps.height);
    let narrowest = 0.15 * maps.width.min(maps.height);
    let start = Fit {
        centre: 0.5 * maps.width,
        top: 0.12 * maps.height,
        width: 0.6 * maps.width.min(maps.height),
        score: f32::MIN,
    };
    let mut best = start;
    let mut width = narrowest;
    while width <= widest {
        let step = (width / 11.0).max(1.0);
        let centres = steps(0.15 * maps.width, 0.85 * maps.width, step);
        let tops = steps(-0.1 * width, 0.75 * maps.height, step);
        best = best_of(maps, best, &centres, &tops, &[width]);
        width *= 1.12;
    }
    let reach = best.width / 11.0;
    let around = |value: f32| steps(value - reach, value + reach, (reach / 3.0).max(0.5));
    let widths = [0.92, 0.96, 1.0, 1.04, 1.08].map(|factor| factor * best.width);
    best_of(maps, best, &around(best.centre), &around(best.top), &widths)
}

fn steps(from: f32, to: f32, step: f32) -> Vec<f32> {
    let count = ((to - from) / step).max(0.0) as usize;
    (0..=count)
        .map(|index| from + index as f32 * step)
        .collect()
}

fn best_of(maps: &Maps, best: Fit, centres: &[f32], tops: &[f32], widths: &[f32]) -> Fit {
    let mut best = best;
    for &width in widths {
        for &top in tops {
            for &centre in centres {
                let fit = Fit {
                    centre,
                    top,
                    width,
                    score: 0.0,
                };
                let score = agreement(maps, &fit) - rarity(maps, &fit);
                if score > best.score {
                    best = Fit { score, ..fit };
                }
            }
        }
    }
    best
}

/// Weighted mean of how well each part shows what is expected, from 0 to 1.
fn agreement(maps: &Maps, fit: &Fit) -> f32 {
    let mut sum = 0.0;
    let mut weights = 0.0;
    for part in &FIGURE {
        let (sums, trust) = match part.expects {
            Expects::Person | Expects::Background => (&maps.person, 1.0),
            Expects::Skin | Expects::Cloth => (&maps.skin, maps.skin_trust),
        };
        let (mean, seen) = sums.mean(
            fit.centre + part.left * fit.width,
            fit.top + part.top * fit.width,
            fit.centre + part.right * fit.width,
            fit.top + part.bottom * fit.width,
        );
        let agreement = match part.expects {
            Expects::Person | Expects::Skin => mean,
            Expects::Background | Expects::Cloth => 1.0 - mean,
        };
        sum += part.weight * mix(UNSEEN, agreement, seen * trust);
        weights += part.weight;
    }
    sum / weights
}

/// A small penalty for places and sizes that are rare in photos of people.
fn rarity(maps: &Maps, fit: &Fit) -> f32 {
    let aside = fit.centre / maps.width - 0.5;
    let usual = 0.6 * maps.width.min(0.9 * maps.height);
    let size = (fit.width / usual).ln();
    0.7 * aside * aside + 0.03 * size * size
}

/// The fitted figure corrected by the silhouette, in pixels of the working copy.
struct Placed {
    centre: f32,
    collar: f32,
    width: f32,
}

impl Placed {
    fn refined(fit: Fit, person: &Plane) -> Self {
        let centre = body_axis(&fit, person).unwrap_or(fit.centre);
        let collar = match neck_row(&fit, person) {
            // Above the picture's edge there is no chin to keep free of.
            _ if fit.top < 0.3 * fit.width => fit.top - 0.07 * fit.width,
            Some(neck) => (fit.top + 0.04 * fit.width).max(neck + 0.1 * fit.width),
            None => fit.top + 0.06 * fit.width,
        };
        Self {
            centre,
            collar: collar.max(0.0),
            width: shoulder_width(&fit, person),
        }
    }
}

/// First and last column of the silhouette around a column of a row.
fn silhouette_span(person: &Plane, row: f32, column: f32) -> Option<(f32, f32)> {
    let row = person.row(row.max(0.0) as usize);
    let start = (column.max(0.0) as usize).min(row.len().checked_sub(1)?);
    if *row.get(start)? < 0.5 {
        return None;
    }
    let left = row
        .iter()
        .take(start)
        .rev()
        .take_while(|&&value| value >= 0.5)
        .count();
    let right = row
        .iter()
        .skip(start)
        .take_while(|&&value| value >= 0.5)
        .count();
    Some(((start - left) as f32, (start + right) as f32))
}

/// The middle of the silhouette's mass over chest and belly. An arm that stands out on one side
/// only pulls a little, as it has little mass.
fn body_axis(fit: &Fit, person: &Plane) -> Option<f32> {
    let mut mass = 0.0;
    let mut moment = 0.0;
    let (left, right) = (fit.centre - 0.65 * fit.width, fit.centre + 0.65 * fit.width);
    for row in steps(fit.top + 0.1 * fit.width, fit.top + 0.75 * fit.width, 1.0) {
        for (x, &share) in person.row(row.max(0.0) as usize).iter().enumerate() {
            let column = x as f32 + 0.5;
            if column >= left && column <= right {
                mass += share;
                moment += share * column;
            }
        }
    }
    (mass > 0.0).then(|| moment / mass)
}

/// The figure's width, but not more than the silhouette has at the shoulders. Where the silhouette
/// is wider, arms and sleeves are in it; where it is much narrower, it has holes.
fn shoulder_width(fit: &Fit, person: &Plane) -> f32 {
    let rows = steps(fit.top + 0.1 * fit.width, fit.top + 0.45 * fit.width, 1.0);
    let spans = rows
        .into_iter()
        .filter_map(|row| silhouette_span(person, row, fit.centre));
    let mut widths: Vec<f32> = spans.map(|(left, right)| right - left).collect();
    widths.sort_by(f32::total_cmp);
    match widths.get(widths.len() * 3 / 4) {
        Some(&width) if width > 0.6 * fit.width => fit.width.min(1.02 * width),
        _ => fit.width,
    }
}

/// The narrowest row between head and shoulders, which lies just below the chin.
fn neck_row(fit: &Fit, person: &Plane) -> Option<f32> {
    let rows = steps(
        (fit.top - 0.3 * fit.width).max(0.0),
        fit.top + 0.12 * fit.width,
        1.0,
    );
    let spans = rows.into_iter().filter_map(|row| {
        silhouette_span(person, row, fit.centre).map(|(left, right)| (row, right - left))
    });
    let (row, width) = spans.min_by(|a, b| a.1.total_cmp(&b.1))?;
    (0.12 * fit.width..0.5 * fit.width)
        .contains(&width)
        .then_some(row)
}

/// The row where the colour of the worn top changes for good: where trousers begin, or soon below
/// the chest the arms or knees of somebody seated. Bare legs further down do not count, for then
/// the top is a dress.
fn hem(photo: &Colours, skin: &Plane, placed: &Placed) -> Option<f32> {
    let strip = |row: f32| -> Option<(Colour, f32)> {
        let (left, right) = (
            placed.centre - 0.2 * placed.width,
            placed.centre + 0.2 * placed.width,
        );
        let columns = left.max(0.0) as usize..(right.max(0.0) as usize).min(photo.width);
        let row = row as usize;
        let pixels = photo
            .pixels
            .get(row * photo.width..(row + 1) * photo.width)?
            .get(columns.clone())?;
        let count = pixels.len().max(1) as f32;
        let sum = pixels
            .iter()
            .fold([0.0; 3], |sum, pixel| [0, 1, 2].map(|i| sum[i] + pixel[i]));
        let on_axis = (placed.centre - 0.07 * placed.width).max(0.0) as usize
            ..((placed.centre + 0.07 * placed.width).max(0.0) as usize + 1).min(photo.width);
        let bare = skin
            .row(row)
            .get(on_axis)?
            .iter()
            .copied()
            .fold(1.0, f32::min);
        Some((sum.map(|channel| channel / count), bare))
    };
    let (chest, _) = strip(placed.collar + 0.35 * placed.width)?;
    let belly = placed.collar + 0.75 * placed.width;
    let seated_end = placed.collar + 1.1 * placed.width;
    let is_other = |row: f32| {
        strip(row).is_some_and(|(colour, bare)| {
            let is_place = (bare < 0.4 && row > belly) || (bare > 0.5 && row < seated_end);
            is_place && squared_distance(colour, chest) > 0.03
        })
    };
    let from = placed.collar + 0.5 * placed.width;
    let rows = steps(
        from,
        (placed.collar + 2.0 * placed.width).min(photo.height as f32 - 3.0),
        1.0,
    );
    rows.into_iter()
        .find(|&row| is_other(row) && is_other(row + 1.0) && is_other(row + 2.0))
}

/// The last row of the person, unless the person leaves the picture below.
fn feet(person: &Plane, placed: &Placed) -> Option<f32> {
    let (left, right) = (
        placed.centre - 0.45 * placed.width,
        placed.centre + 0.45 * placed.width,
    );
    let columns = left.max(0.0) as usize..(right.max(0.0) as usize).min(person.width);
    let is_person = |&y: &usize| {
        person
            .row(y)
            .get(columns.clone())
            .is_some_and(|row| row.iter().any(|&share| share > 0.6))
    };
    let last = (0..person.height).rev().find(is_person)?;
    (last + 2 < person.height && last as f32 > placed.collar + 2.5 * placed.width)
        .then_some(last as f32)
}
