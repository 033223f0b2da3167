//! The sandbox composer: a virtual try-on preview, made offline and without any trained model.
//!
//! The way of the picture, step by step:
//!
//! 1. [`decode`]: both pictures are read within bounds and turned upright.
//! 2. [`cutout`]: the garment is freed from its transparent or plain background; drop shadows and
//!    captions stay behind, and the edge loses the colour of the old background.
//! 3. [`plane`]: the photo is averaged down to two copies, one of some hundred pixels to find the
//!    person on, one a little larger to measure the light on.
//! 4. [`silhouette`]: each pixel of the small copy is judged to be person or background, by what
//!    the border of the photo shows and by where people are in photos; skin is told by its hue.
//! 5. [`torso`]: a figure of head, neck and torso is laid over these maps at every place and size;
//!    the best fit, corrected by the silhouette, gives collar, shoulders and hem.
//! 6. [`fit`]: collar, body and sleeves of the garment are found, its category is decided, and a
//!    mapping from the photo to the garment is made. Nothing is ever drawn above the collar, and
//!    so the face stays as it is.
//! 7. [`blend`]: the garment is drawn in the light and with the folds of the photo; forearms and
//!    hands stay in front, edges are soft, and a faint shadow falls on the body.
//! 8. [`label`]: the word "PREVIEW" is drawn on the lower right of the garment.
//!
//! A clip ([`clip`]) is a camera move over such a picture, or a card with words.
//!
//! There is no time, chance or thread in it: the same input gives the same bytes.

mod blend;
pub mod clip;
mod cutout;
mod decode;
mod fit;
mod label;
mod plane;
mod silhouette;
#[cfg(test)]
mod tests;
mod torso;

use image::DynamicImage;

pub use decode::DecodeError;
use label::Area;
use plane::Colours;

/// What the garment covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Category {
    /// Decided from the garment's shape.
    #[default]
    Auto,
    /// Hangs from the collar.
    Tops,
    /// Hangs from the waist.
    Bottoms,
    /// Hangs from the collar and covers the legs.
    OnePiece,
}

/// Why no preview could be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The person's photo is unreadable or too large.
    #[error("the person's photo: {0}")]
    Person(#[source] DecodeError),
    /// The garment's photo is unreadable or too large.
    #[error("the garment's photo: {0}")]
    Garment(#[source] DecodeError),
    /// The photo is empty: no person can be in it.
    #[error("no person was found in the photo")]
    NoPerson,
    /// Nothing stands out from the background of the garment's photo.
    #[error("no garment stands out from its background")]
    NoGarment,
    /// Out of memory or a picture beyond what PNG can hold.
    #[error("the preview could not be written: {0}")]
    Encode(#[source] image::ImageError),
}

/// A finished preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// Lossless, because outside the garment it is the person's own photo bit by bit.
    pub png: Vec<u8>,
    /// Size in pixels: that of the person's photo, turned upright.
    pub width: u32,
    pub height: u32,
}

/// Composes a preview from two encoded pictures (JPEG, PNG or WebP).
///
/// The same input gives the same bytes.
pub fn compose(
    person: &[u8],
    garment: &[u8],
    category: Category,
) -> Result<Composed, ComposeError> {
    // The garment first: its full size is let go before the photo is decoded.
    let garment = decode::decode(garment).map_err(ComposeError::Garment)?;
    let garment = cutout::cut_out(&garment.image.into_rgba8()).ok_or(ComposeError::NoGarment)?;
    let outline = fit::Outline::of(&garment).ok_or(ComposeError::NoGarment)?;

    let photo = decode::decode(person).map_err(ComposeError::Person)?;
    let icc_profile = photo.icc_profile;
    let rgb = flattened(photo.image);
    let (width, height) = rgb.dimensions();
    let (columns, rows) = (width as usize, height as usize);
    let mut rgb = rgb.into_raw();

    let light_copy = Colours::reduced(&rgb, columns, rows, blend::LIGHT_SIZE);
    let working_copy = light_copy.smaller(torso::WORKING_SIZE);
    let found = torso::find(&working_copy).ok_or(ComposeError::NoPerson)?;
    let placement = fit::Placement::new(
        &outline,
        &found.torso,
        category,
        width as f32,
        height as f32,
    );
    let scene = blend::Scene::of(&light_copy, &found, &placement, width as f32);
    let block = placement.reduction() as usize;
    let placement = placement.for_reduced(block);
    blend::blend(
        &mut rgb,
        columns,
        rows,
        &garment.reduced_by(block),
        &placement,
        &scene,
    );
    label::draw(&mut rgb, columns, label_area(&placement, columns, rows));

    let png = decode::encode_png(&rgb, width, height, icc_profile).map_err(ComposeError::Encode)?;
    Ok(Composed { png, width, height })
}

/// The photo as RGB, transparent parts on white.
fn flattened(image: DynamicImage) -> image::RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let rgba = image.into_rgba8();
    image::RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [red, green, blue, alpha] = rgba.get_pixel(x, y).0;
        let on_white = |channel: u8| {
            let (channel, alpha) = (u32::from(channel), u32::from(alpha));
            ((channel * alpha + 255 * (255 - alpha) + 127) / 255) as u8
        };
        image::Rgb([red, green, blue].map(on_white))
    })
}

/// The lower right of the worn garment's body. On the garment and not in the corner of the photo,
/// so that everything outside the garment stays the person's own picture.
fn label_area(placement: &fit::Placement, width: usize, height: usize) -> Area {
    let pixel = |value: f32, length: usize| (value.max(0.0) as usize).min(length);
    let inset = 0.06 * placement.body_half;
    Area {
        left: pixel(placement.centre - placement.body_half, width),
        top: pixel((placement.top + placement.bottom) / 2.0, height),
        right: pixel(
            (placement.centre + placement.body_half).min(width as f32) - inset,
            width,
        ),
        bottom: pixel(placement.bottom.min(height as f32) - inset, height),
    }
}
