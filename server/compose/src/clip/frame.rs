//! One frame as the encoder wants it: BT.709 in the range of video, colours at half the size.

use super::Size;
use crate::label;
use crate::plane::mix;

/// Luma, blue and red difference of one colour, 0 to 255 before rounding.
pub(super) type Yuv = [f32; 3];

/// ITU-R BT.709, limited range: luma 16 to 235, differences 16 to 240.
pub(super) fn yuv(rgb: [u8; 3]) -> Yuv {
    const RED: f32 = 0.2126;
    const BLUE: f32 = 0.0722;
    let [r, g, b] = rgb.map(|channel| f32::from(channel) / 255.0);
    let luma = RED * r + (1.0 - RED - BLUE) * g + BLUE * b;
    [
        16.0 + 219.0 * luma,
        128.0 + 224.0 * (b - luma) / (2.0 * (1.0 - BLUE)),
        128.0 + 224.0 * (r - luma) / (2.0 * (1.0 - RED)),
    ]
}

pub(super) const GREY: f32 = 128.0;
const WHITE: f32 = 235.0;
const DARK: f32 = 30.0;

/// The planes of a frame: luma of every pixel, the differences of every two by two.
pub(super) struct Frame {
    pub size: Size,
    pub luma: Vec<u8>,
    pub blue: Vec<u8>,
    pub red: Vec<u8>,
}

impl Frame {
    pub fn new(size: Size) -> Self {
        let pixels = size.width * size.height;
        Self {
            size,
            luma: vec![0; pixels],
            blue: vec![0; pixels / 4],
            red: vec![0; pixels / 4],
        }
    }

    /// Lays white of this strength over a pixel.
    pub fn whiten(&mut self, x: usize, y: usize, strength: f32) {
        self.lay_over(x, y, WHITE, strength);
    }

    fn lay_over(&mut self, x: usize, y: usize, luma: f32, strength: f32) {
        let Size { width, .. } = self.size;
        blend(&mut self.luma[y * width + x], luma, strength);
        // Of four pixels with one colour between them each takes its share of it away.
        let colour = (y / 2) * (width / 2) + x / 2;
        blend(&mut self.blue[colour], GREY, strength / 3.0);
        blend(&mut self.red[colour], GREY, strength / 3.0);
    }
}

fn blend(channel: &mut u8, towards: f32, strength: f32) {
    *channel = mix(f32::from(*channel), towards, strength).round() as u8;
}

/// The word "PREVIEW", lower right, the same on every frame.
pub(super) struct Label {
    pub pill: label::Pill,
    pub left: usize,
    pub top: usize,
}

impl Label {
    pub fn new(size: Size) -> Self {
        let pill = label::Pill::new(2);
        let margin = size.shorter() / 30;
        Self {
            left: size.width - margin - pill.width,
            top: size.height - margin - pill.height,
            pill,
        }
    }

    pub fn stamp(&self, frame: &mut Frame) {
        for y in 0..self.pill.height {
            for x in 0..self.pill.width {
                let (ground, ink) = self.pill.cover(x, y);
                frame.lay_over(self.left + x, self.top + y, DARK, ground);
                frame.lay_over(self.left + x, self.top + y, WHITE, ink);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_those_of_bt_709() {
        let near = |rgb, wanted: [i32; 3]| {
            let found = yuv(rgb).map(|channel| channel.round() as i32);
            assert_eq!(found, wanted, "{rgb:?}");
        };
        near([0, 0, 0], [16, 128, 128]);
        near([255, 255, 255], [235, 128, 128]);
        near([255, 0, 0], [63, 102, 240]);
        near([0, 255, 0], [173, 42, 26]);
        near([0, 0, 255], [32, 240, 118]);
    }
}
