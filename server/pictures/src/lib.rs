//! Pictures that strangers send.
//!
//! What a picture is, its content tells, never its name. What it will ask for is read from its headers
//! ([`look`]) before a pixel is decoded, so that a small file cannot ask for a large memory. What comes
//! out ([`Seen::into_picture`]) was decoded whole and is an ordinary still picture: JPEG or PNG, eight
//! bits a channel, RGB or grey, upright, with nothing behind its end and no metadata but the colour
//! profile, without which the pixels would mean other colours.
//!
//! A new format is a file here that says two things: what decoding a picture takes, and its pixels.

mod encode;
mod jpeg;
mod png;
mod prefix_codes;
mod profile;
mod size;
#[cfg(test)]
mod tests;
mod webp;

use bytes::Bytes;
use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat};

use size::Size;
pub use size::{LONGEST_SIDE, MOST_PIXELS, SHORTEST_SIDE};

/// A file may have 10 MB.
pub const MOST_BYTES: usize = 10 * 1024 * 1024;
/// What one picture may take while it is decoded, in bytes beside the file itself: 50 megapixels of
/// RGBA, before and after they are turned.
pub const MOST_MEMORY: u64 = MOST_PIXELS * 8;

/// A picture that was decoded whole once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub bytes: Bytes,
    pub media_type: &'static str,
    pub width: u32,
    pub height: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    #[error("has more than 10 MB")]
    TooLarge,
    #[error("is no JPEG, PNG or WebP picture")]
    Unsupported,
    #[error("is broken")]
    Broken,
    #[error("moves; a still picture is wanted")]
    Animated,
    #[error("has a side of less than {SHORTEST_SIDE} pixels")]
    TooSmall,
    #[error("has too many pixels; up to 50 million are taken, and sides of up to {LONGEST_SIDE}")]
    TooManyPixels,
}

/// A picture whose headers were read. Nothing of it is decoded yet.
#[derive(Clone, Debug)]
pub struct Seen {
    bytes: Bytes,
    format: Format,
    memory: u64,
}

#[derive(Clone, Copy, Debug)]
enum Format {
    Jpeg,
    Png,
    WebP,
}

/// The pixels of a picture, and what is needed to read them.
struct Pixels {
    image: DynamicImage,
    orientation: Orientation,
    profile: Option<Vec<u8>>,
}

/// Reads the headers of a picture and refuses what would not be decoded. Takes time for its bytes, and
/// next to no memory.
pub fn look(bytes: Bytes) -> Result<Seen, PictureError> {
    let (format, memory) = match image::guess_format(&bytes) {
        Ok(ImageFormat::Jpeg) => (Format::Jpeg, jpeg::look(&bytes)?),
        Ok(ImageFormat::Png) => (Format::Png, png::look(&bytes)?),
        Ok(ImageFormat::WebP) => (Format::WebP, webp::look(&bytes)?),
        _ => return Err(PictureError::Unsupported),
    };
    if memory > MOST_MEMORY {
        return Err(PictureError::TooManyPixels);
    }
    Ok(Seen {
        bytes,
        format,
        memory,
    })
}

impl Seen {
    /// What decoding it takes, in bytes; at most [`MOST_MEMORY`].
    pub fn memory(&self) -> u64 {
        self.memory
    }

    /// Decodes it whole and makes it plain. An RGB or grey JPEG that stands upright keeps its pixels to
    /// the bit.
    pub fn into_picture(self) -> Result<Picture, PictureError> {
        match self.format {
            Format::Jpeg => jpeg::plain(&self.bytes),
            Format::Png => encode::png_or_jpeg(png::decode(&self.bytes)?),
            Format::WebP => encode::png_or_jpeg(webp::decode(&self.bytes)?),
        }
    }

    /// Decodes it whole, and keeps it as it came.
    pub fn as_it_came(self) -> Result<Picture, PictureError> {
        let (pixels, media_type) = match self.format {
            Format::Jpeg => (jpeg::decode(&self.bytes)?, "image/jpeg"),
            Format::Png => (png::decode(&self.bytes)?, "image/png"),
            Format::WebP => (webp::decode(&self.bytes)?, "image/webp"),
        };
        let Pixels { image, .. } = pixels.upright();
        Ok(Picture {
            bytes: self.bytes,
            media_type,
            width: image.width(),
            height: image.height(),
        })
    }
}

/// What a picture of `channels` bytes a pixel takes, whose decoder needs `beside` them. To be turned,
/// it has to be there twice.
fn memory(size: Size, channels: u64, beside: u64, orientation: Orientation) -> u64 {
    let pixels = size.pixels() * channels;
    match orientation {
        Orientation::NoTransforms => pixels + beside,
        _ => pixels + beside.max(pixels),
    }
}

impl Pixels {
    fn upright(mut self) -> Self {
        self.image.apply_orientation(self.orientation);
        self.orientation = Orientation::NoTransforms;
        self
    }
}

/// How the picture is to be turned, by its EXIF data. What cannot be read turns nothing.
fn orientation(exif: Option<&[u8]>) -> Orientation {
    exif.and_then(Orientation::from_exif_chunk)
        .unwrap_or(Orientation::NoTransforms)
}
