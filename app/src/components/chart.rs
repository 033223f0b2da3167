use leptos::prelude::*;

use crate::i18n::Words;

/// One value of a chart: when, and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    pub day: String,
    pub value: i64,
}

/// How the values stand beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Amounts, each for itself.
    Bars,
    /// A level that goes on until it changes.
    Steps,
}

/// Of the drawing, in pixels. Its width is that of its place, so positions across are in percent.
const HEIGHT: f64 = 132.0;

/// A chart of days, drawn here: axis and labels, and each value under the pointer without script. Whoever
/// cannot see it has `label`, and the table beside it.
pub fn chart(w: Words, title: String, label: String, shape: Shape, bars: &[Bar]) -> AnyView {
    chart_of(w, title, label, shape, bars, &|value| w.number(value))
}

/// The same of values that `say` writes: amounts of money.
pub fn chart_of(
    w: Words,
    title: String,
    label: String,
    shape: Shape,
    bars: &[Bar],
    say: &dyn Fn(i64) -> String,
) -> AnyView {
    let most = round_up(bars.iter().map(|bar| bar.value).max().unwrap_or(0));
    let ticks = [most, most / 2, 0].map(|tick| view! { <span>{say(tick)}</span> });
    let class = match shape {
        Shape::Bars => "chart",
        Shape::Steps => "chart level",
    };
    let count = bars.len().max(1);
    let days: Vec<_> = bars
        .iter()
        .enumerate()
        .map(|(index, bar)| day(w, shape, bar, most, Place { index, count }, say))
        .collect();
    let ends = [0, bars.len() / 2, bars.len().saturating_sub(1)].map(|index| {
        bars.get(index)
            .map(|bar| view! { <span>{bar.day.clone()}</span> })
    });
    view! {
        <figure class=class>
            <figcaption>{title}</figcaption>
            <div class="chart-scale" aria-hidden="true">{ticks}</div>
            <svg class="chart-drawing" role="img" aria-label=label>
                {[0.0, 0.5, 1.0].map(line)}
                {days}
            </svg>
            <div class="chart-ends" aria-hidden="true">{ends}</div>
        </figure>
    }
    .into_any()
}

/// A line across.
fn line(part: f64) -> impl IntoView {
    let y = format!("{:.1}", part * HEIGHT + 0.5);
    view! { <line class="chart-line" x1="0" x2="100%" y1=y.clone() y2=y></line> }
}

/// Which of how many.
#[derive(Clone, Copy)]
struct Place {
    index: usize,
    count: usize,
}

impl Place {
    /// Percent across.
    fn left(self) -> f64 {
        self.index as f64 * 100.0 / self.count as f64
    }

    fn width(self) -> f64 {
        100.0 / self.count as f64
    }

    /// On which side of its middle a label has room.
    fn anchor(self) -> (&'static str, f64) {
        match self.index * 3 / self.count {
            0 => ("start", self.left()),
            1 => ("middle", self.left() + self.width() / 2.0),
            _ => ("end", self.left() + self.width()),
        }
    }
}

fn day(
    w: Words,
    shape: Shape,
    bar: &Bar,
    most: i64,
    place: Place,
    say: &dyn Fn(i64) -> String,
) -> AnyView {
    let height = (bar.value.max(0) as f64 / most as f64 * HEIGHT).min(HEIGHT);
    let percent = |value: f64| format!("{value:.2}%");
    let gap = match shape {
        Shape::Bars => place.width() * 0.14,
        Shape::Steps => 0.0,
    };
    let (x, width) = (
        percent(place.left() + gap),
        percent(place.width() - 2.0 * gap),
    );
    let (y, tall) = (format!("{:.1}", HEIGHT - height), format!("{height:.1}"));
    let value = (bar.value != 0).then(|| {
        let (x, y) = (x.clone(), y.clone());
        view! { <rect class="chart-bar" x=x y=y width=width height=tall></rect> }
    });
    let top = (shape == Shape::Steps).then(|| {
        let right = percent(place.left() + place.width());
        view! { <line class="chart-top" x1=x x2=right y1=y.clone() y2=y></line> }
    });
    let (anchor, at) = place.anchor();
    let args = [("day", (&bar.day).into()), ("n", say(bar.value).into())];
    let said = w.say_with("dash-chart-day", &args);
    view! {
        <g class="chart-day">
            <rect class="chart-hit" x=percent(place.left()) y="0" width=percent(place.width()) height="100%"></rect>
            {value}
            {top}
            <text x=percent(at) y="14" text-anchor=anchor>{said}</text>
        </g>
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
    fn each_day_says_its_value() {
        let bars: Vec<Bar> = [0, 4, 1_200]
            .into_iter()
            .map(|value| Bar {
                day: format!("Nov {value}"),
                value,
            })
            .collect();
        let label = || "three days".to_owned();
        let html = chart(Words(Language::En), label(), label(), Shape::Bars, &bars).to_html();
        assert!(html.contains(">Nov 1200: 1,200</text>"), "{html}");
        assert_eq!(html.matches("class=\"chart-bar\"").count(), 2, "{html}");
        assert!(html.contains("<span>2,000</span>"), "{html}");
        // Nothing but positions: the policy allows no style in elements.
        assert!(!html.contains("style="), "{html}");
    }
}
