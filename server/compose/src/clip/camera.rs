//! A slow move over a picture: a window of the clip's shape that drifts up and closes in a little.

use image::RgbImage;
use image::imageops::{self, FilterType};

use super::Size;
use super::frame::{Frame, Yuv, yuv};
use crate::plane::mix;

/// How much larger than the frame the widest window is: what the move closes in on is still sharp.
const RESERVE: f32 = 1.25;
/// How much smaller the window is at the end than at the start.
const CLOSER: f32 = 0.86;
/// Where the window begins and ends, as a part of the way it has: people's faces are near the top.
const FROM: f32 = 0.5;
const TO: f32 = 0.05;

/// A picture in the colours of video, one value of each for every pixel.
pub(super) struct Scenery {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

impl Scenery {
    /// The photo, as large as the widest window over it needs.
    pub fn of(photo: &RgbImage, size: Size) -> Self {
        let (width, height) = (photo.width() as f32, photo.height() as f32);
        let window = widest(width, height, size).0;
        let scale = (RESERVE * size.width as f32 / window).min(1.0);
        let scaled = |side: f32| (side * scale).round().max(2.0) as u32;
        let photo = if scale < 1.0 {
            &imageops::resize(photo, scaled(width), scaled(height), FilterType::Triangle)
        } else {
            photo
        };
        Self::painted(photo.width() as usize, photo.height() as usize, |x, y| {
            yuv(photo.get_pixel(x as u32, y as u32).0)
        })
    }

    pub fn painted(width: usize, height: usize, colour: impl Fn(usize, usize) -> Yuv) -> Self {
        let rows = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let pixels = rows.map(|(x, y)| colour(x, y).map(|channel| channel.round() as u8));
        Self {
            width,
            height,
            pixels: pixels.collect(),
        }
    }

    /// The value of one channel between four pixels.
    fn between(&self, channel: usize, at: &Spot) -> f32 {
        let value = |index: usize| f32::from(self.pixels[index][channel]);
        let upper = mix(value(at.upper), value(at.upper + at.right), at.across);
        let lower = mix(value(at.lower), value(at.lower + at.right), at.across);
        mix(upper, lower, at.down)
    }

    fn spot(&self, x: f32, y: f32) -> Spot {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (column, row) = (x as usize, y as usize);
        let upper = row * self.width + column;
        Spot {
            upper,
            lower: if row + 1 < self.height {
                upper + self.width
            } else {
                upper
            },
            right: usize::from(column + 1 < self.width),
            across: x - column as f32,
            down: y - row as f32,
        }
    }
}

/// A place between four pixels.
struct Spot {
    upper: usize,
    lower: usize,
    right: usize,
    across: f32,
    down: f32,
}

/// Width and height of the largest window of the clip's shape within a picture.
fn widest(width: f32, height: f32, size: Size) -> (f32, f32) {
    let shape = size.width as f32 / size.height as f32;
    if width / height > shape {
        (height * shape, height)
    } else {
        (width, width / shape)
    }
}

/// The move over one picture.
pub(super) struct Camera {
    picture: (f32, f32),
    widest: (f32, f32),
}

impl Camera {
    pub fn over(scenery: &Scenery, size: Size) -> Self {
        let picture = (scenery.width as f32, scenery.height as f32);
        Self {
            picture,
            widest: widest(picture.0, picture.1, size),
        }
    }

    /// The frame at a time between 0, the start, and 1, the end.
    pub fn shoot(&self, scenery: &Scenery, time: f32, frame: &mut Frame) {
        let eased = time * time * (3.0 - 2.0 * time);
        let closer = mix(1.0, CLOSER, eased);
        let window = (self.widest.0 * closer, self.widest.1 * closer);
        let left = (self.picture.0 - window.0) / 2.0;
        let top = (self.picture.1 - window.1) * mix(FROM, TO, eased);
        let Size { width, height } = frame.size;
        let (step_x, step_y) = (window.0 / width as f32, window.1 / height as f32);
        let spot = |x: f32, y: f32| scenery.spot(left + step_x * x - 0.5, top + step_y * y - 0.5);
        for (y, row) in frame.luma.chunks_exact_mut(width).enumerate() {
            for (x, luma) in row.iter_mut().enumerate() {
                let spot = spot(x as f32 + 0.5, y as f32 + 0.5);
                *luma = scenery.between(0, &spot).round() as u8;
            }
        }
        let blue = frame.blue.chunks_exact_mut(width / 2);
        let red = frame.red.chunks_exact_mut(width / 2);
        for (y, (blue, red)) in blue.zip(red).enumerate() {
            for (x, (blue, red)) in blue.iter_mut().zip(red).enumerate() {
                let spot = spot(2.0 * x as f32 + 1.0, 2.0 * y as f32 + 1.0);
                *blue = scenery.between(1, &spot).round() as u8;
                *red = scenery.between(2, &spot).round() as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shot(photo: &RgbImage, time: f32) -> Frame {
        let size = Size::SQUARE;
        let scenery = Scenery::of(photo, size);
        let mut frame = Frame::new(size);
        Camera::over(&scenery, size).shoot(&scenery, time, &mut frame);
        frame
    }

    #[test]
    fn the_window_keeps_the_picture_s_proportions() {
        assert_eq!(widest(300.0, 400.0, Size::SQUARE), (300.0, 300.0));
        assert_eq!(widest(400.0, 300.0, Size::SQUARE), (300.0, 300.0));
    }

    #[test]
    fn a_plain_picture_stays_plain_all_the_way() {
        let photo = RgbImage::from_pixel(90, 160, image::Rgb([200, 30, 60]));
        let wanted = yuv([200, 30, 60]).map(|channel| channel.round() as u8);
        for time in [0.0, 0.4, 1.0] {
            let frame = shot(&photo, time);
            assert!(frame.luma.iter().all(|luma| *luma == wanted[0]));
            assert!(frame.blue.iter().all(|blue| *blue == wanted[1]));
            assert!(frame.red.iter().all(|red| *red == wanted[2]));
        }
    }

    #[test]
    fn the_camera_moves_up() {
        // Bright above the middle, dark below.
        let photo = RgbImage::from_fn(90, 160, |_, y| {
            image::Rgb([if y < 80 { 255 } else { 0 }; 3])
        });
        let bright = |frame: &Frame| frame.luma.iter().filter(|luma| **luma > 128).count();
        assert!(bright(&shot(&photo, 1.0)) > bright(&shot(&photo, 0.0)));
    }
}
