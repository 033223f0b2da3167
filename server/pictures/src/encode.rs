use std::borrow::Cow;
use std::io::{self, Write};

use ::png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Info};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageEncoder};

use super::{MOST_BYTES, Picture, PictureError, Pixels};

const JPEG_QUALITY: u8 = 95;

/// PNG, unless that is larger than allowed, as it is for a photo that came as WebP: then JPEG, which
/// only what cannot be seen through can be.
pub(crate) fn png_or_jpeg(pixels: Pixels) -> Result<Picture, PictureError> {
    let pixels = pixels.upright();
    if let Ok(bytes) = png(&pixels.image, pixels.profile.as_deref()) {
        Ok(picture(bytes, "image/png", &pixels.image))
    } else if pixels.image.color().has_alpha() {
        Err(PictureError::TooLarge)
    } else {
        jpeg(pixels)
    }
}

/// JPEG, of RGB or grey pixels.
pub(crate) fn jpeg(pixels: Pixels) -> Result<Picture, PictureError> {
    let Pixels { image, profile, .. } = pixels.upright();
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
    if let Some(profile) = profile {
        encoder
            .set_icc_profile(profile)
            .map_err(|_| PictureError::Broken)?;
    }
    image
        .write_with_encoder(encoder)
        .map_err(|_| PictureError::Broken)?;
    Ok(picture(bytes, "image/jpeg", &image))
}

fn picture(bytes: Vec<u8>, media_type: &'static str, image: &DynamicImage) -> Picture {
    Picture {
        bytes: bytes.into(),
        media_type,
        width: image.width(),
        height: image.height(),
    }
}

/// Row by row, so that no second picture stands in memory; ends in an error once it is too large.
fn png(image: &DynamicImage, profile: Option<&[u8]>) -> Result<Vec<u8>, EncodingError> {
    let mut out = Capped(Vec::new());
    let mut info = Info::with_size(image.width(), image.height());
    info.icc_profile = profile.map(Cow::Borrowed);
    let has_alpha = image.color().has_alpha();
    let mut encoder = Encoder::with_info(&mut out, info)?;
    encoder.set_color(if has_alpha {
        ColorType::Rgba
    } else {
        ColorType::Rgb
    });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header()?;
    let mut rows = writer.stream_writer()?;
    let channels = usize::from(image.color().channel_count());
    for row in image.as_bytes().chunks_exact(row_bytes(image)) {
        match channels {
            1 | 2 => rows.write_all(&from_grey(row, channels))?,
            _ => rows.write_all(row)?,
        }
    }
    rows.finish()?;
    writer.finish()?;
    Ok(out.0)
}

fn row_bytes(image: &DynamicImage) -> usize {
    usize::from(image.color().bytes_per_pixel()) * usize::try_from(image.width()).unwrap_or(1)
}

/// RGB or RGBA of grey pixels without or with alpha: not everybody takes those.
fn from_grey(row: &[u8], channels: usize) -> Vec<u8> {
    let mut colours = Vec::with_capacity(row.len() * 3);
    for pixel in row.chunks_exact(channels) {
        colours.extend_from_slice(&[pixel[0]; 3]);
        colours.extend_from_slice(&pixel[1..]);
    }
    colours
}

/// Takes as many bytes as a picture may have.
struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_BYTES {
            return Err(io::Error::other("larger than a picture may be"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
