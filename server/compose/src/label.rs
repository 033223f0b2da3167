//! The word "PREVIEW" in a translucent pill, so that nobody takes the picture for a photograph.

use super::plane::mix;

/// Letters of five by seven dots; in each row the highest of five bits is the leftmost dot.
const WORD: [[u8; 7]; 7] = [
    [
        0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000,
    ], // P
    [
        0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001,
    ], // R
    [
        0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111,
    ], // E
    [
        0b10001, 0b10001, 0b10001, 0b10001, 0b01010, 0b01010, 0b00100,
    ], // V
    [
        0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110,
    ], // I
    [
        0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111,
    ], // E
    [
        0b10001, 0b10001, 0b10001, 0b10101, 0b10101, 0b11011, 0b10001,
    ], // W
];
/// Dots from one letter to the next.
const ADVANCE: usize = 6;
/// Dots between the word and the rim of the pill, sideways and upwards.
const PADDING: (usize, usize) = (5, 3);
/// Size of the pill, in dots.
const PILL: (usize, usize) = (WORD.len() * ADVANCE - 1 + 2 * PADDING.0, 7 + 2 * PADDING.1);
/// Strength of the pill's dark ground and of the letters.
const GROUND: f32 = 0.62;
const INK: f32 = 0.96;

/// A rectangle of whole pixels: first column and row, and the ones after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
}

/// The label at one size.
pub(super) struct Pill {
    pub width: usize,
    pub height: usize,
    dot: usize,
}

impl Pill {
    /// `dot` is how many pixels a dot of the letters has.
    pub fn new(dot: usize) -> Self {
        Self {
            width: PILL.0 * dot,
            height: PILL.1 * dot,
            dot,
        }
    }

    /// How strongly the dark ground and the white letters cover a pixel of the label, 0 to 1.
    pub fn cover(&self, x: usize, y: usize) -> (f32, f32) {
        let ground = pill_cover(x, y, self.width, self.height);
        let ink = letter_cover(x / self.dot, y / self.dot);
        (GROUND * ground, INK * ink)
    }
}

/// Draws the label into the lower right corner of `area`. A picture too small for the word gets
/// none: it would cover what it names.
pub(super) fn draw(rgb: &mut [u8], width: usize, area: Area) {
    let pill = Pill::new((width.min(area.bottom.max(1)) / 420).max(1));
    if area.right < area.left + pill.width || area.bottom < area.top + 2 * pill.height {
        return;
    }
    let (left, top) = (area.right - pill.width, area.bottom - pill.height);
    for y in 0..pill.height {
        let start = 3 * ((top + y) * width + left);
        let Some(row) = rgb.get_mut(start..start + 3 * pill.width) else {
            return;
        };
        for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
            let (ground, ink) = pill.cover(x, y);
            for channel in pixel {
                let darkened = mix(f32::from(*channel), 18.0, ground);
                *channel = mix(darkened, 255.0, ink).round() as u8;
            }
        }
    }
}

/// Cover of a pixel by a bar with round ends, with a soft rim of one pixel.
fn pill_cover(x: usize, y: usize, width: usize, height: usize) -> f32 {
    let radius = height as f32 / 2.0;
    let (x, y) = (x as f32 + 0.5, y as f32 + 0.5);
    let nearest = x.clamp(radius, width as f32 - radius);
    let distance = (x - nearest).hypot(y - radius);
    (radius - distance + 0.5).clamp(0.0, 1.0)
}

/// 1 on the dots of the letters, else 0.
fn letter_cover(column: usize, row: usize) -> f32 {
    let dot = column
        .checked_sub(PADDING.0)
        .zip(row.checked_sub(PADDING.1))
        .and_then(|(x, y)| {
            let bits = WORD.get(x / ADVANCE)?.get(y)?;
            let shift = 4_usize.checked_sub(x % ADVANCE)?;
            Some(bits >> shift & 1)
        });
    f32::from(dot.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_stays_inside_its_area() {
        let (width, height) = (200, 120);
        let area = Area {
            left: 40,
            top: 20,
            right: 160,
            bottom: 100,
        };
        let mut rgb = vec![128; 3 * width * height];
        draw(&mut rgb, width, area);
        let changed = rgb
            .chunks_exact(3)
            .enumerate()
            .filter(|(_, pixel)| *pixel != [128; 3]);
        let places: Vec<(usize, usize)> = changed
            .map(|(index, _)| (index % width, index / width))
            .collect();
        assert!(places.len() > 200);
        let is_inside = |&(x, y): &(usize, usize)| {
            (area.left..area.right).contains(&x) && (area.top..area.bottom).contains(&y)
        };
        assert!(places.iter().all(is_inside));
    }

    #[test]
    fn an_area_too_small_gets_no_label() {
        let mut rgb = vec![128; 3 * 60 * 10];
        draw(
            &mut rgb,
            60,
            Area {
                left: 0,
                top: 0,
                right: 30,
                bottom: 10,
            },
        );
        assert!(rgb.iter().all(|&channel| channel == 128));
    }
}
