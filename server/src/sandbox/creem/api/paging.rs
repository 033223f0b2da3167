//! Numbered pages, as all lists have them.

use serde_json::{Value, json};

use crate::sandbox::creem::errors::Refusal;

const DEFAULT_SIZE: i64 = 10;
const MAX_SIZE: i64 = 100;

/// Which page is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    number: i64,
    pub size: i64,
}

impl Paging {
    pub fn new(number: Option<i64>, size: Option<i64>) -> Result<Self, Refusal> {
        let (number, size) = (number.unwrap_or(1), size.unwrap_or(DEFAULT_SIZE));
        if number < 1 || number > i64::from(u32::MAX) {
            return Err(Refusal::bad_request("page_number must not be less than 1"));
        }
        if !(1..=MAX_SIZE).contains(&size) {
            let message = format!("page_size must be between 1 and {MAX_SIZE}");
            return Err(Refusal::bad_request(message));
        }
        Ok(Self { number, size })
    }

    pub fn offset(self) -> i64 {
        (self.number - 1) * self.size
    }

    /// The list with its `pagination`.
    pub fn answer(self, items: Vec<Value>, total: i64) -> Value {
        let pages = total / self.size + i64::from(total % self.size > 0);
        let next = (self.number < pages).then_some(self.number + 1);
        let previous = (self.number > 1).then_some(self.number - 1);
        json!({
            "items": items,
            "pagination": {
                "total_records": total, "total_pages": pages, "current_page": self.number,
                "next_page": next, "prev_page": previous,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_has_no_next() {
        let middle = Paging::new(Some(2), Some(10)).unwrap();
        assert_eq!(middle.offset(), 10);
        let answer = middle.answer(Vec::new(), 21);
        assert_eq!(answer["pagination"]["total_pages"], 3);
        assert_eq!(answer["pagination"]["next_page"], 3);
        let last = Paging::new(Some(3), Some(10))
            .unwrap()
            .answer(Vec::new(), 21);
        assert_eq!(last["pagination"]["next_page"], Value::Null);
        assert_eq!(last["pagination"]["prev_page"], 2);
        assert!(Paging::new(Some(0), None).is_err());
        assert!(Paging::new(None, Some(101)).is_err());
    }
}
