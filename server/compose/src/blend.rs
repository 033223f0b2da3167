//! Blending the garment into the photo: the light and the folds of the worn clothes are kept,
//! hands and forearms stay in front, and the garment throws a soft shadow on the body.

use super::cutout::Cutout;
use super::fit::Placement;
use super::plane::{Colour, Colours, Plane, luma, mix, neighbours, smoothstep};
use super::silhouette;
use super::torso::{Found, Torso};

/// Longer side of the copy on which the light is measured, in pixels.
pub(super) const LIGHT_SIZE: usize = 400;
/// How much of the photo's broad light and of its folds the garment takes over.
const LIGHT: f32 = 0.4;
const FOLDS: f32 = 0.85;
/// Strength of the shade towards the garment's edges and of its shadow on the body.
const EDGE_SHADE: f32 = 0.16;
const SHADOW: f32 = 0.3;

/// What the photo does to a garment laid on it, at the size of the light copy.
pub(super) struct Scene {
    /// Factor for the garment's brightness.
    light: Plane,
    /// Cover by hands and arms in front of the garment.
    front: Plane,
    person: Plane,
    /// Scene pixels per photo pixel.
    scale: f32,
}

impl Scene {
    pub fn of(photo: &Colours, found: &Found, placement: &Placement, picture_width: f32) -> Self {
        let person = found.person.resized(photo.width, photo.height);
        let (skin, trust) = silhouette::skin_map(photo);
        let skin = skin.zip(&person, |skin, person| skin * person * trust);
        let scale = photo.width as f32 / picture_width;
        let light = light(photo, &person, &skin, &found.torso);
        let front = limbs_in_front(&skin, &found.torso, placement.long_sleeves);
        let front = front.zip(&neck_in_front(&skin, placement, scale), f32::max);
        Self {
            light,
            front,
            person,
            scale,
        }
    }
}

/// Brightness factor: broad light of the torso relative to its mean, times the folds.
fn light(photo: &Colours, person: &Plane, skin: &Plane, torso: &Torso) -> Plane {
    let shoulders = (torso.width * photo.width as f32).max(8.0);
    // An offset keeps the noise of black cloth from being taken for folds.
    let brightness = photo.plane(|colour| (luma(colour) + 0.12).ln());
    let cloth = person.zip(skin, |person, skin| (person * (1.0 - skin)).powi(2) + 1e-3);
    let fine = weighted_blur(&brightness, &cloth, 1);
    let middle = weighted_blur(&brightness, &cloth, (shoulders / 14.0) as usize + 1);
    let broad = weighted_blur(&brightness, &cloth, (shoulders / 5.0) as usize + 1);
    let mean = torso_mean(&broad, torso);
    let folds = fine.zip(&middle, |fine, middle| fold(fine - middle));
    let folds = folds
        .zip(&cloth, |fold, cloth| fold * cloth.min(1.0))
        .box_blur(1);
    broad.zip(&folds, |broad, fold| {
        (LIGHT * (broad - mean).clamp(-0.7, 0.5) + FOLDS * fold).exp()
    })
}

/// Keeps gentle changes and drops strong ones: those are prints, seams and edges, not folds.
fn fold(difference: f32) -> f32 {
    difference * (-(difference / 0.22).powi(2)).exp()
}

fn weighted_blur(plane: &Plane, weight: &Plane, radius: usize) -> Plane {
    let weighted = plane
        .zip(weight, |value, weight| value * weight)
        .soft_blur(radius);
    weighted.zip(&weight.soft_blur(radius), |sum, weight| {
        sum / weight.max(1e-6)
    })
}

fn torso_mean(plane: &Plane, torso: &Torso) -> f32 {
    let unit = plane.width as f32;
    let sums = super::plane::Sums::new(plane);
    let (mean, seen) = sums.mean(
        (torso.centre - 0.35 * torso.width) * unit,
        (torso.collar + 0.1 * torso.width) * unit,
        (torso.centre + 0.35 * torso.width) * unit,
        (torso.collar + 0.9 * torso.width) * unit,
    );
    if seen > 0.0 { mean } else { plane.mean() }
}

/// Skin over the lower part of the torso is a hand or forearm in front of it, unless long sleeves
/// would cover it. When most of the torso looks like skin, the worn top itself is skin-coloured
/// and nothing can be told apart.
fn limbs_in_front(skin: &Plane, torso: &Torso, long_sleeves: bool) -> Plane {
    if long_sleeves {
        return skin.map(|_| 0.0);
    }
    let unit = skin.width as f32;
    let radius = (torso.width * unit / 50.0) as usize + 1;
    let solid = skin
        .soft_blur(radius)
        .map(|share| smoothstep(0.45, 0.7, share));
    let inside = Plane::from_fn(skin.width, skin.height, |x, y| {
        let across = ((x as f32 + 0.5) / unit - torso.centre).abs() / torso.width;
        let down = ((y as f32 + 0.5) / unit - torso.collar) / torso.width;
        // At the sides the upper arm belongs into the sleeve.
        let start = 0.42 + 0.2 * smoothstep(0.25, 0.38, across);
        smoothstep(0.52, 0.46, across)
            * smoothstep(start, start + 0.08, down)
            * smoothstep(1.5, 1.4, down)
    });
    let front = solid.zip(&inside, |solid, inside| solid * inside);
    if front.mean() > 0.55 * inside.mean() {
        front.map(|_| 0.0)
    } else {
        front
    }
}

/// The neck stands in front of the back of the collar, which a product shot shows inside the
/// opening for the neck.
fn neck_in_front(skin: &Plane, placement: &Placement, scale: f32) -> Plane {
    let half = (0.8 * placement.neck_half * scale).max(1e-3);
    let (centre, top) = (placement.centre * scale, placement.top * scale);
    Plane::from_fn(skin.width, skin.height, |x, y| {
        let across = (x as f32 + 0.5 - centre) / half;
        let down = (y as f32 + 0.5 - top) / (0.42 * half);
        let share = skin.values.get(y * skin.width + x).copied().unwrap_or(0.0);
        share * smoothstep(1.1, 0.9, across.hypot(down.max(0.0)))
    })
}

/// Draws the garment onto the photo, given as rows of RGB bytes.
pub(super) fn blend(
    rgb: &mut [u8],
    width: usize,
    height: usize,
    garment: &Cutout,
    placement: &Placement,
    scene: &Scene,
) {
    let margin = 0.1 * placement.half;
    let columns = clamp(placement.centre - placement.half - margin, width)
        ..clamp(placement.centre + placement.half + margin, width);
    let rows =
        clamp(placement.top, height)..clamp(placement.bottom + placement.sag() + margin, height);
    let places: Vec<Place> = columns
        .clone()
        .map(|x| Place::at(x, placement, scene))
        .collect();
    let painter = Painter {
        garment,
        depth: Depth::of(garment),
        placement,
        places,
    };
    for y in rows {
        let start = 3 * (y * width + columns.start);
        let Some(row) = rgb.get_mut(start..start + 3 * columns.len()) else {
            return;
        };
        painter.paint_row(y as f32 + 0.5, &scene.row(y), row);
    }
}

fn clamp(position: f32, length: usize) -> usize {
    (position.max(0.0) as usize).min(length)
}

/// What the photo does to the garment at one place.
#[derive(Clone, Copy)]
struct Influence {
    light: f32,
    front: f32,
    person: f32,
}

impl Influence {
    fn mix(self, other: Self, share: f32) -> Self {
        Self {
            light: mix(self.light, other.light, share),
            front: mix(self.front, other.front, share),
            person: mix(self.person, other.person, share),
        }
    }
}

impl Scene {
    /// The influences along a photo row, one for each column of the scene. A row is prepared at
    /// once because the photo has many more pixels than the scene.
    fn row(&self, y: usize) -> Vec<Influence> {
        let (above, below, down) = neighbours((y as f32 + 0.5) * self.scale, self.light.height);
        let influences = |y: usize| {
            let planes = self
                .light
                .row(y)
                .iter()
                .zip(self.front.row(y))
                .zip(self.person.row(y));
            planes.map(|((&light, &front), &person)| Influence {
                light,
                front,
                person,
            })
        };
        influences(above)
            .zip(influences(below))
            .map(|(above, below)| above.mix(below, down))
            .collect()
    }
}

/// What is the same for all pixels of a photo column.
struct Place {
    /// Column in pixels of the photo.
    x: f32,
    /// Column of the garment, and photo rows by which it hangs lower.
    column: f32,
    drop: f32,
    /// Columns of the scene to the left and right, and the share of the right one.
    scene: (usize, usize, f32),
}

impl Place {
    fn at(x: usize, placement: &Placement, scene: &Scene) -> Self {
        let x = x as f32 + 0.5;
        let (column, drop) = placement.garment_column(x);
        Self {
            x,
            column,
            drop,
            scene: neighbours(x * scene.scale, scene.light.width),
        }
    }
}

struct Painter<'a> {
    garment: &'a Cutout,
    depth: Depth,
    placement: &'a Placement,
    places: Vec<Place>,
}

impl Painter<'_> {
    fn paint_row(&self, y: f32, influences: &[Influence], row: &mut [u8]) {
        for (place, pixel) in self.places.iter().zip(row.chunks_exact_mut(3)) {
            let garment_row = self.placement.garment_row(y - place.drop);
            let depth = self.depth.sample(place.column, garment_row);
            if depth <= 0.02 {
                continue;
            }
            let (left, right, share) = place.scene;
            if let (Some(left), Some(right)) = (influences.get(left), influences.get(right)) {
                let below = self.placement.below_collar(place.x, y);
                self.paint(
                    place.column,
                    garment_row,
                    depth,
                    below,
                    left.mix(*right, share),
                    pixel,
                );
            }
        }
    }

    fn paint(
        &self,
        column: f32,
        row: f32,
        depth: f32,
        below: f32,
        influence: Influence,
        pixel: &mut [u8],
    ) {
        let seen = below * (1.0 - influence.front);
        let (colour, cover) = self.garment.sample(column, row);
        let alpha = seen * cover;
        let shadow =
            SHADOW * seen * influence.person * smoothstep(0.02, 0.9, depth) * (1.0 - alpha);
        let light = influence.light * (1.0 - EDGE_SHADE * (1.0 - depth));
        for (channel, cloth) in pixel.iter_mut().zip(colour) {
            let behind = f32::from(*channel) * (1.0 - shadow);
            *channel = mix(behind, 255.0 * lit(cloth, light), alpha).round() as u8;
        }
    }
}

/// A colour in a light; highlights approach white softly instead of being cut off.
fn lit(cloth: f32, light: f32) -> f32 {
    if light <= 1.0 {
        cloth * light
    } else {
        cloth + (1.0 - cloth) * cloth * (1.0 - 1.0 / light)
    }
}

/// The garment's cover, blurred: 1 deep inside, falling towards the edges and to 0 outside. It is
/// kept at a quarter of the size, with one empty cell around so that it ends at 0.
struct Depth {
    plane: Plane,
}

impl Depth {
    const CELL: usize = 4;

    fn of(garment: &Cutout) -> Self {
        let (columns, rows) = (
            garment.width.div_ceil(Self::CELL),
            garment.height.div_ceil(Self::CELL),
        );
        let plane = Plane::from_fn(columns + 2, rows + 2, |x, y| {
            let column = x.checked_sub(1).map(|x| x * Self::CELL);
            let row = y
                .checked_sub(1)
                .map_or(&[][..], |y| garment.alpha.row(y * Self::CELL));
            column
                .and_then(|column| row.get(column))
                .copied()
                .unwrap_or(0.0)
        });
        let radius = columns.max(rows) * 3 / 100 + 1;
        Self {
            plane: plane.soft_blur(radius),
        }
    }

    /// The depth at a place of the garment.
    fn sample(&self, x: f32, y: f32) -> f32 {
        let cell = Self::CELL as f32;
        self.plane.sample(x / cell + 1.0, y / cell + 1.0)
    }
}

impl Cutout {
    /// Bilinear colour and cover at a place of the garment.
    fn sample(&self, x: f32, y: f32) -> (Colour, f32) {
        if self.colours.is_empty() {
            return ([0.0; 3], 0.0);
        }
        let (left, right, across) = neighbours(x, self.width);
        let (above, below, down) = neighbours(y, self.height);
        let corners = [(left, above), (right, above), (left, below), (right, below)];
        let [a, b, c, d] = corners.map(|(x, y)| y * self.width + x);
        let alpha = &self.alpha.values;
        let cover = mix(
            mix(alpha[a], alpha[b], across),
            mix(alpha[c], alpha[d], across),
            down,
        );
        let [a, b, c, d] = [a, b, c, d].map(|index| self.colours[index]);
        let channel = |i: usize| mix(mix(a[i], b[i], across), mix(c[i], d[i], across), down);
        ([channel(0), channel(1), channel(2)], cover)
    }

    /// Averages blocks of pixels, so that a garment drawn small does not flicker.
    pub(super) fn reduced_by(self, block: usize) -> Self {
        if block <= 1 {
            return self;
        }
        let (width, height) = (self.width.div_ceil(block), self.height.div_ceil(block));
        let mut colours = Vec::with_capacity(width * height);
        let alpha = Plane::from_fn(width, height, |x, y| {
            let mut sum = ([0.0; 3], 0.0, 0.0_f32);
            for v in y * block..((y + 1) * block).min(self.height) {
                for u in x * block..((x + 1) * block).min(self.width) {
                    let index = v * self.width + u;
                    let alpha = self.alpha.values.get(index).copied().unwrap_or(0.0);
                    let colour = self.colours.get(index).copied().unwrap_or_default();
                    // Extended colours beyond the edge count a little: they fill what alpha leaves.
                    let weight = alpha + 1e-3;
                    sum.0 = [0, 1, 2].map(|i| sum.0[i] + weight * colour[i]);
                    sum.1 += alpha;
                    sum.2 += 1.0;
                }
            }
            let (total, alpha, count) = sum;
            let weight = alpha + 1e-3 * count;
            colours.push(total.map(|channel| channel / weight));
            alpha / count.max(1.0)
        });
        Self {
            width,
            height,
            colours,
            alpha,
        }
    }
}
