//! JPEG (ITU-T T.81, annex B): a row of segments, each with a marker and its length, and behind the
//! header of each scan its data. The decoder is given only the segments that make the pixels, so that
//! nothing hidden in the others can trouble it, or anybody who opens the picture later.

use std::io::Cursor;

use image::DynamicImage;
use image::codecs::jpeg::JpegDecoder;
use image::metadata::Orientation;

use super::profile::{self, Space};
use super::{Picture, PictureError, Pixels, Size, encode, memory, orientation};

const START: [u8; 2] = [0xff, 0xd8];
const END: [u8; 2] = [0xff, 0xd9];
const SCAN: u8 = 0xda;
/// What a part of a colour profile begins with (ICC.1:2022, annex B.4); its number and their count follow.
const PROFILE: &[u8] = b"ICC_PROFILE\0";
/// A segment tells its length, with the two bytes of the length, in 16 bits.
const MOST_IN_PROFILE_PART: usize = 65_535 - 2 - PROFILE.len() - 2;
/// Encoders write ten or so; the decoder goes over the whole picture for each.
const MOST_SCANS: usize = 32;
/// Segments of tables, and scans. Each scan has a few tables.
const MOST_PIECES: usize = 1_000;

pub(crate) fn look(bytes: &[u8]) -> Result<u64, PictureError> {
    let parts = Parts::of(bytes).ok_or(PictureError::Broken)?;
    let frame = parts.frame()?;
    // Where the first scan has not all components, those of all scans are kept until the last.
    let one_by_one = frame.is_progressive || parts.in_first_scan != frame.sampling.len();
    let beside = if one_by_one { frame.coefficients() } else { 0 };
    let turned = orientation(parts.exif);
    Ok(memory(frame.size, frame.channels(), beside, turned))
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Pixels, PictureError> {
    let parts = Parts::of(bytes).ok_or(PictureError::Broken)?;
    parts.decode(&parts.frame()?)
}

pub(crate) fn plain(bytes: &[u8]) -> Result<Picture, PictureError> {
    let parts = Parts::of(bytes).ok_or(PictureError::Broken)?;
    let frame = parts.frame()?;
    let pixels = parts.decode(&frame)?;
    if pixels.orientation != Orientation::NoTransforms || frame.is_cmyk() {
        return encode::jpeg(pixels);
    }
    Ok(Picture {
        bytes: parts.join(pixels.profile.as_deref()).into(),
        media_type: "image/jpeg",
        width: frame.size.width,
        height: frame.size.height,
    })
}

/// What matters of a JPEG, where it stands in the file.
#[derive(Default)]
struct Parts<'a> {
    /// Version and density of JFIF, without its thumbnail.
    jfif: Option<&'a [u8]>,
    /// Adobe's colour transform, without which the numbers are taken for other colours.
    adobe: Option<&'a [u8]>,
    exif: Option<&'a [u8]>,
    /// A profile comes in numbered parts.
    profile: Vec<(u8, &'a [u8])>,
    /// The marker that starts the frame, and what it says.
    frame: Option<(u8, &'a [u8])>,
    /// Tables, frame and scans, in their order.
    pieces: Vec<&'a [u8]>,
    scans: usize,
    in_first_scan: usize,
}

impl<'a> Parts<'a> {
    /// Takes a JPEG apart, up to its end: what follows is none of it. `None` when a length leads
    /// nowhere, or the file breaks off.
    fn of(file: &'a [u8]) -> Option<Self> {
        let mut parts = Self::default();
        let mut rest = file.strip_prefix(&START)?;
        loop {
            // A marker may be preceded by any number of fill bytes.
            while rest.starts_with(&[0xff, 0xff]) {
                rest = &rest[1..];
            }
            if rest.starts_with(&END) {
                return (parts.scans > 0).then_some(parts);
            }
            let [0xff, marker, length @ ..] = rest.first_chunk::<4>()? else {
                return None;
            };
            let length = 2 + usize::from(u16::from_be_bytes(*length));
            let (segment, behind) = rest.split_at_checked(length)?;
            parts.take(*marker, segment)?;
            rest = behind;
            if *marker == SCAN {
                let (data, behind) = rest.split_at(data_length(rest)?);
                parts.pieces.push(data);
                rest = behind;
            }
        }
    }

    fn take(&mut self, marker: u8, segment: &'a [u8]) -> Option<()> {
        let inside = segment.get(4..)?;
        match marker {
            0xe0 => self.jfif = self.jfif.or_else(|| named(inside, b"JFIF\0", 7)),
            0xe1 => self.exif = self.exif.or_else(|| inside.strip_prefix(b"Exif\0\0")),
            0xe2 => self.profile.extend(profile_part(inside)),
            0xee => self.adobe = self.adobe.or_else(|| named(inside, b"Adobe", 7)),
            // Quantisation tables, Huffman tables, the restart interval.
            0xdb | 0xc4 | 0xdd => self.pieces.push(segment),
            // A baseline, an extended or a progressive frame, and only one.
            0xc0..=0xc2 if self.frame.is_none() => {
                self.frame = Some((marker, inside));
                self.pieces.push(segment);
            }
            SCAN => {
                if self.scans == 0 {
                    self.in_first_scan = usize::from(*inside.first()?);
                }
                self.scans += 1;
                self.pieces.push(segment);
            }
            // Lossless, arithmetic and hierarchical frames, which nobody writes.
            0xc0..=0xcf => return None,
            // Other metadata, comments, and what nobody knows.
            _ => {}
        }
        (self.scans <= MOST_SCANS && self.pieces.len() <= MOST_PIECES).then_some(())
    }

    fn frame(&self) -> Result<Frame, PictureError> {
        let (marker, inside) = self.frame.ok_or(PictureError::Broken)?;
        Frame::of(marker, inside)
    }

    fn decode(&self, frame: &Frame) -> Result<Pixels, PictureError> {
        let decoder = JpegDecoder::new(Cursor::new(self.join(None)));
        let image = decoder.and_then(DynamicImage::from_decoder);
        Ok(Pixels {
            image: image.map_err(|_| PictureError::Broken)?,
            orientation: orientation(self.exif),
            profile: frame.space().and_then(|space| self.profile(space)),
        })
    }

    fn profile(&self, space: Space) -> Option<Vec<u8>> {
        let mut parts = self.profile.clone();
        parts.sort_by_key(|(number, _)| *number);
        let parts: Vec<&[u8]> = parts.iter().map(|(_, bytes)| *bytes).collect();
        profile::fitting(&parts.concat(), space)
    }

    /// The same JPEG with nothing but what the pixels need.
    fn join(&self, profile: Option<&[u8]>) -> Vec<u8> {
        let mut out = START.to_vec();
        if let Some(jfif) = self.jfif {
            push_segment(&mut out, 0xe0, &[b"JFIF\0", jfif, &[0, 0]]);
        }
        let parts = profile.unwrap_or_default().chunks(MOST_IN_PROFILE_PART);
        let count = u8::try_from(parts.len()).unwrap_or(u8::MAX);
        for (number, part) in (1..).zip(parts) {
            push_segment(&mut out, 0xe2, &[PROFILE, &[number, count], part]);
        }
        if let Some(adobe) = self.adobe {
            push_segment(&mut out, 0xee, &[b"Adobe", adobe]);
        }
        for piece in &self.pieces {
            out.extend_from_slice(piece);
        }
        out.extend_from_slice(&END);
        out
    }
}

/// The part of a segment that counts: its first bytes behind its name.
fn named<'a>(inside: &'a [u8], name: &[u8], length: usize) -> Option<&'a [u8]> {
    inside.strip_prefix(name)?.get(..length)
}

fn profile_part(inside: &[u8]) -> Option<(u8, &[u8])> {
    match inside.strip_prefix(PROFILE)? {
        [number, _, part @ ..] => Some((*number, part)),
        _ => None,
    }
}

/// How long the data of a scan is: up to a marker that is neither a restart nor a stuffed byte.
fn data_length(rest: &[u8]) -> Option<usize> {
    rest.windows(2)
        .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7 | 0xff))
}

fn push_segment(out: &mut Vec<u8>, marker: u8, inside: &[&[u8]]) {
    let length = 2 + inside.iter().map(|part| part.len()).sum::<usize>();
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    out.extend_from_slice(&[0xff, marker]);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend(inside.iter().copied().flatten());
}

/// The frame's header (B.2.2).
struct Frame {
    size: Size,
    is_progressive: bool,
    /// How often each component is sampled across and down.
    sampling: Vec<(u64, u64)>,
}

impl Frame {
    fn of(marker: u8, inside: &[u8]) -> Result<Self, PictureError> {
        let &[8, h1, h2, w1, w2, count, ref components @ ..] = inside else {
            return Err(PictureError::Broken);
        };
        let size = Size::new(
            u16::from_be_bytes([w1, w2]).into(),
            u16::from_be_bytes([h1, h2]).into(),
        )?;
        let sampling: Vec<(u64, u64)> = components
            .chunks_exact(3)
            .map(|component| (u64::from(component[1] >> 4), u64::from(component[1] & 15)))
            .collect();
        let counted = components.len() == 3 * usize::from(count) && matches!(count, 1 | 3 | 4);
        let sampled = sampling
            .iter()
            .all(|(across, down)| (1..=4).contains(across) && (1..=4).contains(down));
        if !counted || !sampled {
            return Err(PictureError::Broken);
        }
        Ok(Self {
            size,
            is_progressive: marker == 0xc2,
            sampling,
        })
    }

    fn is_cmyk(&self) -> bool {
        self.sampling.len() == 4
    }

    /// Bytes of a decoded pixel: CMYK is turned into RGB.
    fn channels(&self) -> u64 {
        if self.sampling.len() == 1 { 1 } else { 3 }
    }

    /// What a profile has to be for, to fit what is decoded. One of CMYK fits nothing.
    fn space(&self) -> Option<Space> {
        match self.sampling.len() {
            1 => Some(Space::Grey),
            3 => Some(Space::Rgb),
            _ => None,
        }
    }

    /// Bytes of all coefficients, two each, in whole units of the largest sampling.
    fn coefficients(&self) -> u64 {
        let (across, down) = (self.sampling.iter()).fold((1, 1), |(across, down), component| {
            (component.0.max(across), component.1.max(down))
        });
        let units = u64::from(self.size.width).div_ceil(8 * across)
            * u64::from(self.size.height).div_ceil(8 * down);
        let blocks: u64 = self
            .sampling
            .iter()
            .map(|(across, down)| across * down)
            .sum();
        units * blocks * 64 * 2
    }
}
