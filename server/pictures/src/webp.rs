//! WebP (RFC 9649): RIFF chunks, of which one holds the pixels.

use std::io::Cursor;

use image::DynamicImage;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;

use super::profile::{self, Space};
use super::{PictureError, Pixels, Size, memory, orientation, prefix_codes};

const ANIMATED: u8 = 1 << 1;
const HAS_ALPHA: u8 = 1 << 4;

pub(crate) fn look(bytes: &[u8]) -> Result<u64, PictureError> {
    let chunks = Chunks::of(bytes).ok_or(PictureError::Broken)?;
    if chunks.move_at_all() {
        return Err(PictureError::Animated);
    }
    let frame = chunks.frame().ok_or(PictureError::Broken)?;
    let size = Size::new(frame.width, frame.height)?;
    let beside = chunks.beside(&frame).ok_or(PictureError::Broken)?;
    let channels = if frame.has_alpha { 4 } else { 3 };
    Ok(memory(size, channels, beside, chunks.orientation()))
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Pixels, PictureError> {
    let chunks = Chunks::of(bytes).ok_or(PictureError::Broken)?;
    let decoder = WebPDecoder::new(Cursor::new(chunks.file));
    let image = decoder.and_then(DynamicImage::from_decoder);
    let profile = chunks.profile;
    Ok(Pixels {
        image: image.map_err(|_| PictureError::Broken)?,
        orientation: chunks.orientation(),
        profile: profile.and_then(|profile| profile::fitting(profile, Space::Rgb)),
    })
}

/// The chunks that matter. Of two of a kind the first counts.
#[derive(Default)]
struct Chunks<'a> {
    /// The file without what stands behind its end.
    file: &'a [u8],
    extended: Option<&'a [u8]>,
    lossy: Option<&'a [u8]>,
    lossless: Option<&'a [u8]>,
    alpha: Option<&'a [u8]>,
    frames: Option<&'a [u8]>,
    exif: Option<&'a [u8]>,
    profile: Option<&'a [u8]>,
}

impl<'a> Chunks<'a> {
    /// `None` when a length leads out of the file.
    fn of(file: &'a [u8]) -> Option<Self> {
        let (_, length) = file.split_first_chunk::<4>()?;
        let (file, _) = file.split_at_checked(8 + long(length)?)?;
        let mut chunks = Self {
            file,
            ..Self::default()
        };
        let mut rest = file.get(12..)?;
        while let Some((head, behind)) = rest.split_first_chunk::<8>() {
            let length = long(&head[4..])?;
            let (inside, behind) = behind.split_at_checked(length)?;
            chunks.take(&head[..4], inside);
            // A chunk of odd length is padded, the last one not always.
            rest = behind.get(length % 2..).unwrap_or_default();
        }
        Some(chunks)
    }

    fn take(&mut self, name: &[u8], inside: &'a [u8]) {
        let place = match name {
            b"VP8X" => &mut self.extended,
            b"VP8 " => &mut self.lossy,
            b"VP8L" => &mut self.lossless,
            b"ALPH" => &mut self.alpha,
            b"ANMF" => &mut self.frames,
            b"EXIF" => &mut self.exif,
            b"ICCP" => &mut self.profile,
            _ => return,
        };
        place.get_or_insert(inside);
    }

    fn flags(&self) -> Option<u8> {
        self.extended?.first().copied()
    }

    fn move_at_all(&self) -> bool {
        self.frames.is_some() || self.flags().is_some_and(|flags| flags & ANIMATED != 0)
    }

    /// Some write the name of JPEG's segment before it.
    fn orientation(&self) -> Orientation {
        let exif = self
            .exif
            .map(|exif| exif.strip_prefix(b"Exif\0\0").unwrap_or(exif));
        orientation(exif)
    }

    /// What the header of the one frame says. The decoder makes room for what stands there, so a canvas
    /// that says something else is refused.
    fn frame(&self) -> Option<Frame> {
        let frame = match (self.lossy, self.lossless) {
            (Some(lossy), None) => Frame::of_lossy(lossy)?,
            (None, Some(lossless)) => Frame::of_lossless(lossless)?,
            _ => return None,
        };
        let Some(extended) = self.extended else {
            return Some(frame);
        };
        let side = |at: usize| {
            let less_one = extended.get(at..at + 3)?;
            Some(u32::from_le_bytes([less_one[0], less_one[1], less_one[2], 0]) + 1)
        };
        let fits = (side(4)?, side(7)?) == (frame.width, frame.height);
        fits.then_some(Frame {
            has_alpha: self.flags()? & HAS_ALPHA != 0,
            ..frame
        })
    }

    /// What decoding takes beside the pixels, in bytes.
    fn beside(&self, frame: &Frame) -> Option<u64> {
        let pixels = u64::from(frame.width) * u64::from(frame.height);
        if let Some(lossless) = self.lossless {
            // RGBA, made before RGB, and the transforms.
            let made = if frame.has_alpha { pixels } else { 5 * pixels };
            return Some(made + frame.prefix_codes(lossless.get(5..)?)?);
        }
        // One plane of the same size and two of a quarter, in whole blocks of 16.
        let planes = 3 * u64::from(frame.width + 15) * u64::from(frame.height + 15) / 2;
        let alpha = match self.alpha.filter(|_| frame.has_alpha) {
            // Compressed as the green of a lossless picture.
            Some([how, data @ ..]) if how & 3 == 1 => 6 * pixels + frame.prefix_codes(data)?,
            Some(_) => pixels,
            None => 0,
        };
        Some(planes + alpha)
    }
}

/// The header of a frame.
struct Frame {
    width: u32,
    height: u32,
    has_alpha: bool,
}

impl Frame {
    fn of_lossy(chunk: &[u8]) -> Option<Self> {
        let [tag, _, _, 0x9d, 0x01, 0x2a, w1, w2, h1, h2] = *chunk.first_chunk()? else {
            return None;
        };
        // Everything but a key frame needs the one before it.
        (tag & 1 == 0).then_some(Self {
            width: u32::from(u16::from_le_bytes([w1, w2]) & 0x3fff),
            height: u32::from(u16::from_le_bytes([h1, h2]) & 0x3fff),
            has_alpha: false,
        })
    }

    fn of_lossless(chunk: &[u8]) -> Option<Self> {
        let [0x2f, packed @ ..] = chunk.first_chunk::<5>()? else {
            return None;
        };
        let packed = u32::from_le_bytes(*packed);
        Some(Self {
            width: (packed & 0x3fff) + 1,
            height: (packed >> 14 & 0x3fff) + 1,
            has_alpha: packed >> 28 & 1 == 1,
        })
    }

    fn prefix_codes(&self, data: &[u8]) -> Option<u64> {
        prefix_codes::memory(data, self.width, self.height)
    }
}

fn long(bytes: &[u8]) -> Option<usize> {
    let value = u32::from_le_bytes(*bytes.first_chunk()?);
    usize::try_from(value).ok()
}
