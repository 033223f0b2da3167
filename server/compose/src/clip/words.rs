//! Words of any language drawn without a font file: the glyphs of GNU Unifont, sixteen dots high, with
//! their corners rounded off.

use unifont::{Glyph, get_glyph};

/// Dots of a line and of the way from one line to the next.
pub(super) const LINE: usize = 16;
const ADVANCE: usize = 22;

/// Lines of glyphs that share a scale, laid out around a middle.
pub(super) struct Text {
    lines: Vec<Line>,
    /// Pixels of a dot.
    pub scale: usize,
}

/// Which dots of a line are black, row by row.
struct Line {
    width: usize,
    dots: Vec<bool>,
}

impl Text {
    /// The words at the largest scale that lets them fit into so many pixels. What does not fit at the
    /// smallest ends in an ellipsis.
    pub fn fitting(words: &str, width: usize, height: usize, largest: usize) -> Self {
        const SMALLEST: usize = 2;
        for scale in (SMALLEST..=largest).rev() {
            let lines = wrapped(words, width / scale);
            if lines.len() * ADVANCE * scale <= height {
                return Self::of(&lines, scale);
            }
        }
        let mut lines = wrapped(words, width / SMALLEST);
        lines.truncate((height / (ADVANCE * SMALLEST)).max(1));
        let last = lines.pop().unwrap_or_default();
        lines.push(with_ellipsis(last, width / SMALLEST));
        Self::of(&lines, SMALLEST)
    }

    fn of(lines: &[Vec<&'static Glyph>], scale: usize) -> Self {
        Self {
            lines: lines.iter().map(|glyphs| Line::of(glyphs)).collect(),
            scale,
        }
    }

    pub fn lines(&self) -> usize {
        self.lines.len()
    }

    /// Pixels from the top of one line to the top of the next.
    pub fn advance(&self) -> usize {
        ADVANCE * self.scale
    }

    /// Width of a line in pixels.
    pub fn width(&self, line: usize) -> usize {
        self.lines[line].width * self.scale
    }

    /// How much of a pixel of a line its glyphs cover, 0 to 1.
    pub fn cover(&self, line: usize, x: f32, y: f32) -> f32 {
        let scale = self.scale as f32;
        let (x, y) = (x / scale - 0.5, y / scale - 0.5);
        let (column, row) = (x.floor(), y.floor());
        let dot =
            |dx: f32, dy: f32| f32::from(u8::from(self.lines[line].dot(column + dx, row + dy)));
        let (across, down) = (x - column, y - row);
        let upper = dot(0.0, 0.0) * (1.0 - across) + dot(1.0, 0.0) * across;
        let lower = dot(0.0, 1.0) * (1.0 - across) + dot(1.0, 1.0) * across;
        let ink = upper * (1.0 - down) + lower * down;
        ((ink - 0.5) * scale * 0.7 + 0.5).clamp(0.0, 1.0)
    }
}

impl Line {
    fn of(glyphs: &[&'static Glyph]) -> Self {
        let width = glyphs.iter().map(|glyph| glyph.get_width()).sum();
        let row = |y| {
            let dots = move |glyph: &&'static Glyph| {
                let glyph = *glyph;
                (0..glyph.get_width()).map(move |x| glyph.get_pixel(x, y))
            };
            glyphs.iter().flat_map(dots)
        };
        Self {
            width,
            dots: (0..LINE).flat_map(row).collect(),
        }
    }

    fn dot(&self, column: f32, row: f32) -> bool {
        let is_inside = column >= 0.0 && row >= 0.0 && column < self.width as f32;
        let index = || row as usize * self.width + column as usize;
        is_inside && self.dots.get(index()).is_some_and(|dot| *dot)
    }
}

/// The glyphs, as many as leave room for an ellipsis behind them.
fn with_ellipsis(mut glyphs: Vec<&'static Glyph>, most: usize) -> Vec<&'static Glyph> {
    let Some(ellipsis) = get_glyph('…') else {
        return glyphs;
    };
    while dots(&glyphs) + ellipsis.get_width() > most && glyphs.pop().is_some() {}
    glyphs.push(ellipsis);
    glyphs
}

fn dots(glyphs: &[&'static Glyph]) -> usize {
    glyphs.iter().map(|glyph| glyph.get_width()).sum()
}

/// Lines of at most so many dots, broken at spaces, between wide glyphs, and within what is too long.
fn wrapped(words: &str, most: usize) -> Vec<Vec<&'static Glyph>> {
    let mut lines = Vec::new();
    let mut line: Vec<&'static Glyph> = Vec::new();
    // How many glyphs the line had when it could be broken last.
    let mut good: Option<usize> = None;
    for letter in words.chars() {
        let letter = if letter.is_whitespace() { ' ' } else { letter };
        let Some(glyph) = get_glyph(letter).filter(|_| !letter.is_control()) else {
            continue;
        };
        if letter == ' ' && line.is_empty() {
            continue;
        }
        if dots(&line) + glyph.get_width() > most && !line.is_empty() {
            let at = if letter == ' ' || glyph.is_fullwidth() {
                line.len()
            } else {
                good.unwrap_or(line.len())
            };
            let rest = line.split_off(at);
            lines.push(trimmed(line));
            let blanks = rest.iter().take_while(|glyph| is_blank(glyph)).count();
            line = rest[blanks..].to_vec();
            good = None;
            if letter == ' ' && line.is_empty() {
                continue;
            }
        }
        if letter == ' ' || glyph.is_fullwidth() {
            good = Some(line.len());
        }
        line.push(glyph);
    }
    if !line.is_empty() {
        lines.push(trimmed(line));
    }
    lines
}

fn is_blank(glyph: &Glyph) -> bool {
    (0..LINE).all(|y| (0..glyph.get_width()).all(|x| !glyph.get_pixel(x, y)))
}

fn trimmed(mut glyphs: Vec<&'static Glyph>) -> Vec<&'static Glyph> {
    while glyphs.last().is_some_and(|glyph| is_blank(glyph)) {
        glyphs.pop();
    }
    glyphs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(words: &str, most: usize) -> Vec<usize> {
        wrapped(words, most)
            .iter()
            .map(|line| dots(line) / 8)
            .collect()
    }

    #[test]
    fn lines_break_at_spaces_and_between_wide_glyphs() {
        assert_eq!(widths("a red coat", 5 * 8), [5, 4]);
        assert_eq!(widths("红色的大衣", 6 * 8), [6, 4]);
        assert_eq!(widths("abcdefgh", 3 * 8), [3, 3, 2]);
        assert_eq!(widths("  a\n\tb  ", 10 * 8), [4]);
        assert_eq!(widths("", 40), [0_usize; 0]);
    }

    #[test]
    fn what_is_too_long_ends_in_an_ellipsis_and_stays_inside() {
        let text = Text::fitting(&"word ".repeat(400), 300, 200, 5);
        assert_eq!(text.scale, 2);
        assert!(text.lines() * text.advance() <= 200);
        for line in 0..text.lines() {
            assert!(text.width(line) <= 300);
        }
    }

    #[test]
    fn few_words_are_large() {
        let text = Text::fitting("Snow", 400, 400, 5);
        assert_eq!((text.lines(), text.scale), (1, 5));
        assert_eq!(text.width(0), 4 * 8 * 5);
        assert!(text.cover(0, 3.0, 30.0) <= 1.0);
    }
}
