//! Decoding with a bound: pictures come from strangers, so the size is read from the header and
//! checked before a single pixel is allocated.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageReader, ImageResult, Limits};

/// Largest accepted picture, in pixels.
pub(super) const MAX_PIXELS: u64 = 50_000_000;
/// Largest accepted decoded size, in bytes; a 16-bit picture needs twice as many as an 8-bit one.
const MAX_BYTES: u64 = 4 * MAX_PIXELS + (1 << 20);

/// Why a picture could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are not a JPEG, PNG or WebP picture, or are damaged.
    #[error("not a readable JPEG, PNG or WebP picture: {0}")]
    Unreadable(#[from] image::ImageError),
    /// The picture has more pixels than the sandbox is willing to hold in memory.
    #[error("{width} x {height} pixels are too many, at most {MAX_PIXELS} are allowed")]
    TooLarge { width: u32, height: u32 },
}

/// A decoded picture and the colour profile its numbers are to be read with.
pub(super) struct Decoded {
    pub image: DynamicImage,
    pub icc_profile: Option<Vec<u8>>,
}

/// Decodes a picture and turns it upright as its EXIF data asks.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    let mut decoder = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(image::ImageError::IoError)?
        .into_decoder()?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS || decoder.total_bytes() > MAX_BYTES {
        return Err(DecodeError::TooLarge { width, height });
    }
    decoder.set_limits(limits())?;
    let icc_profile = decoder.icc_profile()?.filter(|profile| is_rgb(profile));
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(Decoded { image, icc_profile })
}

/// What the decoder may allocate beside the picture itself.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(2 * MAX_BYTES);
    limits
}

/// Bytes 16 to 20 of a profile name its colour space. A profile for CMYK or grey would be wrong
/// for the RGB picture that is written.
fn is_rgb(profile: &[u8]) -> bool {
    profile.get(16..20) == Some(b"RGB ")
}

/// Encodes rows of RGB bytes as PNG. Lossless, because everything outside the garment must stay
/// the person's own picture bit by bit; fast rather than small, because it is a preview.
pub(super) fn encode_png(
    rgb: &[u8],
    width: u32,
    height: u32,
    icc_profile: Option<Vec<u8>>,
) -> ImageResult<Vec<u8>> {
    use image::codecs::png::{CompressionType, FilterType, PngEncoder};
    use image::{ExtendedColorType, ImageEncoder};

    let mut png = Vec::with_capacity(rgb.len() / 2);
    let mut encoder =
        PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Paeth);
    if let Some(profile) = icc_profile {
        // A writer without profile support would only lose the profile, never the picture.
        drop(encoder.set_icc_profile(profile));
    }
    encoder.write_image(rgb, width, height, ExtendedColorType::Rgb8)?;
    Ok(png)
}
