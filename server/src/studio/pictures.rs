//! Pictures people send: what they are is told by their content, and they are looked at before they
//! are decoded, so that a small file cannot ask for a large memory.

use std::io::Cursor;

use bytes::Bytes;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::Studio;

/// A file may have 10 MB.
pub const MOST_BYTES: usize = 10 * 1024 * 1024;
const MOST_PIXELS: u64 = 50_000_000;
const LONGEST_SIDE: u32 = 12_000;
const SHORTEST_SIDE: u32 = 32;
/// What one decoding may take: 50 megapixels of 16-bit RGBA.
const MOST_MEMORY: u64 = MOST_PIXELS * 8;
const JPEG_QUALITY: u8 = 95;

/// A picture that was decoded whole once: upright, without metadata, JPEG or PNG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub bytes: Bytes,
    pub media_type: &'static str,
    pub width: u32,
    pub height: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    #[error("a picture may have at most 10 MB")]
    TooLarge,
    #[error("JPEG, PNG and WebP pictures are taken")]
    Unsupported,
    #[error("this picture is broken, or too small or too large in pixels")]
    Broken,
}

impl Studio {
    /// Looks at a picture somebody sent, a bounded number at once.
    pub async fn check_picture(&self, bytes: Bytes) -> Result<Picture, PictureError> {
        let Ok(place) = self.decoding.clone().acquire_owned().await else {
            unreachable!("the semaphore is never closed");
        };
        let checked = tokio::task::spawn_blocking(move || {
            let checked = check(bytes);
            drop(place);
            checked
        });
        checked.await.unwrap_or(Err(PictureError::Broken))
    }
}

/// Decodes the picture whole, applies its orientation and drops its metadata. A JPEG that stands
/// upright keeps its pixels to the bit.
pub(super) fn check(bytes: Bytes) -> Result<Picture, PictureError> {
    if bytes.len() > MOST_BYTES {
        return Err(PictureError::TooLarge);
    }
    let format = image::guess_format(&bytes).map_err(|_| PictureError::Unsupported)?;
    if !matches!(
        format,
        ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP
    ) {
        return Err(PictureError::Unsupported);
    }
    let (image, orientation) = decode(&bytes, format)?;
    let (width, height) = (image.width(), image.height());
    let upright = orientation == Orientation::NoTransforms;
    let (bytes, media_type) = match format {
        ImageFormat::Jpeg => {
            let plain = strip_jpeg(&bytes).ok_or(PictureError::Broken)?;
            let bytes = if upright { plain } else { encode_jpeg(&image)? };
            (bytes, "image/jpeg")
        }
        _ => png_or_jpeg(&image)?,
    };
    Ok(Picture {
        bytes: bytes.into(),
        media_type,
        width,
        height,
    })
}

/// A picture a provider made, kept as it came; `None` when it is none.
pub(super) fn result(bytes: Bytes) -> Option<Picture> {
    let format = image::guess_format(&bytes).ok()?;
    let media_type = match format {
        ImageFormat::Jpeg => "image/jpeg",
        ImageFormat::Png => "image/png",
        ImageFormat::WebP => "image/webp",
        _ => return None,
    };
    let (image, _) = decode(&bytes, format).ok()?;
    Some(Picture {
        media_type,
        width: image.width(),
        height: image.height(),
        bytes,
    })
}

fn decode(bytes: &[u8], format: ImageFormat) -> Result<(DynamicImage, Orientation), PictureError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| PictureError::Broken)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_PIXELS || width.min(height) < SHORTEST_SIDE {
        return Err(PictureError::Broken);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(|_| PictureError::Broken)?;
    image.apply_orientation(orientation);
    Ok((image, orientation))
}

/// PNG, unless that is larger than allowed, as it is for a photo that came as WebP: then JPEG, which
/// only what cannot be seen through can be.
fn png_or_jpeg(image: &DynamicImage) -> Result<(Vec<u8>, &'static str), PictureError> {
    let png = encode_png(image)?;
    if png.len() <= MOST_BYTES {
        Ok((png, "image/png"))
    } else if image.color().has_alpha() {
        Err(PictureError::TooLarge)
    } else {
        Ok((encode_jpeg(image)?, "image/jpeg"))
    }
}

fn encode_png(image: &DynamicImage) -> Result<Vec<u8>, PictureError> {
    let mut out = Cursor::new(Vec::new());
    // 16 bits a channel become 8: no provider takes more.
    let flat: DynamicImage = if image.color().has_alpha() {
        image.to_rgba8().into()
    } else {
        image.to_rgb8().into()
    };
    flat.write_to(&mut out, ImageFormat::Png)
        .map_err(|_| PictureError::Broken)?;
    Ok(out.into_inner())
}

fn encode_jpeg(image: &DynamicImage) -> Result<Vec<u8>, PictureError> {
    let mut out = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY);
    image
        .to_rgb8()
        .write_with_encoder(encoder)
        .map_err(|_| PictureError::Broken)?;
    Ok(out)
}

/// The JPEG without EXIF, XMP, comments and thumbnails; the colour profile (APP2) and Adobe's
/// colour transform (APP14) stay, because the pixels mean nothing without them. `None` when it breaks
/// off before its end.
fn strip_jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    const START_OF_SCAN: u8 = 0xda;
    const COMMENT: u8 = 0xfe;
    const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];
    const KEPT: [u8; 3] = [0xe0, 0xe2, 0xee];
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(bytes.get(..2)?);
    let mut at = 2;
    loop {
        // A marker may be preceded by any number of fill bytes.
        while *bytes.get(at)? == 0xff && *bytes.get(at + 1)? == 0xff {
            at += 1;
        }
        let (&[0xff, marker], Some(size)) = (bytes.get(at..at + 2)?, bytes.get(at + 2..at + 4))
        else {
            return None;
        };
        let length = usize::from(u16::from_be_bytes([size[0], size[1]]));
        let segment = bytes.get(at..at + 2 + length)?;
        let metadata = (0xe0..=0xef).contains(&marker) && !KEPT.contains(&marker);
        if !metadata && marker != COMMENT {
            out.extend_from_slice(segment);
        }
        at += 2 + length;
        if marker == START_OF_SCAN {
            let scan = bytes.get(at..)?;
            // The decoder forgives a scan that breaks off and paints the rest grey.
            let whole = scan.windows(2).any(|pair| pair == END_OF_IMAGE);
            out.extend_from_slice(scan);
            return whole.then_some(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;

    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let image = RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([(x % 256) as u8, (y % 256) as u8, 90])
        });
        encode_jpeg(&image.into()).unwrap()
    }

    fn half(mut picture: Vec<u8>) -> Vec<u8> {
        picture.truncate(picture.len() / 2);
        picture
    }

    /// Puts an EXIF segment with this orientation behind the first two bytes.
    fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let tiff = [
            b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(),
            &[orientation],
            b"\0\0\0\0\0\0secret-place",
        ]
        .concat();
        let length = u16::try_from(tiff.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &tiff, &jpeg[2..]].concat()
    }

    #[test]
    fn an_upright_jpeg_keeps_its_pixels_and_loses_its_metadata() {
        let plain = jpeg(64, 48);
        let picture = check(with_orientation(&plain, 1).into()).unwrap();
        assert_eq!(picture.bytes, plain);
        assert_eq!(
            (picture.width, picture.height, picture.media_type),
            (64, 48, "image/jpeg")
        );
    }

    #[test]
    fn a_turned_jpeg_is_put_upright() {
        let picture = check(with_orientation(&jpeg(64, 48), 6).into()).unwrap();
        assert_eq!((picture.width, picture.height), (48, 64));
        assert!(!picture.bytes.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn what_is_no_picture_is_refused_by_its_content() {
        for (bytes, error) in [
            (Vec::new(), PictureError::Unsupported),
            (b"hello".to_vec(), PictureError::Unsupported),
            (
                b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(),
                PictureError::Unsupported,
            ),
            (jpeg(64, 48)[..200].to_vec(), PictureError::Broken),
            (half(jpeg(640, 480)), PictureError::Broken),
            (jpeg(8, 8), PictureError::Broken),
            (vec![0; MOST_BYTES + 1], PictureError::TooLarge),
        ] {
            assert_eq!(check(bytes.into()), Err(error));
        }
    }

    #[test]
    fn a_bomb_is_seen_before_it_is_decoded() {
        // The header of a PNG of 50 000 × 50 000 pixels and nothing else.
        let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bomb.extend_from_slice(&50_000_u32.to_be_bytes());
        bomb.extend_from_slice(&50_000_u32.to_be_bytes());
        bomb.extend_from_slice(b"\x08\x06\0\0\0\0\0\0\0");
        assert_eq!(check(bomb.into()), Err(PictureError::Broken));
    }
}
