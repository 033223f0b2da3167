//! Every sample person in every sample garment on one sheet, with the numbers beside it.
//!
//! `contact_sheet PICTURE TABLE`: writes the sheet as JPEG and the numbers as Markdown. Each pair is composed by a
//! process of its own, so that its peak memory is its own; the last rows are photos of 12 megapixels, for which
//! the composer promises 1.5 s of one core and 400 MB.

#[path = "../measuring.rs"]
mod measuring;

use std::error::Error;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use atelier_compose::{Category, compose};
use image::imageops::{self, FilterType};
use image::{ImageFormat, Rgb, RgbImage};
use measuring::{Sample, folder, is_inside, measure, people};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const FOLDERS: [&str; 2] = ["public/samples", "../shared/samples"];
/// Size of a picture on the sheet, and the space around it.
const CELL: (u32, u32) = (220, 293);
const GAP: u32 = 8;
const TWELVE_MEGAPIXELS: (u32, u32) = (3_000, 4_000);
const MOST_SECONDS: f64 = 1.5;
const MOST_MEGABYTES: u64 = 400;

fn main() -> Outcome {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match &words[..] {
        [one, person, garment, result] if one == "one" => compose_one(person, garment, result),
        [picture, table] => sheet(Path::new(picture), Path::new(table)),
        _ => Err("usage: contact_sheet PICTURE TABLE".into()),
    }
}

/// Composes one pair and says how long it took and the most memory there ever was.
#[expect(clippy::print_stdout, reason = "the answer to the parent process")]
fn compose_one(person: &str, garment: &str, result: &str) -> Outcome {
    let (person, garment) = (fs::read(person)?, fs::read(garment)?);
    let begun = Instant::now();
    let composed = compose(&person, &garment, Category::Auto)?;
    let seconds = begun.elapsed().as_secs_f64();
    fs::write(result, composed.png)?;
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: u64 = peak
        .and_then(|text| text.split_whitespace().next())
        .ok_or("no peak of memory is told here")?
        .parse()?;
    println!("{seconds} {}", kilobytes / 1024);
    Ok(())
}

struct Made {
    picture: RgbImage,
    seconds: f64,
    megabytes: u64,
}

/// Lets a process of its own compose a pair.
fn make(person: &Path, garment: &Path, scratch: &Path) -> Outcome<Made> {
    let result = scratch.join("result.png");
    let output = Command::new(std::env::current_exe()?)
        .arg("one")
        .args([person, garment, &result])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let said = String::from_utf8(output.stdout)?;
    let (seconds, megabytes) = said.trim().split_once(' ').ok_or("no figures")?;
    Ok(Made {
        picture: image::open(&result)?.into_rgb8(),
        seconds: seconds.parse()?,
        megabytes: megabytes.parse()?,
    })
}

fn sheet(picture: &Path, table: &Path) -> Outcome {
    let scratch = std::env::temp_dir().join(format!("atelier-sheet-{}", std::process::id()));
    fs::create_dir_all(&scratch)?;
    let written = write_sheet(picture, table, &scratch);
    fs::remove_dir_all(&scratch)?;
    written
}

fn write_sheet(picture: &Path, table: &Path, scratch: &Path) -> Outcome {
    let folders: Vec<PathBuf> = FOLDERS.iter().filter_map(|path| folder(path)).collect();
    let mut garments = Vec::new();
    let mut wearers = Vec::new();
    for folder in &folders {
        garments.extend(garments_of(folder)?);
        for person in people(folder)? {
            wearers.push((folder.join(&person.name), person));
        }
    }
    let columns = u32::try_from(garments.len())? + 1;
    let rows = u32::try_from(wearers.len())? + 1;
    let size = (columns * (CELL.0 + GAP) + GAP, rows * (CELL.1 + GAP) + GAP);
    let mut sheet = RgbImage::from_pixel(size.0, size.1, Rgb([236; 3]));
    let mut lines = String::new();
    for (column, garment) in (1..).zip(&garments) {
        lay(&mut sheet, &on_white(garment)?, column, 0);
    }
    let mut broken = Vec::new();
    for (row, (path, person)) in (1..).zip(&wearers) {
        let before = image::load_from_memory(&person.bytes)?.into_rgb8();
        lay(&mut sheet, &before, 0, row);
        for (column, garment) in (1..).zip(&garments) {
            let made = make(path, garment, scratch)?;
            lines.push_str(&line(person, garment, &before, &made));
            lay(&mut sheet, &made.picture, column, row);
        }
        let large = enlarged(&before, scratch)?;
        let made = make(&large, &garments[0], scratch)?;
        lines.push_str(&format!(
            "| {} at 12 MP | {} | | | | {:.2} | {} |\n",
            person.name,
            name(&garments[0]),
            made.seconds,
            made.megabytes
        ));
        if made.seconds > MOST_SECONDS || made.megabytes > MOST_MEGABYTES {
            broken.push(format!(
                "{}: {:.2} s, {} MB",
                person.name, made.seconds, made.megabytes
            ));
        }
    }
    sheet.save_with_format(picture, ImageFormat::Jpeg)?;
    fs::write(table, lines)?;
    if broken.is_empty() {
        Ok(())
    } else {
        Err(format!("12 megapixels take too much: {}", broken.join("; ")).into())
    }
}

fn garments_of(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if name(&path).starts_with("garment-") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// What was changed of a photo: on the torso, in its width, and never on the face.
fn line(person: &Sample, garment: &Path, before: &RgbImage, made: &Made) -> String {
    let change = measure(before, &made.picture, &person.boxes);
    let torso = person.boxes.torso;
    let is_on_it = is_inside(change.middle, torso) && is_inside(change.centroid, torso);
    let is_on_it = if is_on_it { "yes" } else { "no" };
    format!(
        "| {} | {} | {is_on_it} | {:.2}; {:.0} % | {} | {:.2} | {} |\n",
        person.name,
        name(garment),
        change.width,
        100.0 * change.torso_share,
        change.face_pixels,
        made.seconds,
        made.megabytes
    )
}

fn enlarged(photo: &RgbImage, scratch: &Path) -> Outcome<PathBuf> {
    let (width, height) = TWELVE_MEGAPIXELS;
    let large = imageops::resize(photo, width, height, FilterType::Triangle);
    let mut jpeg = Cursor::new(Vec::new());
    large.write_to(&mut jpeg, ImageFormat::Jpeg)?;
    let path = scratch.join("large.jpg");
    fs::write(&path, jpeg.into_inner())?;
    Ok(path)
}

fn on_white(path: &Path) -> Outcome<RgbImage> {
    let garment = image::open(path)?.into_rgba8();
    let mut ground =
        image::RgbaImage::from_pixel(garment.width(), garment.height(), image::Rgba([255; 4]));
    imageops::overlay(&mut ground, &garment, 0, 0);
    Ok(image::DynamicImage::from(ground).into_rgb8())
}

fn lay(sheet: &mut RgbImage, picture: &RgbImage, column: u32, row: u32) {
    let small = image::DynamicImage::from(picture.clone())
        .resize(CELL.0, CELL.1, FilterType::Triangle)
        .into_rgb8();
    let left = GAP + column * (CELL.0 + GAP) + (CELL.0 - small.width()) / 2;
    let top = GAP + row * (CELL.1 + GAP) + (CELL.1 - small.height()) / 2;
    imageops::replace(sheet, &small, i64::from(left), i64::from(top));
}
