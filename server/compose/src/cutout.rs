//! Cutting the garment out of its product shot.
//!
//! A shot with transparency says itself what the garment is. Otherwise the background is taken
//! from the border of the picture as a colour that may drift evenly from side to side, and is
//! flooded from the border inwards; soft shadows on it are flooded too. Of what is left the main
//! piece is kept, so that a detached drop shadow or a caption is not worn. The colours of the
//! edge are replaced by those just inside, so that no rim of the old background is seen.

use image::RgbaImage;

use super::plane::{Colour, Plane, opponent, smoothstep, squared_distance};

/// Longer side of the cut-out in pixels: more than enough for a preview. Finding the garment on a
/// background takes longer than reading transparency, so it is done a little smaller.
const LONGEST: usize = 1400;
const LONGEST_ON_BACKGROUND: usize = 900;
/// Pixels of the cut-out per cell, along a side, when its pieces are told apart.
const CELL: usize = 4;
/// Smallest garment, as a share of its picture.
const SMALLEST_SHARE: f32 = 0.01;
/// Pixels this transparent are not part of anything.
const CLEAR: f32 = 0.03;

/// A garment without its background.
pub(super) struct Cutout {
    pub width: usize,
    pub height: usize,
    /// Colours, valid wherever `alpha` is above zero and a little beyond.
    pub colours: Vec<Colour>,
    /// Cover of the garment, from 0 to 1.
    pub alpha: Plane,
}

/// Cuts out the garment; `None` when nothing stands out from the background.
pub(super) fn cut_out(picture: &RgbaImage) -> Option<Cutout> {
    let mut shot = Shot::reduced(picture, LONGEST);
    if !shot.has_transparency() {
        shot = Shot::reduced(picture, LONGEST_ON_BACKGROUND);
        shot.alpha = matte(&shot)?;
    }
    let alpha = main_pieces(&shot.alpha)?;
    let colours = without_rim(shot.colours, &alpha);
    Some(Cutout {
        width: shot.width,
        height: shot.height,
        colours,
        alpha,
    })
}

/// The product shot reduced to working size.
struct Shot {
    width: usize,
    height: usize,
    colours: Vec<Colour>,
    alpha: Plane,
}

impl Shot {
    /// Averages whole blocks of pixels, each weighted by its opacity: the colour of a transparent
    /// pixel means nothing.
    fn reduced(picture: &RgbaImage, longest: usize) -> Self {
        let (full_width, full_height) = (picture.width() as usize, picture.height() as usize);
        let block = full_width.max(full_height).div_ceil(longest).max(1);
        let (width, height) = (full_width.div_ceil(block), full_height.div_ceil(block));
        let mut colours = Vec::with_capacity(width * height);
        let mut alphas = Vec::with_capacity(width * height);
        let mut sums = vec![[0_u32; 5]; width];
        for rows in picture.as_raw().chunks(4 * full_width.max(1) * block) {
            sums.fill([0; 5]);
            for row in rows.chunks_exact(4 * full_width.max(1)) {
                add_blocks(row, block, &mut sums);
            }
            for &[red, green, blue, alpha, count] in &sums {
                let scale = 1.0 / (255.0 * alpha.max(1) as f32);
                colours.push([red, green, blue].map(|sum| sum as f32 * scale));
                alphas.push(alpha as f32 / (255.0 * count.max(1) as f32));
            }
        }
        Self {
            width,
            height,
            colours,
            alpha: Plane {
                width,
                height,
                values: alphas,
            },
        }
    }

    fn has_transparency(&self) -> bool {
        let clear = self
            .alpha
            .values
            .iter()
            .filter(|&&alpha| alpha < CLEAR)
            .count();
        clear * 100 > self.alpha.values.len()
    }
}

/// Adds a row of RGBA bytes to the sums of its blocks: colours times opacity, opacity, count.
fn add_blocks(row: &[u8], block: usize, sums: &mut [[u32; 5]]) {
    for (pixels, sum) in row.chunks(4 * block).zip(sums) {
        for pixel in pixels.chunks_exact(4) {
            if let [red, green, blue, alpha] = *pixel {
                let alpha = u32::from(alpha);
                sum[0] += u32::from(red) * alpha;
                sum[1] += u32::from(green) * alpha;
                sum[2] += u32::from(blue) * alpha;
                sum[3] += alpha;
                sum[4] += 1;
            }
        }
    }
}

/// Separates a garment from a plain background.
fn matte(shot: &Shot) -> Option<Plane> {
    let background = Background::of(shot)?;
    let unlike = background.unlikeness(shot);
    let mut best: Option<Plane> = None;
    // A white garment on white needs a fine tolerance, a noisy background a coarse one. The finer
    // one is taken only when it finds much more: then the coarse one has run into the garment.
    for tolerance in [
        background.tolerance,
        background.tolerance / 2.0,
        background.tolerance / 4.0,
    ] {
        let solid = flood(shot, &unlike, &background, tolerance);
        let (before, now) = (best.as_ref().map_or(0.0, main_share), main_share(&solid));
        let first = best.is_none() || before < SMALLEST_SHARE;
        if first || (before < 0.18 && now > 2.0 * before && now < 0.85) {
            best = Some(solid);
        }
    }
    let solid = best?;
    let soft = solid.box_blur(1).map(|share| smoothstep(0.3, 1.0, share));
    (solid.mean() > SMALLEST_SHARE).then_some(soft)
}

/// Share of the picture taken by the main piece.
fn main_share(solid: &Plane) -> f32 {
    main_pieces(solid).map_or(0.0, |kept| kept.mean())
}

/// A background colour which may drift evenly across and down, with its noise.
struct Background {
    /// Per opponent axis: value at the centre, change from left to right and from top to bottom.
    drift: [[f32; 3]; 3],
    /// Distance below which a pixel is background.
    tolerance: f32,
}

impl Background {
    fn of(shot: &Shot) -> Option<Self> {
        let border = border_samples(shot);
        let middle = median(&border)?;
        let plain: Vec<(f32, f32, Colour)> = border
            .iter()
            .copied()
            .filter(|&(_, _, colour)| squared_distance(colour, middle) < 0.03)
            .collect();
        if plain.len() * 2 < border.len() {
            return None;
        }
        let drift = [0, 1, 2].map(|axis| fit_drift(&plain, axis));
        let unscaled = Self {
            drift,
            tolerance: 0.0,
        };
        let errors = plain
            .iter()
            .map(|&(x, y, colour)| squared_distance(colour, unscaled.at(x, y)));
        let noise = (errors.sum::<f32>() / plain.len() as f32).sqrt();
        Some(Self {
            drift,
            tolerance: (0.025 + 3.0 * noise).min(0.16),
        })
    }

    /// Expected colour at a place given from -0.5 to 0.5.
    fn at(&self, x: f32, y: f32) -> Colour {
        self.drift
            .map(|[centre, across, down]| centre + across * x + down * y)
    }

    /// Distance of every pixel from the background.
    fn unlikeness(&self, shot: &Shot) -> Plane {
        let colours = &shot.colours;
        Plane::from_fn(shot.width, shot.height, |x, y| {
            let expected = self.at(centred(x, shot.width), centred(y, shot.height));
            let colour = colours.get(y * shot.width + x).copied().unwrap_or_default();
            squared_distance(opponent(colour), expected).sqrt()
        })
    }

    /// Is this the background in a soft shadow: darker, but of the same hue?
    fn is_shadowed(&self, x: f32, y: f32, colour: Colour) -> bool {
        let expected = self.at(x, y);
        let darker = expected[0] - colour[0];
        let other_hue = (expected[1] - colour[1]).abs() + (expected[2] - colour[2]).abs();
        (0.0..0.35).contains(&darker) && other_hue < 0.05
    }
}

fn centred(position: usize, length: usize) -> f32 {
    (position as f32 + 0.5) / length as f32 - 0.5
}

/// Places and opponent colours along the border.
fn border_samples(shot: &Shot) -> Vec<(f32, f32, Colour)> {
    let thick = (shot.width.min(shot.height) / 60).max(1);
    let mut samples = Vec::new();
    for (y, row) in shot.colours.chunks_exact(shot.width.max(1)).enumerate() {
        let edge_row = y < thick || y + thick >= shot.height;
        for (x, &colour) in row.iter().enumerate() {
            if edge_row || x < thick || x + thick >= shot.width {
                samples.push((
                    centred(x, shot.width),
                    centred(y, shot.height),
                    opponent(colour),
                ));
            }
        }
    }
    samples
}

fn median(samples: &[(f32, f32, Colour)]) -> Option<Colour> {
    let middle = |axis: usize| {
        let mut values: Vec<f32> = samples
            .iter()
            .filter_map(|s| s.2.get(axis).copied())
            .collect();
        values.sort_by(f32::total_cmp);
        values.get(values.len() / 2).copied()
    };
    Some([middle(0)?, middle(1)?, middle(2)?])
}

/// Least squares fit of `centre + across * x + down * y`. On a whole border x and y are nearly
/// uncorrelated, so each slope can be fitted by itself.
fn fit_drift(samples: &[(f32, f32, Colour)], axis: usize) -> [f32; 3] {
    let count = samples.len().max(1) as f32;
    let value = |sample: &(f32, f32, Colour)| sample.2.get(axis).copied().unwrap_or(0.0);
    let mean = samples.iter().map(value).sum::<f32>() / count;
    let slope = |place: fn(&(f32, f32, Colour)) -> f32| {
        let middle = samples.iter().map(place).sum::<f32>() / count;
        let spread: f32 = samples.iter().map(|s| (place(s) - middle).powi(2)).sum();
        let common: f32 = samples
            .iter()
            .map(|s| (place(s) - middle) * (value(s) - mean))
            .sum();
        (common / spread.max(1e-6), middle)
    };
    let (across, middle_x) = slope(|sample| sample.0);
    let (down, middle_y) = slope(|sample| sample.1);
    [mean - across * middle_x - down * middle_y, across, down]
}

/// Floods the background from the border; what stays dry is 1.
fn flood(shot: &Shot, unlike: &Plane, background: &Background, tolerance: f32) -> Plane {
    let (width, height) = (shot.width, shot.height);
    let mut dry = Plane::filled(width, height, 1.0);
    let mut open: Vec<usize> = Vec::new();
    let is_wet = |index: usize, from: Option<usize>| {
        let distance = unlike.values.get(index).copied().unwrap_or(f32::MAX);
        if distance < tolerance {
            return true;
        }
        // A soft shadow begins so gently that no step is seen on its edge.
        let step = from
            .and_then(|from| unlike.values.get(from))
            .map_or(f32::MAX, |d| (distance - d).abs());
        let colour = opponent(shot.colours.get(index).copied().unwrap_or_default());
        step < 0.3 * tolerance
            && background.is_shadowed(
                centred(index % width, width),
                centred(index / width, height),
                colour,
            )
    };
    for index in border_indices(width, height) {
        if is_wet(index, None) && dry.values[index] > 0.0 {
            dry.values[index] = 0.0;
            open.push(index);
        }
    }
    while let Some(index) = open.pop() {
        for next in around(index, width, height).into_iter().flatten() {
            if dry.values[next] > 0.0 && is_wet(next, Some(index)) {
                dry.values[next] = 0.0;
                open.push(next);
            }
        }
    }
    open_holes(&mut dry, unlike, tolerance);
    dry
}

/// Background enclosed by the garment (between sleeve and body, inside a strap) is opened too, but
/// only large quiet areas that match the background closely: a white stripe is not a hole.
fn open_holes(dry: &mut Plane, unlike: &Plane, tolerance: f32) {
    let inside = dry.zip(unlike, |dry, unlike| {
        f32::from(dry > 0.0 && unlike < 0.6 * tolerance)
    });
    let least = dry.values.len() / 400;
    let most = dry.values.len() / 25;
    let mut holes = pieces(&inside);
    holes.retain(|hole| (least..most).contains(&hole.len()));
    if holes.len() > 3 {
        return;
    }
    for index in holes.into_iter().flatten() {
        dry.values[index] = 0.0;
    }
}

fn border_indices(width: usize, height: usize) -> impl Iterator<Item = usize> {
    let rows = (0..width).flat_map(move |x| [x, (height - 1) * width + x]);
    let columns = (0..height).flat_map(move |y| [y * width, y * width + width - 1]);
    rows.chain(columns)
}

/// The pixels left, right, above and below.
fn around(index: usize, width: usize, height: usize) -> [Option<usize>; 4] {
    let (x, y) = (index % width, index / width);
    [
        (x > 0).then(|| index - 1),
        (x + 1 < width).then(|| index + 1),
        (y > 0).then(|| index - width),
        (y + 1 < height).then(|| index + width),
    ]
}

/// Connected pieces of a plane where it is above one half.
fn pieces(plane: &Plane) -> Vec<Vec<usize>> {
    let mut free: Vec<bool> = plane.values.iter().map(|&value| value > 0.5).collect();
    let mut found = Vec::new();
    for start in 0..free.len() {
        if !free[start] {
            continue;
        }
        free[start] = false;
        let mut piece = vec![start];
        let mut reached = 0;
        while let Some(&index) = piece.get(reached) {
            reached += 1;
            for next in around(index, plane.width, plane.height)
                .into_iter()
                .flatten()
            {
                if free[next] {
                    free[next] = false;
                    piece.push(next);
                }
            }
        }
        found.push(piece);
    }
    found
}

/// Keeps of a cover only the largest piece and others nearly as large (a jacket in two halves).
fn main_pieces(cover: &Plane) -> Option<Plane> {
    let cells = cells(cover);
    let found = pieces(&cells);
    let largest = found.iter().map(Vec::len).max()?;
    if (largest as f32) < SMALLEST_SHARE * cells.values.len() as f32 {
        return None;
    }
    let mut kept = Plane::filled(cells.width, cells.height, 0.0);
    for &index in found
        .iter()
        .filter(|piece| piece.len() * 3 >= largest)
        .flatten()
    {
        kept.values[index] = 1.0;
    }
    // The soft edge reaches into the cells around, of which each has a ninth or more.
    let near = kept.box_blur(1);
    let mut alpha = cover.clone();
    for (y, row) in alpha.values.chunks_exact_mut(cover.width).enumerate() {
        let near = near.row(y / CELL);
        for (pixels, &near) in row.chunks_mut(CELL).zip(near) {
            for pixel in pixels {
                *pixel = if near > 0.05 && *pixel > CLEAR {
                    *pixel
                } else {
                    0.0
                };
            }
        }
    }
    Some(alpha)
}

/// The cover at the upper left pixel of each cell.
fn cells(cover: &Plane) -> Plane {
    let rows = (0..cover.height).step_by(CELL);
    let values = rows
        .flat_map(|y| cover.row(y).iter().step_by(CELL).copied())
        .collect();
    Plane {
        width: cover.width.div_ceil(CELL),
        height: cover.height.div_ceil(CELL),
        values,
    }
}

/// Replaces the colours of the edge, which are mixed with the old background, by those inside,
/// and carries them a few pixels outwards for the interpolation.
fn without_rim(colours: Vec<Colour>, alpha: &Plane) -> Vec<Colour> {
    const REACH: usize = 6;
    let mut colours = colours;
    let (mut pure, mut edge) = rim(alpha);
    for _ in 0..REACH {
        let found: Vec<(usize, Option<Colour>)> = edge
            .iter()
            .map(|&index| (index, mean_of_pure(index, alpha, &colours, &pure)))
            .collect();
        edge.clear();
        for (index, colour) in found {
            match colour {
                Some(colour) => {
                    colours[index] = colour;
                    pure[index] = true;
                }
                None => edge.push(index),
            }
        }
    }
    colours
}

/// Which pixels are wholly garment with a little of it all around, and which lie near its edge.
fn rim(alpha: &Plane) -> (Vec<bool>, Vec<usize>) {
    const DEPTH: usize = 2;
    let mut pure = Vec::with_capacity(alpha.values.len());
    let mut edge = Vec::new();
    for y in 0..alpha.height {
        let (above, row, below) = (
            alpha.row(y.saturating_sub(DEPTH)),
            alpha.row(y),
            alpha.row(y + DEPTH),
        );
        for (x, &here) in row.iter().enumerate() {
            let at = |row: &[f32], x: usize| row.get(x).copied().unwrap_or(0.0);
            let around = [
                here,
                at(above, x),
                at(below, x),
                at(row, x.saturating_sub(DEPTH)),
                at(row, x + DEPTH),
            ];
            let is_pure = around.iter().all(|&cover| cover > 0.97);
            if !is_pure && around.iter().any(|&cover| cover > 0.0) {
                edge.push(pure.len());
            }
            pure.push(is_pure);
        }
    }
    (pure, edge)
}

fn mean_of_pure(index: usize, plane: &Plane, colours: &[Colour], pure: &[bool]) -> Option<Colour> {
    let mut count = 0.0;
    let mut sum = [0.0; 3];
    for next in around(index, plane.width, plane.height)
        .into_iter()
        .flatten()
    {
        if pure[next] {
            count += 1.0;
            sum.iter_mut()
                .zip(colours[next])
                .for_each(|(sum, channel)| *sum += channel);
        }
    }
    (count > 0.0).then(|| sum.map(|channel| channel / count))
}
