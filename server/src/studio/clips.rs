//! Videos that providers made, and the pictures they begin with.

use std::io::Cursor;

use bytes::Bytes;
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat};
use shiguredo_mp4::TrackKind;
use shiguredo_mp4::boxes::SampleEntry;
use shiguredo_mp4::demux::{Input, Mp4FileDemuxer};

use super::{Aspect, Picture};

/// The longest side of a first frame: more than any provider's video has.
const LONGEST_SIDE: u32 = 1_920;

/// A video a provider made, kept as it came; `None` when it is no MP4 with pictures in it.
pub(super) fn result(bytes: Bytes) -> Option<Picture> {
    let (width, height) = size(&bytes)?;
    Some(Picture {
        bytes,
        media_type: "video/mp4",
        width,
        height,
    })
}

/// Width and height of the first track of pictures that has any.
fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut demuxer = Mp4FileDemuxer::new();
    demuxer.handle_input(Input {
        position: 0,
        data: bytes,
    });
    let tracks = demuxer.tracks().ok()?;
    tracks.iter().find(|track| track.kind == TrackKind::Video)?;
    while let Ok(Some(sample)) = demuxer.next_sample() {
        let visual = match sample.sample_entry {
            Some(SampleEntry::Avc1(entry)) => &entry.visual,
            Some(SampleEntry::Hev1(entry)) => &entry.visual,
            Some(SampleEntry::Hvc1(entry)) => &entry.visual,
            Some(SampleEntry::Av01(entry)) => &entry.visual,
            Some(SampleEntry::Vp09(entry)) => &entry.visual,
            _ => continue,
        };
        let size = (u32::from(visual.width), u32::from(visual.height));
        // What the head of the file promises must be there.
        let end = sample.data_offset.checked_add(sample.data_size as u64)?;
        let whole = usize::try_from(end).is_ok_and(|end| end <= bytes.len());
        return (whole && size.0 > 0 && size.1 > 0).then_some(size);
    }
    None
}

/// The first frame of a video: the largest part of a picture that has its shape, from the upper part,
/// where faces are. JPEG, since no provider takes more than that shows.
pub(super) fn first_frame(bytes: &[u8], aspect: Aspect) -> image::ImageResult<Vec<u8>> {
    let picture = image::load_from_memory(bytes)?;
    let (width, height) = (picture.width(), picture.height());
    let ratio = aspect.ratio();
    let fitting = (
        (f64::from(height) * ratio).round() as u32,
        (f64::from(width) / ratio).round() as u32,
    );
    let (wide, high) = (width.min(fitting.0).max(1), height.min(fitting.1).max(1));
    let (left, top) = ((width - wide) / 2, (height - high) / 4);
    let mut part = picture.crop_imm(left, top, wide, high);
    if wide.max(high) > LONGEST_SIDE {
        part = part.resize(LONGEST_SIDE, LONGEST_SIDE, FilterType::Triangle);
    }
    let mut jpeg = Cursor::new(Vec::new());
    on_white(&part).write_to(&mut jpeg, ImageFormat::Jpeg)?;
    Ok(jpeg.into_inner())
}

/// Without what can be seen through.
fn on_white(picture: &DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8().into();
    }
    let mut ground = DynamicImage::ImageRgba8(image::RgbaImage::from_pixel(
        picture.width(),
        picture.height(),
        image::Rgba([255; 4]),
    ));
    image::imageops::overlay(&mut ground, picture, 0, 0);
    ground.to_rgb8().into()
}

#[cfg(test)]
mod tests {
    use atelier_compose::clip;

    use super::*;

    fn film() -> Vec<u8> {
        let order = clip::Order {
            picture: None,
            prompt: "snow",
            size: clip::Size::WIDE,
            seconds: 1,
        };
        clip::render(&order).unwrap()
    }

    #[test]
    fn a_video_is_known_by_what_is_in_it() {
        let film = film();
        let kept = result(film.clone().into()).unwrap();
        assert_eq!((kept.width, kept.height), (848, 480));
        assert_eq!(kept.media_type, "video/mp4");
        assert_eq!(result(film[..600].to_vec().into()), None);
        assert_eq!(result(film[..film.len() / 40].to_vec().into()), None);
        assert_eq!(result(b"<html>not found</html>".to_vec().into()), None);
        assert_eq!(result(Bytes::new()), None);
    }

    #[test]
    fn a_first_frame_has_the_shape_of_the_video() {
        let photo = image::RgbaImage::from_pixel(300, 400, image::Rgba([9, 9, 9, 0]));
        let mut png = Cursor::new(Vec::new());
        photo.write_to(&mut png, ImageFormat::Png).unwrap();
        for (aspect, size) in [
            (Aspect::Tall, (225, 400)),
            (Aspect::Wide, (300, 169)),
            (Aspect::Square, (300, 300)),
        ] {
            let frame = first_frame(png.get_ref(), aspect).unwrap();
            let frame = image::load_from_memory(&frame).unwrap().to_rgb8();
            assert_eq!(frame.dimensions(), size);
            assert!(frame.pixels().all(|pixel| pixel.0.iter().all(|c| *c > 250)));
        }
    }
}
