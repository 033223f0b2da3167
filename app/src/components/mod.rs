//! The pieces pages are made of, one file a family. A piece is a plain function or component: it is
//! handed what it shows and reads nothing for itself.
//!
//! To add one: copy the closest, take words from [`Words`](crate::i18n::Words), and add its row to
//! the tests beneath.

pub mod anomaly;
pub mod assets;
pub mod bar;
pub mod batch;
pub mod buy;
pub mod chart;
pub mod consent;
pub mod demo;
pub mod device;
pub mod fault;
pub mod field;
pub mod figure;
pub mod foot;
pub mod form;
pub mod history;
pub mod icon;
pub mod item;
pub mod line;
pub mod link;
pub mod message;
pub mod notice;
pub mod order;
pub mod outcome;
pub mod own_plan;
pub mod pack;
pub mod pager;
pub mod picker;
pub mod plan;
pub mod reason;
pub mod returns;
pub mod seller;
pub mod sentence;
pub mod shot;
pub mod state;
pub mod stay;
pub mod stopped;
pub mod toasts;
pub mod top_up;
