//! What the prefix codes of a lossless WebP take (RFC 9649, section 3.7).
//!
//! Its pixels may be coded by up to 65 536 groups of five codes, and the decoder makes a table of some
//! kilobytes for each code. Twelve bytes can ask for four kilobytes, however small the picture is, and
//! four megabytes for more than a gigabyte. So everything before the pixels is read here first, and the
//! codes are only counted.

/// Of a pixel: green, lengths and remembered colours; red; blue; alpha; distances.
const ALPHABETS: [usize; 5] = [256 + LENGTHS, 256, 256, 256, 40];
const LENGTHS: usize = 24;
/// The order in which the lengths of the code of lengths come.
const ORDER: [usize; 19] = [
    17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
];
/// The longest code has 15 bits. Up to 10 it stands in a table; a longer one in a tree.
const LONGEST: usize = 15;
const LONGEST_IN_TABLE: usize = 10;

/// A picture of 24 megapixels by libwebp takes 4 MB.
const MOST_MEMORY: u64 = 64 * 1024 * 1024;

/// Bytes that the codes of a picture of this size take; `None` where they cannot be read, or are more
/// than any picture needs.
pub(crate) fn memory(data: &[u8], width: u32, height: u32) -> Option<u64> {
    let mut bits = Bits { data, at: 0 };
    let width = skip_transforms(&mut bits, width, height)?;
    let remembered = remembered_colours(&mut bits)?;
    let mut last_group = 0;
    if bits.flag()? {
        // A small picture, of which red and green say by which group a block is coded.
        let block = bits.read(3)? + 2;
        last_group = read_small(&mut bits, blocks(width, block), blocks(height, block))?;
    }
    let mut memory = 0;
    for _ in 0..=last_group {
        let group = read_group(&mut bits, remembered)?;
        memory += group.iter().map(Code::memory).sum::<u64>();
        if memory > MOST_MEMORY {
            return None;
        }
    }
    Some(memory)
}

/// Transforms come first, each with a small picture of its own. Returns how wide the picture is then.
fn skip_transforms(bits: &mut Bits, mut width: u32, height: u32) -> Option<u32> {
    while bits.flag()? {
        match bits.read(2)? {
            // Prediction and colour, by blocks.
            0 | 1 => {
                let block = bits.read(3)? + 2;
                read_small(bits, blocks(width, block), blocks(height, block))?;
            }
            // Green is subtracted.
            2 => {}
            // Few colours: several pixels in one.
            _ => {
                let colours = bits.read(8)? + 1;
                read_small(bits, colours, 1)?;
                width = match colours {
                    ..=2 => blocks(width, 3),
                    3..=4 => blocks(width, 2),
                    5..=16 => blocks(width, 1),
                    _ => width,
                };
            }
        }
    }
    Some(width)
}

fn blocks(side: u32, bits: u32) -> u32 {
    side.div_ceil(1 << bits)
}

fn remembered_colours(bits: &mut Bits) -> Option<usize> {
    if !bits.flag()? {
        return Some(0);
    }
    let size = bits.read(4)?;
    (1..=11).contains(&size).then_some(1 << size)
}

/// Reads a picture that has one group. Returns the largest of its pixels, counted as red and green: what
/// is copied or remembered is never larger than what was there before.
fn read_small(bits: &mut Bits, width: u32, height: u32) -> Option<u16> {
    let remembered = remembered_colours(bits)?;
    let [greens, reds, blues, alphas, distances] = read_group(bits, remembered)?;
    let mut missing = u64::from(width) * u64::from(height);
    let mut largest = 0;
    while missing > 0 {
        let green = greens.read(bits)?;
        let mut made = 1;
        if green < 256 {
            let red = reds.read(bits)?;
            blues.read(bits)?;
            alphas.read(bits)?;
            largest = largest.max(red << 8 | green);
        } else if usize::from(green) < ALPHABETS[0] {
            made = read_length(bits, green - 256)?;
            let distance = distances.read(bits)?;
            read_length(bits, distance)?;
        }
        missing = missing.checked_sub(made)?;
    }
    Some(largest)
}

/// The number that a prefix and the bits behind it stand for.
fn read_length(bits: &mut Bits, prefix: u16) -> Option<u64> {
    let prefix = u32::from(prefix);
    if prefix < 4 {
        return Some(u64::from(prefix) + 1);
    }
    let more = (prefix - 2) >> 1;
    Some(u64::from((2 + (prefix & 1)) << more) + u64::from(bits.read(more)?) + 1)
}

fn read_group(bits: &mut Bits, remembered: usize) -> Option<[Code; 5]> {
    let [greens, reds, blues, alphas, distances] = ALPHABETS;
    Some([
        Code::read_from(bits, greens + remembered)?,
        Code::read_from(bits, reds)?,
        Code::read_from(bits, blues)?,
        Code::read_from(bits, alphas)?,
        Code::read_from(bits, distances)?,
    ])
}

/// A canonical prefix code.
struct Code {
    /// How many symbols have a code of so many bits.
    counts: [u16; LONGEST + 1],
    /// From the shortest code to the longest.
    symbols: Vec<u16>,
}

impl Code {
    fn read_from(bits: &mut Bits, alphabet: usize) -> Option<Self> {
        if bits.flag()? {
            return Self::read_simple(bits, alphabet);
        }
        let mut lengths = [0; ORDER.len()];
        let count = usize::try_from(bits.read(4)?).ok()? + 4;
        for place in ORDER.iter().take(count) {
            lengths[*place] = u8::try_from(bits.read(3)?).ok()?;
        }
        Self::of(&read_lengths(bits, &Self::of(&lengths)?, alphabet)?)
    }

    /// One symbol or two.
    fn read_simple(bits: &mut Bits, alphabet: usize) -> Option<Self> {
        let are_two = bits.flag()?;
        let width = if bits.flag()? { 8 } else { 1 };
        let mut symbols = vec![u16::try_from(bits.read(width)?).ok()?];
        if are_two {
            symbols.push(u16::try_from(bits.read(8)?).ok()?);
        }
        let mut counts = [0; LONGEST + 1];
        counts[usize::from(are_two)] = if are_two { 2 } else { 1 };
        let known = symbols.iter().all(|symbol| usize::from(*symbol) < alphabet);
        known.then_some(Self { counts, symbols })
    }

    /// The code of symbols by the lengths of their codes; `None` when it leaves anything open.
    fn of(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0; LONGEST + 1];
        let mut symbols = Vec::new();
        for (length, count) in (0..).zip(&mut counts).skip(1) {
            let of_length = (0..).zip(lengths).filter(|(_, other)| **other == length);
            let before = symbols.len();
            symbols.extend(of_length.map(|(symbol, _)| symbol));
            *count = u16::try_from(symbols.len() - before).ok()?;
        }
        if symbols.len() == 1 {
            // It takes no bits, whatever is said.
            counts = [0; LONGEST + 1];
            counts[0] = 1;
        }
        let taken: u32 = (0..)
            .zip(&counts)
            .map(|(length, count)| u32::from(*count) << (LONGEST - length))
            .sum();
        (taken == 1 << LONGEST).then_some(Self { counts, symbols })
    }

    fn read(&self, bits: &mut Bits) -> Option<u16> {
        let (mut code, mut first, mut before) = (0, 0, 0);
        for count in self.counts.map(u32::from) {
            if code - first < count {
                return self
                    .symbols
                    .get(usize::try_from(before + code - first).ok()?)
                    .copied();
            }
            before += count;
            first = (first + count) << 1;
            code = code << 1 | bits.read(1)?;
        }
        None
    }

    /// What the decoder makes of it: a table of four bytes for each code of the longest length, and two
    /// nodes of sixteen for each longer one.
    fn memory(&self) -> u64 {
        const BESIDE: u64 = 128;
        let longest = self
            .counts
            .iter()
            .rposition(|count| *count > 0)
            .unwrap_or(0);
        let (_, in_tree) = self.counts.split_at(LONGEST_IN_TABLE + 1);
        let in_tree: u64 = in_tree.iter().map(|count| u64::from(*count)).sum();
        BESIDE + (4 << longest.min(LONGEST_IN_TABLE)) + 2 * 16 * in_tree
    }
}

/// The lengths of the codes of an alphabet, themselves coded.
fn read_lengths(bits: &mut Bits, code: &Code, alphabet: usize) -> Option<Vec<u8>> {
    let mut most = alphabet;
    if bits.flag()? {
        let width = bits.read(3)? * 2 + 2;
        most = usize::try_from(bits.read(width)?).ok()? + 2;
    }
    let mut lengths = Vec::with_capacity(alphabet);
    let mut last = 8;
    while lengths.len() < alphabet && most > 0 {
        most -= 1;
        let (length, times) = match code.read(bits)? {
            16 => (last, bits.read(2)? + 3),
            17 => (0, bits.read(3)? + 3),
            18 => (0, bits.read(7)? + 11),
            length => (u8::try_from(length).ok()?, 1),
        };
        if length > 0 {
            last = length;
        }
        lengths.extend((0..times).map(|_| length));
    }
    lengths.resize(alphabet.max(lengths.len()), 0);
    (lengths.len() == alphabet).then_some(lengths)
}

/// Bits from the lowest of the first byte on.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// A number of up to 24 bits.
    fn read(&mut self, count: u32) -> Option<u32> {
        let mut word = [0; 4];
        let bytes = self.data.get(self.at / 8..)?;
        for (to, from) in word.iter_mut().zip(bytes) {
            *to = *from;
        }
        let value = u32::from_le_bytes(word) >> (self.at % 8) & ((1 << count) - 1);
        self.at += usize::try_from(count).ok()?;
        (self.at <= self.data.len() * 8).then_some(value)
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.read(1)? == 1)
    }
}
