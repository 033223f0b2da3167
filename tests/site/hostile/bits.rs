/// Bits that fill each byte from its lowest one on, as deflate and lossless WebP write them.
#[derive(Default)]
pub struct Bits {
    bytes: Vec<u8>,
    open: u64,
    count: u32,
}

impl Bits {
    /// The lowest `count` bits of a number.
    pub fn push(&mut self, value: u32, count: u32) {
        self.open |= u64::from(value) << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push((self.open & 255) as u8);
            self.open >>= 8;
            self.count -= 8;
        }
    }

    /// A prefix code: its highest bit comes first.
    pub fn push_code(&mut self, code: u32, length: u32) {
        self.push(code.reverse_bits() >> (32 - length), length);
    }

    pub fn finish(mut self) -> Vec<u8> {
        let missing = (8 - self.count) % 8;
        self.push(0, missing);
        self.bytes
    }
}
