//! WebPs written by hand (RFC 9649).

use super::bits::Bits;

pub const ANIMATED: u8 = 1 << 1;
pub const HAS_EXIF: u8 = 1 << 3;

pub fn chunk(name: &[u8; 4], inside: &[u8]) -> Vec<u8> {
    lying_chunk(
        name,
        u32::try_from(inside.len()).expect("a chunk that fits"),
        inside,
    )
}

/// A chunk that says this length, whatever it has.
pub fn lying_chunk(name: &[u8; 4], length: u32, inside: &[u8]) -> Vec<u8> {
    let padding = vec![0; inside.len() % 2];
    [name.as_slice(), &length.to_le_bytes(), inside, &padding].concat()
}

pub fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    chunk(b"RIFF", &[b"WEBP".to_vec(), chunks.concat()].concat())
}

/// The header of a file with more than its pixels.
pub fn extended(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let less_one = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    let inside = [vec![flags, 0, 0, 0], less_one(width), less_one(height)];
    chunk(b"VP8X", &inside.concat())
}

/// All of one colour, lossless, in a few bytes whatever the size: no pixel takes a bit.
pub fn flat(width: u32, height: u32) -> Vec<u8> {
    let mut bits = lossless_header(width, height);
    // No transforms, no remembered colours, one group of codes.
    bits.push(0, 3);
    push_single_codes(&mut bits, [90, 120, 30, 255, 0]);
    let mut pixels = bits.finish();
    pixels.resize(pixels.len() + 8, 0);
    chunk(b"VP8L", &pixels)
}

/// 64 × 64 pixels coded by so many groups of five codes of 1 024 entries each, in twelve bytes a code.
pub fn many_codes(groups: u32) -> Vec<u8> {
    let mut bits = lossless_header(64, 64);
    bits.push(0, 2);
    // Blocks of 64 × 64, of which the only one is coded by the last group.
    bits.push(1, 1);
    bits.push(4, 3);
    bits.push(0, 1);
    push_single_codes(&mut bits, [(groups - 1) & 255, (groups - 1) >> 8, 0, 0, 0]);
    for _ in 0..groups * 5 {
        push_code_of_ten_bits(&mut bits);
    }
    chunk(b"VP8L", &bits.finish())
}

/// The header of a lossy frame and nothing else.
pub fn lossy_header(width: u16, height: u16) -> Vec<u8> {
    let ([w1, w2], [h1, h2]) = (width.to_le_bytes(), height.to_le_bytes());
    chunk(b"VP8 ", &[0, 0, 0, 0x9d, 0x01, 0x2a, w1, w2, h1, h2])
}

/// A frame of an animation of this size.
pub fn frame(width: u32, height: u32) -> Vec<u8> {
    let less_one = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    let place = [
        vec![0; 6],
        less_one(width),
        less_one(height),
        vec![100, 0, 0, 0],
    ];
    chunk(b"ANMF", &[place.concat(), flat(width, height)].concat())
}

fn lossless_header(width: u32, height: u32) -> Bits {
    let mut bits = Bits::default();
    bits.push(0x2f, 8);
    bits.push(width - 1, 14);
    bits.push(height - 1, 14);
    bits.push(0, 4);
    bits
}

/// Codes of one symbol each: green, red, blue, alpha, distance.
fn push_single_codes(bits: &mut Bits, symbols: [u32; 5]) {
    const SIMPLE_ONE_OF_8_BITS: u32 = 0b101;
    for symbol in symbols {
        bits.push(SIMPLE_ONE_OF_8_BITS, 3);
        bits.push(symbol, 8);
    }
}

/// A code of eleven symbols whose lengths are 1, 2, 3 … 10 and 10.
fn push_code_of_ten_bits(bits: &mut Bits) {
    // In the order in which they come: the lengths of the codes of 17, 18, 0, 1 … 5, 16, 6 … 10.
    const OF_LENGTHS: [u32; 14] = [0, 0, 0, 3, 3, 3, 3, 3, 0, 3, 4, 4, 4, 4];
    bits.push(0, 1);
    bits.push(14 - 4, 4);
    for length in OF_LENGTHS {
        bits.push(length, 3);
    }
    // Eleven lengths are told, in four bits less two.
    bits.push(1, 1);
    bits.push(1, 3);
    bits.push(11 - 2, 4);
    for length in (1..=10).chain([10]) {
        match length {
            1..=6 => bits.push_code(length - 1, 3),
            _ => bits.push_code(length + 5, 4),
        }
    }
}
