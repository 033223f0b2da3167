//! Frames to H.264 (OpenH264), H.264 to a file that plays while it loads.

use std::num::NonZeroU32;

use openh264::encoder::{
    Complexity, Encoder, EncoderConfig, FrameRate, IntraFramePeriod, QpRange, RateControlMode,
    VuiConfig,
};
use openh264::formats::YUVSlices;
use openh264::{OpenH264API, Timestamp};
use shiguredo_mp4::TrackKind;
use shiguredo_mp4::bitstream::h264::{
    H264NalUnitType, H264SampleEntryConfig, LengthSize, build_avc1_box_from_annexb,
    parse_annexb_nal_units,
};
use shiguredo_mp4::boxes::SampleEntry;
use shiguredo_mp4::mux::{
    Mp4FileMuxer, Mp4FileMuxerOptions, Sample, estimate_maximum_moov_box_size,
};

use super::frame::Frame;
use super::{ClipError, RATE};

/// The quantiser of every frame, of 0 to 51: small marks cannot be seen, and a clip has about a megabyte.
const QUALITY: u8 = 25;
/// A player can jump to every second.
const KEY_FRAME_EVERY: u32 = RATE;

/// A film being shot.
pub(super) struct Film {
    encoder: Encoder,
    muxer: Mp4FileMuxer,
    file: Vec<u8>,
    taken: u32,
}

impl Film {
    /// `frames` is how many there will be.
    pub fn new(frames: u32) -> Result<Self, ClipError> {
        // One thread: more would be no faster for two clips at once, and less alike each time.
        let config = EncoderConfig::new()
            .rate_control_mode(RateControlMode::Off)
            .qp(QpRange::new(QUALITY, QUALITY))
            .max_frame_rate(FrameRate::from_hz(RATE as f32))
            .intra_frame_period(IntraFramePeriod::from_num_frames(KEY_FRAME_EVERY))
            .complexity(Complexity::Low)
            .skip_frames(false)
            .num_threads(1)
            .vui(VuiConfig::bt709());
        let encoder = Encoder::with_api_config(OpenH264API::from_source(), config)?;
        let options = Mp4FileMuxerOptions {
            reserved_moov_box_size: estimate_maximum_moov_box_size(&[frames as usize]),
            ..Mp4FileMuxerOptions::default()
        };
        let muxer = Mp4FileMuxer::with_options(options).map_err(packed)?;
        Ok(Self {
            encoder,
            file: muxer.initial_boxes_bytes().to_vec(),
            muxer,
            taken: 0,
        })
    }

    pub fn take(&mut self, frame: &Frame) -> Result<(), ClipError> {
        let planes = (&*frame.luma, &*frame.blue, &*frame.red);
        let (width, height) = (frame.size.width, frame.size.height);
        let source = YUVSlices::new(planes, (width, height), (width, width / 2, width / 2));
        let time = Timestamp::from_millis(u64::from(self.taken) * 1_000 / u64::from(RATE));
        let stream = self.encoder.encode_at(&source, time)?.to_vec();
        let units = parse_annexb_nal_units(&stream).map_err(packed)?;
        let keyframe = units
            .iter()
            .any(|unit| unit.nal_unit_type == H264NalUnitType::IdrSlice);
        let sample_entry = match self.taken {
            0 => {
                let config = H264SampleEntryConfig {
                    length_size: LengthSize::FourBytes,
                };
                let entry = build_avc1_box_from_annexb(&stream, &config).map_err(packed)?;
                Some(SampleEntry::Avc1(entry))
            }
            _ => None,
        };
        let start = self.file.len();
        // What describes the stream stands in the head of the file alone.
        let is_picture = |kind| !matches!(kind, H264NalUnitType::Sps | H264NalUnitType::Pps);
        for unit in units.iter().filter(|unit| is_picture(unit.nal_unit_type)) {
            let length = u32::try_from(unit.data.len()).map_err(packed)?;
            self.file.extend_from_slice(&length.to_be_bytes());
            self.file.extend_from_slice(unit.data);
        }
        self.taken += 1;
        let sample = Sample {
            track_kind: TrackKind::Video,
            sample_entry,
            keyframe,
            timescale: NonZeroU32::new(RATE).unwrap_or(NonZeroU32::MIN),
            duration: 1,
            composition_time_offset: None,
            data_offset: start as u64,
            data_size: self.file.len() - start,
        };
        self.muxer.append_sample(&sample).map_err(packed)
    }

    /// The finished file.
    pub fn develop(mut self) -> Result<Vec<u8>, ClipError> {
        let finished = self.muxer.finalize().map_err(packed)?;
        for (offset, bytes) in finished.offset_and_bytes_pairs() {
            let start = usize::try_from(offset).map_err(packed)?;
            let end = start + bytes.len();
            if self.file.len() < end {
                self.file.resize(end, 0);
            }
            self.file[start..end].copy_from_slice(bytes);
        }
        Ok(self.file)
    }
}

fn packed(error: impl std::fmt::Display) -> ClipError {
    ClipError::Pack(error.to_string())
}
