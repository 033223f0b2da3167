use std::io::Cursor;

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{
    DynamicImage, GrayAlphaImage, GrayImage, ImageDecoder, ImageEncoder, ImageReader, Luma, LumaA,
    Rgb, RgbImage,
};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::*;

/// EXIF data that says to turn the picture by a quarter to the right, and where it was taken.
const TURNED: &[u8] =
    b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0secret-place";

fn photo(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x * 3 % 256) as u8, (y * 2 % 256) as u8, 90])
    })
}

/// Written by `image` in one of its formats, with a profile and EXIF data.
fn written<'a, E: ImageEncoder>(
    new: impl FnOnce(&'a mut Vec<u8>) -> E,
    out: &'a mut Vec<u8>,
    profile: Option<Vec<u8>>,
    exif: Option<&[u8]>,
) {
    let mut encoder = new(out);
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile).unwrap();
    }
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif.to_vec()).unwrap();
    }
    photo(64, 48).write_with_encoder(encoder).unwrap();
}

/// The same photo as JPEG, PNG and WebP.
fn every_kind(profile: Option<Vec<u8>>, exif: Option<&[u8]>) -> [Vec<u8>; 3] {
    let mut all = [const { Vec::new() }; 3];
    let [jpeg, png, webp] = &mut all;
    let best = |out| JpegEncoder::new_with_quality(out, 100);
    written(best, jpeg, profile.clone(), exif);
    written(PngEncoder::new, png, profile.clone(), exif);
    written(WebPEncoder::new_lossless, webp, profile, exif);
    all
}

fn by_jpeg_encoder(
    colours: ColorType,
    pixels: &[u8],
    set: impl FnOnce(&mut Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, 100);
    set(&mut encoder);
    encoder.encode(pixels, 64, 48, colours).unwrap();
    out
}

fn plain(bytes: impl Into<Bytes>) -> Picture {
    look(bytes.into()).unwrap().into_picture().unwrap()
}

fn refusal(bytes: impl Into<Bytes>) -> PictureError {
    look(bytes.into()).and_then(Seen::into_picture).unwrap_err()
}

fn opened(picture: &Picture) -> DynamicImage {
    image::load_from_memory(&picture.bytes).unwrap()
}

fn profile_of(picture: &Picture) -> Option<Vec<u8>> {
    let reader = ImageReader::new(Cursor::new(&picture.bytes));
    let mut decoder = reader
        .with_guessed_format()
        .unwrap()
        .into_decoder()
        .unwrap();
    decoder.icc_profile().unwrap()
}

/// How many components a pixel of a JPEG has.
fn components(jpeg: &[u8]) -> u8 {
    let is_frame = |pair: &[u8]| pair[0] == 0xff && matches!(pair[1], 0xc0..=0xc2);
    let at = jpeg.windows(2).position(is_frame).unwrap();
    jpeg[at + 9]
}

/// What may be a profile, as long as it says.
fn profile(length: usize, space: &[u8; 4]) -> Vec<u8> {
    let mut profile = vec![7; length];
    profile[..4].copy_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
    profile[16..20].copy_from_slice(space);
    profile[36..40].copy_from_slice(b"acsp");
    profile
}

#[track_caller]
fn assert_near(image: &DynamicImage, wanted: [u8; 3]) {
    for pixel in image.to_rgb8().pixels() {
        let near = pixel.0.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 3);
        assert!(near, "{pixel:?} instead of {wanted:?}");
    }
}

#[test]
fn an_upright_jpeg_keeps_its_pixels_and_loses_its_metadata() {
    let [bare, ..] = every_kind(None, None);
    let upright = TURNED.iter().map(|byte| if *byte == 6 { 1 } else { *byte });
    let [with_exif, ..] = every_kind(None, Some(&upright.collect::<Vec<u8>>()));
    assert_ne!(bare, with_exif);
    let picture = plain(with_exif);
    assert_eq!(picture.bytes, bare);
    let size = (picture.width, picture.height);
    assert_eq!((size, picture.media_type), ((64, 48), "image/jpeg"));
}

#[test]
fn every_kind_is_put_upright_and_loses_its_metadata() {
    let wanted = DynamicImage::from(photo(64, 48)).rotate90();
    for bytes in every_kind(None, Some(TURNED)) {
        assert!(bytes.windows(6).any(|window| window == b"secret"));
        let picture = plain(bytes);
        assert_eq!((picture.width, picture.height), (48, 64));
        assert!(!picture.bytes.windows(6).any(|window| window == b"secret"));
        let pixels = wanted.to_rgb8();
        for (pixel, wanted) in opened(&picture).to_rgb8().pixels().zip(pixels.pixels()) {
            let near = pixel
                .0
                .iter()
                .zip(wanted.0)
                .all(|(a, b)| a.abs_diff(b) <= 12);
            assert!(near, "{pixel:?} instead of {wanted:?}");
        }
    }
}

#[test]
fn a_colour_profile_is_carried_along() {
    // So long that JPEG has to split it.
    let profile = profile(100_000, b"RGB ");
    for exif in [None, Some(TURNED)] {
        for bytes in every_kind(Some(profile.clone()), exif) {
            assert_eq!(profile_of(&plain(bytes)), Some(profile.clone()));
        }
    }
}

#[test]
fn what_cannot_be_the_profile_of_these_pixels_is_left_behind() {
    let mut lying = profile(500, b"RGB ");
    lying[3] += 1;
    let mut unsigned = profile(500, b"RGB ");
    unsigned[36] = 0;
    let far_too_long = profile(2_000_000, b"RGB ");
    for bad in [
        lying,
        unsigned,
        far_too_long,
        profile(500, b"CMYK"),
        vec![0; 20],
    ] {
        for bytes in every_kind(Some(bad.clone()), None) {
            assert_eq!(profile_of(&plain(bytes)), None);
        }
    }
}

#[test]
fn cmyk_becomes_rgb_of_the_same_colours() {
    // Much cyan, some magenta, no yellow, a little black; written inverted, as Adobe does.
    let ink = [200, 60, 0, 30].repeat(64 * 48);
    let wanted = [48, 172, 225];
    for colours in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        for progressive in [false, true] {
            let bytes = by_jpeg_encoder(colours, &ink, |encoder| {
                encoder.set_progressive(progressive);
                encoder.add_icc_profile(&profile(500, b"CMYK")).unwrap();
            });
            let picture = plain(bytes);
            let image = opened(&picture);
            assert_eq!(
                (picture.media_type, image.color()),
                ("image/jpeg", image::ColorType::Rgb8)
            );
            assert_eq!(components(&picture.bytes), 3);
            assert_near(&image, wanted);
            assert_eq!(profile_of(&picture), None);
        }
    }
}

#[test]
fn sixteen_bits_become_eight() {
    let deep = image::ImageBuffer::from_pixel(64, 48, Rgb([0x1234_u16, 0x8000, 0xfedc]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(deep)
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    let picture = plain(bytes.into_inner());
    let image = opened(&picture);
    assert_eq!(
        (picture.media_type, image.color()),
        ("image/png", image::ColorType::Rgb8)
    );
    assert_near(&image, [0x12, 0x80, 0xfe]);
}

#[test]
fn grey_with_or_without_alpha_becomes_rgb() {
    let grey = GrayImage::from_pixel(64, 48, Luma([77]));
    let clear = GrayAlphaImage::from_pixel(64, 48, LumaA([77, 5]));
    for (image, wanted) in [
        (DynamicImage::from(grey), image::ColorType::Rgb8),
        (DynamicImage::from(clear), image::ColorType::Rgba8),
    ] {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Png).unwrap();
        let opened = opened(&plain(bytes.into_inner()));
        assert_eq!(opened.color(), wanted);
        assert_eq!(opened.to_luma_alpha8(), image.to_luma_alpha8());
    }
}

#[test]
fn what_grows_too_large_as_png_becomes_a_jpeg() {
    let mut noise = 1_u32;
    let rough = RgbImage::from_fn(2_100, 2_100, |_, _| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([
            (noise >> 24) as u8,
            (noise >> 16) as u8,
            (noise >> 20) as u8,
        ])
    });
    let pixels = |image: DynamicImage| Pixels {
        image,
        orientation: Orientation::NoTransforms,
        profile: None,
    };
    let picture = encode::png_or_jpeg(pixels(rough.clone().into())).unwrap();
    assert_eq!(picture.media_type, "image/jpeg");
    let clear = DynamicImage::from(DynamicImage::from(rough).to_rgba8());
    assert_eq!(
        encode::png_or_jpeg(pixels(clear)),
        Err(PictureError::TooLarge)
    );
}

/// The size in the header of a JPEG, overwritten.
fn with_size(mut jpeg: Vec<u8>, width: u16, height: u16) -> Vec<u8> {
    let is_frame = |pair: &[u8]| pair[0] == 0xff && matches!(pair[1], 0xc0..=0xc2);
    let at = jpeg.windows(2).position(is_frame).unwrap();
    jpeg[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

#[test]
fn what_decoding_takes_is_known_before() {
    let pixels = photo(64, 48);
    let rgb = |set: fn(&mut Encoder<&mut Vec<u8>>)| by_jpeg_encoder(ColorType::Rgb, &pixels, set);
    let cmyk = [9; 64 * 48 * 4];
    let mut turned = every_kind(None, Some(TURNED));
    let [jpeg, png, webp] = every_kind(None, None);
    for (what, bytes, of_a_pixel) in [
        ("an upright JPEG", jpeg, 3),
        ("a turned JPEG", std::mem::take(&mut turned[0]), 6),
        (
            "a progressive JPEG",
            rgb(|encoder| encoder.set_progressive(true)),
            9,
        ),
        (
            "a progressive JPEG of few colours",
            rgb(|encoder| {
                encoder.set_progressive(true);
                encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
            }),
            6,
        ),
        ("CMYK", by_jpeg_encoder(ColorType::Cmyk, &cmyk, |_| {}), 3),
        (
            "progressive CMYK",
            by_jpeg_encoder(ColorType::Cmyk, &cmyk, |encoder| {
                encoder.set_progressive(true)
            }),
            11,
        ),
        ("a PNG", png, 3),
        ("a turned PNG", std::mem::take(&mut turned[1]), 6),
    ] {
        let memory = look(bytes.into()).unwrap().memory();
        assert_eq!(memory, 64 * 48 * of_a_pixel, "{what}");
    }
    // Its five codes have one symbol to some hundred.
    let memory = look(webp.into()).unwrap().memory();
    assert!(
        (64 * 48 * 8..64 * 48 * 8 + 5 * 8_192).contains(&memory),
        "{memory}"
    );
}

#[test]
fn what_takes_too_much_is_refused_before_it_is_decoded() {
    let pixels = photo(64, 48);
    let quick = by_jpeg_encoder(ColorType::Rgb, &pixels, |_| {});
    let slow = by_jpeg_encoder(ColorType::Rgb, &pixels, |encoder| {
        encoder.set_progressive(true)
    });
    assert!(look(with_size(quick.clone(), 8_000, 6_250).into()).is_ok());
    for bytes in [
        with_size(quick.clone(), 8_001, 6_250),
        with_size(quick, 12_001, 32),
        with_size(slow, 8_000, 6_250),
    ] {
        assert_eq!(refusal(bytes), PictureError::TooManyPixels);
    }
}

#[test]
fn more_scans_than_anybody_writes_are_refused() {
    let pixels = photo(64, 48);
    let of_scans = |scans| {
        by_jpeg_encoder(ColorType::Rgb, &pixels, |encoder| {
            encoder.set_progressive_scans(scans);
        })
    };
    assert!(look(of_scans(4).into()).is_ok());
    assert_eq!(refusal(of_scans(20)), PictureError::Broken);
}

#[test]
fn what_is_no_picture_is_refused_by_its_content() {
    let [jpeg, png, webp] = every_kind(None, None);
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    for (bytes, error) in [
        (Vec::new(), PictureError::Unsupported),
        (b"hello".to_vec(), PictureError::Unsupported),
        (
            b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(),
            PictureError::Unsupported,
        ),
        (half(&jpeg), PictureError::Broken),
        (half(&png), PictureError::Broken),
        (half(&webp), PictureError::Broken),
        (with_size(jpeg, 31, 48), PictureError::TooSmall),
    ] {
        assert_eq!(refusal(bytes), error);
    }
}

#[test]
fn a_photo_of_libwebp_with_compressed_alpha_is_taken() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../public/samples/garment-dress.webp"
    );
    let bytes = std::fs::read(path).unwrap();
    let wanted = image::load_from_memory(&bytes).unwrap();
    let picture = plain(bytes);
    assert_eq!(
        (picture.media_type, opened(&picture)),
        ("image/png", wanted)
    );
}

#[test]
fn a_result_is_kept_as_it_came() {
    for bytes in every_kind(None, Some(TURNED)) {
        let picture = look(bytes.clone().into()).unwrap().as_it_came().unwrap();
        assert_eq!(picture.bytes, bytes);
        assert_eq!((picture.width, picture.height), (48, 64));
    }
}
