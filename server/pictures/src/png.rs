use std::io::Cursor;

use ::png::{ColorType, Decoder, Limits, Reader, Transformations};
use image::{DynamicImage, GrayAlphaImage, GrayImage, RgbImage, RgbaImage};

use super::profile::{Space, fitting};
use super::{PictureError, Pixels, Size, memory, orientation};

/// What the decoder may take beside the pixels: a row, EXIF data, and a profile once it is inflated.
const BESIDE: usize = 4 * 1024 * 1024;

pub(crate) fn look(bytes: &[u8]) -> Result<u64, PictureError> {
    let Opened { reader, size } = open(bytes)?;
    if reader.info().animation_control.is_some() {
        return Err(PictureError::Animated);
    }
    let (colour, _) = reader.output_color_type();
    let turned = orientation(reader.info().exif_metadata.as_deref());
    let channels = u64::try_from(colour.samples()).unwrap_or(u64::MAX);
    Ok(memory(size, channels, 0, turned))
}

/// Sixteen bits a channel become eight while they are read.
pub(crate) fn decode(bytes: &[u8]) -> Result<Pixels, PictureError> {
    let Opened { mut reader, size } = open(bytes)?;
    let Size { width, height } = size;
    let mut buffer = vec![0; reader.output_buffer_size().ok_or(PictureError::Broken)?];
    let frame = reader
        .next_frame(&mut buffer)
        .map_err(|_| PictureError::Broken)?;
    let image = match frame.color_type {
        ColorType::Grayscale => GrayImage::from_raw(width, height, buffer).map(DynamicImage::from),
        ColorType::GrayscaleAlpha => {
            GrayAlphaImage::from_raw(width, height, buffer).map(DynamicImage::from)
        }
        ColorType::Rgb => RgbImage::from_raw(width, height, buffer).map(DynamicImage::from),
        ColorType::Rgba => RgbaImage::from_raw(width, height, buffer).map(DynamicImage::from),
        ColorType::Indexed => None,
    };
    let info = reader.info();
    let profile = info.icc_profile.as_deref();
    Ok(Pixels {
        image: image.ok_or(PictureError::Broken)?,
        orientation: orientation(info.exif_metadata.as_deref()),
        profile: profile.and_then(|profile| fitting(profile, Space::Rgb)),
    })
}

/// A PNG that was read up to its pixels.
struct Opened<'a> {
    reader: Reader<Cursor<&'a [u8]>>,
    size: Size,
}

/// Reads everything before the pixels. The size is looked at before anything is made as large as it says.
fn open(bytes: &[u8]) -> Result<Opened<'_>, PictureError> {
    let limits = Limits { bytes: BESIDE };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let header = decoder
        .read_header_info()
        .map_err(|_| PictureError::Broken)?;
    let size = Size::new(header.width, header.height)?;
    let reader = decoder.read_info().map_err(|_| PictureError::Broken)?;
    Ok(Opened { reader, size })
}
