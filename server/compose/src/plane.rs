//! Small working pictures: planes of `f32` with the few operations the composer needs, and the
//! reduced colour copy of a photo on which everything is found.

use std::ops::Range;

/// A rectangle of `f32` values in row order.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    pub width: usize,
    pub height: usize,
    pub values: Vec<f32>,
}

impl Plane {
    pub fn filled(width: usize, height: usize, value: f32) -> Self {
        Self {
            width,
            height,
            values: vec![value; width * height],
        }
    }

    /// Computes each value from its column and row.
    pub fn from_fn(
        width: usize,
        height: usize,
        mut value: impl FnMut(usize, usize) -> f32,
    ) -> Self {
        let mut values = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                values.push(value(x, y));
            }
        }
        Self {
            width,
            height,
            values,
        }
    }

    pub fn map(&self, mut change: impl FnMut(f32) -> f32) -> Self {
        let values = self.values.iter().map(|&value| change(value)).collect();
        Self {
            width: self.width,
            height: self.height,
            values,
        }
    }

    /// Combines two planes of the same size value by value.
    pub fn zip(&self, other: &Self, mut join: impl FnMut(f32, f32) -> f32) -> Self {
        let values = self
            .values
            .iter()
            .zip(&other.values)
            .map(|(&a, &b)| join(a, b))
            .collect();
        Self {
            width: self.width,
            height: self.height,
            values,
        }
    }

    /// One row; empty outside the plane.
    pub fn row(&self, y: usize) -> &[f32] {
        self.values
            .get(y * self.width..(y + 1) * self.width)
            .unwrap_or(&[])
    }

    pub fn mean(&self) -> f32 {
        self.values.iter().sum::<f32>() / self.values.len().max(1) as f32
    }

    /// Mean over a square of `2 * radius + 1` pixels; at the edges over the part inside.
    pub fn box_blur(&self, radius: usize) -> Self {
        if radius == 0 || self.values.is_empty() {
            return self.clone();
        }
        self.blur_rows(radius).blur_columns(radius)
    }

    /// Two box blurs in a row: a good likeness of a Gaussian for soft masks and light.
    pub fn soft_blur(&self, radius: usize) -> Self {
        self.box_blur(radius).box_blur(radius)
    }

    fn blur_rows(&self, radius: usize) -> Self {
        let mut values = Vec::with_capacity(self.values.len());
        for row in self.values.chunks_exact(self.width) {
            // What leaves the running sum trails what enters it by the whole window.
            let entering = row.iter().skip(radius).chain(std::iter::repeat(&0.0));
            let leaving = std::iter::repeat_n(&0.0, radius + 1).chain(row);
            let mut sum: f32 = row.iter().take(radius).sum();
            for ((x, entering), leaving) in (0..row.len()).zip(entering).zip(leaving) {
                sum += entering - leaving;
                values.push(sum / window(x, radius, row.len()));
            }
        }
        Self {
            width: self.width,
            height: self.height,
            values,
        }
    }

    fn blur_columns(&self, radius: usize) -> Self {
        let mut sums = vec![0.0; self.width];
        for y in 0..radius.min(self.height) {
            sums.iter_mut()
                .zip(self.row(y))
                .for_each(|(sum, value)| *sum += value);
        }
        let mut values = Vec::with_capacity(self.values.len());
        for y in 0..self.height {
            sums.iter_mut()
                .zip(self.row(y + radius))
                .for_each(|(sum, value)| *sum += value);
            if let Some(leaving) = y.checked_sub(radius + 1) {
                sums.iter_mut()
                    .zip(self.row(leaving))
                    .for_each(|(sum, value)| *sum -= value);
            }
            let scale = 1.0 / window(y, radius, self.height);
            values.extend(sums.iter().map(|sum| sum * scale));
        }
        Self {
            width: self.width,
            height: self.height,
            values,
        }
    }

    /// Bilinear sample at a position in pixels, the centre of the first pixel being (0.5, 0.5).
    /// Outside, the nearest edge value.
    pub fn sample(&self, x: f32, y: f32) -> f32 {
        if self.values.is_empty() {
            return 0.0;
        }
        let (left, right, across) = neighbours(x, self.width);
        let (above, below, down) = neighbours(y, self.height);
        let (above, below) = (above * self.width, below * self.width);
        let top = mix(
            self.values[above + left],
            self.values[above + right],
            across,
        );
        let bottom = mix(
            self.values[below + left],
            self.values[below + right],
            across,
        );
        mix(top, bottom, down)
    }

    /// The plane stretched to another size.
    pub fn resized(&self, width: usize, height: usize) -> Self {
        let across = self.width as f32 / width.max(1) as f32;
        let down = self.height as f32 / height.max(1) as f32;
        Self::from_fn(width, height, |x, y| {
            self.sample((x as f32 + 0.5) * across, (y as f32 + 0.5) * down)
        })
    }
}

/// How many of the pixels up to `radius` before and after a position are on the line.
fn window(position: usize, radius: usize, length: usize) -> f32 {
    ((position + radius + 1).min(length) - position.saturating_sub(radius)) as f32
}

/// The two pixels around a position on a line of `length` pixels, and the share of the second.
/// `length` must not be zero.
pub(super) fn neighbours(position: f32, length: usize) -> (usize, usize, f32) {
    let last = length - 1;
    let shifted = (position - 0.5).clamp(0.0, last as f32);
    let first = (shifted as usize).min(last);
    (first, (first + 1).min(last), shifted - first as f32)
}

pub(super) fn mix(a: f32, b: f32, share_of_b: f32) -> f32 {
    a + (b - a) * share_of_b
}

/// 0 up to `from`, 1 beyond `to`, smooth between; falls instead of rising if `from > to`.
pub(super) fn smoothstep(from: f32, to: f32, value: f32) -> f32 {
    let t = ((value - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Running sums of a plane, for the mean over any rectangle in constant time.
pub(super) struct Sums {
    width: usize,
    height: usize,
    sums: Vec<f64>,
}

impl Sums {
    pub fn new(plane: &Plane) -> Self {
        let stride = plane.width + 1;
        let mut sums = vec![0.0; stride * (plane.height + 1)];
        for y in 0..plane.height {
            let mut row_sum = 0.0;
            for (x, &value) in plane.row(y).iter().enumerate() {
                row_sum += f64::from(value);
                sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row_sum;
            }
        }
        Self {
            width: plane.width,
            height: plane.height,
            sums,
        }
    }

    /// Mean over the part of the rectangle that lies inside, and that part's share of the whole.
    pub fn mean(&self, left: f32, top: f32, right: f32, bottom: f32) -> (f32, f32) {
        let whole = (right - left).max(1.0) * (bottom - top).max(1.0);
        let clamp = |value: f32, length: usize| (value.round().max(0.0) as usize).min(length);
        let (x0, x1) = (clamp(left, self.width), clamp(right, self.width));
        let (y0, y1) = (clamp(top, self.height), clamp(bottom, self.height));
        if x1 <= x0 || y1 <= y0 {
            return (0.0, 0.0);
        }
        let stride = self.width + 1;
        let sum =
            self.sums[y1 * stride + x1] - self.sums[y0 * stride + x1] - self.sums[y1 * stride + x0]
                + self.sums[y0 * stride + x0];
        let area = ((x1 - x0) * (y1 - y0)) as f32;
        (sum as f32 / area, (area / whole).min(1.0))
    }
}

/// A colour as red, green and blue from 0 to 1, gamma-coded as in the file.
pub(super) type Colour = [f32; 3];

pub(super) fn luma([red, green, blue]: Colour) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

/// A colour as brightness and two opponent axes, so that light and colour can weigh differently.
pub(super) fn opponent([red, green, blue]: Colour) -> Colour {
    let yellow = (red + green) / 2.0;
    [
        luma([red, green, blue]),
        1.5 * (red - green),
        1.5 * (yellow - blue),
    ]
}

pub(super) fn squared_distance(a: Colour, b: Colour) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// A reduced colour copy of a photo.
#[derive(Clone, Debug)]
pub(super) struct Colours {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<Colour>,
}

impl Colours {
    /// Averages RGB bytes down to at most `longest` pixels on the longer side.
    pub fn reduced(rgb: &[u8], width: usize, height: usize, longest: usize) -> Self {
        let (small_width, small_height) = reduced_size(width, height, longest);
        let mut pixels = Vec::with_capacity(small_width * small_height);
        let mut sums = vec![[0_u32; 3]; small_width];
        for small_y in 0..small_height {
            sums.fill([0; 3]);
            let rows = span(small_y, small_height, height);
            for y in rows.clone() {
                let row = rgb.get(3 * y * width..3 * (y + 1) * width).unwrap_or(&[]);
                add_row(row, width, &mut sums);
            }
            for (small_x, sum) in sums.iter().enumerate() {
                let count = (rows.len() * span(small_x, small_width, width).len()) as f32;
                pixels.push(sum.map(|channel| channel as f32 / (255.0 * count.max(1.0))));
            }
        }
        Self {
            width: small_width,
            height: small_height,
            pixels,
        }
    }

    /// Averages this copy down further.
    pub fn smaller(&self, longest: usize) -> Self {
        let (width, height) = reduced_size(self.width, self.height, longest);
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            let rows = span(y, height, self.height);
            for x in 0..width {
                pixels.push(self.block_mean(span(x, width, self.width), rows.clone()));
            }
        }
        Self {
            width,
            height,
            pixels,
        }
    }

    fn block_mean(&self, columns: Range<usize>, rows: Range<usize>) -> Colour {
        let count = (columns.len() * rows.len()).max(1) as f32;
        let lines = rows.filter_map(|y| {
            self.pixels
                .get(y * self.width + columns.start..y * self.width + columns.end)
        });
        let sum = lines.flatten().fold([0.0; 3], |[red, green, blue], pixel| {
            [red + pixel[0], green + pixel[1], blue + pixel[2]]
        });
        sum.map(|channel| channel / count)
    }

    pub fn plane(&self, value: impl FnMut(Colour) -> f32) -> Plane {
        let values = self.pixels.iter().copied().map(value).collect();
        Plane {
            width: self.width,
            height: self.height,
            values,
        }
    }

    /// The part inside the given columns and rows.
    pub fn cropped(&self, left: usize, top: usize, width: usize, height: usize) -> Self {
        let rows = self
            .pixels
            .chunks_exact(self.width.max(1))
            .skip(top)
            .take(height);
        let pixels = rows
            .flat_map(|row| row.iter().skip(left).take(width).copied())
            .collect();
        Self {
            width,
            height,
            pixels,
        }
    }
}

fn reduced_size(width: usize, height: usize, longest: usize) -> (usize, usize) {
    let long = width.max(height).max(1);
    if long <= longest {
        return (width, height);
    }
    (
        (width * longest / long).max(1),
        (height * longest / long).max(1),
    )
}

/// The pixels of a line of `length` which fall into part `index` of `parts`.
fn span(index: usize, parts: usize, length: usize) -> Range<usize> {
    index * length / parts..(index + 1) * length / parts
}

fn add_row(row: &[u8], width: usize, sums: &mut [[u32; 3]]) {
    let parts = sums.len();
    for (index, sum) in sums.iter_mut().enumerate() {
        let columns = span(index, parts, width);
        let bytes = row.get(3 * columns.start..3 * columns.end).unwrap_or(&[]);
        for pixel in bytes.chunks_exact(3) {
            if let [red, green, blue] = *pixel {
                sum[0] += u32::from(red);
                sum[1] += u32::from(green);
                sum[2] += u32::from(blue);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blur_keeps_an_even_plane_and_spreads_a_dot() {
        let even = Plane::filled(7, 5, 0.5).soft_blur(2);
        assert!(even.values.iter().all(|value| (value - 0.5).abs() < 1e-5));
        let dot = Plane::from_fn(5, 5, |x, y| f32::from(u8::from(x == 2 && y == 2))).box_blur(1);
        assert!((dot.sample(1.5, 1.5) - 1.0 / 9.0).abs() < 1e-5);
        assert!(dot.sample(0.5, 0.5).abs() < 1e-5);
    }

    #[test]
    fn sums_know_what_lies_outside() {
        let sums = Sums::new(&Plane::from_fn(4, 2, |x, _| x as f32));
        assert_eq!(sums.mean(0.0, 0.0, 4.0, 2.0), (1.5, 1.0));
        assert_eq!(sums.mean(2.0, 0.0, 6.0, 2.0), (2.5, 0.5));
        assert_eq!(sums.mean(9.0, 0.0, 12.0, 2.0), (0.0, 0.0));
    }

    #[test]
    fn reducing_averages() {
        let rgb = [0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 255, 0];
        let small = Colours::reduced(&rgb, 2, 2, 1);
        assert_eq!((small.width, small.height), (1, 1));
        assert_eq!(small.pixels, [[0.5, 0.5, 0.25]]);
    }
}
