//! A title card: the words that were asked for, over a ground whose colours follow from them.

use super::Size;
use super::camera::Scenery;
use super::frame::{Frame, Yuv};
use super::words::Text;
use crate::plane::mix;

/// How long a line takes to appear, and how much later the next one begins, in seconds.
const APPEARING: f32 = 0.9;
const NEXT_LINE: f32 = 0.25;
/// How far below its place a line begins, in lines.
const RISE: f32 = 0.6;

pub(super) struct Card {
    text: Text,
    size: Size,
    /// Hue of the ground, as an angle.
    hue: f32,
}

impl Card {
    pub fn new(prompt: &str, size: Size) -> Self {
        let (width, height) = (size.width * 4 / 5, size.height * 3 / 5);
        Self {
            text: Text::fitting(prompt, width, height, size.shorter() / 110),
            size,
            hue: hue(prompt),
        }
    }

    /// The ground: two colours that run into each other, with a light in the upper part.
    pub fn scenery(&self) -> Scenery {
        let (width, height) = (self.size.width * 5 / 4, self.size.height * 4 / 3);
        let (one, other) = (self.hue, self.hue + 1.1);
        let reach = self.size.shorter() as f32;
        let light = (0.68 * width as f32, 0.3 * height as f32);
        Scenery::painted(width, height, |x, y| {
            let (x, y) = (x as f32, y as f32);
            let along = 0.5 * (x / width as f32 + y / height as f32);
            let distance = (x - light.0).hypot(y - light.1) / reach;
            let glow = (-2.0 * distance * distance).exp();
            let angle = mix(one, other, along);
            let depth = mix(40.0, 30.0, along) * (1.0 - 0.3 * glow);
            let colour: Yuv = [
                mix(74.0, 46.0, along) + 58.0 * glow,
                128.0 + depth * angle.sin(),
                128.0 + depth * angle.cos(),
            ];
            colour
        })
    }

    /// Writes the words as they are `seconds` after the start.
    pub fn write(&self, seconds: f32, frame: &mut Frame) {
        let Size { width, height } = frame.size;
        let text = &self.text;
        let top = (height - (text.lines() * text.advance()).min(height)) / 2;
        for line in 0..text.lines() {
            let since = (seconds - 0.2 - NEXT_LINE * line as f32) / APPEARING;
            let there = since.clamp(0.0, 1.0);
            let there = 1.0 - (1.0 - there).powi(3);
            if there <= 0.0 {
                continue;
            }
            let left = (width - text.width(line).min(width)) / 2;
            let below = RISE * (1.0 - there) * text.advance() as f32;
            let at = (top + line * text.advance()) as f32 + below;
            let last = (at as usize + text.advance()).min(height);
            for y in at as usize..last {
                for x in left..(left + text.width(line)).min(width) {
                    let cover = text.cover(line, (x - left) as f32 + 0.5, y as f32 + 0.5 - at);
                    if cover > 0.0 {
                        frame.whiten(x, y, 0.96 * there * cover);
                    }
                }
            }
        }
    }
}

/// An angle that follows from the words alone (FNV-1a).
fn hue(words: &str) -> f32 {
    let hash = words.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    // From plum over blue to where the second colour is still no green.
    mix(0.3, 1.6, (hash >> 8) as f32 / (1 << 24) as f32)
}
