//! Colour profiles (ICC.1:2022). They are data of strangers like the rest, so only what can be one is
//! carried on.

/// The largest tables for a screen or a printer stay far below.
const MOST_BYTES: usize = 1024 * 1024;
const HEADER: usize = 128;

/// What the numbers of a picture stand for.
#[derive(Clone, Copy)]
pub(crate) enum Space {
    Rgb,
    Grey,
}

/// The profile, when it is one for pixels of this kind: one of CMYK would be wrong for what was turned
/// into RGB.
pub(crate) fn fitting(profile: &[u8], space: Space) -> Option<Vec<u8>> {
    let length = u32::from_be_bytes(profile.get(..4)?.try_into().ok()?);
    let length = usize::try_from(length).ok()?;
    let space: &[u8] = match space {
        Space::Rgb => b"RGB ",
        Space::Grey => b"GRAY",
    };
    let fits = (HEADER..=MOST_BYTES).contains(&length)
        && profile.get(16..20)? == space
        && profile.get(36..40)? == b"acsp";
    // What stands behind the length it says is none of it.
    profile.get(..length).filter(|_| fits).map(<[u8]>::to_vec)
}
