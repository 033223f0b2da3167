//! A clip that shows the way: a gentle camera over a picture, or a title card with the words that were
//! asked for. H.264 in MP4, which every browser plays, and labelled as a preview.

mod camera;
mod card;
mod frame;
mod mp4;
mod words;

use camera::{Camera, Scenery};
use card::Card;
use frame::{Frame, Label};

use crate::decode::{self, DecodeError};

/// Frames a second.
pub const RATE: u32 = 24;

/// The shape of a clip, in pixels. All sides are multiples of 16, the blocks of the encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub width: usize,
    pub height: usize,
}

impl Size {
    /// 9:16, about 480p.
    pub const TALL: Self = Self::new(480, 848);
    /// 16:9, about 480p.
    pub const WIDE: Self = Self::new(848, 480);
    pub const SQUARE: Self = Self::new(640, 640);

    const fn new(width: usize, height: usize) -> Self {
        Self { width, height }
    }

    fn shorter(self) -> usize {
        self.width.min(self.height)
    }
}

/// What a clip is made from.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Encoded (JPEG, PNG or WebP). With one the clip is a camera move over it, else a title card.
    pub picture: Option<&'a [u8]>,
    pub prompt: &'a str,
    pub size: Size,
    pub seconds: u32,
}

/// Why no clip could be made.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// The picture is unreadable or too large.
    #[error("the picture: {0}")]
    Picture(#[source] DecodeError),
    #[error("the encoder: {0}")]
    Encode(#[from] openh264::Error),
    #[error("the file could not be put together: {0}")]
    Pack(String),
}

/// Renders a clip of `seconds`, an MP4 file. The same order gives the same bytes.
pub fn render(order: &Order<'_>) -> Result<Vec<u8>, ClipError> {
    let size = order.size;
    let (scenery, card) = match order.picture {
        Some(picture) => {
            let photo = decode::decode(picture).map_err(ClipError::Picture)?;
            (Scenery::of(&crate::flattened(photo.image), size), None)
        }
        None => {
            let card = Card::new(order.prompt, size);
            (card.scenery(), Some(card))
        }
    };
    let label = Label::new(size);
    let camera = Camera::over(&scenery, size);
    let frames = order.seconds.max(1) * RATE;
    let mut film = mp4::Film::new(frames)?;
    let mut frame = Frame::new(size);
    for number in 0..frames {
        let time = number as f32 / (frames - 1) as f32;
        camera.shoot(&scenery, time, &mut frame);
        if let Some(card) = &card {
            card.write(number as f32 / RATE as f32, &mut frame);
        }
        label.stamp(&mut frame);
        film.take(&frame)?;
    }
    film.develop()
}

#[cfg(test)]
mod tests {
    use openh264::decoder::Decoder;
    use openh264::formats::YUVSource;
    use shiguredo_mp4::bitstream::h264::{LengthSize, length_prefixed_to_annexb};
    use shiguredo_mp4::boxes::{Avc1Box, SampleEntry};
    use shiguredo_mp4::demux::{Input, Mp4FileDemuxer};

    use super::*;

    fn card(prompt: &str, size: Size) -> Vec<u8> {
        let order = Order {
            picture: None,
            prompt,
            size,
            seconds: 1,
        };
        render(&order).unwrap()
    }

    /// The luma of every frame, as a player sees it, and what the head of the file says.
    fn played(film: &[u8]) -> (Avc1Box, Vec<Vec<u8>>) {
        let mut demuxer = Mp4FileDemuxer::new();
        demuxer.handle_input(Input {
            position: 0,
            data: film,
        });
        let mut decoder = Decoder::new().unwrap();
        let mut head = None;
        let mut frames = Vec::new();
        while let Some(sample) = demuxer.next_sample().unwrap() {
            if let Some(SampleEntry::Avc1(entry)) = sample.sample_entry {
                let sets = [&entry.avcc_box.sps_list[0], &entry.avcc_box.pps_list[0]];
                for set in sets {
                    decoder.decode(&[&[0, 0, 0, 1], &**set].concat()).unwrap();
                }
                head = Some(entry.clone());
            }
            let start = usize::try_from(sample.data_offset).unwrap();
            let data = &film[start..start + sample.data_size];
            let stream = length_prefixed_to_annexb(data, LengthSize::FourBytes).unwrap();
            let picture = decoder.decode(&stream).unwrap().unwrap();
            let (width, stride) = (picture.dimensions().0, picture.strides().0);
            let rows = picture.y().chunks(stride).map(|row| &row[..width]);
            frames.push(rows.collect::<Vec<_>>().concat());
        }
        (head.unwrap(), frames)
    }

    #[test]
    fn a_clip_plays_frame_by_frame_in_its_size() {
        for size in [Size::TALL, Size::WIDE, Size::SQUARE] {
            let film = card("A red coat in the snow", size);
            let (head, frames) = played(&film);
            assert_eq!(usize::from(head.visual.width), size.width);
            assert_eq!(usize::from(head.visual.height), size.height);
            assert_eq!(frames.len(), RATE as usize);
            assert!(
                frames
                    .iter()
                    .all(|luma| luma.len() == size.width * size.height)
            );
            // What is needed to play it comes before the pictures.
            let at = |kind: &[u8]| film.windows(4).position(|word| word == kind).unwrap();
            assert!(at(b"moov") < at(b"mdat"));
        }
    }

    #[test]
    fn it_moves_and_the_words_appear() {
        let (_, frames) = played(&card("Snow", Size::SQUARE));
        let white = |frame: &[u8]| frame.iter().filter(|luma| **luma > 200).count();
        let (first, last) = (&frames[0], &frames[frames.len() - 1]);
        assert!(white(last) > white(first) + 500);
        assert_ne!(frames[10], frames[11]);
    }

    #[test]
    fn every_frame_says_that_it_is_a_preview() {
        let size = Size::WIDE;
        let label = Label::new(size);
        let (_, frames) = played(&card("Snow", size));
        for frame in frames {
            let inside = |y: usize| {
                let row = &frame[y * size.width..(y + 1) * size.width];
                row[label.left..label.left + label.pill.width].to_vec()
            };
            let pixels: Vec<u8> = (label.top..label.top + label.pill.height)
                .flat_map(inside)
                .collect();
            let ink = pixels.iter().filter(|luma| **luma > 180).count();
            assert!(ink * 10 > pixels.len(), "{ink} of {}", pixels.len());
        }
    }

    #[test]
    fn the_same_order_gives_the_same_bytes() {
        assert_eq!(card("Snow", Size::TALL), card("Snow", Size::TALL));
        assert_ne!(card("Snow", Size::TALL), card("Rain", Size::TALL));
    }

    #[test]
    fn what_is_no_picture_makes_no_clip() {
        let order = Order {
            picture: Some(b"no picture"),
            prompt: "",
            size: Size::TALL,
            seconds: 1,
        };
        assert!(matches!(render(&order), Err(ClipError::Picture(_))));
    }
}
