//! Who stands out: a soft map of the person against the background, and a map of skin.
//!
//! The background is what the upper corners and the upper sides of a photo show. From that first
//! guess and the habit of putting people in the middle, two colour histograms are learnt (person,
//! background), each pixel is judged by them, the judgement is smoothed along edges, and the
//! histograms are learnt anew: a few rounds settle it.

use super::plane::{Colour, Colours, Plane, luma, opponent, smoothstep, squared_distance};

/// Rounds of learning and judging.
const ROUNDS: usize = 5;
/// Bins along each of the three axes of a colour histogram.
const BINS: usize = 16;

/// Two opinions on the likeness of each pixel to be part of the person, from 0 to 1: one by colour
/// alone, and one that also asks whether the pixel is fenced off from the border. The second is
/// the better one before a sky or a softly lit wall, the first for a white shirt on a light wall.
pub(super) fn person(photo: &Colours) -> [Plane; 2] {
    let enclosed = enclosure(photo);
    [0.0, 0.6].map(|trust| {
        learn(
            photo,
            &enclosed.map(|enclosed| 1.0 - trust * (1.0 - enclosed)),
        )
    })
}

fn learn(photo: &Colours, enclosed: &Plane) -> Plane {
    let guide = photo.plane(luma);
    let prior =
        position_prior(photo.width, photo.height).zip(enclosed, |prior, enclosed| prior * enclosed);
    let strange = strangeness(photo);
    let mut person = prior.zip(&strange, |prior, strange| prior * (0.15 + 0.85 * strange));
    for _ in 0..ROUNDS {
        let judged = judge(photo, &person, &prior);
        person = smooth_along_edges(&judged, &guide);
    }
    person
}

/// Where people are in photos: in the middle, and more likely so the lower one looks.
fn position_prior(width: usize, height: usize) -> Plane {
    Plane::from_fn(width, height, |x, y| {
        let across = (x as f32 + 0.5) / width as f32 - 0.5;
        let down = (y as f32 + 0.5) / height as f32;
        let reach = 0.22 + 0.22 * smoothstep(0.0, 0.45, down);
        let inside = (-0.5 * (across / reach).powi(4)).exp();
        0.06 + 0.84 * inside
    })
}

/// Distance of each pixel's colour from all colours seen at the upper border, from 0 to 1.
fn strangeness(photo: &Colours) -> Plane {
    let background = Clusters::of(&border_colours(photo));
    photo.plane(|colour| 1.0 - (-0.5 * background.distance(colour)).exp())
}

/// How well each pixel is fenced off from the upper border by edges, from 0 to 1: a sky which
/// changes its colour gently is open to the border everywhere, a person is not.
///
/// It is the geodesic distance (smallest sum of colour steps on the way from the border), by
/// sweeps forth and back.
fn enclosure(photo: &Colours) -> Plane {
    const SWEEPS: usize = 3;
    let (width, height) = (photo.width, photo.height);
    let points: Vec<Colour> = photo.pixels.iter().copied().map(opponent).collect();
    let noise = noise(&points);
    let corner = width / 4;
    let mut distance = Plane::from_fn(width, height, |x, y| {
        let at_side = (x == 0 || x + 1 == width) && y * 10 < height * 6;
        let at_corner = y == 0 && (x < corner || x + corner >= width);
        if at_side || at_corner { 0.0 } else { f32::MAX }
    });
    for _ in 0..SWEEPS {
        for index in 0..points.len() {
            let left = (index % width > 0).then(|| index - 1);
            let above = index.checked_sub(width);
            relax(&mut distance.values, &points, noise, index, [left, above]);
        }
        for index in (0..points.len()).rev() {
            let right = (index % width + 1 < width).then_some(index + 1);
            let below = (index + width < points.len()).then_some(index + width);
            relax(&mut distance.values, &points, noise, index, [right, below]);
        }
    }
    distance.map(|distance| smoothstep(0.02, 0.2, distance))
}

/// Size of the colour steps that mean nothing: those of the quieter third of the picture.
fn noise(points: &[Colour]) -> f32 {
    let pairs = points.iter().zip(points.iter().skip(1)).step_by(3);
    let mut steps: Vec<f32> = pairs
        .map(|(&a, &b)| squared_distance(a, b).sqrt())
        .collect();
    steps.sort_by(f32::total_cmp);
    let quiet = steps.get(steps.len() / 3).copied().unwrap_or(0.0);
    (1.3 * quiet).clamp(0.01, 0.03)
}

/// Shortens the way to a pixel if it is shorter by way of a neighbour.
fn relax(
    distance: &mut [f32],
    points: &[Colour],
    noise: f32,
    index: usize,
    by_way_of: [Option<usize>; 2],
) {
    for neighbour in by_way_of.into_iter().flatten() {
        let step = squared_distance(points[index], points[neighbour]).sqrt();
        distance[index] = distance[index].min(distance[neighbour] + (step - noise).max(0.0));
    }
}

/// Colours along the border, without the bottom and the top middle where the person leaves the
/// picture.
fn border_colours(photo: &Colours) -> Vec<Colour> {
    let strip_x = (photo.width / 25).max(1);
    let strip_y = (photo.height / 25).max(1);
    let side_end = photo.height * 6 / 10;
    let corner = photo.width / 4;
    let mut colours = Vec::new();
    for (y, row) in photo
        .pixels
        .chunks_exact(photo.width.max(1))
        .enumerate()
        .take(side_end.max(1))
    {
        let reach = if y < strip_y { corner.max(1) } else { strip_x };
        colours.extend(row.iter().take(reach).copied());
        colours.extend(row.iter().rev().take(reach).copied());
    }
    colours
}

/// A few typical colours with their spread.
struct Clusters {
    centres: Vec<(Colour, f32)>,
}

impl Clusters {
    const COUNT: usize = 6;
    const ITERATIONS: usize = 6;

    fn of(colours: &[Colour]) -> Self {
        let mut points: Vec<Colour> = colours.iter().copied().map(opponent).collect();
        points.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let seeds = (0..Self::COUNT)
            .filter_map(|index| points.get((2 * index + 1) * points.len() / (2 * Self::COUNT)));
        let mut centres: Vec<(Colour, f32)> = seeds.map(|&seed| (seed, 0.0)).collect();
        for _ in 0..Self::ITERATIONS {
            centres = Self::improved(&points, &centres);
        }
        Self { centres }
    }

    fn improved(points: &[Colour], centres: &[(Colour, f32)]) -> Vec<(Colour, f32)> {
        let mut sums = vec![([0.0_f32; 3], 0.0_f32, 0.0_f32); centres.len()];
        for &point in points {
            let nearest = centres
                .iter()
                .map(|&(centre, _)| squared_distance(point, centre))
                .enumerate()
                .min_by(|a, b| a.1.total_cmp(&b.1));
            if let Some((index, distance)) = nearest
                && let Some((sum, spread, count)) = sums.get_mut(index)
            {
                sum.iter_mut()
                    .zip(point)
                    .for_each(|(sum, value)| *sum += value);
                *spread += distance;
                *count += 1.0;
            }
        }
        sums.iter()
            .filter(|(_, _, count)| *count > 0.0)
            .map(|(sum, spread, count)| (sum.map(|value| value / count), spread / count))
            .collect()
    }

    /// Squared distance to the nearest cluster in units of its spread.
    fn distance(&self, colour: Colour) -> f32 {
        let point = opponent(colour);
        let scaled = self
            .centres
            .iter()
            .map(|&(centre, spread)| squared_distance(point, centre) / (3.0 * spread + 0.0025));
        scaled.fold(f32::MAX, f32::min)
    }
}

/// Judges each pixel by the colour histograms of what is so far held for person and background.
fn judge(photo: &Colours, person: &Plane, prior: &Plane) -> Plane {
    let mut inside = Histogram::empty();
    let mut outside = Histogram::empty();
    let bins: Vec<usize> = photo
        .pixels
        .iter()
        .map(|&colour| Histogram::bin(colour))
        .collect();
    for (&bin, &share) in bins.iter().zip(&person.values) {
        inside.add(bin, share);
        outside.add(bin, 1.0 - share);
    }
    let (inside, outside) = (inside.smoothed(), outside.smoothed());
    let values = bins.iter().zip(&prior.values).map(|(&bin, &prior)| {
        let odds = (inside.density(bin) / outside.density(bin))
            .ln()
            .clamp(-3.0, 3.0);
        let habit = (prior / (1.0 - prior)).ln();
        1.0 / (1.0 + (-(1.3 * odds + 0.9 * habit)).exp())
    });
    Plane {
        width: photo.width,
        height: photo.height,
        values: values.collect(),
    }
}

/// A smoothed histogram over the three opponent axes.
struct Histogram {
    counts: Vec<f32>,
}

impl Histogram {
    fn empty() -> Self {
        Self {
            counts: vec![0.0; BINS * BINS * BINS],
        }
    }

    fn bin(colour: Colour) -> usize {
        let [light, red, yellow] = opponent(colour);
        let index = |value: f32| ((value * BINS as f32).max(0.0) as usize).min(BINS - 1);
        // The opponent axes of photos rarely leave -0.5 to 0.5.
        (index(light) * BINS + index(red + 0.5)) * BINS + index(yellow + 0.5)
    }

    fn add(&mut self, bin: usize, weight: f32) {
        if let Some(count) = self.counts.get_mut(bin) {
            *count += weight;
        }
    }

    /// Spreads each count to its neighbours along the three axes, so that near colours help each
    /// other, and scales the sum to one.
    fn smoothed(&self) -> Self {
        let mut counts = self.counts.clone();
        for stride in [1, BINS, BINS * BINS] {
            let before = counts.clone();
            for (index, count) in counts.iter_mut().enumerate() {
                let place = index / stride % BINS;
                let lower = if place > 0 {
                    before[index - stride]
                } else {
                    before[index]
                };
                let upper = if place + 1 < BINS {
                    before[index + stride]
                } else {
                    before[index]
                };
                *count = 0.25 * lower + 0.5 * before[index] + 0.25 * upper;
            }
        }
        let total: f32 = counts.iter().sum::<f32>().max(1e-6);
        counts.iter_mut().for_each(|count| *count /= total);
        Self { counts }
    }

    fn density(&self, bin: usize) -> f32 {
        self.counts.get(bin).copied().unwrap_or(0.0) + 2e-5
    }
}

/// The guided filter (He, Sun, Tang 2010): locally the result is a line of the guide, so it is
/// smooth where the guide is smooth and has edges where the guide has them.
fn smooth_along_edges(plane: &Plane, guide: &Plane) -> Plane {
    const EPSILON: f32 = 0.002;
    let radius = (plane.width.min(plane.height) / 40).max(1);
    let mean_guide = guide.box_blur(radius);
    let mean_plane = plane.box_blur(radius);
    let mean_square = guide.map(|value| value * value).box_blur(radius);
    let mean_product = guide.zip(plane, |a, b| a * b).box_blur(radius);
    let variance = mean_square.zip(&mean_guide, |square, mean| (square - mean * mean).max(0.0));
    let products = mean_guide.zip(&mean_plane, |a, b| a * b);
    let covariance = mean_product.zip(&products, |product, of_means| product - of_means);
    let slope = covariance.zip(&variance, |covariance, variance| {
        covariance / (variance + EPSILON)
    });
    let offset = mean_plane.zip(&slope.zip(&mean_guide, |a, b| a * b), |mean, part| {
        mean - part
    });
    let (slope, offset) = (slope.box_blur(radius), offset.box_blur(radius));
    let line = slope.zip(guide, |slope, guide| slope * guide);
    line.zip(&offset, |line, offset| (line + offset).clamp(0.0, 1.0))
}

/// Likeness of each pixel to skin, and how far to believe it, both from 0 to 1: before a wall of
/// the same hue it says nothing.
pub(super) fn skin_map(photo: &Colours) -> (Plane, f32) {
    let map = photo.plane(skin);
    let trust = smoothstep(0.55, 0.3, map.mean());
    (map, trust)
}

/// Likeness of a colour to human skin of any tone, from 0 to 1: all skin has an orange hue, what
/// differs is brightness. Very pale and very saturated oranges are more often walls and wood.
fn skin(colour: Colour) -> f32 {
    let [red, green, blue] = colour;
    let highest = red.max(green).max(blue);
    let range = highest - red.min(green).min(blue);
    if red < highest || range < 1e-3 {
        return 0.0;
    }
    let hue = 60.0 * (green - blue) / range;
    let saturation = range / highest;
    // Dark cloth under warm light has a trace of orange too; dark skin has clearly more.
    let least = 0.2 + 0.1 * smoothstep(0.55, 0.3, highest);
    band(hue, -8.0, 5.0, 30.0, 42.0)
        * band(saturation, least - 0.1, least, 0.68, 0.82)
        * smoothstep(0.08, 0.16, highest)
}

/// 1 between `low` and `high`, falling to 0 at `lowest` and `highest`.
fn band(value: f32, lowest: f32, low: f32, high: f32, highest: f32) -> f32 {
    smoothstep(lowest, low, value) * smoothstep(highest, high, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skin_of_all_tones_is_told_from_cloth() {
        let rgb = |red: u8, green: u8, blue: u8| [red, green, blue].map(|c| f32::from(c) / 255.0);
        for tone in [
            rgb(240, 200, 175),
            rgb(198, 134, 102),
            rgb(120, 76, 54),
            rgb(75, 48, 36),
        ] {
            assert!(skin(tone) > 0.8, "{tone:?}");
        }
        for cloth in [
            rgb(240, 240, 240),
            rgb(70, 64, 60),
            rgb(40, 80, 160),
            rgb(200, 30, 60),
        ] {
            assert!(skin(cloth) < 0.2, "{cloth:?}");
        }
    }

    #[test]
    fn a_gentle_sky_is_open_to_the_border() {
        let mut pixels: Vec<Colour> = (0..60 * 60)
            .map(|index| {
                [
                    0.4 + (index % 60) as f32 * 0.004,
                    0.6,
                    0.9 - (index / 60) as f32 * 0.003,
                ]
            })
            .collect();
        for index in
            (0..60 * 60).filter(|index| (20..40).contains(&(index % 60)) && index / 60 > 25)
        {
            pixels[index] = [0.2, 0.1, 0.1];
        }
        let enclosed = enclosure(&Colours {
            width: 60,
            height: 60,
            pixels,
        });
        assert!(enclosed.sample(30.0, 10.0) < 0.1);
        assert!(enclosed.sample(30.0, 50.0) > 0.9);
    }
}
