use super::PictureError;

/// The cameras of phones make pictures of up to 50 megapixels.
pub const MOST_PIXELS: u64 = 50_000_000;
pub const LONGEST_SIDE: u32 = 12_000;
pub const SHORTEST_SIDE: u32 = 32;

/// Width and height that are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub width: u32,
    pub height: u32,
}

impl Size {
    pub(crate) fn new(width: u32, height: u32) -> Result<Self, PictureError> {
        if width.min(height) < SHORTEST_SIDE {
            return Err(PictureError::TooSmall);
        }
        let size = Self { width, height };
        if width.max(height) > LONGEST_SIDE || size.pixels() > MOST_PIXELS {
            return Err(PictureError::TooManyPixels);
        }
        Ok(size)
    }

    pub(crate) fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}
