use leptos::prelude::*;

use crate::i18n::Words;

/// One value of a chart: when, and how much; no value is a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    pub day: String,
    pub value: Option<i64>,
}

/// How the values stand beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Amounts, each for itself.
    Bars,
    /// A level that goes on until it changes.
    Steps,
}

/// Of the drawing, in pixels. Its width is that of its place.
const HEIGHT: i64 = 132;
/// So many values are drawn and said each for itself. More are one outline: a page with many charts stays light, and
/// none of them could be pointed at.
const MOST_APART: usize = 31;

/// A chart of days, drawn here: axis and labels, and each value under the pointer without script. Whoever
/// cannot see it has `label`, and the table beside it.
pub fn chart(w: Words, title: String, label: String, shape: Shape, bars: &[Bar]) -> AnyView {
    chart_of(w, title, label, shape, bars, &|value| w.number(value))
}

/// The same of values that `say` writes: amounts of money, lengths, parts.
pub fn chart_of(
    w: Words,
    title: String,
    label: String,
    shape: Shape,
    bars: &[Bar],
    say: &dyn Fn(i64) -> String,
) -> AnyView {
    let scale = Scale::of(bars);
    let ticks = scale.ticks().map(|tick| view! { <span>{say(tick)}</span> });
    let class = match (shape, scale.has_below) {
        (Shape::Steps, _) => "chart level",
        (Shape::Bars, false) => "chart",
        (Shape::Bars, true) => "chart signed",
    };
    let drawing = if bars.len() > MOST_APART {
        outline(bars, scale)
    } else {
        columns(w, shape, bars, scale, say)
    };
    let ends = [0, bars.len() / 2, bars.len().saturating_sub(1)].map(|index| {
        bars.get(index)
            .map(|bar| view! { <span>{bar.day.clone()}</span> })
    });
    view! {
        <figure class=class>
            <figcaption>{title}</figcaption>
            <div class="chart-scale" aria-hidden="true">{ticks}</div>
            <div class="chart-drawing" role="img" aria-label=label>
                <svg class="chart-lines">{[0.0, 0.5, 1.0].map(line)}</svg>
                {drawing}
            </div>
            <div class="chart-ends" aria-hidden="true">{ends}</div>
        </figure>
    }
    .into_any()
}

/// A line across.
fn line(part: f64) -> impl IntoView {
    let y = part * HEIGHT as f64 + 0.5;
    view! { <line class="chart-line" x1="0" x2="100%" y1=y y2=y></line> }
}

/// What the height of a drawing stands for: from nothing up, or as far below nothing as above.
#[derive(Clone, Copy)]
struct Scale {
    most: i64,
    has_below: bool,
    /// Where some days have no value, those that have nothing show it by a mark.
    has_gaps: bool,
}

impl Scale {
    fn of(bars: &[Bar]) -> Self {
        let values = || bars.iter().filter_map(|bar| bar.value);
        let has_below = values().any(|value| value < 0);
        let most = values().map(i64::saturating_abs).max().unwrap_or(0);
        Self {
            most: round_up(most),
            has_below,
            has_gaps: bars.iter().any(|bar| bar.value.is_none()),
        }
    }

    fn ticks(self) -> [i64; 3] {
        match self.has_below {
            true => [self.most, 0, -self.most],
            false => [self.most, self.most / 2, 0],
        }
    }

    /// Where nothing is, from the top.
    fn zero(self) -> i64 {
        if self.has_below { HEIGHT / 2 } else { HEIGHT }
    }

    /// How far from there a value reaches: what is below nothing, below it; what is anything at all, far enough to be seen.
    fn reach(self, value: Option<i64>) -> i64 {
        let Some(value) = value else { return 0 };
        let reach = (value as f64 / self.most as f64 * self.zero() as f64).round() as i64;
        match value {
            0 => i64::from(self.has_gaps),
            1.. => reach.clamp(1, HEIGHT),
            _ => reach.clamp(-HEIGHT, -1),
        }
    }
}

/// Each day in a column of its own. Where columns stand and how wide they are is said by the style, so that a day is a few
/// bytes: its height and its words, which have room behind it, above it or before it.
fn columns(
    w: Words,
    shape: Shape,
    bars: &[Bar],
    scale: Scale,
    say: &dyn Fn(i64) -> String,
) -> AnyView {
    let days = bars.iter().enumerate().map(|(index, bar)| {
        let reach = scale.reach(bar.value);
        let class = match (index * 3 / bars.len(), reach < 0) {
            (0, false) => "chart-day",
            (0, true) => "chart-day below",
            (1, false) => "chart-day mid",
            (1, true) => "chart-day mid below",
            (_, false) => "chart-day end",
            (_, true) => "chart-day end below",
        };
        let is_drawn = reach != 0 || shape == Shape::Steps;
        let drawn = is_drawn.then(|| {
            view! { <svg height=reach.abs()><rect class="chart-bar"></rect></svg> }
        });
        let amount = bar.value.map_or_else(|| w.say("chart-none"), say);
        let args = [("day", (&bar.day).into()), ("n", amount.into())];
        view! { <span class=class>{drawn}<b>{w.say_with("dash-chart-day", &args)}</b></span> }
    });
    days.collect_view().into_any()
}

/// All values as one outline, each one wide; it is stretched to its place.
fn outline(bars: &[Bar], scale: Scale) -> AnyView {
    let zero = scale.zero();
    let (mut at, mut run) = (zero, 0);
    let mut path = format!("M0 {zero}");
    for bar in bars {
        let y = zero - scale.reach(bar.value);
        if y != at {
            path.push_str(&format!("h{run}V{y}"));
            (at, run) = (y, 0);
        }
        run += 1;
    }
    path.push_str(&format!("h{run}V{zero}"));
    let sides = format!("0 0 {} {HEIGHT}", bars.len());
    view! {
        <svg class="chart-outline" viewBox=sides preserveAspectRatio="none">
            <path class="chart-bar" d=path></path>
        </svg>
    }
    .into_any()
}

/// The next of 2, 4, 10, 20, 40, 100 and so on: its half is a whole number.
fn round_up(most: i64) -> i64 {
    let mut scale = 1_i64;
    loop {
        for step in [2, 4, 10] {
            let top = scale.saturating_mul(step);
            if most <= top || top == i64::MAX {
                return top;
            }
        }
        scale = scale.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;

    use super::*;

    #[test]
    fn the_scale_ends_at_a_number_that_is_easy_to_halve() {
        for (most, top) in [
            (0, 2),
            (2, 2),
            (3, 4),
            (8, 10),
            (11, 20),
            (355, 400),
            (401, 1_000),
        ] {
            assert_eq!(round_up(most), top, "{most}");
        }
        assert_eq!(round_up(i64::MAX), i64::MAX);
    }

    #[test]
    fn what_is_below_nothing_hangs_and_nothing_is_no_gap() {
        let bars = [Some(-10), Some(5), Some(0), None].map(|value| Bar {
            day: "Nov 3".to_owned(),
            value,
        });
        let label = || "four days".to_owned();
        let html = chart(Words(Language::En), label(), label(), Shape::Bars, &bars).to_html();
        // Half of the drawing is above nothing, half below it.
        assert!(
            html.contains("<span>10</span><span>0</span><span>−10</span>"),
            "{html}"
        );
        assert!(
            html.contains("class=\"chart-day below\"><svg height=\"66\">"),
            "{html}"
        );
        let heights = html.split("<svg height=\"").skip(1);
        let heights = heights.filter_map(|rest| rest.split('"').next());
        assert_eq!(heights.collect::<Vec<_>>(), ["66", "33", "1"], "{html}");
        assert!(html.contains(">Nov 3: none</b>"), "{html}");
    }

    #[test]
    fn each_day_says_its_value() {
        let bars: Vec<Bar> = [0, 4, 1_200]
            .into_iter()
            .map(|value| Bar {
                day: format!("Nov {value}"),
                value: Some(value),
            })
            .collect();
        let label = || "three days".to_owned();
        let html = chart(Words(Language::En), label(), label(), Shape::Bars, &bars).to_html();
        assert!(html.contains(">Nov 1200: 1,200</b>"), "{html}");
        assert_eq!(html.matches("class=\"chart-bar\"").count(), 2, "{html}");
        assert!(html.contains("<span>2,000</span>"), "{html}");
        // Nothing but heights: the policy allows no style in elements.
        assert!(!html.contains("style="), "{html}");
    }
}
