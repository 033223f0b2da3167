//! JPEGs written by hand (ITU-T T.81).

const START: [u8; 2] = [0xff, 0xd8];
const END: [u8; 2] = [0xff, 0xd9];
pub const EXIF: u8 = 0xe1;
pub const COMMENT: u8 = 0xfe;
const SCAN: u8 = 0xda;
const BASELINE: u8 = 0xc0;
const PROGRESSIVE: u8 = 0xc2;

pub fn segment(marker: u8, inside: &[u8]) -> Vec<u8> {
    let length = u16::try_from(inside.len() + 2).expect("a segment has up to 65 533 bytes");
    [&[0xff, marker], &length.to_be_bytes()[..], inside].concat()
}

/// A segment put behind the first two bytes.
pub fn with_segment(jpeg: &[u8], marker: u8, inside: &[u8]) -> Vec<u8> {
    with_bytes(jpeg, &segment(marker, inside))
}

/// The same with whatever bytes.
pub fn with_bytes(jpeg: &[u8], bytes: &[u8]) -> Vec<u8> {
    [&START, bytes, &jpeg[2..]].concat()
}

/// An even grey of any size. Where the only code is one zero bit, pixels are zero bytes.
pub fn flat(width: u16, height: u16) -> Vec<u8> {
    let data = vec![0; blocks(width, height, 1) * 2 / 8 + 1];
    let scan = [scan_header(63), data].concat();
    [head(BASELINE, width, height, 1), scan, END.to_vec()].concat()
}

/// The same, progressive. With `sampling` 2 its colours have half as many pixels across and down.
pub fn flat_progressive(width: u16, height: u16, sampling: u8, scans: usize) -> Vec<u8> {
    let data = vec![0; blocks(width, height, usize::from(sampling)) / 8 + 1];
    let scan = [scan_header(0), data].concat();
    [
        head(PROGRESSIVE, width, height, sampling),
        scan.repeat(scans),
        END.to_vec(),
    ]
    .concat()
}

/// Nothing but headers: the pixels never come.
pub fn without_pixels(width: u16, height: u16) -> Vec<u8> {
    [
        head(BASELINE, width, height, 1),
        scan_header(63),
        END.to_vec(),
    ]
    .concat()
}

/// A small picture whose frame has a second header.
pub fn with_two_frames(width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = flat(64, 64);
    let at = jpeg.windows(2).position(|pair| pair == [0xff, SCAN]);
    let at = at.expect("a scan");
    jpeg.splice(at..at, frame(BASELINE, width, height, 1));
    jpeg
}

/// How many components a pixel has.
pub fn components(jpeg: &[u8]) -> u8 {
    let is_frame = |pair: &[u8]| pair[0] == 0xff && matches!(pair[1], BASELINE..=PROGRESSIVE);
    let at = jpeg.windows(2).position(is_frame);
    jpeg[at.expect("a frame") + 9]
}

fn head(kind: u8, width: u16, height: u16, sampling: u8) -> Vec<u8> {
    let quantisation = [[0].as_slice(), &[1; 64]].concat();
    // One code of one bit, for zero.
    let code = |table: u8| [&[table, 1], [0; 15].as_slice(), &[0]].concat();
    [
        START.to_vec(),
        segment(0xdb, &quantisation),
        frame(kind, width, height, sampling),
        segment(0xc4, &code(0x00)),
        segment(0xc4, &code(0x10)),
    ]
    .concat()
}

fn frame(kind: u8, width: u16, height: u16, sampling: u8) -> Vec<u8> {
    let [h1, h2] = height.to_be_bytes();
    let [w1, w2] = width.to_be_bytes();
    let first = sampling << 4 | sampling;
    let inside = [8, h1, h2, w1, w2, 3, 1, first, 0, 2, 0x11, 0, 3, 0x11, 0];
    segment(kind, &inside)
}

fn scan_header(last: u8) -> Vec<u8> {
    segment(SCAN, &[3, 1, 0, 2, 0, 3, 0, 0, last, 0])
}

/// How many blocks of 8 × 8 there are, in whole units.
fn blocks(width: u16, height: u16, sampling: usize) -> usize {
    let units = |side: u16| usize::from(side).div_ceil(8 * sampling);
    units(width) * units(height) * (sampling * sampling + 2)
}
