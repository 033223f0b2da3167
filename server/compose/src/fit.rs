//! Laying the garment on the body: landmarks of the garment, its category, and the mapping from
//! a place in the photo to a place on the garment.

use super::Category;
use super::cutout::Cutout;
use super::plane::smoothstep;
use super::torso::Torso;

/// Landmarks of a garment, in pixels of the cut-out.
pub(super) struct Outline {
    /// Column of the garment's axis.
    axis: f32,
    /// Widest extent.
    width: f32,
    /// Row where the worn part begins: the collar or waistband; a hood is above it.
    top: f32,
    /// First row below the garment.
    bottom: f32,
    /// Width of the body without sleeves.
    body: f32,
    /// Width of a dress at the bust.
    bust: f32,
    /// Width of the opening for the neck.
    collar: f32,
    /// Something lies above the shoulders that a worn garment would show behind the neck.
    has_hood: bool,
    /// The sleeves reach down beside the belly.
    long_sleeves: bool,
    legs: bool,
}

impl Outline {
    pub fn of(garment: &Cutout) -> Option<Self> {
        let extents: Vec<Option<(usize, usize)>> =
            (0..garment.height).map(|y| extent(garment, y)).collect();
        let first = extents.iter().position(Option::is_some)?;
        let last = extents.iter().rposition(Option::is_some)?;
        let axis = axis(&extents)?;
        let widths: Vec<f32> = extents
            .get(first..=last)?
            .iter()
            .map(|extent| extent.map_or(0.0, |(left, right)| (right - left + 1) as f32))
            .collect();
        let central: Vec<f32> = (first..=last)
            .map(|y| central_run(garment, y, axis as usize) as f32)
            .collect();
        let width = widths.iter().copied().fold(1.0, f32::max);
        let hood = hood(&widths);
        let worn = hood.unwrap_or(0);
        let body = median_between(&central, worn, 0.45, 0.85).clamp(0.35 * width, width);
        let belly = median_between(&widths, worn, 0.6, 0.7);
        Some(Self {
            axis,
            width,
            top: (first + worn) as f32,
            bottom: last as f32 + 1.0,
            body,
            bust: median_between(&widths, worn, 0.2, 0.35).max(1.0),
            collar: median_between(&widths, worn, 0.0, 0.02),
            has_hood: hood.is_some(),
            long_sleeves: belly > 1.25 * body,
            legs: has_legs(&central),
        })
    }

    fn height(&self) -> f32 {
        (self.bottom - self.top).max(1.0)
    }

    fn has_sleeves(&self) -> bool {
        self.width - self.body > 0.08 * self.width
    }

    /// Width that is scaled as the body; sleeves are what is beyond.
    fn body_under(&self, category: Category) -> f32 {
        if category == Category::Tops && self.has_sleeves() {
            self.body
        } else {
            self.width
        }
    }

    /// Decides the category from the shape, unless the user has.
    fn category(&self, wanted: Category) -> Category {
        match wanted {
            Category::Auto if self.legs => Category::Bottoms,
            Category::Auto if self.height() > 1.45 * self.width => Category::OnePiece,
            Category::Auto => Category::Tops,
            chosen => chosen,
        }
    }
}

/// The row of the neck under a hood, counted from the first row. A hood bulges above a narrower
/// neck; straps and collars do not.
fn hood(widths: &[f32]) -> Option<usize> {
    let upper = widths.get(..widths.len() / 2)?;
    let widest = upper.iter().copied().fold(1.0, f32::max);
    let shoulder = upper.iter().position(|&width| width >= 0.55 * widest)?;
    let from = shoulder * 6 / 10;
    let above = upper.get(from..shoulder)?.iter().enumerate();
    let (row, neck) = above.min_by(|a, b| a.1.total_cmp(b.1))?;
    let bulge = upper.get(..from + row)?.iter().copied().fold(0.0, f32::max);
    (shoulder as f32 > 0.12 * widest && bulge > 1.04 * neck).then_some(from + row)
}

/// First and last covered column of a row.
fn extent(garment: &Cutout, y: usize) -> Option<(usize, usize)> {
    let row = garment.alpha.row(y);
    let left = row.iter().position(|&alpha| alpha > 0.5)?;
    let right = row.iter().rposition(|&alpha| alpha > 0.5)?;
    Some((left, right))
}

/// The median of the middles of all rows.
fn axis(extents: &[Option<(usize, usize)>]) -> Option<f32> {
    let mut middles: Vec<usize> = extents
        .iter()
        .flatten()
        .map(|(left, right)| left + right + 1)
        .collect();
    middles.sort_unstable();
    middles
        .get(middles.len() / 2)
        .map(|&middle| middle as f32 / 2.0)
}

/// Length of the covered stretch of a row that contains the axis.
fn central_run(garment: &Cutout, y: usize, axis: usize) -> usize {
    let row = garment.alpha.row(y);
    if row.get(axis).is_none_or(|&alpha| alpha < 0.5) {
        return 0;
    }
    let left = row
        .iter()
        .take(axis)
        .rev()
        .take_while(|&&alpha| alpha >= 0.5)
        .count();
    let right = row
        .iter()
        .skip(axis)
        .take_while(|&&alpha| alpha >= 0.5)
        .count();
    left + right
}

/// Median over the rows between two shares of the way from row `start` to the last.
fn median_between(widths: &[f32], start: usize, from: f32, to: f32) -> f32 {
    let worn = widths.get(start..).unwrap_or(&[]);
    let row = |share: f32| ((share * worn.len() as f32) as usize).min(worn.len());
    let mut chosen: Vec<f32> = worn.get(row(from)..row(to).max(1)).unwrap_or(&[]).to_vec();
    chosen.sort_by(f32::total_cmp);
    chosen.get(chosen.len() / 2).copied().unwrap_or(0.0)
}

/// Trousers and shorts part below: nothing is covered on the axis there.
fn has_legs(central: &[f32]) -> bool {
    let lowest = central.get(central.len() * 7 / 10..).unwrap_or(&[]);
    let parted = lowest.iter().filter(|&&run| run == 0.0).count();
    parted * 2 > lowest.len()
}

/// A mapping from the photo to the garment: the body is scaled evenly, the sleeves are drawn in
/// and hang a little, as they do on a person with lowered arms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placement {
    /// Photo column of the axis and photo row of the collar.
    pub centre: f32,
    pub top: f32,
    /// First photo row below the garment.
    pub bottom: f32,
    /// Half the width on the photo: of the body, and with the sleeves.
    pub body_half: f32,
    pub half: f32,
    /// The sleeves cover the forearms.
    pub long_sleeves: bool,
    /// Half the width of the opening for the neck, in photo pixels; zero if there is none.
    pub neck_half: f32,
    /// Depth of a neckline to cut where a hood was, in photo pixels.
    neckline: f32,
    /// Rows a sleeve sinks per column away from the body.
    droop: f32,
    garment_axis: f32,
    garment_top: f32,
    body_scale: f32,
    sleeve_scale: f32,
    height_scale: f32,
}

/// Width of the worn body and of the whole top with sleeves, in shoulder widths.
const BODY: f32 = 0.84;
const WITH_SLEEVES: f32 = 1.08;
/// Width of a top without sleeves, of trousers, of a dress at the bust and at most at the hem.
const SLEEVELESS: f32 = 1.0;
const HIPS: f32 = 0.72;
const BUST: f32 = 0.76;
const WIDEST_HEM: f32 = 1.45;

/// Widths and place on the photo, in pixels.
struct Wear {
    body: f32,
    whole: f32,
    top: f32,
    height: f32,
}

impl Placement {
    /// `picture_width` and `picture_height` are those of the photo in pixels.
    pub fn new(
        outline: &Outline,
        torso: &Torso,
        category: Category,
        picture_width: f32,
        picture_height: f32,
    ) -> Self {
        let torso = torso.scaled(picture_width);
        let category = outline.category(category);
        let wear = match category {
            Category::Bottoms => as_bottoms(outline, &torso, picture_height),
            Category::OnePiece => as_one_piece(outline, &torso),
            Category::Tops | Category::Auto => as_top(outline, &torso),
        };
        let is_bottoms = category == Category::Bottoms;
        let body_scale = (wear.body / outline.body_under(category)).max(1e-3);
        let sleeves = outline.width - outline.body_under(category);
        let sleeve_scale = if sleeves > 1.0 {
            (wear.whole - wear.body) / sleeves
        } else {
            body_scale
        };
        Self {
            centre: torso.centre,
            top: wear.top,
            bottom: wear.top + wear.height,
            body_half: wear.body / 2.0,
            half: wear.whole / 2.0,
            long_sleeves: outline.long_sleeves && !is_bottoms,
            neck_half: if is_bottoms {
                0.0
            } else {
                0.5 * outline.collar * body_scale
            },
            neckline: if outline.has_hood {
                0.07 * torso.width
            } else {
                0.0
            },
            droop: if category == Category::Tops { 0.3 } else { 0.0 },
            garment_axis: outline.axis,
            garment_top: outline.top,
            body_scale,
            sleeve_scale: sleeve_scale.max(1e-3),
            height_scale: (wear.height / outline.height()).max(1e-3),
        }
    }

    /// Garment column shown at a photo column, and the photo rows by which it hangs lower.
    pub fn garment_column(&self, x: f32) -> (f32, f32) {
        let aside = x - self.centre;
        let beyond = (aside.abs() - self.body_half).max(0.0);
        let distance = (aside.abs() - beyond) / self.body_scale + beyond / self.sleeve_scale;
        (
            self.garment_axis + distance.copysign(aside),
            self.droop * beyond,
        )
    }

    /// Garment row shown at a photo row.
    pub fn garment_row(&self, y: f32) -> f32 {
        self.garment_top + (y - self.top) / self.height_scale
    }

    /// Photo rows by which the outermost part of a sleeve hangs lower.
    pub fn sag(&self) -> f32 {
        self.droop * (self.half - self.body_half)
    }

    /// Share of the garment left at a photo place by the upper edge: nothing is drawn above the
    /// collar, and where a hood was cut off a neckline is left free.
    pub fn below_collar(&self, x: f32, y: f32) -> f32 {
        let soft = (0.01 * self.half).max(1.0);
        if y > self.top + self.neckline + soft {
            return 1.0;
        }
        let across = (x - self.centre) / (0.24 * self.half).max(1.0);
        let edge = self.top + self.neckline * (1.0 - across * across).max(0.0).sqrt();
        smoothstep(edge, edge + soft, y)
    }

    /// The same placement for a garment reduced by whole blocks of pixels.
    pub fn for_reduced(self, block: usize) -> Self {
        let block = block.max(1) as f32;
        Self {
            garment_axis: self.garment_axis / block,
            garment_top: self.garment_top / block,
            body_scale: self.body_scale * block,
            sleeve_scale: self.sleeve_scale * block,
            height_scale: self.height_scale * block,
            ..self
        }
    }

    /// Garment pixels per photo pixel, for filtering before the garment is reduced.
    pub fn reduction(&self) -> f32 {
        1.0 / self.body_scale.max(self.height_scale).max(1e-3)
    }
}

/// A top hangs from the collar. It is stretched or shortened a little towards the hem of the worn
/// one, so that this is covered.
fn as_top(outline: &Outline, torso: &Torso) -> Wear {
    let shoulders = torso.width;
    let (body, whole) = if outline.has_sleeves() {
        (BODY, WITH_SLEEVES)
    } else {
        (SLEEVELESS, SLEEVELESS)
    };
    let natural = body * shoulders / outline.body_under(Category::Tops) * outline.height();
    let usual = natural.min(1.1 * shoulders);
    let wanted = torso
        .hem
        .map_or(usual, |hem| hem - torso.collar + 0.05 * shoulders);
    let height = wanted
        .clamp(0.6 * natural, 1.15 * natural)
        .clamp(0.8 * shoulders, 1.4 * shoulders);
    Wear {
        body: body * shoulders,
        whole: whole * shoulders,
        top: torso.collar,
        height,
    }
}

/// A dress is fitted at the bust and falls as it is cut.
fn as_one_piece(outline: &Outline, torso: &Torso) -> Wear {
    let scale = (BUST * torso.width / outline.bust).min(WIDEST_HEM * torso.width / outline.width);
    let width = scale * outline.width;
    let height = (scale * outline.height()).clamp(1.3 * torso.width, 3.2 * torso.width);
    Wear {
        body: width,
        whole: width,
        top: torso.collar,
        height,
    }
}

/// Trousers begin at the hem of the worn top and reach for the feet, if these are seen.
fn as_bottoms(outline: &Outline, torso: &Torso, picture_height: f32) -> Wear {
    let width = HIPS * torso.width;
    let natural = width / outline.width * outline.height();
    let waist = torso.hem.unwrap_or(torso.collar + 1.35 * torso.width) - 0.06 * torso.width;
    let top = waist.min(0.8 * picture_height).max(torso.collar);
    let wanted = torso
        .feet
        .map_or(natural, |feet| feet - 0.1 * torso.width - top);
    Wear {
        body: width,
        whole: width,
        top,
        height: wanted.clamp(natural, 1.6 * natural),
    }
}

#[cfg(test)]
mod tests {
    use super::super::plane::Plane;
    use super::*;

    /// A garment of which a place, given from -0.5 to 0.5 and from 0 to 1, is covered or not.
    fn garment(is_covered: impl Fn(f32, f32) -> bool) -> Cutout {
        let alpha = Plane::from_fn(100, 100, |x, y| {
            let place = ((x as f32 + 0.5) / 100.0 - 0.5, (y as f32 + 0.5) / 100.0);
            f32::from(u8::from(is_covered(place.0, place.1)))
        });
        Cutout {
            width: 100,
            height: 100,
            colours: vec![[0.5; 3]; 10_000],
            alpha,
        }
    }

    fn category(is_covered: impl Fn(f32, f32) -> bool) -> Option<Category> {
        Outline::of(&garment(is_covered)).map(|outline| outline.category(Category::Auto))
    }

    #[test]
    fn the_shape_tells_the_category() {
        let tee = |u: f32, v: f32| u.abs() < 0.2 && v > 0.2 || u.abs() < 0.4 && v > 0.2 && v < 0.5;
        let trousers = |u: f32, v: f32| u.abs() < 0.2 && (v < 0.4 || u.abs() > 0.03);
        let dress = |u: f32, v: f32| u.abs() < 0.1 + 0.15 * v;
        assert_eq!(category(tee), Some(Category::Tops));
        assert_eq!(category(trousers), Some(Category::Bottoms));
        assert_eq!(category(dress), Some(Category::OnePiece));
        assert_eq!(category(|_, _| false), None);
    }

    #[test]
    fn only_a_bulge_above_a_neck_is_a_hood() {
        let body = |u: f32, v: f32| v > 0.3 && u.abs() < 0.3;
        let hooded =
            garment(|u, v| body(u, v) || u.abs() < 0.15 && v < 0.22 || u.abs() < 0.1 && v < 0.4);
        let strapped = garment(|u, v| body(u, v) || (0.1..0.13).contains(&u.abs()) && v < 0.4);
        assert_eq!(
            Outline::of(&hooded).map(|outline| outline.has_hood),
            Some(true)
        );
        assert_eq!(
            Outline::of(&strapped).map(|outline| outline.has_hood),
            Some(false)
        );
    }

    #[test]
    fn the_axis_is_on_the_axis_and_sleeves_are_drawn_in() {
        let tee = garment(|u, v| u.abs() < 0.2 && v > 0.2 || u.abs() < 0.4 && v > 0.2 && v < 0.5);
        let torso = Torso {
            centre: 0.5,
            collar: 0.3,
            width: 0.4,
            hem: None,
            feet: None,
        };
        let placement = Outline::of(&tee)
            .map(|outline| Placement::new(&outline, &torso, Category::Auto, 1000.0, 1400.0));
        let Some(placement) = placement else {
            panic!("the tee has an outline")
        };
        assert!((placement.garment_column(500.0).0 - 50.0).abs() < 0.01);
        assert!((placement.garment_row(300.0) - 20.0).abs() < 0.01);
        let (outermost, drop) = placement.garment_column(500.0 + placement.half);
        assert!((outermost - 90.0).abs() < 0.6, "{outermost}");
        assert!(drop > 0.0);
        assert!(placement.below_collar(500.0, 299.0) < 1e-6);
    }
}
