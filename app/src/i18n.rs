//! Words in two languages: Fluent messages by key, numbers, money and dates by language.
//!
//! The texts stand in `app/texts/{en,zh}.ftl`. A test holds that both have the same keys, that every
//! key the code names exists, and that none stands there unused.

use std::borrow::Cow;
use std::sync::LazyLock;

use atelier_server::accounts::Language;
use atelier_server::catalog::{Name, decimals_of};
use atelier_server::studio::Tool;
use atelier_server::time::Timestamp;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

/// One value for a place in a message: text (already formatted) or a number that chooses a plural.
pub type Arg<'a> = (&'static str, Value<'a>);

/// What stands in a place of a message.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    Text(Cow<'a, str>),
    Count(i64),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Value<'_> {
    fn from(count: i64) -> Self {
        Self::Count(count)
    }
}

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle("en", include_str!("../texts/en.ftl")));
static CHINESE: LazyLock<Bundle> = LazyLock::new(|| bundle("zh", include_str!("../texts/zh.ftl")));

fn bundle(language: &str, text: &'static str) -> Bundle {
    let locale = match language.parse() {
        Ok(locale) => locale,
        Err(error) => unreachable!("a constant language tag parses: {error}"),
    };
    let mut bundle = Bundle::new_concurrent(vec![locale]);
    // Pages are not mixed-direction, and invisible marks would end up in attributes and mails.
    bundle.set_use_isolating(false);
    let resource = match FluentResource::try_new(text.to_owned()) {
        Ok(resource) => resource,
        Err((_, errors)) => unreachable!("the texts are tested: {errors:?}"),
    };
    if let Err(errors) = bundle.add_resource(resource) {
        unreachable!("the texts are tested: {errors:?}");
    }
    bundle
}

/// The words of one language. Copied into every component that says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words(pub Language);

impl Words {
    /// The message under `key`. A key that is missing shows itself, and fails the tests.
    pub fn say(self, key: &str) -> String {
        self.say_with(key, &[])
    }

    /// The message under `key` about what a tool makes.
    pub fn about(self, key: &str, tool: Tool) -> String {
        self.say_with(key, &[("tool", tool.as_str().into())])
    }

    /// The message under `key` with values in its places.
    pub fn say_with(self, key: &str, args: &[Arg<'_>]) -> String {
        #[cfg(feature = "testing")]
        if keys::are_shown() {
            return keys::shown(key, args);
        }
        let bundle = match self.0 {
            Language::En => &ENGLISH,
            Language::Zh => &CHINESE,
        };
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let mut values = FluentArgs::with_capacity(args.len());
        for (name, value) in args {
            values.set(
                *name,
                match value {
                    Value::Text(text) => FluentValue::String(Cow::Borrowed(text)),
                    Value::Count(count) => FluentValue::from(*count),
                },
            );
        }
        let mut errors = Vec::new();
        let said = bundle.format_pattern(pattern, Some(&values), &mut errors);
        if !errors.is_empty() {
            tracing::error!(key, ?errors, "a text misses a value");
        }
        said.into_owned()
    }

    /// The message under `key`, which counts something: `$n` is the figure for reading, `$count`
    /// the one that chooses the plural.
    pub fn count(self, key: &str, count: i64) -> String {
        self.say_with(
            key,
            &[("n", self.number(count).into()), ("count", count.into())],
        )
    }

    /// A name of the catalogue.
    pub fn name(self, name: &Name) -> &str {
        match self.0 {
            Language::En => &name.en,
            Language::Zh => &name.zh,
        }
    }

    /// What stands between the parts of a list.
    pub fn comma(self) -> &'static str {
        match self.0 {
            Language::En => ", ",
            Language::Zh => "、",
        }
    }

    /// What stands between two of which one is chosen.
    pub fn or(self) -> String {
        format!(" {} ", self.say("common-or"))
    }

    /// The other language of the product.
    pub fn other(self) -> Self {
        Self(match self.0 {
            Language::En => Language::Zh,
            Language::Zh => Language::En,
        })
    }

    /// A sentence that another one follows: Chinese has no space between them.
    pub fn followed(self, mut sentence: String) -> String {
        if self.0 == Language::En {
            sentence.push(' ');
        }
        sentence
    }

    /// The tag for `lang`.
    pub fn tag(self) -> &'static str {
        match self.0 {
            Language::En => "en",
            Language::Zh => "zh-CN",
        }
    }

    /// An integer in groups of three, which both languages write alike.
    pub fn number(self, number: i64) -> String {
        grouped(number)
    }

    /// A change with its sign, for example `+10` or `−1`.
    pub fn signed(self, number: i64) -> String {
        if number > 0 {
            format!("+{}", self.number(number))
        } else {
            self.number(number)
        }
    }

    /// Money in ISO 4217 minor units, for example `$1.90`, `¥50.00` or `−$0.16`.
    pub fn money(self, amount_minor: i64, currency: &str) -> String {
        let amount = self.decimal(amount_minor.saturating_abs(), decimals_of(currency));
        let sign = if amount_minor < 0 { "\u{2212}" } else { "" };
        format!("{sign}{}", self.with_symbol(&amount, currency))
    }

    /// Tenths of one, which are not below nothing, for example `12.5` or `12`.
    pub fn tenths(self, tenths: i64) -> String {
        let decimals = u32::from(tenths % 10 != 0);
        self.decimal(tenths / 10_i64.pow(1 - decimals), decimals)
    }

    /// `parts` of the last of `decimals` digits after the point.
    fn decimal(self, parts: i64, decimals: u32) -> String {
        let unit = 10_i64.pow(decimals);
        let whole = self.number(parts / unit);
        if decimals == 0 {
            return whole;
        }
        let width = decimals as usize;
        format!("{whole}.{:0width$}", (parts % unit).abs())
    }

    fn with_symbol(self, amount: &str, currency: &str) -> String {
        match symbol_of(currency, self.0) {
            Some(symbol) => format!("{symbol}{amount}"),
            None => format!("{} {amount}", currency.to_uppercase()),
        }
    }

    /// What one of `count` pieces costs, to one digit more than the currency has: `$0.085`.
    pub fn money_each(self, amount_minor: i64, count: i64, currency: &str) -> String {
        let decimals = decimals_of(currency) + 1;
        let count = count.max(1);
        let each = (amount_minor * 10 + count / 2) / count;
        self.with_symbol(&self.decimal(each, decimals), currency)
    }

    /// The sign that stands before an amount of `currency`.
    pub fn currency_sign(self, currency: &str) -> String {
        match symbol_of(currency, self.0) {
            Some(symbol) => symbol.to_owned(),
            None => currency.to_uppercase(),
        }
    }

    /// Whole units of a currency, for example `¥50`.
    pub fn whole_money(self, units: i64, currency: &str) -> String {
        self.with_symbol(&self.number(units), currency)
    }

    /// A day in UTC, for example `Nov 20, 2026` or `2026年11月20日`.
    pub fn date(self, at: Timestamp) -> String {
        let date = at.to_datetime().date();
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        match self.0 {
            Language::En => format!("{} {day}, {year}", MONTHS[usize::from(month) - 1]),
            Language::Zh => format!("{year}年{month}月{day}日"),
        }
    }

    /// A day of this year in UTC, for example `Nov 20` or `11月20日`.
    pub fn day(self, at: Timestamp) -> String {
        let date = at.to_datetime().date();
        let (month, day) = (u8::from(date.month()), date.day());
        match self.0 {
            Language::En => format!("{} {day}", MONTHS[usize::from(month) - 1]),
            Language::Zh => format!("{month}月{day}日"),
        }
    }

    /// A moment in UTC to the minute.
    pub fn moment(self, at: Timestamp) -> String {
        let time = at.to_datetime().time();
        match self.0 {
            Language::En => format!("{}, {:02}:{:02}", self.date(at), time.hour(), time.minute()),
            Language::Zh => format!("{} {:02}:{:02}", self.date(at), time.hour(), time.minute()),
        }
    }
}

/// An integer in groups of three.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        grouped.push('\u{2212}');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A message by its key, for whoever does not know yet in which language it is read.
#[derive(Clone, Debug)]
pub struct Text {
    key: &'static str,
    values: Vec<(&'static str, String)>,
}

impl Text {
    pub fn with<const N: usize>(key: &'static str, values: [(&'static str, String); N]) -> Self {
        Self {
            key,
            values: values.into(),
        }
    }

    /// Whether it is the message of this key.
    pub fn is(&self, key: &str) -> bool {
        self.key == key
    }

    pub fn say(&self, w: Words) -> String {
        let values = self.values.iter();
        let args: Vec<Arg<'_>> = values
            .map(|(name, text)| (*name, text.as_str().into()))
            .collect();
        w.say_with(self.key, &args)
    }
}

impl From<&'static str> for Text {
    fn from(key: &'static str) -> Self {
        Self::with(key, [])
    }
}

/// Texts as their keys, so that a test sees what a page says without them.
#[cfg(feature = "testing")]
mod keys {
    use std::sync::LazyLock;

    use super::{Arg, Value};

    static ARE_SHOWN: LazyLock<bool> = LazyLock::new(|| {
        #[expect(clippy::disallowed_methods, reason = "no setting: only tests know it")]
        let asked = std::env::var("TEXTS");
        asked.is_ok_and(|asked| asked == "keys")
    });

    pub(super) fn are_shown() -> bool {
        *ARE_SHOWN
    }

    /// `[key|value|value]`.
    pub(super) fn shown(key: &str, args: &[Arg<'_>]) -> String {
        let mut said = format!("[{key}");
        for (_, value) in args {
            said.push('|');
            match value {
                Value::Text(text) => said.push_str(text),
                Value::Count(count) => said.push_str(&count.to_string()),
            }
        }
        said.push(']');
        said
    }
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn symbol_of(currency: &str, language: Language) -> Option<&'static str> {
    match (currency, language) {
        ("usd", Language::En) => Some("$"),
        ("usd", Language::Zh) => Some("US$"),
        ("cny", _) => Some("¥"),
        ("eur", _) => Some("€"),
        ("gbp", _) => Some("£"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: Words = Words(Language::En);
    const ZH: Words = Words(Language::Zh);

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_450, "1,450"),
            (-12_000, "\u{2212}12,000"),
        ] {
            assert_eq!(EN.number(number), text);
        }
        assert_eq!(EN.signed(10), "+10");
        assert_eq!(EN.signed(-1), "\u{2212}1");
    }

    #[test]
    fn money_has_the_digits_of_its_currency() {
        assert_eq!(EN.money(190, "usd"), "$1.90");
        assert_eq!(ZH.money(190, "usd"), "US$1.90");
        assert_eq!(EN.money(5_000, "cny"), "¥50.00");
        assert_eq!(EN.money(500, "jpy"), "JPY 500");
        assert_eq!(EN.money(1_005, "kwd"), "KWD 1.005");
        assert_eq!(EN.money(-16, "usd"), "−$0.16");
        assert_eq!(EN.whole_money(1_000, "cny"), "¥1,000");
        assert_eq!(
            [0, 5, 120, 125].map(|of| EN.tenths(of)),
            ["0", "0.5", "12", "12.5"]
        );
        assert_eq!(EN.money_each(3_000, 355, "usd"), "$0.085");
        assert_eq!(EN.money_each(500, 1_000, "jpy"), "JPY 0.5");
    }

    #[test]
    fn dates_are_written_as_people_write_them() {
        let at = Timestamp::parse("2026-03-05T09:07:00Z").unwrap();
        assert_eq!(EN.date(at), "Mar 5, 2026");
        assert_eq!(EN.moment(at), "Mar 5, 2026, 09:07");
        assert_eq!(ZH.moment(at), "2026年3月5日 09:07");
        assert_eq!(
            (EN.day(at), ZH.day(at)),
            ("Mar 5".to_owned(), "3月5日".to_owned())
        );
    }

    #[test]
    fn plurals_follow_the_count() {
        let say = |n: i64| {
            EN.say_with(
                "common-credits",
                &[("count", n.into()), ("n", EN.number(n).into())],
            )
        };
        assert_eq!(say(1), "1 credit");
        assert_eq!(say(1_000), "1,000 credits");
    }
}
