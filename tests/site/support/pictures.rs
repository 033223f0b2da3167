//! Pictures made on the spot: a person before a plain wall, a T-shirt on white, and broken ones.

use std::io::Cursor;
use std::sync::LazyLock;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

const WALL: Rgb<u8> = Rgb([226, 226, 222]);
const SKIN: Rgb<u8> = Rgb([224, 172, 138]);
const HAIR: Rgb<u8> = Rgb([64, 44, 32]);
const SHIRT: Rgb<u8> = Rgb([88, 98, 110]);
const TROUSERS: Rgb<u8> = Rgb([44, 48, 66]);
const WHITE: Rgb<u8> = Rgb([255, 255, 255]);
const RED: Rgb<u8> = Rgb([196, 40, 44]);

const WIDTH: u32 = 240;
const HEIGHT: u32 = 360;

/// A person, as JPEG.
pub fn person() -> &'static [u8] {
    static PERSON: LazyLock<Vec<u8>> = LazyLock::new(|| jpeg(&draw_person()));
    &PERSON
}

/// A garment, as PNG.
pub fn garment() -> &'static [u8] {
    static GARMENT: LazyLock<Vec<u8>> = LazyLock::new(|| png(&draw_garment()));
    &GARMENT
}

fn draw_person() -> RgbImage {
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let (x, y) = (f64::from(x), f64::from(y));
        let across = (x - 120.0).abs();
        let oval = |top: f64, bottom: f64, wide: f64| {
            let (middle, half) = ((top + bottom) / 2.0, (bottom - top) / 2.0);
            (across / wide).powi(2) + ((y - middle) / half).powi(2) <= 1.0
        };
        let within = |top: f64, bottom: f64, from: f64, to: f64| {
            (top..bottom).contains(&y) && (from..to).contains(&across)
        };
        if oval(28.0, 72.0, 27.0) && y < 48.0 {
            HAIR
        } else if oval(32.0, 98.0, 24.0) || within(90.0, 116.0, 0.0, 11.0) {
            SKIN
        } else if within(112.0, 232.0, 0.0, 52.0) || within(116.0, 172.0, 52.0, 72.0) {
            SHIRT
        } else if within(172.0, 236.0, 55.0, 70.0) {
            SKIN
        } else if within(232.0, 360.0, 4.0, 46.0) {
            TROUSERS
        } else {
            WALL
        }
    })
}

fn draw_garment() -> RgbImage {
    RgbImage::from_fn(200, 200, |x, y| {
        let across = (f64::from(x) - 100.0).abs();
        let y = f64::from(y);
        let body = across < 52.0 && (30.0..180.0).contains(&y);
        let sleeve = (52.0..84.0).contains(&across) && (32.0..88.0).contains(&y);
        let neck = across < 18.0 && y < 44.0;
        if (body || sleeve) && !neck {
            RED
        } else {
            WHITE
        }
    })
}

fn encoded(image: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    DynamicImage::from(image.clone())
        .write_to(&mut out, format)
        .expect("a picture is encoded");
    out.into_inner()
}

fn jpeg(image: &RgbImage) -> Vec<u8> {
    encoded(image, ImageFormat::Jpeg)
}

fn png(image: &RgbImage) -> Vec<u8> {
    encoded(image, ImageFormat::Png)
}

/// The header of a PNG of 50 000 × 50 000 pixels and nothing else: decoding it would ask for 10 GB.
pub fn bomb() -> Vec<u8> {
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bomb.extend_from_slice(&50_000_u32.to_be_bytes());
    bomb.extend_from_slice(&50_000_u32.to_be_bytes());
    bomb.extend_from_slice(b"\x08\x06\0\0\0\0\0\0\0");
    bomb
}

/// A picture that stops half way.
pub fn truncated() -> Vec<u8> {
    person()[..person().len() / 2].to_vec()
}

/// A picture with so much behind it that it is larger than allowed.
pub fn too_large() -> Vec<u8> {
    let mut bytes = person().to_vec();
    bytes.resize(10 * 1024 * 1024 + 1, 0);
    bytes
}

/// A film of a second.
pub fn film() -> Vec<u8> {
    use atelier_compose::clip::{Order, Size, render};
    let order = Order {
        picture: None,
        prompt: "snow",
        size: Size::WIDE,
        seconds: 1,
    };
    render(&order).expect("a film")
}
