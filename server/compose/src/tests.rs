//! The promises of the composer, in numbers, on real and drawn samples and on changed copies of
//! them: the garment is on the torso, has its width, covers it, and never touches the face.

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage, imageops};

use super::{Category, ComposeError, Composed, DecodeError, compose};

type TestResult = Result<(), Box<dyn std::error::Error>>;

#[path = "../measuring.rs"]
mod measuring;

use measuring::{Box4, Boxes, Sample, folder, is_inside, measure, people};

impl Boxes {
    fn map(self, change: impl Fn(Box4) -> Box4) -> Self {
        Self {
            torso: change(self.torso),
            face: self.face.map(change),
        }
    }
}

fn assert_worn(
    name: &str,
    person: &[u8],
    garment: &[u8],
    category: Category,
    boxes: &Boxes,
) -> TestResult {
    let composed = compose(person, garment, category)?;
    let before = image::load_from_memory(person)?.into_rgb8();
    let after = image::load_from_memory(&composed.png)?.into_rgb8();
    assert_eq!(
        image::guess_format(&composed.png)?,
        ImageFormat::Png,
        "{name}"
    );
    assert_eq!(before.dimensions(), after.dimensions(), "{name}");
    assert_eq!(
        (composed.width, composed.height),
        after.dimensions(),
        "{name}"
    );
    let change = measure(&before, &after, boxes);
    assert!(is_inside(change.middle, boxes.torso), "{name}: {change:?}");
    assert!(
        is_inside(change.centroid, boxes.torso),
        "{name}: {change:?}"
    );
    assert!((0.8..=1.5).contains(&change.width), "{name}: {change:?}");
    assert!(change.torso_share >= 0.3, "{name}: {change:?}");
    assert_eq!(change.face_pixels, 0, "{name}: {change:?}");
    Ok(())
}

fn assert_all_worn(people: &[Sample], garments: &[(&str, Vec<u8>)]) -> TestResult {
    for person in people {
        for (garment, bytes) in garments {
            for category in [Category::Auto, Category::Tops] {
                let name = format!("{} in {garment} as {category:?}", person.name);
                assert_worn(&name, &person.bytes, bytes, category, &person.boxes)?;
            }
        }
    }
    Ok(())
}

fn read_all<'a>(
    folder: &Path,
    names: &[&'a str],
) -> Result<Vec<(&'a str, Vec<u8>)>, std::io::Error> {
    names
        .iter()
        .map(|&name| Ok((name, std::fs::read(folder.join(name))?)))
        .collect()
}

#[test]
fn drawn_samples_wear_the_tops() -> TestResult {
    let folder = folder("public/samples").ok_or("public/samples is missing")?;
    let garments = read_all(&folder, &["garment-tee.png", "garment-stripes.jpg"])?;
    assert_all_worn(&people(&folder)?, &garments)
}

#[test]
fn photographed_samples_wear_the_tops() -> TestResult {
    let Some(folder) = folder("../shared/samples") else {
        return Ok(());
    };
    let garments = read_all(&folder, &["garment-tee.png", "garment-hoodie.png"])?;
    assert_all_worn(&people(&folder)?, &garments)
}

/// A changed copy of a person's photo with the boxes changed alike.
fn changed_copies(photo: &DynamicImage, boxes: Boxes) -> Vec<(&'static str, DynamicImage, Boxes)> {
    let (width, height) = (photo.width(), photo.height());
    let side = width / 12;
    let foot = height / 8;
    let (w, h) = (f64::from(width), f64::from(height));
    let (side_share, foot_share) = (f64::from(side) / w, f64::from(foot) / h);
    let mirrored = boxes.map(|[left, top, right, bottom]| [1.0 - right, top, 1.0 - left, bottom]);
    let moved = move |share: f64| {
        boxes.map(move |[left, top, right, bottom]| {
            let x = |value: f64| ((value - share) / (1.0 - side_share)).clamp(0.0, 1.0);
            [x(left), top, x(right), bottom]
        })
    };
    let shortened = boxes.map(|[left, top, right, bottom]| {
        let y = |value: f64| (value / (1.0 - foot_share)).min(1.0);
        [left, y(top), right, y(bottom)]
    });
    let framed = boxes.map(|corners| corners.map(|value| (value + 0.125) / 1.25));
    vec![
        ("mirrored", photo.fliph(), mirrored),
        ("brighter", photo.brighten(30), boxes),
        ("darker", photo.brighten(-30), boxes),
        ("smaller", photo.thumbnail(width / 2, height / 2), boxes),
        ("blurred", photo.fast_blur(w as f32 / 300.0), boxes),
        (
            "cut on the left",
            photo.crop_imm(side, 0, width - side, height),
            moved(side_share),
        ),
        (
            "cut on the right",
            photo.crop_imm(0, 0, width - side, height),
            moved(0.0),
        ),
        (
            "cut below",
            photo.crop_imm(0, 0, width, height - foot),
            shortened,
        ),
        ("framed", framed_copy(&photo.to_rgb8()).into(), framed),
    ]
}

/// The photo on an even board, an eighth of its size wider on each side.
fn framed_copy(photo: &RgbImage) -> RgbImage {
    let (width, height) = photo.dimensions();
    let mut board =
        RgbImage::from_pixel(width + width / 4, height + height / 4, Rgb([216, 212, 207]));
    imageops::replace(
        &mut board,
        photo,
        i64::from(width / 8),
        i64::from(height / 8),
    );
    board
}

/// Tries every `stride`-th change on each person, beginning with another one for the next person.
fn assert_copies_worn(folder: &Path, stride: usize) -> TestResult {
    // Small pictures are enough for the finding and keep the test quick.
    let garment = png(image::open(folder.join("garment-tee.png"))?.thumbnail(300, 300))?;
    for (first, person) in people(folder)?.iter().enumerate() {
        let photo = image::load_from_memory(&person.bytes)?.thumbnail(480, 800);
        let copies = changed_copies(&photo, person.boxes);
        for (change, copy, boxes) in copies.into_iter().skip(first % stride).step_by(stride) {
            let name = format!("{}, {change}", person.name);
            assert_worn(&name, &png(copy)?, &garment, Category::Auto, &boxes)?;
        }
    }
    Ok(())
}

#[test]
fn changed_copies_of_the_samples_wear_the_tee() -> TestResult {
    let drawn = folder("public/samples").ok_or("public/samples is missing")?;
    assert_copies_worn(&drawn, 3)?;
    folder("../shared/samples").map_or(Ok(()), |folder| assert_copies_worn(&folder, 3))
}

#[test]
fn every_drawn_garment_leaves_the_face_alone() -> TestResult {
    let folder = folder("public/samples").ok_or("public/samples is missing")?;
    let garments = read_all(&folder, &["garment-dress.webp", "garment-trousers.webp"])?;
    for person in people(&folder)? {
        for (name, garment) in &garments {
            let composed = compose(&person.bytes, garment, Category::Auto)?;
            let before = image::load_from_memory(&person.bytes)?.into_rgb8();
            let after = image::load_from_memory(&composed.png)?.into_rgb8();
            let change = measure(&before, &after, &person.boxes);
            assert_eq!(change.face_pixels, 0, "{} in {name}", person.name);
            assert_ne!(before, after, "{} in {name}", person.name);
        }
    }
    Ok(())
}

#[test]
fn the_same_input_gives_the_same_bytes() -> TestResult {
    let (person, garment) = (png(figure(240, 320).into())?, png(shirt(200, 0).into())?);
    assert_eq!(
        compose(&person, &garment, Category::Auto)?,
        compose(&person, &garment, Category::Auto)?
    );
    Ok(())
}

#[test]
fn a_drop_shadow_below_the_garment_is_not_worn() -> TestResult {
    let person = png(figure(240, 320).into())?;
    let plain = compose(&person, &png(shirt(200, 0).into())?, Category::Tops)?;
    let shadowed = compose(&person, &png(shirt(200, 90).into())?, Category::Tops)?;
    assert_eq!(plain, shadowed);
    Ok(())
}

#[test]
fn a_garment_is_cut_from_plain_and_uneven_backgrounds() -> TestResult {
    let person = png(figure(240, 320).into())?;
    for wall in [
        Rgb([255, 255, 255]),
        Rgb([30, 34, 40]),
        Rgb([190, 205, 214]),
    ] {
        let shot = on_wall(&shirt(300, 0), wall);
        let boxes = Boxes {
            torso: [0.27, 0.33, 0.73, 0.85],
            face: Some([0.41, 0.06, 0.59, 0.24]),
        };
        assert_worn(
            &format!("{wall:?}"),
            &person,
            &jpeg(shot)?,
            Category::Auto,
            &boxes,
        )?;
    }
    Ok(())
}

#[test]
fn empty_pictures_are_told_apart() -> TestResult {
    let person = png(figure(240, 320).into())?;
    let garment = png(shirt(200, 0).into())?;
    let grey = png(RgbImage::from_pixel(300, 400, Rgb([128, 128, 128])).into())?;
    let clear = png(RgbaImage::new(100, 100).into())?;
    assert!(matches!(
        compose(&grey, &garment, Category::Auto),
        Err(ComposeError::NoPerson)
    ));
    assert!(matches!(
        compose(&person, &grey, Category::Auto),
        Err(ComposeError::NoGarment)
    ));
    assert!(matches!(
        compose(&person, &clear, Category::Auto),
        Err(ComposeError::NoGarment)
    ));
    assert!(matches!(
        compose(b"no picture", &garment, Category::Auto),
        Err(ComposeError::Person(_))
    ));
    assert!(matches!(
        compose(&person, b"", Category::Auto),
        Err(ComposeError::Garment(_))
    ));
    Ok(())
}

#[test]
fn a_picture_of_too_many_pixels_is_refused_by_its_header() -> TestResult {
    // The header of this PNG promises 100 megapixels which do not follow: were it decoded, it would
    // fail for want of data and not for its size.
    let mut bytes = png(RgbImage::new(1, 1).into())?;
    let header = [10_000_u32.to_be_bytes(), 10_000_u32.to_be_bytes()].concat();
    bytes.splice(16..24, header);
    let crc = crc32(bytes.get(12..29).unwrap_or(&[]));
    bytes.splice(29..33, crc.to_be_bytes());
    let garment = png(shirt(100, 0).into())?;
    let refused = compose(&bytes, &garment, Category::Auto);
    assert!(
        matches!(
            refused,
            Err(ComposeError::Person(DecodeError::TooLarge { .. }))
        ),
        "{refused:?}"
    );
    Ok(())
}

#[test]
fn hostile_shapes_end_in_a_picture_or_an_error() -> TestResult {
    let sizes = [
        (1, 1),
        (1, 900),
        (900, 1),
        (2, 2),
        (3, 300),
        (600, 8),
        (17, 19),
    ];
    let usual = (png(figure(240, 320).into())?, png(shirt(200, 0).into())?);
    for (width, height) in sizes {
        let noise = RgbImage::from_fn(width, height, |x, y| {
            Rgb([(x * 83 + y * 151) as u8, (x * y) as u8, (y * 37) as u8])
        });
        let odd = png(noise.into())?;
        for category in [
            Category::Auto,
            Category::Tops,
            Category::Bottoms,
            Category::OnePiece,
        ] {
            for (person, garment) in [(&odd, &usual.1), (&usual.0, &odd), (&odd, &odd)] {
                if let Ok(Composed { png, .. }) = compose(person, garment, category) {
                    image::load_from_memory(&png)?;
                }
            }
        }
    }
    Ok(())
}

#[test]
fn deep_and_grey_pictures_are_understood() -> TestResult {
    let photo = DynamicImage::from(figure(240, 320));
    let garment = DynamicImage::from(shirt(200, 0));
    let deep = compose(
        &png(photo.to_rgb16().into())?,
        &png(garment.to_rgba16().into())?,
        Category::Auto,
    )?;
    let usual = compose(&png(photo.clone())?, &png(garment.clone())?, Category::Auto)?;
    assert_eq!(deep, usual);
    let grey = compose(
        &png(photo.to_luma8().into())?,
        &png(garment.to_luma_alpha8().into())?,
        Category::Auto,
    )?;
    assert_eq!((grey.width, grey.height), (240, 320));
    Ok(())
}

fn png(image: DynamicImage) -> Result<Vec<u8>, image::ImageError> {
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)?;
    Ok(bytes)
}

fn jpeg(image: RgbImage) -> Result<Vec<u8>, image::ImageError> {
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg)?;
    Ok(bytes)
}

/// A plain figure: head, neck, blue top with arms, dark trousers, before a light wall.
fn figure(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (
            f64::from(x) / f64::from(width) - 0.5,
            f64::from(y) / f64::from(height),
        );
        let shade = (u * 40.0 + (v * 60.0).sin() * 5.0) as i32;
        let tone =
            |colour: [i32; 3]| Rgb(colour.map(|channel| (channel - shade).clamp(0, 255) as u8));
        let shoulder = 0.30 + 0.25 * u * u;
        if (u / 0.09).powi(2) + ((v - 0.15) / 0.1).powi(2) < 1.0
            || (u.abs() < 0.05 && v > 0.2 && v < 0.34)
        {
            tone([205, 150, 120])
        } else if u.abs() < 0.17 && v > 0.82 {
            tone([50, 50, 60])
        } else if v > shoulder && (u.abs() < 0.17 || u.abs() < 0.23 && v < 0.55) {
            tone([60, 90, 160])
        } else if u.abs() > 0.18 && u.abs() < 0.23 && v > 0.5 && v < 0.85 {
            tone([200, 145, 115])
        } else {
            tone([225, 226, 222])
        }
    })
}

/// A red tee on transparency, with a detached shadow of the given opacity below.
fn shirt(size: u32, shadow: u8) -> RgbaImage {
    RgbaImage::from_fn(size, size, |x, y| {
        let (u, v) = (
            f64::from(x) / f64::from(size) - 0.5,
            f64::from(y) / f64::from(size),
        );
        let is_body = u.abs() < 0.24 && v > 0.12 && v < 0.8;
        let is_sleeve = u.abs() < 0.42 && v > 0.12 + 0.3 * (u.abs() - 0.2).max(0.0) && v < 0.38;
        let is_neck = u.hypot(v - 0.1) < 0.09;
        if (is_body || is_sleeve) && !is_neck {
            Rgba([190, (40.0 + 30.0 * v) as u8, 45, 255])
        } else if (u / 0.3).powi(2) + ((v - 0.92) / 0.03).powi(2) < 1.0 {
            Rgba([0, 0, 0, shadow])
        } else {
            Rgba([0, 0, 0, 0])
        }
    })
}

/// The garment before a wall that is a little brighter on one side.
fn on_wall(garment: &RgbaImage, wall: Rgb<u8>) -> RgbImage {
    RgbImage::from_fn(garment.width(), garment.height(), |x, y| {
        let Rgba([red, green, blue, alpha]) = *garment.get_pixel(x, y);
        let light = 0.94 + 0.06 * f64::from(x) / f64::from(garment.width());
        if alpha > 127 {
            Rgb([red, green, blue])
        } else {
            Rgb(wall.0.map(|channel| (f64::from(channel) * light) as u8))
        }
    })
}

/// The checksum of PNG chunks.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}
