//! PNGs written by hand (w3.org/TR/png-3).

use super::bits::Bits;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The signature and the header.
const HEAD: usize = 8 + 25;

pub fn chunk(name: &[u8; 4], inside: &[u8]) -> Vec<u8> {
    let length = u32::try_from(inside.len()).expect("a chunk that fits");
    let named = [name.as_slice(), inside].concat();
    let check = crc(&named).to_be_bytes();
    [length.to_be_bytes().to_vec(), named, check.to_vec()].concat()
}

/// A chunk that says another length than it has.
pub fn lying_chunk(name: &[u8; 4], length: u32, inside: &[u8]) -> Vec<u8> {
    let mut chunk = chunk(name, inside);
    chunk[..4].copy_from_slice(&length.to_be_bytes());
    chunk
}

/// Chunks put behind the header.
pub fn with_chunks(png: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    [&png[..HEAD], &chunks.concat(), &png[HEAD..]].concat()
}

pub fn header(width: u32, height: u32, depth: u8) -> Vec<u8> {
    const RGB: u8 = 2;
    const GREY: u8 = 0;
    let kind = if depth == 1 { GREY } else { RGB };
    let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let inside = [sides, vec![depth, kind, 0, 0, 0]].concat();
    [SIGNATURE, &chunk(b"IHDR", &inside)].concat()
}

/// All black, well-formed to the last byte: one bit a pixel, or three bytes.
pub fn flat(width: u32, height: u32, depth: u8) -> Vec<u8> {
    [
        header(width, height, depth),
        chunk(b"IDAT", &zeros(raw_size(width, height, depth))),
        chunk(b"IEND", &[]),
    ]
    .concat()
}

/// Two frames of 64 × 64, both black. In front of the first, or of the second only: then the first is
/// shown by those who know no animation.
pub fn animated(begins_with_first: bool) -> Vec<u8> {
    let control = |number: u32| {
        let numbers = [number, 64, 64, 0, 0].map(u32::to_be_bytes).concat();
        chunk(b"fcTL", &[numbers, vec![0, 1, 0, 10, 0, 0]].concat())
    };
    let pixels = zeros(raw_size(64, 64, 8));
    let mut parts = vec![header(64, 64, 8), chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0])];
    if begins_with_first {
        parts.push(control(0));
    }
    parts.push(chunk(b"IDAT", &pixels));
    let mut number = u32::from(begins_with_first);
    for _ in usize::from(begins_with_first)..2 {
        parts.push(control(number));
        parts.push(chunk(
            b"fdAT",
            &[&(number + 1).to_be_bytes(), &pixels[..]].concat(),
        ));
        number += 2;
    }
    parts.push(chunk(b"IEND", &[]));
    parts.concat()
}

/// A profile of so many bytes of nothing.
pub fn profile_of_zeros(bytes: usize) -> Vec<u8> {
    chunk(
        b"iCCP",
        &[b"profile\0\0".as_slice(), &zeros(bytes)].concat(),
    )
}

fn raw_size(width: u32, height: u32, depth: u8) -> usize {
    let bits = if depth == 1 { 1 } else { 3 * u64::from(depth) };
    let row = 1 + (u64::from(width) * bits).div_ceil(8);
    usize::try_from(row * u64::from(height)).expect("a size")
}

/// Zero bytes as zlib packs them best: one, and copies of 258 of it in 13 bits each.
fn zeros(count: usize) -> Vec<u8> {
    const FIXED_CODES: u32 = 1;
    let copies = (count - 1) / 258;
    let mut bits = Bits::default();
    bits.push(1, 1);
    bits.push(FIXED_CODES, 2);
    for _ in 0..count - 258 * copies {
        bits.push_code(0b0011_0000, 8);
    }
    for _ in 0..copies {
        bits.push_code(0b1100_0101, 8);
        bits.push_code(0, 5);
    }
    bits.push_code(0, 7);
    // Adler-32 of zeros only counts them.
    let check = u32::try_from(count % 65_521).expect("less than 65 521") << 16 | 1;
    [&[0x78, 0x01], &bits.finish()[..], &check.to_be_bytes()].concat()
}

/// CRC-32, four bits at a time.
fn crc(bytes: &[u8]) -> u32 {
    let table: [u32; 16] = std::array::from_fn(|index| {
        (0..4).fold(u32::try_from(index).expect("less than 16"), |crc, _| {
            crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    });
    let step = |crc: u32| crc >> 4 ^ table[(crc & 15) as usize];
    !bytes
        .iter()
        .fold(!0, |crc, byte| step(step(crc ^ u32::from(*byte))))
}
