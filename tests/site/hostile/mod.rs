//! Files that are sent to do harm. The [`table`] says what each attacks and what becomes of it; each is
//! made on the spot and sent to the real program.

mod bits;
mod jpeg;
mod png;
mod rows;
mod table;
mod webp;

use std::collections::HashSet;
use std::io::Cursor;
use std::path::Path;

use image::{ColorType, DynamicImage, ImageFormat};

use crate::support::multipart::Multipart;
use crate::support::process::Server;
use crate::support::{Answer, App, Client, Kind, at_once, pictures};
use table::{CLASSES, Fate, NAME, PAYLOAD, Row, TABLE};

/// A form with this file as the person or as the garment, beside a good one.
fn form(name: &str, bytes: &[u8], field: &str) -> Multipart {
    let (other, good) = match field {
        "person" => ("garment", pictures::garment()),
        _ => ("person", pictures::person()),
    };
    let with_good = Multipart::default().file(other, other, good);
    with_good.file(field, name, bytes)
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[track_caller]
fn assert_refused(answer: &Answer, row: &Row, field: &str) {
    let what = format!("{} as the {field}: {}", row.file, answer.text());
    let (status, code, field, wrong) = match row.fate {
        Fate::Refused(status, code, wrong) => (status, code, field, wrong),
        Fate::Unreadable => (422, "validation", "body", "is not complete multipart data"),
        Fate::Kept(_) => panic!("{what} is kept"),
    };
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (status, code),
        "{what}"
    );
    assert_eq!(answer.json()["errors"][field], wrong, "{what}");
}

fn refused() -> impl Iterator<Item = &'static Row> {
    TABLE
        .iter()
        .filter(|row| !matches!(row.fate, Fate::Kept(_)))
}

on_both_databases! {
    async fn hostile_files_are_refused_and_leave_nothing(app: &App) {
        let ann = app.sign_up("ann").await;
        let wallet = ann.wallet().await;
        for row in refused() {
            for field in ["person", "garment"] {
                let answer = ann.upload("/api/try-on", form(&row.name, &row.bytes, field)).await;
                assert_refused(&answer, row, field);
                assert_eq!(app.stored_files(), 0, "{}", row.file);
                assert_eq!(app.number("SELECT COUNT(*) FROM files").await, 0, "{}", row.file);
                assert_eq!(app.number("SELECT COUNT(*) FROM jobs").await, 0, "{}", row.file);
                assert_eq!(ann.wallet().await, wallet, "{}", row.file);
            }
        }
        assert_kept_nowhere(app).await;
    }

    async fn what_is_hostile_about_a_good_picture_is_left_behind(app: &App) {
        let ann = app.sign_up("ann").await;
        app.set_credits(&ann, 100).await;
        for row in TABLE.iter() {
            let Fate::Kept(media_type) = row.fate else { continue };
            // The provider need not draw anything.
            app.next_job("fail:PoseError").await;
            let both = Multipart::default()
                .file("person", &row.name, &row.bytes)
                .file("garment", &row.name, &row.bytes);
            let answer = ann.upload("/api/try-on", both).await;
            assert_eq!(answer.status, 202, "{}: {}", row.file, answer.text());
            let id = answer.json()["id"].as_str().expect("an id").to_owned();
            for field in ["person", "garment"] {
                let kept = ann.get(&format!("/jobs/{id}/{field}")).await.expect(200);
                assert_plain(&kept, media_type, row);
            }
            ann.job_ends(&id).await;
        }
        assert_kept_nowhere(app).await;
    }

    async fn cmyk_and_sixteen_bits_are_kept_as_ordinary_rgb(app: &App) {
        let ann = app.sign_up("ann").await;
        let form = Multipart::try_on(&cmyk(), &sixteen_bits());
        let job = ann.upload("/api/try-on", form).await.expect(202).json();
        let id = job["id"].as_str().expect("an id");
        for (field, format, wanted) in [
            ("person", ImageFormat::Jpeg, [48, 172, 225]),
            ("garment", ImageFormat::Png, [0x12, 0x80, 0xfe]),
        ] {
            let kept = ann.get(&format!("/jobs/{id}/{field}")).await.expect(200);
            let image = image::load_from_memory_with_format(&kept.body, format).expect("a picture");
            assert_eq!(image.color(), ColorType::Rgb8, "{field}");
            assert!(format == ImageFormat::Png || jpeg::components(&kept.body) == 3, "{field}");
            for pixel in image.to_rgb8().pixels() {
                let near = pixel.0.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 3);
                assert!(near, "{field}: {pixel:?} instead of {wanted:?}");
            }
        }
    }

    async fn each_refusal_has_its_own_words_on_the_page(app: &App) {
        let ann = app.sign_up("ann").await;
        for (bytes, words) in [
            (Vec::from("text"), "Only JPEG, PNG and WebP pictures work here."),
            (pictures::truncated(), "It may be damaged."),
            (png::animated(true), "This picture moves."),
            (png::flat(31, 64, 8), "each side needs at least 32 pixels"),
            (jpeg::without_pixels(8_000, 8_000), "Up to 50 million work here, and sides of up to 12,000"),
            (pictures::too_large(), "This picture is larger than 10 MB."),
        ] {
            for field in ["person", "garment"] {
                let form = form("person.jpg", &bytes, field).text("key", "k");
                let page = ann.upload("/try-on", form).await.expect(422).text();
                let (_, at_field) = page.split_once(&format!("id=\"{field}-error\"")).expect("a place");
                let (said, _) = at_field.split_once("</p>").expect("its end");
                assert!(said.contains(words), "{words}: {said}");
            }
        }
    }
}

/// An ordinary still picture that ends where it ends, and is opened as nothing else.
#[track_caller]
fn assert_plain(kept: &Answer, media_type: &str, row: &Row) {
    let what = row.file;
    assert_eq!(kept.header("content-type"), media_type, "{what}");
    assert_eq!(kept.header("x-content-type-options"), "nosniff", "{what}");
    let (format, end): (_, &[u8]) = match media_type {
        "image/jpeg" => (ImageFormat::Jpeg, b"\xff\xd9"),
        _ => (ImageFormat::Png, b"\0\0\0\0IEND\xae\x42\x60\x82"),
    };
    assert!(kept.body.ends_with(end), "{what}");
    let image = image::load_from_memory_with_format(&kept.body, format);
    assert_eq!(image.expect(what).color(), ColorType::Rgb8, "{what}");
    for text in [PAYLOAD, NAME, "iCCP", "ICC_PROFILE"] {
        assert!(!contains(&kept.body, text), "{what}: {text}");
    }
}

/// Neither the database nor any file has a word of what was sent.
async fn assert_kept_nowhere(app: &App) {
    for text in [PAYLOAD, NAME] {
        // On SQLite this is the database as well.
        assert_eq!(file_with(app.folder.path(), text), None);
    }
    if app.services.db.kind() == Kind::Postgres {
        let all = "SELECT CAST(schema_to_xml('public', true, false, '') AS text)";
        let all: String = sqlx::query_scalar(all)
            .fetch_one(app.services.db.reader())
            .await
            .expect("the whole database");
        assert!(contains(all.as_bytes(), "ann@example.com"), "{all}");
        assert!(
            !contains(all.as_bytes(), PAYLOAD) && !contains(all.as_bytes(), NAME),
            "{all}"
        );
    }
}

/// A file in this folder or below that has this text in it, or in its name.
fn file_with(folder: &Path, text: &str) -> Option<String> {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let found = if path.is_dir() {
            file_with(&path, text)
        } else {
            let name = path.display().to_string();
            let bytes = std::fs::read(&path).unwrap_or_default();
            (name.contains(text) || contains(&bytes, text)).then_some(name)
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Much cyan, some magenta and a little black, inverted as Adobe writes it.
fn cmyk() -> Vec<u8> {
    let mut bytes = Vec::new();
    let ink = [200, 60, 0, 30].repeat(64 * 64);
    jpeg_encoder::Encoder::new(&mut bytes, 100)
        .encode(&ink, 64, 64, jpeg_encoder::ColorType::CmykAsYcck)
        .expect("a picture is encoded");
    bytes
}

fn sixteen_bits() -> Vec<u8> {
    let pixel = image::Rgb([0x1234_u16, 0x8000, 0xfedc]);
    let image = image::ImageBuffer::from_pixel(64, 64, pixel);
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(image)
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("a picture is encoded");
    bytes.into_inner()
}

/// The most memory a process has had so far, in bytes.
fn peak(server: &Server) -> u64 {
    let path = format!("/proc/{}/status", server.id());
    let status = std::fs::read_to_string(path).expect("the system tells it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.expect("a number") * 1024
}

const MB: u64 = 1_000_000;
/// Four bodies of up to 10 MB, each in a buffer that doubles when it is full, and a copy of two of them.
const FOUR_UPLOADS: u64 = 4 * 24 * MB;
/// 50 megapixels at eight bytes: what all that is decoded at one time may take (`MOST_MEMORY`).
const DECODED: u64 = 400 * MB;

/// Sends a file as the person; a good one with a broken garment, so that nothing comes of it.
async fn send_in_vain(ann: Client, row: &'static Row) {
    let is_kept = matches!(row.fate, Fate::Kept(_));
    let form = if is_kept {
        let person = Multipart::default().file("person", &row.name, &row.bytes);
        person.file("garment", "garment.jpg", &pictures::truncated())
    } else {
        form(&row.name, &row.bytes, "person")
    };
    let answer = ann.upload("/api/try-on", form).await;
    if is_kept {
        assert_eq!(
            answer.json()["errors"]["garment"],
            rows::IS_BROKEN,
            "{}",
            row.file
        );
    } else {
        assert_refused(&answer, row, "person");
    }
}

on_both_places! {
    async fn hostile_files_take_no_memory_and_large_ones_what_is_allowed(place: &Place) {
        let mut command = place.command(&["serve"]);
        command.env("RUST_LOG", "info");
        let server = Server::start(command);
        let ann = server.anonymous().signed_up_as("ann").await;
        // What is made once and kept.
        send_in_vain(ann.clone(), &TABLE[0]).await;
        let at_rest = peak(&server);
        for rows in TABLE.chunks(4) {
            at_once(rows.len(), |number| send_in_vain(ann.clone(), &rows[number])).await;
        }
        let hostile = peak(&server) - at_rest;
        assert!(hostile < FOUR_UPLOADS, "{} MB", hostile / MB);
        // A good picture of which decoding takes 300 MB, twice at once: one waits for the other.
        let large = jpeg::flat_progressive(8_160, 6_120, 2, 1);
        at_once(2, |_| {
            let (ann, large) = (ann.clone(), large.clone());
            let both = Multipart::try_on(&large, &pictures::truncated());
            async move {
                let answer = ann.upload("/api/try-on", both).await.expect(422);
                assert_eq!(answer.json()["errors"]["garment"], rows::IS_BROKEN);
            }
        })
        .await;
        let large = peak(&server) - at_rest;
        println!("{} MB, hostile {} MB, large {} MB more", at_rest / MB, hostile / MB, large / MB);
        assert!((DECODED / 2..DECODED + FOUR_UPLOADS).contains(&large), "{} MB", large / MB);
        let log = server.log().join("\n");
        assert!(!log.contains(NAME) && !log.contains(PAYLOAD), "{log}");
    }
}

#[test]
fn every_class_has_three_files_or_more() {
    for class in CLASSES {
        let rows = TABLE.iter().filter(|row| row.class == class);
        let files: HashSet<(&str, &[u8])> = rows
            .map(|row| (row.name.as_str(), row.bytes.as_slice()))
            .collect();
        assert!(files.len() >= 3, "{class}: {}", files.len());
    }
    assert!(TABLE.iter().all(|row| CLASSES.contains(&row.class)));
}

#[test]
fn the_table_in_the_docs_is_this_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/uploads.md");
    let text = std::fs::read_to_string(path).expect("docs/uploads.md");
    let is_row = |line: &&str| line.starts_with('|');
    let begins = text.find("\n|").expect("a table") + 1;
    let (before, rest) = text.split_at(begins);
    let told: Vec<&str> = rest.lines().take_while(is_row).collect();
    let table = table::rendered();
    let behind = &rest[told.iter().map(|line| line.len() + 1).sum::<usize>()..];
    let wanted = format!("{before}{table}{behind}");
    if std::env::var_os("WRITE_UPLOADS").is_some() {
        std::fs::write(path, &wanted).expect("docs/uploads.md");
    }
    let text = std::fs::read_to_string(path).expect("docs/uploads.md");
    assert!(
        text == wanted,
        "write it anew: WRITE_UPLOADS=1 cargo test --test site hostile::the_table"
    );
}
